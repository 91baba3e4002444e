"""Numbers in lines of one shape: whether they drift or leap, and which lines show it.

A drifting queue has no telling line: its first, last, lowest and highest together tell. Counters that merely count and
ids are left out by the word before them.
"""

from __future__ import annotations

import re

# A number that is not part of a time, a date, an address, a version or a word. Bounded on both sides.
_NUMBER = re.compile(r"(?<![\w.:/+-])(-?[0-9]{1,9}(?:\.[0-9]{1,6})?)(?![0-9])(?!\.[0-9]|:[0-9]|-[0-9]|/[0-9]{1,9}/)")
_COUNTS = re.compile(
    r"(?:seq\w{0,6}|id|ids|num|number|nr|no|offset|term|epoch|lsn|xid|index|pid|tid|port|version|rev\w{0,6}|line|request|req|job|task|order|user"
    r"|session|block|txn?|batch|page|shard|#|row|message|msg|segment|uid|gid|upload|build|attempt|thread|step|iteration|client|record)"
    r"[\"']?[\s=:#\[(]{0,3}$",
    re.IGNORECASE,
)
_MOST_PLACES = 6
_SERIES = 64


class Place:
    """What was seen of one number of a shape."""

    __slots__ = ("high", "high_line", "high_text", "low", "low_line", "low_text", "series", "stride")

    def __init__(self) -> None:
        self.low, self.low_line, self.low_text = float("inf"), 0, ""
        self.high, self.high_line, self.high_text = float("-inf"), 0, ""
        self.series: list[float] = []
        self.stride = 1

    def add(self, value: float, line: int, text: str, count: int) -> None:
        """Take a value in; the series keeps every `stride`-th, so that it covers all of the log."""
        if value < self.low:
            self.low, self.low_line, self.low_text = value, line, text
        if value > self.high:
            self.high, self.high_line, self.high_text = value, line, text
        if count % self.stride == 0:
            self.series.append(value)
            if len(self.series) >= _SERIES:
                del self.series[1::2]
                self.stride *= 2

    def measure_drift(self) -> float:
        """Return how far the level moved between the first and the last quarter, in spreads; 0 when it did not.

        At most 10. A number that is the same all the time, or that moved by less than a third, is 0.
        """
        quarter = len(self.series) // 4
        if quarter < 2:
            return 0.0
        first, last = sorted(self.series[:quarter]), sorted(self.series[-quarter:])
        before, after = first[quarter // 2], last[quarter // 2]
        if abs(after - before) * 3 < max(abs(before), abs(after)) or before == after:
            return 0.0
        spread = min(first[-1] - first[0], last[-1] - last[0])
        return min(10.0, abs(after - before) / (spread or abs(after - before) / 10))

    def measure_leap(self) -> float:
        """Return how often the highest value holds the usual one, beyond three times; 0 when it is not unusual."""
        if len(self.series) < 8:
            return 0.0
        ordered = sorted(self.series)
        usual, top = ordered[len(ordered) // 2], ordered[-1 - len(ordered) // 16]
        if self.high < 3 * max(usual, top, 1.0):
            return 0.0
        return min(10.0, self.high / max(top, 1.0))


class Gauge:
    """The numbers of one shape, place by place."""

    __slots__ = ("places",)

    def __init__(self, text: str) -> None:
        found = [match for match in _NUMBER.finditer(text)][:_MOST_PLACES]
        self.places: list[Place | None] = [
            None if _COUNTS.search(text[max(0, match.start() - 16) : match.start()]) else Place() for match in found
        ]

    @property
    def is_idle(self) -> bool:
        """Answer whether no number of the line is worth watching."""
        return not any(self.places)

    def read(self, text: str, line: int, count: int) -> None:
        """Take in the numbers of the `count`-th line of the shape."""
        for place, value in zip(self.places, _NUMBER.findall(text), strict=False):
            if place is not None:
                place.add(float(value), line, text, count)
