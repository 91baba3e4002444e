"""How GitHub proves its webhooks (docs.github.com, "Validating webhook deliveries", read 2026-11)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from fermata.integrations.github.limits import KEY
from fermata.ports.forge.issues.hooks import HookRules


def _find_text(payload: Mapping[str, Any]) -> object:
    comment = payload.get("comment")
    return comment.get("body") if payload.get("action") == "created" and isinstance(comment, Mapping) else None


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
        events=frozenset({"issue_comment"}),
        find_text=_find_text,
        id_headers=("x-github-delivery",),
    )
