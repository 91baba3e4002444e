"""One pass over a log: what kinds of line it has, when and how often each came, and a few lines of each.

Memory is bounded: a few lines and a histogram for each of at most 8,192 shapes. A shape that is met again costs one
lookup and five counters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fermata.rules.condense.gauges import Gauge
from fermata.rules.condense.masking import FOLD
from fermata.rules.condense.miner import Miner, Renumbering
from fermata.rules.condense.reading import LONGEST_LINE, Cut, cut_line, decode_line, strip_controls
from fermata.rules.condense.wording import Saying, read_saying

WINDOWS = 64
"""Parts of a log in which lines are counted; at least half of them are in use from the 64th line on."""
# Every line of a shape is measured so often, then each 16th: outliers of a few thousand lines are seen for sure.
_MEASURED = 4_096


class Track:
    """What was seen of one shape."""

    __slots__ = ("count", "first", "first_text", "gauge", "last", "last_text", "saying", "windows")

    def __init__(self, line: int, text: str) -> None:
        self.count = 0
        self.first, self.first_text = line, text
        self.last, self.last_text = line, text
        self.windows = [0] * WINDOWS
        self.saying: Saying = read_saying(strip_controls(text))
        gauge = Gauge(text)
        self.gauge: Gauge | None = None if gauge.is_idle else gauge

    def absorb(self, other: Track) -> None:
        """Become the track of both shapes."""
        self.count += other.count
        if other.first < self.first:
            self.first, self.first_text = other.first, other.first_text
        if other.last > self.last:
            self.last, self.last_text = other.last, other.last_text
        self.windows = [mine + its for mine, its in zip(self.windows, other.windows, strict=True)]
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

    def __init__(self) -> None:
        self._miner = Miner()
        self._tracks: list[Track] = []
        self._shift = 0
        self._lines = 0

    def add_all(self, lines: Iterable[bytes | str]) -> None:
        """Take lines in; each may still have its end."""
        find = self._miner.find_folded
        tracks, number, shift = self._tracks, self._lines, self._shift
        limit = WINDOWS << shift
        for raw in lines:
            if number >= limit:
                self._halve_windows()
                shift, limit = self._shift, limit * 2
            text = decode_line(raw)
            if len(text) > LONGEST_LINE:
                text = cut_line(text).text
            found = find(text.translate(FOLD))
            if found is None:
                found = self._meet(number, text)
                tracks = self._tracks
            track = tracks[found]
            track.count += 1
            track.windows[number >> shift] += 1
            track.last, track.last_text = number, text
            if track.gauge is not None and (track.count < _MEASURED or not track.count & 15):
                track.gauge.read(text, number, track.count)
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

    def _meet(self, number: int, text: str) -> int:
        """Return the id of a line whose folded text is not known."""
        if self._miner.is_full:
            self._merge()
        folded = text.translate(FOLD)
        found = self._miner.add_folded(folded, strip_controls(folded) if not folded.isprintable() else folded)
        if found == len(self._tracks):
            self._tracks.append(Track(number, text))
        return found

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

    def _halve_windows(self) -> None:
        self._shift += 1
        for track in self._tracks:
            pairs = track.windows
            track.windows = [pairs[index] + pairs[index + 1] for index in range(0, WINDOWS, 2)] + [0] * (WINDOWS // 2)


def _worth(track: Track) -> float:
    """Return what it would cost to lose sight of a shape when there are too many."""
    saying = track.saying
    return saying.severity + saying.fault + saying.change + min(track.count, 100) / 100 - 3 * saying.is_decoy


def cut_verbatim(raw: bytes | str) -> Cut:
    """Return the part of a line that the survey looked at, and where it starts."""
    return cut_line(decode_line(raw))
