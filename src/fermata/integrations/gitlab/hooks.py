"""How GitLab proves its webhooks (docs.gitlab.com, "Webhooks", read 2026-11): by a secret that it sends along."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from fermata.integrations.gitlab.refusals import KEY
from fermata.ports.forge.issues.hooks import HookRules


def _find_text(payload: Mapping[str, Any]) -> object:
    note = payload.get("object_attributes")
    # Older servers do not say whether it was created or changed.
    is_new = isinstance(note, Mapping) and note.get("action", "create") == "create"
    return note.get("note") if is_new and isinstance(note, Mapping) else None


def build_rules(secret: SecretStr) -> HookRules:
    """Return the rules of one secret, compared in constant time. It proves the sender, not the body: TLS has to."""

    def proves(headers: Mapping[str, str], body: bytes) -> bool:
        del body
        return hmac.compare_digest(secret.get_secret_value().encode(), headers.get("x-gitlab-token", "").encode())

    return HookRules(
        name=KEY,
        proves=proves,
        event_header="x-gitlab-event",
        events=frozenset({"Note Hook", "Confidential Note Hook"}),
        find_text=_find_text,
        # The same for each attempt of one delivery; older servers name the event only.
        id_headers=("idempotency-key", "x-gitlab-event-uuid"),
    )
