"""When the token ends: GitLab lets none live for more than a year, and says nothing to whoever waits for a card."""

from __future__ import annotations

from datetime import date, timedelta

from fermata.integrations.gitlab.wire import TokenAnswer
from fermata.kit.errors import OperationalError
from fermata.ports.json_api import JsonApi
from fermata.ports.system import CheckResult

_SOON = timedelta(days=7)
"""GitLab itself writes to a token's owner so long before its end; a bot reads no mail."""


async def check_token(api: JsonApi) -> list[CheckResult]:
    """Return until when the token is good; nothing where GitLab does not say, or refuses it: that is told elsewhere."""
    try:
        async with api.connect() as session:
            token = await session.get("/personal_access_tokens/self", TokenAnswer)
        ends = date.fromisoformat(token.expires_at or "")
    except (OperationalError, ValueError):
        return []
    left = ends - api.clock.now().date()
    text = f"good until {ends}"
    if left <= _SOON:
        text = f"it ends on {ends}, and with it cards and comments: make a new one (Access tokens, Rotate) before that"
    return [CheckResult(name="gitlab: token", ok=left > _SOON, text=text)]
