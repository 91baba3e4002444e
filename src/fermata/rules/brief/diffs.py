"""The changed lines of a diff within a budget: what was taken away beside what took its place.

One side of a change says nothing: a limit that was lowered and one that was raised look alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fermata.domain.evidence import EvidenceLine
from fermata.kit.diffs import is_changed


def choose_changed(
    lines: Sequence[EvidenceLine], budget: int, price: Callable[[EvidenceLine], int]
) -> list[EvidenceLine]:
    """Return the lines that changed, in order, as far as they fit: each run of them whole, or pair by pair.

    Args:
        price: What a line costs when it is shown.
    """
    kept: list[EvidenceLine] = []
    for run in _list_runs(lines):
        whole = sum(map(price, run))
        if whole <= budget:
            kept += run
            budget -= whole
            continue
        pairs = iter(_list_pairs(run))
        # As a whole it does not fit, so one of its pairs will not.
        while (cost := sum(map(price, pair := next(pairs)))) <= budget:
            kept += pair
            budget -= cost
    return sorted(kept, key=lambda line: line.number)


def _list_runs(lines: Sequence[EvidenceLine]) -> list[list[EvidenceLine]]:
    """Return runs of changed lines that stand together; context and headers part them."""
    runs: list[list[EvidenceLine]] = []
    for line in lines:
        if not is_changed(line.text):
            continue
        if runs and runs[-1][-1].number == line.number - 1:
            runs[-1].append(line)
        else:
            runs.append([line])
    return runs


def _list_pairs(run: Sequence[EvidenceLine]) -> list[list[EvidenceLine]]:
    """Return what was taken away with what took its place, line by line; the longer side goes on alone."""
    before = [line for line in run if line.text.startswith("-")]
    after = [line for line in run if line.text.startswith("+")]
    longest = max(len(before), len(after))
    return [[*before[index : index + 1], *after[index : index + 1]] for index in range(longest)]
