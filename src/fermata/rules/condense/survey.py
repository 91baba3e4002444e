"""One pass over a log: what kinds of line it has, when and how often each came, and a few lines of each.

Memory is bounded: a few lines and a histogram for each of at most 8,192 shapes. A line of a kind met before is
not even decoded: it costs one lookup and a few counters.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from fermata.rules.condense.gauges import Failures, Gauge, has_status
from fermata.rules.condense.masking import FOLD
from fermata.rules.condense.members import WATCHED_FROM, Members
from fermata.rules.condense.miner import MOST_SHAPES, Miner, Renumbering
from fermata.rules.condense.places import BELOW, names_own_place
from fermata.rules.condense.reading import LONGEST_LINE, cut_line, decode_line, strip_controls
from fermata.rules.condense.wording import Saying, Severity, read_saying
from fermata.rules.levels import find_stated

WINDOWS = 64
"""Parts of a log in which lines are counted; at least half of them are in use from the 64th line on."""
# All numbers are measured in the first lines of a log, and in the first of each shape. Then in each 16th line of a
# shape, and in each whose numbers have other lengths than any before: so an outlier of another size is always seen.
_MEASURED_WHOLE = 200_000
_MEASURED = 512
_MOST_WATCHED = 128  # Shapes whose members are followed at a time.
_CONTEXT = 4  # Lines before a new trouble that are kept in case there is room.


class Pause(NamedTuple):
    """Two lines of a shape next to each other."""

    last: int
    last_raw: bytes
    next: int
    next_raw: bytes


class Track:
    """What was seen of one shape."""

    __slots__ = (
        "before", "below", "count", "failures", "first", "first_raw", "gauge", "last", "last_raw", "longest", "members",
        "pause", "saying", "second", "windows",
    )  # fmt: skip

    def __init__(self, line: int, raw: bytes) -> None:
        self.count = 0
        self.first, self.first_raw = line, raw
        self.last, self.last_raw = line, raw
        self.windows = [0] * WINDOWS
        self.longest = self.second = 0
        """Lines from one to the next, where they were most, and next to most; 0 where nobody knows."""
        self.pause: Pause | None = None
        text = decode_line(raw)
        self.saying: Saying = read_saying(strip_controls(text))
        gauge = Gauge(text)
        self.gauge: Gauge | None = None if gauge.is_idle else gauge
        self.failures = Failures() if has_status(text) else None
        self.members: Members | None = None
        self.before: list[tuple[bytes, int]] = []
        """The lines before it, and the tracks of those."""
        self.below: tuple[bytes, int, int] | None = None
        """Of an exception the frame in the program's own code, its track, and its number."""

    @property
    def first_text(self) -> str:
        """Return its first line."""
        return decode_line(self.first_raw)

    def note_gap(self, gap: int, line: int, raw: bytes) -> None:
        """Take in that it comes again after more lines than it mostly does."""
        if gap > self.longest:
            self.longest, self.second = gap, self.longest
            self.pause = Pause(self.last, self.last_raw, line, raw)
        else:
            self.second = gap

    def absorb(self, other: Track) -> None:
        """Become the track of both shapes."""
        self.count += other.count
        if other.first < self.first:
            self.first, self.first_raw, self.before = other.first, other.first_raw, other.before
            self.below = other.below
        if other.last > self.last:
            self.last, self.last_raw = other.last, other.last_raw
        if other.count == 1:  # Most are, where there are too many.
            self.windows[other.windows.index(1)] += 1
        else:
            self.windows = [mine + its for mine, its in zip(self.windows, other.windows, strict=True)]
        if self.failures is None:
            self.failures = other.failures
        elif other.failures is not None:
            self.failures.absorb(other.failures)
        self.longest = self.second = 0
        self.pause = None
        self.members = None
        self.gauge = None  # Places of different shapes do not line up.


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What is known of a log after its last line."""

    lines: int
    tracks: list[Track]
    group_of: tuple[int, ...]
    """For each track the group of its shape."""
    templates: tuple[str, ...]
    """For each group what its lines have in common."""
    windows: int
    """Windows in use."""


class Survey:
    """Takes a log in, line by line."""

    def __init__(self, *, most_shapes: int = MOST_SHAPES) -> None:
        self._miner = Miner(most_shapes=most_shapes)
        self._tracks: list[Track] = []
        self._shift = 0
        self._lines = 0
        self._watched = 0
        self._recent: deque[tuple[bytes, int]] = deque(maxlen=_CONTEXT)
        self._raised: Track | None = None
        self._raised_until = 0

    def add_all(self, lines: Iterable[bytes | str]) -> None:
        """Take lines in; each may still have its end."""
        find = self._miner.find_folded
        tracks, number, shift = self._tracks, self._lines, self._shift
        limit = WINDOWS << shift
        remember = self._recent.append
        for given in lines:
            if number >= limit:
                self._halve_windows()
                shift, limit = self._shift, limit * 2
            raw = given if isinstance(given, bytes) else given.encode("utf-8", "replace")
            raw = raw if len(raw) <= LONGEST_LINE else cut_line(decode_line(raw)).encode("utf-8", "replace")
            found = find(raw.translate(FOLD))
            is_fresh = found is None
            if found is None:
                found = self._meet(number, raw)
                tracks = self._tracks
            track = tracks[found]
            track.count += 1
            track.windows[number >> shift] += 1
            if number - track.last > track.second:
                track.note_gap(number - track.last, number, raw)
            track.last, track.last_raw = number, raw
            if track.failures is not None:
                track.failures.read(raw, number)
            if track.gauge is not None and (
                number < _MEASURED_WHOLE or is_fresh or track.count < _MEASURED or not track.count & 15
            ):
                track.gauge.read(raw, number, track.count)
            if track.members is not None and not track.members.read(raw, number):
                track.members = None
                self._watched -= 1
            if track.count == WATCHED_FROM and self._watched < _MOST_WATCHED:
                self._watch(track, number, raw)
            if self._raised is not None:
                self._look_below(raw, found, number)
            remember((raw, found))
            number += 1
            self._lines = number

    def close(self) -> Surveyed:
        """Group what was seen."""
        clusters = self._miner.group()
        windows = ((self._lines - 1) >> self._shift) + 1 if self._lines else 0
        return Surveyed(
            self._lines,
            self._tracks,
            clusters.group_of,
            tuple(" ".join(template) for template in clusters.templates),
            windows,
        )

    def _watch(self, track: Track, number: int, raw: bytes) -> None:
        """Follow who writes the lines of a shape, from this line on, if it names anybody."""
        members = Members(raw)
        if not members.is_idle:
            members.read(raw, number)
            track.members = members
            self._watched += 1

    def _meet(self, number: int, raw: bytes) -> int:
        """Return the id of a line whose folded text is not known."""
        if self._miner.is_full:
            self._merge()
        folded = raw.translate(FOLD)
        found = self._miner.add_folded(folded, strip_controls(decode_line(folded)))
        if found == len(self._tracks):
            track = Track(number, raw)
            if track.saying.severity >= Severity.WARNING or track.saying.fault > 1:
                track.before = list(self._recent)
            if track.saying.is_cause or track.saying.severity >= Severity.ERROR:
                self._raised, self._raised_until = track, number + BELOW
            self._tracks.append(track)
        return found

    def _look_below(self, raw: bytes, found: int, number: int) -> None:
        """Keep the first frame of the program's own code below an exception that was met for the first time."""
        raised = self._raised
        if raised is None or raised.first == number:
            return
        text = decode_line(raw)
        if names_own_place(text) and find_stated(text) is None:
            raised.below = raised.below or (raw, found, number)
            self._raised = None
        elif number > self._raised_until or find_stated(text) is not None:  # Another record begins.
            self._raised = None

    def _merge(self) -> None:
        renumbering: Renumbering = self._miner.merge(lambda index: _worth(self._tracks[index]))
        merged: list[Track | None] = [None] * renumbering.count
        for track, new in zip(self._tracks, renumbering.new_id_of, strict=True):
            known = merged[new]
            if known is None:
                merged[new] = track
            else:
                known.absorb(track)
        self._tracks = [track for track in merged if track is not None]
        self._watched = sum(1 for track in self._tracks if track.members is not None)
        self._raised = None  # It may have been merged into another.
        for track in self._tracks:
            if track.below is not None:
                raw, old, number = track.below
                track.below = (raw, renumbering.new_id_of[old], number)
        for lines in (self._recent, *(track.before for track in self._tracks)):
            for place, (raw, old) in enumerate(lines):
                lines[place] = (raw, renumbering.new_id_of[old])

    def _halve_windows(self) -> None:
        self._shift += 1
        for track in self._tracks:
            pairs = track.windows
            track.windows = [pairs[index] + pairs[index + 1] for index in range(0, WINDOWS, 2)] + [0] * (WINDOWS // 2)


def _worth(track: Track) -> float:
    """Return what it would cost to lose sight of a shape when there are too many."""
    saying = track.saying
    return saying.severity + saying.fault + saying.change + min(track.count, 100) / 100 - 3 * saying.is_decoy
