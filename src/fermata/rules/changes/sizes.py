"""How large a change is beside the others of its case, and in how many files.

Of all that is known of a commit before anybody runs it, size and spread over files tell best whether it brought a
defect (Kamei et al., "A Large-Scale Empirical Study of Just-in-Time Quality Assurance", IEEE TSE 39(6), 2013). Only
what can take effect counts, and only beside the others of the case: where everybody changes much, it tells nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import median

from fermata.rules.changes.diffs import Diff, FileKind, find_tokens
from fermata.rules.changes.live import Change
from fermata.rules.changes.signs import Sign

_MOST = 40  # Lines from which on more of them say no more.
_MEMBER = re.compile(r"\s*[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*\s*(?:\([^()]{0,40}\)|= ?[\"'\d][^=]{0,40})?,?;?\s*$")
_SWITCHES = frozenset({"flag", "config"})


@dataclass(frozen=True, slots=True)
class Scale:
    """What is usual in a case."""

    size: float
    """Of the middle one of its changes, as `judge_size` measures it."""
    spread: float
    """Share of changes that touch more than one file, 0..1."""


def measure_scale(changes: Sequence[Change]) -> Scale:
    """Return what is usual among changes that could be the one."""
    sizes = [size for change in changes if (size := _measure(_count(change.diff))) > 0]
    spread = sum(_count_files(change.diff) > 1 for change in changes)
    return Scale(median(sizes) if sizes else 0.0, spread / max(len(changes), 1))


def judge_size(change: Change, scale: Scale) -> Iterator[Sign]:
    """Yield what the size of a change says: nothing ties it to a failure, and small ones can do harm as well."""
    diff = change.diff
    lines, files = _count(diff), _count_files(diff)
    size = round(_measure(lines) - scale.size, 2)
    count = "1 line" if lines == 1 else f"{lines} lines"
    if size:
        yield Sign("size", size, f"it changes {'more' if size > 0 else 'less'} than most here ({count})")
    if files > 1 and scale.spread < 1:
        yield Sign("spread", round(1.0 - scale.spread, 2), f"in {files} files")
    # What a migration adds to its folder may take away from a table.
    # A state or a kind more is read by those who do not know it yet.
    is_known = all(
        hunk.kind is not FileKind.MIGRATION
        and not any(_MEMBER.match(line.text) for line in hunk.lines if line.sign == "+")
        for hunk in diff.effective
    )
    if diff.added and not diff.removed and is_known:
        yield Sign("adds", -1.0, "it only adds something")
    if change.facts.kind in _SWITCHES:
        yield Sign("switch", 1.0, "a line is all that a setting takes")


def _count(diff: Diff) -> int:
    """Return how many lines bring or take something, and do not only move or rewrite it, up to a bound."""
    lines = (
        line
        for hunk in diff.effective
        for sign in "+-"
        for line in hunk.list_signed(sign)
        if not diff.list_novel(hunk.path, sign).isdisjoint(find_tokens(line.text))
    )
    return sum(1 for _ in islice(lines, _MOST))


def _measure(lines: int) -> float:
    return math.log1p(lines) / 2


def _count_files(diff: Diff) -> int:
    return len({hunk.path for hunk in diff.effective})
