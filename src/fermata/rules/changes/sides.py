"""The two sides of each file that a diff touches: what stood there, what stands there now, and what is around both.

Lines that cannot take effect are left out, and so are imports. Identifiers are taken apart at their humps, so that
`maxRetries` and `max_retries` read alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from fermata.rules.changes.diffs import Diff, DiffLine, FileKind, Hunk, find_kind
from fermata.rules.changes.risk_tables import TURNS, VAGUE

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_HYPHEN = re.compile(r"(?<=[a-z])-(?=[a-z])")
_READER = re.compile(r"(?<![\w./-])(?:[a-z0-9-]+\.)+[a-z]{2,}/(?=[\w.-]+[\"']?\s*[:=])")
_NAMES = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`|\.?[A-Za-z_]\w*|\d[\w.]*|[^\s\w]")
_LONGEST = 400  # Characters of a line that somebody wrote; what is longer was generated.
_MOST_LINES = 400  # A side of a file; who reads on finds the same again.
_MOST_FILES = 100
_LEAST_ALIKE = 3  # Words, below which two lines are alike by chance.


@dataclass(frozen=True)
class Sides:
    """One file."""

    path: str
    hunks: tuple[Hunk, ...]

    @property
    def kind(self) -> FileKind:
        """Return what the file is for."""
        return find_kind(self.path)

    @cached_property
    def removed(self) -> tuple[DiffLine, ...]:
        """Return the lines that took effect and are gone."""
        return self._list("-")

    @cached_property
    def added(self) -> tuple[DiffLine, ...]:
        """Return the lines that take effect now."""
        return self._list("+")

    @cached_property
    def old(self) -> str:
        """Return what stood there, a line each."""
        return join(self.removed)

    @cached_property
    def new(self) -> str:
        """Return what stands there now, a line each."""
        return join(self.added)

    @cached_property
    def around(self) -> str:
        """Return what stayed, the places that the hunks name, and the file's name."""
        kept = (line for hunk in self.hunks for line in hunk.lines if line.sign == " " and not line.inert)
        short = [line for line in islice(kept, _MOST_LINES) if len(line.text) <= _LONGEST]
        return "\n".join([join(short), *(part(hunk.heading) for hunk in self.hunks), part(self.path)])

    @cached_property
    def measured(self) -> frozenset[int]:
        """Return the numbers of the lines in which an amount that a table knows went up or down."""
        turns = [(hunk, turn) for hunk in self.hunks for turn in hunk.turns if turn.direction and not turn.is_switch]
        rows = [row for row in TURNS if row.text not in VAGUE]
        known = [
            (hunk, turn)
            for hunk, turn in turns
            if not (turn.is_nought and turn.direction > 0)  # Of a limit nought says that there was none.
            and any(row.direction == turn.direction and row.key.search(part(turn.key)) for row in rows)
        ]
        partners = {turn.gone.number for _, turn in known if turn.gone is not None}
        return frozenset(turn.line.number for _, turn in known) | partners

    def list_turned(self, direction: int) -> frozenset[int]:
        """Return the numbers of the lines, of either side, in which amounts went one way (1, -1) and none the other.

        What was or is nought went neither way: of a limit it says that there is none.
        """
        ways: dict[int, set[int]] = {}
        for turn in (turn for hunk in self.hunks for turn in hunk.turns if not turn.is_switch):
            for line in filter(None, (turn.line, turn.gone)):
                ways.setdefault(line.number, set()).add(0 if turn.is_nought else turn.direction)
        return frozenset(number for number, found in ways.items() if found == {direction})

    @cached_property
    def is_renaming(self) -> bool:
        """Answer whether names of its own are all that differs: nothing that others read, and no value."""
        if self.kind is not FileKind.CODE or not self.removed:
            return False
        old, new = _list_names(self.removed), _list_names(self.added)
        pairs = {(one, other) for one, other in zip(old, new, strict=False) if one != other}
        swapped = dict(pairs)
        return (
            len(old) == len(new) >= _LEAST_ALIKE
            and bool(pairs)
            and all(old.count(one) > 1 for one in swapped)  # Named anew and used: else another thing is used.
            and len(swapped) == len(pairs) == len(set(swapped.values()))
            and all(word.isidentifier() for pair in pairs for word in pair)
        )

    def _list(self, sign: str) -> tuple[DiffLine, ...]:
        lines = (line for hunk in self.hunks for line in hunk.list_signed(sign) if line.number not in hunk.imports)
        return tuple(line for line in islice(lines, _MOST_LINES) if len(line.text) <= _LONGEST)


def part(text: str) -> str:
    """Take a text's identifiers apart at their humps, and repeat it with `_` for what settings join with a hyphen."""
    whole = _HUMP.sub("_", leave_out_reader(text))
    plain = _HYPHEN.sub("_", whole)
    return whole if plain == whole else f"{whole}\n{plain}"


def leave_out_reader(text: str) -> str:
    """Leave out who reads an annotation or a label (`nginx.ingress.kubernetes.io/`): it says not what that is about."""
    return _READER.sub("", text) if "/" in text else text


def join(lines: Sequence[DiffLine]) -> str:
    """Return lines as one text, their identifiers taken apart."""
    return "\n".join(part(line.text) for line in lines)


def _list_names(lines: Sequence[DiffLine]) -> list[str]:
    return [name for line in lines for name in _NAMES.findall(line.text)]


def list_sides(diff: Diff) -> tuple[Sides, ...]:
    """Return every file of a diff that can change what a service does, in the order of the diff."""
    files: dict[str, list[Hunk]] = {}
    for hunk in diff.effective:
        if not hunk.is_whole_file_gone:
            files.setdefault(hunk.path, []).append(hunk)
    return tuple(Sides(path, tuple(hunks)) for path, hunks in islice(files.items(), _MOST_FILES))
