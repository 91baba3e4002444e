"""How GitLab proves its webhooks (docs.gitlab.com, "Webhooks", read 2026-11): by a secret that it sends along."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from pydantic import SecretStr

from fermata.integrations.gitlab.channel import KEY
from fermata.ports.forge.issues.hooks import HookRules


def build_rules(secret: SecretStr) -> HookRules:
    """Return the rules of one secret, compared in constant time. It proves the sender, not the body: TLS has to."""

    def proves(headers: Mapping[str, str], body: bytes) -> bool:
        del body
        return hmac.compare_digest(secret.get_secret_value().encode(), headers.get("x-gitlab-token", "").encode())

    return HookRules(
        name=KEY,
        proves=proves,
        event_header="x-gitlab-event",
        events=frozenset({"Note Hook", "Confidential Note Hook", "Issue Hook", "Confidential Issue Hook"}),
        # The same for each attempt of one delivery; older servers name the event only.
        id_headers=("idempotency-key", "x-gitlab-event-uuid"),
    )
