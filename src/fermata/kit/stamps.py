"""Times that a container runtime puts before each line of a log, taken off and kept beside the lines. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

_STAMP = re.compile(r"(?!0001-)(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?)\d{0,3}(Z|[+-]\d\d:\d\d)(?: |$)")
"""RFC 3339 with up to nine digits, of which Python keeps six, in any zone. The year 1 stands for never."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """Lines as the program wrote them, and when."""

    lines: tuple[str, ...]
    oldest_at: datetime | None
    newest_at: datetime | None
    seconds: tuple[int, ...]
    """When each was written, in whole seconds after the first; empty where no line says so."""


def cut_stamps(lines: Iterable[str]) -> Stamped:
    """Take the time off before each line; what has none is of the time before it."""
    texts: list[str] = []
    seconds: list[int] = []
    oldest = newest = None
    for line in lines:
        match = _STAMP.match(line)
        if match is not None:
            newest = datetime.fromisoformat(match[1] + match[2]).astimezone(UTC)
            oldest = oldest or newest
        seconds.append(int((newest - oldest).total_seconds()) if newest and oldest else 0)
        texts.append(line[match.end() :] if match is not None else line)
    return Stamped(tuple(texts), oldest, newest, tuple(seconds) if oldest else ())
