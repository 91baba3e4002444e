"""Discord's refusals in words for people: what is wrong, and exactly how it is mended.

Codes: discord.com/developers/docs/topics/opcodes-and-status-codes, "JSON Error Codes", read 2026-11.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from fermata.kit.errors import OperationalError, TransientError
from fermata.kit.redaction import redact

UNKNOWN_CHANNEL, UNKNOWN_MESSAGE = 10003, 10008
ALREADY_ANSWERED = 40060
TOO_LARGE = 40005
MISSING_ACCESS, MISSING_PERMISSIONS = 50001, 50013
THREAD_ARCHIVED = 50083
THREAD_EXISTS = 160004
_PERMISSIONS = "View Channel, Send Messages, Embed Links, Attach Files, Read Message History, Create Public Threads"
_RENEW = 'Reset the token under "Bot" in the developer portal and put the new one in discord.token'
_TOO_LATE = (
    "Discord waits 3 s for an answer to a click, and 15 min for what follows it. The card says what was decided; "
    "ask again for what was asked"
)
_REMEDIES: Mapping[int, str] = MappingProxyType(
    {
        10003: "The channel was deleted, or the id is wrong: check discord.channel or the route (Copy Channel ID)",
        10004: "The bot is not in that server: open its invitation link again (docs/systems/discord.md)",
        10015: _TOO_LATE,
        10062: _TOO_LATE,
        40001: _RENEW,
        40002: "Verify the account that owns the bot",
        40005: "Files may have 10 MB in a server without boosts: look at the plan with `fermata show`, or on the page",
        50001: "Let the bot see the channel: channel settings, Permissions, add its role and allow View Channel; for "
        "slash commands invite it with the scope applications.commands",
        50013: f"Allow the bot's role in the channel: {_PERMISSIONS} and Send Messages in Threads",
        50024: "Name a text channel in discord.channel or in the route",
        50027: _TOO_LATE,
        50035: "This is a fault of Fermata's: please report it with this message",
        160002: "Allow the bot's role Read Message History in the channel",
        160006: "Archive some of the channel's threads: a server may have 1,000 active ones",
    }
)
_OF_PLACE = frozenset({UNKNOWN_CHANNEL, 10004, 40001, MISSING_ACCESS})
"""Codes that say nothing about what was sent."""
_PASSING = frozenset({30046, 40006, 130000})
"""Codes for what passes: edits of old messages by the hour, a feature switched off, an overloaded resource."""


class DiscordRefusal(OperationalError):
    """Discord said no, and will say it again until somebody mends it. `code` is Discord's own number for it."""

    def __init__(self, what: str, *, why: str = "", do: str = "", code: int = 0, status: int = 0) -> None:
        super().__init__(what, why=why, do=do, code=code, status=status)
        self.code = code
        """Discord's code: 50013; 0 when it gave none."""
        self.status = status
        """The HTTP status."""
        self.is_of_place = status == HTTPStatus.UNAUTHORIZED or code in _OF_PLACE


def describe_refusal(call: str, status: int, headers: Mapping[str, str], body: bytes) -> OperationalError:
    """Return the error for an answer whose status is not below 300.

    Args:
        call: What was tried, in words: `posting the card`.
        headers: Names in lower case.
    """
    data = _read(body)
    code = TOO_LARGE if status == 413 else _read_code(data)
    said = redact(str(data.get("message") or "")).text[:200].rstrip(".")
    what = f"Discord refused {call}"
    if status == 429:
        wait = _read_wait(data, headers)
        why = f"it was asked too often, and says to wait {wait.total_seconds():g} s"
        return TransientError(what, why=why, do="It may pass", retry_after=wait, status=status)
    if status >= 500 or status == 408 or code in _PASSING:
        why = f"HTTP {status}" + (f", {said} (code {code})" if said else "")
        return TransientError(what, why=why, do="It may pass", code=code, status=status)
    if status == 401 and code not in _REMEDIES:
        return DiscordRefusal(what, why="the token is not valid (HTTP 401)", do=_RENEW, code=code, status=status)
    if not data and not code:
        return TransientError(
            f"Discord gave an answer to {call} that is not its API's",
            why=f"HTTP {status}",
            do="Check that discord.api_url points at the API itself, not at a page in front of it",
            status=status,
        )
    why = f"it says {said or 'nothing'} (code {code}, HTTP {status})"
    if where := find_first_fault(data.get("errors")):
        why += f", at {redact(where).text[:200]}"
    do = _REMEDIES.get(code, "Look the code up in Discord's documentation, under JSON Error Codes")
    return DiscordRefusal(what, why=why, do=do, code=code, status=status)


def describe_silence(call: str, error: Exception, url: str) -> TransientError:
    """Return the error for a call that brought no answer: whether Discord did it, nobody knows."""
    said = redact(str(error) or type(error).__name__).text[:300]
    return TransientError(
        f"Discord did not answer {call}",
        why=said,
        do=f"Check that {url} can be reached from here; discord.proxy and discord.ca_file say how",
    )


def read_object(answer: Any, call: str, *needed: str) -> Mapping[str, Any]:
    """Return an answer that must be an object with these names.

    Raises:
        TransientError: It is something else: whether Discord did what was asked, nobody knows.
    """
    if isinstance(answer, Mapping) and all(answer.get(name) for name in needed):
        return answer
    raise TransientError(
        f"Discord gave an answer to {call} that is not its API's",
        why=f"it lacks {' or '.join(needed) or 'everything'}",
        do="Check that discord.api_url points at the API itself, not at a page in front of it",
    )


def find_first_fault(errors: Any, path: str = "") -> str:
    """Return where and what the first fault of a refused body is; Discord nests them under the names of its fields."""
    if not isinstance(errors, Mapping):
        return ""
    for one in errors.get("_errors") or ():
        return f"{path.removeprefix('.')}: {one.get('message') if isinstance(one, Mapping) else one}"
    found = (find_first_fault(value, f"{path}.{name}") for name, value in errors.items() if name != "_errors")
    return next((text for text in found if text), "")


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, Mapping) else {}


def _read_code(data: Mapping[str, Any]) -> int:
    code = data.get("code")
    return code if isinstance(code, int) else 0


def _read_wait(data: Mapping[str, Any], headers: Mapping[str, str]) -> timedelta:
    """Return the body's wait, which has fractions; else the header's; a minute when neither says one."""
    for value in (data.get("retry_after"), headers.get("retry-after")):
        try:
            seconds = float(value)  # type: ignore[arg-type]  # `None` is one of the things that are no number
        except (TypeError, ValueError):
            continue
        if math.isfinite(seconds) and seconds >= 0:
            return timedelta(seconds=min(seconds, 24 * 3600))
    return timedelta(minutes=1)
