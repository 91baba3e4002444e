"""What a diff does, as typed edits: which kind, which way, and what that can bring.

The kinds stand in `edit_tables`; those that no single word tells are found by `program_edits` and `interface_edits`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from fermata.rules.changes.diffs import Diff, DiffLine, FileKind
from fermata.rules.changes.edit_tables import EDITS, Edit, EditRow
from fermata.rules.changes.interface_edits import INTERFACE_FINDERS, find_labels
from fermata.rules.changes.program_edits import PROGRAM_FINDERS
from fermata.rules.changes.sides import Sides, list_sides, part

_FEW = 3  # Edits of a change up to which each of them is telling.
_NEW = 0.6  # Of something that was nowhere before: it seldom breaks what worked.


def list_edits(diff: Diff) -> tuple[Edit, ...]:
    """Return what a diff does, in the order of its files and of the tables."""
    edits = [edit for sides in list_sides(diff) if not sides.is_renaming for edit in _read(sides)]
    edits += find_labels(diff.hunks)
    # Who writes a file anew does a bit of everything, and none of it is telling.
    share = min(1.0, (_FEW / max(len(edits), 1)) ** 0.5)
    return tuple(replace(edit, strength=round(edit.strength * share, 2)) for edit in edits)


def _read(sides: Sides) -> Iterator[Edit]:
    for row in EDITS:
        if (sides.kind in row.files) if row.files else sides.kind is not FileKind.MANIFEST:
            found = _find(row, sides)
            if found is not None:
                line, share = found
                yield Edit(row.text, line, row.brings, row.also, round(share * row.strength, 2))
    if sides.kind is not FileKind.MANIFEST:
        for finder in (*PROGRAM_FINDERS, *INTERFACE_FINDERS):
            yield from finder(sides)


def _find(row: EditRow, sides: Sides) -> tuple[DiffLine, float] | None:
    if row.unless is not None and row.unless.search(sides.new):
        return None
    if row.near is not None and not row.near.search(f"{sides.old}\n{sides.new}\n{sides.around}"):
        return None
    if row.changed is not None:
        return _find_changed(row.changed, sides)
    found = []
    if row.gone is not None:
        found.append(_find_more(row.gone, sides.removed, sides.old, sides.new))
    if row.came is not None:
        found.append(_find_more(row.came, sides.added, sides.new, sides.old))
    return (found[0], 1.0) if found[0] is not None and found[-1] is not None else None


def _find_more(pattern: re.Pattern[str], lines: Sequence[DiffLine], own: str, other: str) -> DiffLine | None:
    """Return the first line with what stands on one side more often than on the other."""
    count = len(pattern.findall(own))
    if not count or count <= len(pattern.findall(other)):
        return None
    return next((line for line in lines if pattern.search(part(line.text))), lines[0])  # It may span two lines.


def _find_changed(pattern: re.Pattern[str], sides: Sides) -> tuple[DiffLine, float] | None:
    """Return the first line about something that says another thing now, and how far it counts."""
    # Of what went up or down, a table of its own says what each way brings.
    removed = [line for line in sides.removed if line.number not in sides.measured]
    added = [line for line in sides.added if line.number not in sides.measured]
    old = Counter("".join(line.text.split()) for line in removed if pattern.search(part(line.text)))
    new = {line: "".join(line.text.split()) for line in added if pattern.search(part(line.text))}
    if Counter(new.values()) == old:
        return None
    fresh = next((line for line, text in new.items() if text not in old), None)
    if fresh is not None:
        return fresh, 1.0 if old else _NEW
    gone = next(line for line in removed if pattern.search(part(line.text)))
    return gone, 1.0
