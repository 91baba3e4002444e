"""When lines of a kind came: as a matter of course, in a burst, or no more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

_FEW = 4  # Fewer lines have no rhythm.
_FEWEST = 3  # So few can be a cluster,
_MOST_CLUSTERED = 8  # and so many at most: more of them are an onset or a burst,
_UNLIKELY = 6.0  # when chance would put them so near each other in one of 64 logs.
_MOST_PARTS = 0.7  # Share of a log's parts that a routine line is met in, at random gaps.
_MARGIN_GAPS = 5  # So many gaps before its first line, or after its last, may well be chance.
_LEAST_MARGIN = 0.04
_LEAST_BURST = 20
_LEAST_PARTS = 16
_MISSED = 8  # So many usual gaps without it are a silence,
_MISSED_LONGEST = 2.5  # or so many of its longest.
_STEADY = 8  # Fewer lines do not show what is steady.
_PAUSE = 3  # The longest gap, in such as come next to it.
_LEAST_PAUSE = 0.02
_MOST_SURGES = 3
_CLEAR = 0.25  # Share of all that is new in a log which makes a surge one beyond doubt.
_FAINT = 0.3
_UNEVEN = 8  # The next longest gap, in usual ones: by chance it is hardly more.


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
    longest: int = 0
    """Lines from one to the next, where they were most; 0 where nobody knows."""
    second: int = 0
    """The same, next to most."""

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

    @property
    def is_cluster(self) -> bool:
        """Answer whether a few lines stand nearer each other than chance would put them, and none elsewhere."""
        if not _FEWEST <= self.count <= _MOST_CLUSTERED or not self.is_late:
            return False
        return (self.count - 1) * math.log2(self.lines / (self.last - self.first + self.count)) > _UNLIKELY

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
        # What comes by the clock is missed sooner than what comes by chance: its longest gap is a usual one.
        enough = min(_MISSED * gap, _MISSED_LONGEST * self.longest) if self.longest else _MISSED * gap
        if silence < max(enough, 0.05 * self.lines) or alive < 0.1 * self.lines:
            return 0.0
        parts = max(1, min(self.count, round(len(self.parts) * alive / self.lines)))
        return min(1.0, sum(1 for count in self.parts if count) / parts)

    def measure_pause(self) -> float:
        """Return how surely something steady did not come for once and then did again, 0 to 1."""
        if self.count < _STEADY or self.longest < max(_PAUSE * self.second, _LEAST_PAUSE * self.lines):
            return 0.0
        alive = self.last - self.first + 1 - self.longest
        # What comes now and then all at once has gaps between; what is steady has one.
        if alive < 0.3 * self.lines or self.second * self.count > _UNEVEN * alive:
            return 0.0
        return min(1.0, self.longest / (4 * _PAUSE * self.second) + 0.5)


class Surge(NamedTuple):
    """A line from which much is new."""

    line: int
    strength: float
    """How much of all that is new in the log, 0 to 1."""


def find_surges(births: Sequence[tuple[int, float]], reach: int) -> list[Surge]:
    """Return the lines from which most begins and before which little did, strongest first.

    Args:
        births: Line and weight of each first occurrence, in the order of lines.
        reach: How many lines before and after are looked at.
    """
    total = sum(weight for _, weight in births)
    left = list(births)
    found: list[Surge] = []
    for _ in range(_MOST_SURGES):
        line, gain = _find_surge(left, reach)
        strength = min(1.0, gain / (_CLEAR * total)) if left else 0.0
        if strength < _FAINT:
            break
        # The first of it may be the origin; the heaviest is what it mostly is, and may have an origin of its own.
        heaviest = max((birth for birth in left if 0 <= birth[0] - line <= reach), key=lambda birth: birth[1])
        found += [Surge(start, strength) for start in dict.fromkeys((line, heaviest[0]))]
        left = [birth for birth in left if abs(birth[0] - line) > reach]
    return found


def _find_surge(births: Sequence[tuple[int, float]], reach: int) -> tuple[int, float]:
    """Return the line from which the most begins and before which the least did, and how much that is."""
    best = (0, -math.inf)
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
        if gain > best[1]:
            best = (line, gain)
        after -= births[index][1]
        before += births[index][1]
    return best
