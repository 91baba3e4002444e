"""Lifetimes that became longer: until the old one is over, everything is as old as it would have been."""

from __future__ import annotations

import re
from datetime import timedelta

from fermata.rules.changes.diffs import Diff, DiffLine, Turn, multiply_out

_LIFE = re.compile(r"ttl|expir|max_?-?age|life_?time|retention|retain|keep_?(?:for|days)", re.IGNORECASE)
_SPAN = re.compile(
    r"(\d[\d_]*(?:\.\d+)?)\W{0,2}(?:time\.)?(ms|milli\w*|seconds?|secs?|s|minutes?|mins?|m|hours?|h|days?|d|weeks?|w)\b",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"(?:_|\(|(?-i:(?<=[a-z])(?=[A-Z])))(ms|milli\w*|seconds?|secs?|minutes?|mins?|hours?|days?|weeks?)\W*$",
    re.IGNORECASE,
)
_SECONDS = {
    "ms": 0.001, "s": 1.0, "se": 1.0, "m": 60.0, "mi": 60.0, "h": 3600.0, "ho": 3600.0, "d": 86400.0, "da": 86400.0,
    "w": 604800.0, "we": 604800.0,
}  # fmt: skip


def list_untouched(diff: Diff, elapsed: timedelta) -> frozenset[DiffLine]:
    """Return the lines, of either side, that give something a longer life than one that is not over since.

    Args:
        elapsed: Time from when the change took effect until the fault began.
    """
    found: dict[bool, set[DiffLine]] = {True: set(), False: set()}
    for turn in diff.turns:
        old = _find_old(turn) if turn.direction > 0 and _LIFE.search(turn.key) else None
        is_longer = old is not None and timedelta() <= elapsed < old
        found[is_longer].update(line for line in (turn.line, turn.gone) if line is not None)
    # What else a line gives another amount takes effect at once.
    return frozenset(found[True] - found[False])


def _find_old(turn: Turn) -> timedelta | None:
    """Return how long it was before; where no unit says, at least so many milliseconds; `None` without a number."""
    digits = re.match(r"\W*(\d[\d_]*(?:\.\d+)?)", turn.old)
    if turn.gone is None or digits is None:
        return None
    text = multiply_out(turn.gone.text)
    spans = [(number, unit) for number, unit in _SPAN.findall(text) if number == digits[1]]
    named = _NAMED.search(turn.key.rstrip(" \t=:(\"'-,"))
    # No library counts lives in less.
    unit = spans[0][1] if spans else named[1] if named is not None else "ms"
    return timedelta(seconds=float(digits[1].replace("_", "")) * _measure(unit))


def _measure(unit: str) -> float:
    """Return the seconds of a unit."""
    word = unit.casefold()
    return 0.001 if word.startswith("milli") else _SECONDS[word[:2] if len(word) > 1 else word]
