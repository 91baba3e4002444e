"""Whose certificate has expired, by the line of who was shown it: the host that it asked, not who complains."""

from __future__ import annotations

import re
from collections.abc import Iterable

_ASKED = re.compile(
    r"(?<!referrer: \")(?<!referer: \")(?<!referer=\")\b(?:https|wss|grpcs|rediss|amqps|ldaps|tls)://"
    r"(?:[^\s/@\"']{1,100}@)?(?P<a>[\w.-]{1,253})"
    r"|\bHTTPSConnectionPool\(host='(?P<b>[\w.-]{1,253})'"
    r"|\b(?:server_?name|sni)[\"']?\s?[=:]\s?[\"']?(?P<c>[\w-][\w.-]{1,252})",
    re.IGNORECASE,
)
"""The address that was asked, `requests`' pool, or the name that was given in the handshake."""


def find_owner(texts: Iterable[str]) -> str:
    """Return the host whose certificate lines are about, where all that name one name the same; else the empty text."""
    found = [match for text in texts if (match := _ASKED.search(text)) is not None]
    names = {next(value for value in match.groupdict().values() if value).rstrip(".").casefold() for match in found}
    return names.pop() if len(names) == 1 else ""
