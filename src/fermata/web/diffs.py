"""A unified diff as lines with their kind and numbers, for colouring. Shows every character of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


class DiffKind(StrEnum):
    """What a line of a diff is."""

    ADDED = "added"
    REMOVED = "removed"
    CONTEXT = "context"
    HUNK = "hunk"
    META = "meta"
    """File names and everything outside a hunk."""


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a diff, whole, with its first character."""

    kind: DiffKind
    text: str
    old: int | None = None
    """Its number in the file before; `None` for added lines and outside hunks."""
    new: int | None = None
    """Its number in the file after; `None` for removed lines and outside hunks."""


def parse_diff(diff: str) -> tuple[DiffLine, ...]:
    """Return the lines of a unified diff. Text that is no diff comes back as meta lines: nothing is lost."""
    lines = diff.split("\n")
    return tuple(_classify(lines[:-1] if lines[-1] == "" else lines))


def _classify(lines: Iterable[str]) -> Iterator[DiffLine]:
    # The hunk header says how many lines follow: a removed `-- note` reads `--- note`, and is still no file name.
    old = new = old_left = new_left = 0
    for line in lines:
        hunk = _HUNK.match(line) if not (old_left or new_left) else None
        if hunk:
            old, new = int(hunk[1]), int(hunk[3])
            old_left, new_left = int(hunk[2] or 1), int(hunk[4] or 1)
            yield DiffLine(DiffKind.HUNK, line)
        elif line.startswith("+") and new_left:
            yield DiffLine(DiffKind.ADDED, line, new=new)
            new, new_left = new + 1, new_left - 1
        elif line.startswith("-") and old_left:
            yield DiffLine(DiffKind.REMOVED, line, old=old)
            old, old_left = old + 1, old_left - 1
        elif (old_left and new_left) and (line.startswith(" ") or line == ""):
            yield DiffLine(DiffKind.CONTEXT, line, old=old, new=new)
            old, new, old_left, new_left = old + 1, new + 1, old_left - 1, new_left - 1
        else:
            if not line.startswith("\\"):  # "\ No newline at end of file" stands inside a hunk and ends nothing.
                old_left = new_left = 0
            yield DiffLine(DiffKind.META, line)
