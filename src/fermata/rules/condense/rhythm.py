"""When lines of a kind came: as a matter of course, in a burst, or no more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_FEW = 4  # Fewer lines have no rhythm.
_MOST_PARTS = 0.7  # Share of a log's parts that a routine line is met in, at random gaps.
_MARGIN_GAPS = 5  # So many gaps before its first line, or after its last, may well be chance.
_LEAST_MARGIN = 0.04
_LEAST_BURST = 20
_LEAST_PARTS = 16


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The occurrences of one kind of line in a log."""

    lines: int
    """Of the log."""
    count: int
    first: int
    last: int
    parts: Sequence[int]
    """Occurrences in each part of the log, in order; all parts have as many lines."""

    @property
    def is_late(self) -> bool:
        """Answer whether it was first met when the log had got going."""
        return self.first > 0.1 * self.lines

    @property
    def _gap(self) -> float:
        """Lines from one to the next, while it came."""
        return (self.last - self.first + 1) / self.count

    def measure_rarity(self) -> float:
        """Return 1 for a single line, towards 0 the larger its share is."""
        return math.log2(self.lines / self.count + 1) / math.log2(self.lines + 1)

    def measure_routine(self) -> float:
        """Return 1 for what came from start to end in most parts, 0 for what did not; errors are no exception."""
        if self.count < _FEW:
            return 0.0
        met = sum(1 for count in self.parts if count) / len(self.parts)
        expected = _MOST_PARTS * min(1.0, self.count / len(self.parts))
        margin = min(0.2 * self.lines, max(_LEAST_MARGIN * self.lines, _MARGIN_GAPS * self._gap))
        ends = ((self.first < margin) + (self.last >= self.lines - margin)) / 2
        return min(1.0, met / expected) * ends**2

    def measure_onset(self) -> float:
        """Return how surely something set in that goes on, 0 to 1: it was not there, and then came again and again.

        What comes so often since then would have come before, had it been usual.
        """
        if self.count < _FEW + 2 or not self.is_late:
            return 0.0
        missed = self.first / self._gap
        return min(1.0, math.log2(missed / _MARGIN_GAPS) / 3) if missed > _MARGIN_GAPS else 0.0

    def measure_burst(self) -> float:
        """Return how much more often it came in its busiest parts than usually, 0 to 1; 0 below five times."""
        if self.count < _LEAST_BURST or len(self.parts) < _LEAST_PARTS:
            return 0.0
        ordered = sorted(self.parts)
        usual, most = ordered[len(ordered) // 2] + 1, ordered[-1 - len(ordered) // 16]
        return min(1.0, math.log10(most / usual) / 1.5) if most > 5 * usual else 0.0

    def measure_silence(self) -> float:
        """Return 1 for what came steadily and then came no more, 0 for what is still coming or never was steady."""
        if self.count < _FEW + 2:
            return 0.0
        alive = self.last - self.first + 1
        gap = alive / self.count
        silence = self.lines - 1 - self.last
        if silence < max(8 * gap, 0.05 * self.lines) or alive < 0.1 * self.lines:
            return 0.0
        parts = max(1, min(self.count, round(len(self.parts) * alive / self.lines)))
        return min(1.0, sum(1 for count in self.parts if count) / parts)


def find_surge(births: Sequence[tuple[int, float]], reach: int) -> int | None:
    """Return the line from which the most begins and before which the least did; `None` without any.

    Args:
        births: Line and weight of each first occurrence, in the order of lines.
        reach: How many lines before and after are looked at.
    """
    best: tuple[float, int] | None = None
    start = end = 0
    before = after = 0.0
    for index, (line, _) in enumerate(births):
        while end < len(births) and births[end][0] <= line + reach:
            after += births[end][1]
            end += 1
        while births[start][0] < line - reach:
            before -= births[start][1]
            start += 1
        gain = after - 2 * before
        if best is None or gain > best[0]:
            best = (gain, line)
        after -= births[index][1]
        before += births[index][1]
    return best[1] if best else None
