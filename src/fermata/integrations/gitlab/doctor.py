"""What the token says of itself, and when it ends: GitLab lets none live for more than a year, and warns no chat."""

from __future__ import annotations

from datetime import date, timedelta

from fermata.integrations.gitlab.refusals import KEY, asking
from fermata.integrations.gitlab.wire import TokenAnswer
from fermata.kit.errors import OperationalError
from fermata.ports.json_api import ApiSession, JsonApi, NotThere
from fermata.ports.system import CheckResult

_READING = "scope api or read_api"
_SOON = timedelta(days=7)
"""GitLab itself writes to a token's owner so long before its end; a bot reads no mail."""


async def find_token(session: ApiSession, permission: str) -> TokenAnswer | None:
    """Return what the token says of itself; `None` for a kind that cannot be asked for, such as a job's.

    Args:
        permission: What the caller needs, to be named where GitLab refuses.

    Raises:
        OperationalError: It cannot be asked, or refuses.
    """
    try:
        with asking(permission):
            return await session.get("/personal_access_tokens/self", TokenAnswer)
    except NotThere:
        return None


async def check_token(api: JsonApi) -> list[CheckResult]:
    """Return until when the token is good; nothing where GitLab does not say, or refuses it: that is told elsewhere."""
    try:
        async with api.connect() as session:
            token = await find_token(session, _READING)
        ends = date.fromisoformat(token.expires_at or "" if token is not None else "")
    except (OperationalError, ValueError):
        return []
    left = ends - api.clock.now().date()
    text = f"good until {ends}"
    if left <= _SOON:
        text = f"it ends on {ends}, and with it all reading and writing: make a new one before (Access tokens, Rotate)"
    return [CheckResult(name=f"{KEY}: token", ok=left > _SOON, text=text)]
