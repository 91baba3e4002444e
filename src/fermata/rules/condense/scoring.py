"""How much each kind of line tells, judged by what the rest of the log is like.

A score combines what the line says of itself (severity, a fault, a change, a decoy), what is unusual about it (rare,
new, bursting, ceased, beside the first error, after a restart), and what the alert asks for (its service, its words).
No single one works everywhere: rarity fails when the fault repeats, severity where errors are routine.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from fermata.rules.condense.gauges import Failures
from fermata.rules.condense.survey import WINDOWS, Surveyed, Track
from fermata.rules.condense.wording import Severity

_SEVERITY = {
    Severity.DEBUG: 0.1, Severity.UNSAID: 0.7, Severity.INFO: 0.6, Severity.WARNING: 1.5, Severity.ERROR: 2.4,
    Severity.FATAL: 2.8,
}  # fmt: skip
_STEM = re.compile(r"[A-Z]?[a-z]{3,}|[A-Z]{2,}")
_PLAIN_WORDS = frozenset(
    {"high", "error", "errors", "failing", "service", "alert", "rate", "too", "many", "down", "not", "the"}
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One line that may be kept."""

    source: int
    """Which of several logs."""
    line: int
    """Index in its log, from 0."""
    raw: bytes
    """As it was read; of a gigantic line what was looked at."""
    track: int
    group: int
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class Spread:
    """When a kind of line came."""

    count: int
    first: int
    last: int
    windows: list[int]
    shapes: int


def score(surveyed: Surveyed, hint: Mapping[str, str], *, source: int = 0) -> list[Candidate]:
    """Return the lines worth keeping, best first."""
    return _Scoring(surveyed, hint, source).list_candidates()


