"""Numbers in lines of one shape: whether they drift or leap, and which lines show it.

A drifting queue has no telling line: its first, last, lowest and highest together tell. Counters that merely count and
ids are left out by the word before them.
"""

from __future__ import annotations

import re
from itertools import islice, pairwise

# A number that is not part of a time, a date, an address, a version or a word, nor an index or the id of a process
# (`sshd[812]`). Bounded on both sides.
_NUMBER = re.compile(
    r"(?<![\w.:/+-])(?<!\x1b\[)(?<![\w)]\[)(-?[0-9]{1,12}(?:\.[0-9]{1,6})?)"
    r"(?=(?:[KMGTPk]i?[Bb]?|[nmu]?s|secs?|min|bytes?|[kKMG]?bps|rpm|[mhdxCFWVB])?(?![A-Za-z0-9_]))"
    r"(?!\.[0-9]|:[0-9]|-[0-9]|/[0-9]{1,9}/)"
)
_RAW_NUMBER = re.compile(_NUMBER.pattern.encode())
_COUNTS = re.compile(
    r"(?:seq\w{0,6}|id|ids|tid|stage|child|slot|num|number|nr|no|offset|term|epoch|lsn|xid|index|pid|tid|port|version|rev\w{0,6}|line|request|req|job|task|order|user"
    r"|session|block|txn?|batch|page|shard|#|row|message|msg|segment|uid|gid|upload|build|attempt|thread|step|iteration|client|record)"
    r"[\"']?[\s=:#\[(]{0,3}\"?$",
    re.IGNORECASE,
)
# What is measured rather than counted: a unit behind it, or a word of measuring before it.
_MEASURED = re.compile(
    r"(?:latency|took|taken|elapsed|duration|time|depth|queue\w{0,6}|lag|heap|mem\w{0,4}|rss|free|used?|usage|utili[sz]ation|size|pool|active|idle"
    r"|waiting|pending|backlog|connections?|threads?|load|cpu|disk|rate|fds?|descriptors?|temp\w{0,9}|avail\w{0,5}|buffer\w{0,3}|level|delay|age"
    r"|replicas?|ready|p[0-9]{2,3}|slow|after)[\"']?(?: is| at| now| of| in)?[\s=:(]{0,3}\"?$",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"\s?(?:[KMGTP]i?B?\b|[nmu]?s\b|%|sec|bytes|[kM]?bps|C\b|F\b|rpm|/[0-9]"
    r"|(?:waiting|pending|queued|behind|free|used|in use)\b)"
)
_UNIT_INSIDE = re.compile(rb"[0-9](?:[KMGTP]i?B?|[nmu]?s|sec)$")
# Seconds since 1970, of these years: they only count on, and every line of some logs begins with them.
_EPOCH = re.compile(r"1[4-9][0-9]{8}(?:\.[0-9]+)?$|20[0-9]{8}(?:\.[0-9]+)?$")
_SIZED = re.compile(
    r"(?:bytes|mem|heap|used?|free|size|usage|quota|limit|total)[\w-]{0,8}[\"']?[\s=:(]{0,3}\"?$", re.IGNORECASE
)
_LETTER = re.compile(r"[A-Za-z]")
_MOST_PLACES = 8
_SERIES = 64
_QUARTER = 3  # Samples of a quarter of the log that show a level.
_USUAL = 8  # So many values show what is usual.
_STRAYS = 4  # So many values far out are no accident.
_RETURNS = 2
_CONSTANT = 6  # So often the same before a change is a step.


