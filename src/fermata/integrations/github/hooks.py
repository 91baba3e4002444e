"""How GitHub proves its webhooks (docs.github.com, "Validating webhook deliveries", read 2026-11)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from pydantic import SecretStr

from fermata.integrations.github.channel import KEY
from fermata.ports.forge.issues.hooks import HookRules


def build_rules(secret: SecretStr) -> HookRules:
    """Return the rules of one secret: HMAC-SHA256 over the body as it came.

    Nothing in it says when it was sent; copies of it are known by their delivery's id, and decide nothing anyway.
    """

    def proves(headers: Mapping[str, str], body: bytes) -> bool:
        digest = hmac.new(secret.get_secret_value().encode(), body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(f"sha256={digest}".encode(), headers.get("x-hub-signature-256", "").encode())

    return HookRules(
        name=KEY,
        proves=proves,
        event_header="x-github-event",
        events=frozenset({"issue_comment", "issues"}),
        id_headers=("x-github-delivery",),
    )
