"""Answers that are no table: refusals, absences and empty lists."""

from __future__ import annotations

import re

_NOT_FOUND = re.compile(r'^Error from server \(NotFound\): (\S+) "([^"\n]+)" not found', re.MULTILINE)
_REFUSALS = (
    "Error from server",
    "error: ",
    "Error: ",
    "Unable to connect",
    "The connection to the server",
    "couldn't get current server",
)


def is_refusal(text: str) -> bool:
    """Return whether the text says that nothing could be read; that an object does not exist is no refusal."""
    start = text.lstrip()[:60]
    return start.startswith(_REFUSALS) and not start.startswith("Error from server (NotFound)")


def is_empty_list(text: str) -> bool:
    """Return whether a list that ran printed nothing at all or that there is nothing."""
    return not text or text.isspace() or text.lstrip().startswith("No resources found")


def find_absent(text: str) -> list[tuple[str, str, int]]:
    """Return resource word, name and position of each object that the server said does not exist."""
    if "(NotFound)" not in text:
        return []
    return [(match[1], match[2], match.start()) for match in _NOT_FOUND.finditer(text)]