class _Scoring:
    def __init__(self, surveyed: Surveyed, hint: Mapping[str, str], source: int = 0) -> None:
        self._source = source
        self._log = surveyed
        self._lines = max(1, surveyed.lines)
        self._groups = self._sum_groups()
        service = hint.get("service", "").strip()
        self._service = (
            re.compile(rf"(?<![A-Za-z0-9]){re.escape(service)}(?![A-Za-z0-9])", re.IGNORECASE) if service else None
        )
        self._stems = [
            stem.lower()[:7] for stem in _STEM.findall(hint.get("alert", "")) if stem.lower() not in _PLAIN_WORDS
        ]
        self._mentions = [self._is_mentioned(track) for track in surveyed.tracks]
        total = sum(track.count for track in surveyed.tracks)
        mentioned = sum(track.count for track, is_it in zip(surveyed.tracks, self._mentions, strict=True) if is_it)
        # A service that every line names, or none, tells nothing.
        self._has_service = 0 < mentioned < 0.9 * total
        self._calm = self._measure_calm()
        self._onset = self._find_onset()
        self._restarts = self._find_restarts()

    def list_candidates(self) -> list[Candidate]:
        candidates: list[Candidate] = []
        for index in range(len(self._log.tracks)):
            candidates += self._list_of(index)
        return sorted(candidates, key=lambda candidate: (-candidate.score, candidate.line))

    def _sum_groups(self) -> list[Spread]:
        members: list[list[Track]] = [[] for _ in self._log.templates]
        for track, group in zip(self._log.tracks, self._log.group_of, strict=True):
            members[group].append(track)
        return [
            Spread(
                sum(track.count for track in tracks),
                min(track.first for track in tracks),
                max(track.last for track in tracks),
                [sum(column) for column in zip(*(track.windows for track in tracks), strict=True)],
                len(tracks),
            )
            for tracks in members
        ]

    def _is_mentioned(self, track: Track) -> bool:
        return self._service is not None and self._service.search(track.first_text) is not None

    def _spread(self, index: int) -> Spread:
        """Return when lines like this came: of the shape, or of its group where shapes are many and ids."""
        group, track = self._groups[self._log.group_of[index]], self._log.tracks[index]
        if group.shapes > 6:
            return group
        return Spread(track.count, track.first, track.last, track.windows, 1)

    def _routine(self, spread: Spread) -> float:
        """Return how much a matter of course lines are, 0 to 1: they came from start to end, in most parts."""
        if spread.count < 4:
            return 0.0
        windows = spread.windows[: self._log.windows]
        share = sum(1 for count in windows if count) / len(windows)
        ends = (spread.first < 0.2 * self._lines) + (spread.last > 0.8 * self._lines)
        expected = min(1.0, spread.count / len(windows))
        return min(1.0, share / (0.7 * expected)) * (ends / 2) ** 2

    def _base(self, index: int) -> float:
        saying = self._log.tracks[index].saying
        base = _SEVERITY[saying.severity] + 0.8 * saying.fault
        if saying.change:
            base += 0.9 if saying.severity <= Severity.INFO else 0.3
        if saying.is_cause:
            base = max(base, 2.4) + 0.8
        if saying.is_decoy:
            base -= 1.6
        if saying.is_frame:
            base *= 0.15
        return max(0.05, base)

    def _unusual(self, index: int) -> float:
        """Return the factor for how unlike the rest of the log the lines are: about 0.1 to 1.4."""
        spread = self._spread(index)
        rarity = math.log2(self._lines / spread.count + 1) / math.log2(self._lines + 1)
        is_new = spread.first > 0.1 * self._lines
        factor = (0.45 + 0.55 * rarity) * (1 - 0.85 * self._routine(spread))
        return factor * (1.15 if is_new else 0.85)

    def _find_onset(self) -> int | None:
        """Return the line where things first went wrong: the first of a severe kind that is not routine."""
        best: tuple[float, int] | None = None
        for index, track in enumerate(self._log.tracks):
            saying = track.saying
            if saying.severity < Severity.WARNING and saying.fault < 2:
                continue
            if saying.is_decoy or saying.is_frame or track.first < 0.02 * self._lines:
                continue
            value = self._base(index) * self._unusual(index) * (1 + 0.2 * math.log2(track.count + 1))
            if best is None or value > best[0]:
                best = (value, track.first)
        return best[1] if best else None

    def _find_restarts(self) -> list[int]:
        """Return the lines where the program's first words come again."""
        opening = [track for track in self._log.tracks if track.first < min(6, self._lines // 8)]
        return [
            track.last for track in opening if 2 <= track.count <= 6 and track.last - track.first > 0.1 * self._lines
        ]

    def _near(self, line: int) -> float:
        """Return what standing right before the onset, or before a restart, adds."""
        bonus = 0.0
        if self._onset is not None and 0 <= self._onset - line <= 40:
            bonus += 0.8 * (1 - (self._onset - line) / 60)
        if any(0 < restart - line <= 3 for restart in self._restarts):
            bonus += 1.2
        return bonus

    def _measure_calm(self) -> float:
        """Return how rarely new kinds of line turn up once the log has got going, 0 (all the time) to 1.5."""
        start = 0.1 * self._lines
        births = sum(1 for group in self._groups if group.first >= start)
        return 0.5 * min(3.0, math.log10(0.9 * self._lines / (births + 1) + 1))

    def _surprise(self, spread: Spread, track: Track) -> float:
        """Return what a kind of line that is new tells where hardly any are."""
        if spread.first < 0.1 * self._lines or track.saying.is_frame or track.saying.is_decoy:
            return 0.0
        return self._calm * (1.0 if track.saying.severity is not Severity.DEBUG else 0.3)

    def _alerted(self, index: int) -> float:
        factor = 1.0
        if self._has_service:
            factor = 1.25 if self._mentions[index] else 0.6
        text = self._log.tracks[index].first_text.lower()
        return factor * (1 + 0.12 * min(2, sum(1 for stem in self._stems if stem in text)))

    def _list_of(self, index: int) -> list[Candidate]:
        track = self._log.tracks[index]
        base, unusual, alerted = self._base(index), self._unusual(index), self._alerted(index)
        spread = self._spread(index)
        near = self._near(track.first) if spread.count <= 3 and not track.saying.is_frame else 0.0
        worth = (base * unusual + near + self._surprise(spread, track)) * alerted
        found = [self._make(index, track.first, track.first_raw, worth, self._explain(track, near))]
        if track.count > 1:
            ceased = self._ceased(track, spread)
            found.append(
                self._make(index, track.last, track.last_raw, max(0.35 * worth, ceased * alerted), "last of its kind")
            )
        jump = self._jump(spread)
        if jump:
            found[0] = self._make(
                index, track.first, track.first_raw, worth + jump * base * 0.5, "comes more often than before"
            )
        if track.failures is not None and track.failures.count:
            found += self._list_failures(index, track.failures, alerted)
        found += [
            self._make(index, track.first - step, raw, 0.3 * worth, "right before it")
            for step, raw in enumerate(reversed(track.before), 1)
        ]
        found += self._list_gauged(index, unusual, alerted)
        return found

    def _list_failures(self, index: int, failures: Failures, alerted: float) -> list[Candidate]:
        track = self._log.tracks[index]
        share = failures.count / track.count
        worth = (2.4 - 1.2 * min(1.0, 2 * share)) * alerted
        return [
            self._make(index, failures.first_line, failures.first_raw, worth, f"answered 5xx, {failures.count} times"),
            self._make(index, failures.last_line, failures.last_raw, 0.6 * worth, "the last answer of 5xx"),
        ]

    def _ceased(self, track: Track, spread: Spread) -> float:
        """Return what it tells that a steady line comes no more, 0 to about 2."""
        if track.count < 6 or track.saying.is_frame:
            return 0.0
        gap = (track.last - track.first) / (track.count - 1)
        silence = self._lines - 1 - spread.last
        steady = sum(1 for count in track.windows if count) / max(
            1, min(track.count, WINDOWS * (track.last - track.first + 1) // self._lines // 1 or 1)
        )
        if silence < 8 * max(gap, 1.0) or silence < 0.05 * self._lines or gap * track.count < 0.1 * self._lines:
            return 0.0
        return 2.2 * min(1.0, steady)

    def _jump(self, spread: Spread) -> float:
        """Return how much more often lines come in their busiest part, 0 to 1."""
        windows = sorted(spread.windows[: self._log.windows])
        if spread.count < 20 or len(windows) < 16:
            return 0.0
        usual, most = windows[len(windows) // 2], windows[-1 - len(windows) // 16]
        return min(1.0, math.log10(most / (usual + 1)) / 1.5) if most > 5 * (usual + 1) else 0.0

    def _list_gauged(self, index: int, unusual: float, factor: float) -> list[Candidate]:
        track = self._log.tracks[index]
        if track.gauge is None:
            return []
        found: list[Candidate] = []
        for place in track.gauge.places:
            if place is None:
                continue
            alerted = factor
            drift, leap = place.measure_drift(), place.measure_leap()
            alerted *= 1.0 if place.is_measured else 0.5
            if drift:
                worth = min(2.6, 1.0 + 0.3 * drift) * alerted
                found += [
                    self._make(index, track.first, track.first_raw, worth, "where a number starts from"),
                    self._make(index, place.high_line, place.high_raw, worth, "its highest"),
                    self._make(index, place.low_line, place.low_raw, worth, "its lowest"),
                    self._make(index, track.last, track.last_raw, worth, "where it ends"),
                ]
            elif place.has_step:
                worth = min(1.0, unusual + 0.3) * 1.9 * alerted
                found.append(
                    self._make(
                        index, place.step_line, place.step_raw, worth, "a number that was always the same changes"
                    )
                )
            elif leap:
                found.append(
                    self._make(
                        index,
                        place.high_line,
                        place.high_raw,
                        min(2.6, 0.8 + 0.4 * leap) * alerted,
                        "its highest, by far",
                    )
                )
            if place.is_measured and not drift:
                found += [
                    self._make(index, place.high_line, place.high_raw, 0.4 * alerted, "its highest"),
                    self._make(index, place.low_line, place.low_raw, 0.39 * alerted, "its lowest"),
                ]
        return found

    def _make(self, index: int, line: int, raw: bytes, worth: float, why: str) -> Candidate:
        return Candidate(self._source, line, raw, index, self._log.group_of[index], worth, why)

    def _explain(self, track: Track, near: float) -> str:
        saying = track.saying
        what = saying.severity.name.lower() if saying.severity is not Severity.UNSAID else "no level"
        often = "once" if track.count == 1 else f"{track.count} times"
        return f"{what}, {often}" + (", right before the first error" if near else "")
