"""What a diff does, as typed edits: which kind, which way, and what that can bring.

The kinds stand in `edit_tables`; those that no single word tells are found by `program_edits`,
`condition_edits`, `interface_edits`, `contract_edits` and `held_edits`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from fermata.rules.changes.agreed_edits import AGREED_FINDERS
from fermata.rules.changes.condition_edits import CONDITION_FINDERS
from fermata.rules.changes.contract_edits import CONTRACT_FINDERS
from fermata.rules.changes.diffs import Diff, DiffLine, FileKind, find_tokens
from fermata.rules.changes.edit_tables import EDITS, Edit, EditRow
from fermata.rules.changes.held_edits import find_held, find_left, find_noise
from fermata.rules.changes.interface_edits import INTERFACE_FINDERS, find_labels
from fermata.rules.changes.program_edits import PROGRAM_FINDERS, is_import
from fermata.rules.changes.sides import Sides, list_sides, part

FINDERS = (
    *PROGRAM_FINDERS,
    *CONDITION_FINDERS,
    *INTERFACE_FINDERS,
    *CONTRACT_FINDERS,
    *AGREED_FINDERS,
    find_held,
    find_left,
)
"""What no single word tells."""
_FEW = 3  # Edits of a change up to which each of them is telling.
_NEW = 0.6  # Of something that was nowhere before: it seldom breaks what worked.


def list_edits(diff: Diff) -> tuple[Edit, ...]:
    """Return what a diff does, in the order of its files and of the tables."""
    edits = [edit for sides in list_sides(diff) if not _renames_only(sides) for edit in _read(sides)]
    edits += [*find_labels(diff.hunks), *find_noise(diff.hunks)]
    # Who writes a file anew does a bit of everything, and none of it is telling.
    share = min(1.0, (_FEW / max(len(edits), 1)) ** 0.5)
    return tuple(replace(edit, strength=round(edit.strength * share, 2)) for edit in edits)


_TYPE = re.compile(
    r"\b(?:u?int(?:8|16|32|64)?|[iu](?:8|16|32|64)|long|short|float|double|byte|number|string|bigint)\b", re.IGNORECASE
)


def _renames_only(sides: Sides) -> bool:
    """Answer whether names of its own are all that differs: no type, and nothing stands further in than before."""
    if not sides.is_renaming:
        return False
    margins = [
        Counter(len(line.text) - len(line.text.lstrip()) for line in side) for side in (sides.removed, sides.added)
    ]
    return margins[0] == margins[1] and _TYPE.findall(sides.old) == _TYPE.findall(sides.new)


def _read(sides: Sides) -> Iterator[Edit]:
    for row in () if _is_same(sides) else EDITS:
        if (sides.kind in row.files) if row.files else sides.kind is not FileKind.MANIFEST:
            found = _find(row, sides)
            if found is not None:
                line, share = found
                yield Edit(row.text, line, row.brings, row.also, round(share * row.strength, 2))
    if sides.kind is not FileKind.MANIFEST:
        for finder in FINDERS:
            yield from finder(sides)


def _find(row: EditRow, sides: Sides) -> tuple[DiffLine, float] | None:
    if row.unless is not None and row.unless.search(sides.new):
        return None
    if row.near is not None and not row.near.search(f"{sides.old}\n{sides.new}\n{sides.around}"):
        return None
    if row.changed is not None:
        return _find_changed(row.changed, sides, row.way)
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


def _find_changed(pattern: re.Pattern[str], sides: Sides, way: int) -> tuple[DiffLine, float] | None:
    """Return the first line about something that says another thing now, and how far it counts.

    Args:
        way: 1 or -1 where it has to be more or less now if it is an amount; 0 for either.
    """
    # Of what went up or down, a table of its own says what each way brings.
    passed = sides.measured | (sides.list_turned(-way) if way else frozenset())
    removed, added = (
        [line for line in lines if line.number not in passed and not is_import(line.text)]
        for lines in (sides.removed, sides.added)
    )
    old = Counter("".join(line.text.split()) for line in removed if pattern.search(part(line.text)))
    new = {line: "".join(line.text.split()) for line in added if pattern.search(part(line.text))}
    if Counter(new.values()) == old:
        return None
    fresh = next((line for line, text in new.items() if text not in old), None)
    if fresh is not None:
        return fresh, 1.0 if old else _NEW
    gone = next(line for line in removed if pattern.search(part(line.text)))
    return gone, 1.0


_FORM = frozenset({"end", "begin", "new", "self", "this", "f", "r", "b", "s", "d"})
_SIGN = re.compile(r"[?!&|<>+*/-]+(?!>)|[=!]=+")
_JOINED = re.compile(r"(?<=[\w\"'`])[.:/-](?=\w[^()\n]{0,60}[\"'`])")  # In a quoted name, the joint is part of it.
_BOTH = 2  # Where a name that was not needed stands: where it is given, and where it is used.


def _is_same(sides: Sides) -> bool:
    """Answer whether both sides say the same in another form, or with a name for what stands between."""
    old, new = _count_tokens(sides.removed), _count_tokens(sides.added)
    rest = (old - new) + (new - old)
    is_named = (
        not (old - new and new - old)
        and len(rest) == 1
        and all(count == _BOTH and name.isidentifier() for name, count in rest.items())
    )
    return bool(old) and (not rest or is_named)


def _count_tokens(lines: Sequence[DiffLine]) -> Counter[str]:
    """Count the words and operators of lines, without what only holds them together."""
    text = "\n".join(line.text for line in lines)
    words = Counter(word for word in find_tokens(text) if word not in _FORM)
    words += Counter(_JOINED.findall(text))
    return words + Counter(sign for sign in _SIGN.findall(text) if sign not in ("|", "|>", ">", "/", "-"))