class Place:
    """What was seen of one number of a shape."""

    __slots__ = (
        "_back", "_beyond", "_ceiling", "_first", "_floor", "_same", "_seen", "constancy", "high", "high_line",
        "high_raw", "is_measured", "low", "low_line", "low_raw", "series", "step_line", "step_raw", "stride",
        "turn_line", "turn_raw",
    )  # fmt: skip

    def __init__(self, *, is_measured: bool, is_named: bool = True) -> None:
        self.is_measured = is_measured
        self.low, self.low_line, self.low_raw = float("inf"), 0, b""
        self.high, self.high_line, self.high_raw = float("-inf"), 0, b""
        self.series: list[float] = []
        self.stride = 1
        self.step_line, self.step_raw = -1, b""
        self._first: float | None = None
        self._same = 0
        self.constancy = 0
        self._floor, self._ceiling = (float("inf"), float("-inf")) if is_named else (float("-inf"), float("inf"))
        self._seen = 0
        self._beyond = self._back = 0
        self.turn_line, self.turn_raw = -1, b""

    def add(self, value: float, line: int, raw: bytes, count: int) -> None:
        """Take a value in; the series keeps every `stride`-th, so that it covers all of the log."""
        if value == self._first:
            self._same += 1
        elif self._first is None:
            self._first = value
        elif self.step_line < 0:
            self.step_line, self.step_raw = (line, raw) if self._same >= _CONSTANT else (0, b"")
            self.constancy = self._same
        if not self._floor <= value <= self._ceiling:
            self._stray(value, line, raw)
        elif self.turn_raw:
            self._return()
        else:
            self._seen += 1
        if value < self.low:
            self.low, self.low_line, self.low_raw = value, line, raw
        if value > self.high:
            self.high, self.high_line, self.high_raw = value, line, raw
        if count % self.stride == 0:
            self.series.append(value)
            if len(self.series) >= _SERIES:
                del self.series[1::2]
                self.stride *= 2

    def _stray(self, value: float, line: int, raw: bytes) -> None:
        """Take in a value that lies outside of all before: near it widens what is usual, far out it is a turn."""
        if self._seen < _USUAL or not self._is_far(value):
            self._seen += 1
            self._floor, self._ceiling = min(self._floor, value), max(self._ceiling, value)
            return
        self._beyond += 1
        if not self.turn_raw:
            self.turn_line, self.turn_raw = line, raw

    def _return(self) -> None:
        """Take in a usual value after a turn: a few strays are noise, and so they are from then on."""
        self._back += 1
        if self._back >= _RETURNS and self._beyond < _STRAYS:
            self.turn_line, self.turn_raw = -1, b""
            self._beyond = self._back = 0
            self._seen -= _USUAL  # The more often that happens, the longer until the next.

    def _is_far(self, value: float) -> bool:
        reach = max(self._ceiling - self._floor, abs(self._ceiling) / 3)
        if 0 <= value * 3 < self._floor:
            return True
        return value < self._floor - reach or value > self._ceiling + reach

    def measure_turn(self) -> float:
        """Return how surely the number went, from one line on, where it had never been, 0 to 1."""
        if not self.turn_raw:
            return 0.0
        return 1.0 if self._beyond >= _STRAYS else 0.4

    @property
    def has_step(self) -> bool:
        """Answer whether a number that had always been the same became another one."""
        return bool(self.step_raw)

    def measure_drift(self) -> float:
        """Return how far the level moved between the first and the last quarter, in spreads; 0 when it did not.

        At most 10. A number that is the same all the time, or that moved by less than a third, is 0.
        """
        quarter = len(self.series) // 4
        if quarter < _QUARTER:
            return 0.0
        first, last = sorted(self.series[:quarter]), sorted(self.series[-quarter:])
        # One outlier in each is forgiven; otherwise the two quarters must not overlap.
        if first[-2] >= last[1] and last[-2] >= first[1]:
            return 0.0
        before, after = first[quarter // 2], last[quarter // 2]
        if abs(after - before) * 3 < max(abs(before), abs(after)):
            return 0.0
        spread = min(first[-1] - first[0], last[-1] - last[0])
        return min(10.0, abs(after - before) / (spread or abs(after - before) / 10))

    @property
    def is_rising(self) -> bool:
        """Answer whether it ended above where it began."""
        return self.series[-1] > self.series[0]

    def measure_swing(self) -> float:
        """Return how smoothly the number went far and came back, 0 to 1: 0 for noise and for what stayed near.

        What it moved in all, against the range it moved in: about 2 for there and back, a third of the samples for
        noise.
        """
        if len(self.series) < 3 * _QUARTER:
            return 0.0
        low, high = min(self.series), max(self.series)
        if (high - low) * 2 < max(abs(high), abs(low)) or low == high:
            return 0.0
        moved = sum(abs(after - before) for before, after in pairwise(self.series)) / (high - low)
        return max(0.0, 1.0 - (moved - 1.0) / 4)

    def measure_leap(self) -> float:
        """Return how often the highest value holds the usual one, beyond three times; 0 when it is not unusual."""
        if len(self.series) < 8:
            return 0.0
        others = sorted(value for value in self.series if value < self.high)
        if not others:
            return 0.0
        top = others[-1 - len(others) // 16]
        if self.high < 3 * max(top, 1.0):
            return 0.0
        return min(10.0, self.high / max(top, 1.0))


class Gauge:
    """The numbers of one shape, place by place."""

    __slots__ = ("places",)

    def __init__(self, text: str) -> None:
        found = islice(_NUMBER.finditer(text), _MOST_PLACES)
        self.places: list[Place | None] = [_make_place(text, match) for match in found]

    @property
    def is_idle(self) -> bool:
        """Answer whether no number of the line is worth watching."""
        return not any(self.places)

    def read(self, raw: bytes, line: int, count: int) -> None:
        """Take in the numbers of the `count`-th line of the shape."""
        for place, value in zip(self.places, _RAW_NUMBER.findall(raw), strict=False):
            if place is not None:
                place.add(float(value), line, raw, count)


def _make_place(text: str, match: re.Match[str]) -> Place | None:
    before = text[max(0, match.start() - 16) : match.start()]
    if _COUNTS.search(before) or (_EPOCH.match(match[0]) and not _SIZED.search(before)):
        return None
    unit = _UNIT.match(text, match.end())
    # What stands before the first word of a line is a time or the id of a process.
    is_named = _LETTER.search(text, 0, match.start()) is not None
    return Place(is_measured=unit is not None or _MEASURED.search(before) is not None, is_named=is_named)


def names_measure(name: str) -> bool:
    """Answer whether a field of this name holds what is measured."""
    return _MEASURED.search(name) is not None


def is_measure_at(raw: bytes, start: int, end: int) -> bool:
    """Answer whether the number in a line from `start` to `end` is measured rather than a name."""
    before, after = raw[max(0, start - 16) : start], raw[end : end + 16]
    return (
        _MEASURED.search(before.decode("ascii", "replace")) is not None
        or _UNIT.match(after.decode("ascii", "replace")) is not None
        or _UNIT_INSIDE.search(raw[start:end]) is not None
    )


_STATUS = re.compile(
    r"(?:HTTP/[0-9](?:\.[0-9])?\"? |\bstatus(?:_?code)?\"?[=: ]{1,2}\"?|\" )[1-5][0-9]{2}\b", re.IGNORECASE
)
_FAILED = re.compile(
    rb"(?:HTTP/[0-9](?:\.[0-9])?\"? |\bstatus(?:_?code)?\"?[=: ]{1,2}\"?|\" )5[0-9]{2}\b", re.IGNORECASE
)


class Failures:
    """Requests of one shape that a server answered with 5xx: their digits are all that differs."""

    __slots__ = ("count", "first_line", "first_raw", "last_line", "last_raw")

    def __init__(self) -> None:
        self.count = 0
        self.first_line, self.first_raw = -1, b""
        self.last_line, self.last_raw = -1, b""

    def read(self, raw: bytes, line: int) -> None:
        """Take in a line that carries a status."""
        if _FAILED.search(raw) is not None:
            self.count += 1
            if self.first_line < 0:
                self.first_line, self.first_raw = line, raw
            self.last_line, self.last_raw = line, raw

    def absorb(self, other: Failures) -> None:
        """Become those of both shapes."""
        if other.count and (not self.count or other.first_line < self.first_line):
            self.first_line, self.first_raw = other.first_line, other.first_raw
        if other.last_line > self.last_line:
            self.last_line, self.last_raw = other.last_line, other.last_raw
        self.count += other.count


def has_status(text: str) -> bool:
    """Answer whether a line carries a status of HTTP."""
    # Most lines have none of the words before it, which is found out ten times as fast.
    is_likely = '" ' in text or "status" in (lowered := text.lower()) or "http/" in lowered
    return is_likely and _STATUS.search(text) is not None
