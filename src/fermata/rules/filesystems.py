"""Tables of file systems as `df` prints them, and what in them is full. Pure.

GNU, BSD and busybox name the columns alike; `-i` counts inodes instead of blocks, and `-P` says `Capacity`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_HEAD = re.compile(r"^Filesystem\s.*(?:Use%|Capacity|%iused)\s.*Mounted on\s*$")
_INODES = re.compile(r"\bIUse%|\bIFree\b")
_ROW = re.compile(r"^(?P<device>\S+)\s.*?\s(?P<used>\d{1,3})%\s+(?P<mount>/\S*)\s*$")
_FULL = 99
"""Percent: programs that are not root's find no room before the last of it."""
_MADE_FULL = re.compile(r"^/dev/loop|^squashfs|^(?:udf|iso9660)|^/dev/sr\d")
"""Images that are only read are full from the day they were made."""


@dataclass(frozen=True, slots=True)
class FullSystem:
    """A file system without room."""

    mount: str
    lacks: str
    """What it lacks: `space` or `inodes`."""
    at: int
    """Index of its line."""


def holds_table(lines: Iterable[str]) -> bool:
    """Answer whether lines hold a table of file systems."""
    return any(_HEAD.match(line) for line in lines)


def list_full(lines: Iterable[str]) -> tuple[FullSystem, ...]:
    """Return the file systems that tables among some lines show to be full, in their order."""
    found: list[FullSystem] = []
    lacks = ""
    for index, line in enumerate(lines):
        row = _ROW.match(line) if lacks else None
        if _HEAD.match(line):
            lacks = "inodes" if _INODES.search(line) else "space"
        elif row is None:
            lacks = ""
        elif int(row["used"]) >= _FULL and not _MADE_FULL.match(row["device"]):
            found.append(FullSystem(row["mount"], lacks, index))
    return tuple(found)
