"""What anybody would do first with a log and a budget: the baselines of `bench/logs.py`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from fermata.rules.condense.tokens import count_tokens

Keep = Callable[[Sequence[str], int], list[str]]

_GREP = re.compile("error|exception|fatal", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")


def fit(lines: Sequence[str], budget: int) -> list[str]:
    """Take lines from the front until the budget is spent."""
    kept, left = [], budget
    for line in lines:
        left -= count_tokens(line) + 1
        if left < 0:
            break
        kept.append(line)
    return kept


def tail(lines: Sequence[str], budget: int) -> list[str]:
    """`tail -n 100`."""
    return fit(lines[:-101:-1], budget)


def grep(lines: Sequence[str], budget: int) -> list[str]:
    """`grep -iE 'error|exception|fatal'`, from the start."""
    return fit([line for line in lines if _GREP.search(line)], budget)


def newest_shapes(lines: Sequence[str], budget: int) -> list[str]:
    """One line a digit-blind shape, newest first."""
    shapes: dict[str, str] = {}
    for line in reversed(lines):
        shapes.setdefault(_DIGITS.sub("0", line), line)
    return fit(list(shapes.values()), budget)


def rarest_shapes(lines: Sequence[str], budget: int) -> list[str]:
    """One line a digit-blind shape, rarest first."""
    counts: dict[str, int] = {}
    first: dict[str, str] = {}
    for line in lines:
        shape = _DIGITS.sub("0", line)
        counts[shape] = counts.get(shape, 0) + 1
        first.setdefault(shape, line)
    return fit([first[shape] for shape in sorted(first, key=lambda shape: counts[shape])], budget)


BASELINES: dict[str, Keep] = {
    "tail -n 100": tail,
    "grep error, exception, fatal": grep,
    "one line a digit-blind shape, newest first": newest_shapes,
    "the same, rarest first": rarest_shapes,
}
