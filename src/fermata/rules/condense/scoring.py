"""How much each kind of line tells, judged by what the rest of the log is like.

A score combines what the line says of itself (severity, a fault, a change, a decoy), what is unusual about it (rare,
new, bursting, ceased, beside the first error, after a restart), and what the alert asks for (its service, its words).
No single one works everywhere: rarity fails when the fault repeats, severity where errors are routine.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fermata.rules.condense.gauges import Failures, Place
from fermata.rules.condense.likeness import find_likes
from fermata.rules.condense.rhythm import Rhythm, Surge, find_surges
from fermata.rules.condense.stopping import list_stopped
from fermata.rules.condense.survey import Surveyed, Track
from fermata.rules.condense.wording import Severity, explain, names_setting

_SEVERITY = {
    Severity.DEBUG: 0.1, Severity.UNSAID: 0.7, Severity.INFO: 0.6, Severity.WARNING: 1.5, Severity.ERROR: 2.4,
    Severity.FATAL: 2.8,
}  # fmt: skip
_MANY_SHAPES = 6  # A group of more is names or ids: how often one of them came tells nothing.
_RARE = 3
_FAMILIAR = 0.6  # What a rare line loses whose likes come as a matter of course.
_UNCOMMON = 0.1  # What a sign adds for each time that rare kinds are twice as many as those that bear it.
_BEING_RARE = "rare"
_MOST_BEARERS = 4  # Kinds; more are how the log is.
_SURELY = 0.5  # From here on an onset is a sign.
_CONTEXT = 0.3  # What a line right before a trouble tells of it,
_PLACE = 0.5  # What the frame in a program's own code tells, of its exception.
_ORDINARY = 0.8  # and what it loses of that where lines like it come all the time.
_AGAIN = 0.25  # What the last line of a kind tells beside its first.
_OFTEN = 8  # So many lines of a kind show that it has a value.
_HEAD = 4_000  # Characters in which a value is looked for.
# A list without items, a name without a value, and words for nothing where a value may stand.
_VOID = re.compile(r"\[ ?\]|\{ ?\}|\( ?\)|\"\"|''|(?<![\w-])(?:none|None|null|nil|nothing|empty)(?![\w-])|[=:] ?$")
_FEW_SINGLES = 8
_SUSTAINED = 2.0  # What something that set in and goes on adds to an onset.
_STOPS = 2.0  # What the last line of something steady tells.
_TURN = 1.6  # And a number that goes where it never was.
_NEAR = 1.4  # What the place of a rare line can tell at most.
_STOP_STRENGTH = 0.8  # Of an onset's.
_MOST_STOPS = 8  # More are how the log is.
_MEMBER_STOPS = 2.4  # What the last line of one of several tells, of which the others go on.
_FEW_OPENING = 6  # Rare lines in the first part of a log that are looked at like others.
_OPENING, _SETTING = 0.5, 1.0
_UNMENTIONED = 0.6  # What is left of a line that does not name the service which others name.
_LAST_WORDS = 5  # Lines at the end of a log.
_CONTINUED = 1.1
_LESSER = 0.4  # What an extreme of one shape counts where another of its group goes further.
_LONG_CONSTANT = 30
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
    """Whose worth it shares: of a line before a trouble, the trouble's."""
    group: int
    kind: int
    """The group that the line itself is of."""
    like: int
    """The group that stands for those that say nearly the same."""
    score: float
    why: str
    sign: str = ""
    """By what it stands out; where many lines stand out by one, each tells less."""


@dataclass(frozen=True, slots=True)
class _Group:
    rhythm: Rhythm
    shapes: int


def score(surveyed: Surveyed, hint: Mapping[str, object], *, source: int = 0) -> list[Candidate]:
    """Return the lines worth keeping, best first."""
    return _Scoring(surveyed, hint, source).list_candidates()


class _Scoring:
    def __init__(self, surveyed: Surveyed, hint: Mapping[str, object], source: int = 0) -> None:
        self._source = source
        self._log = surveyed
        self._lines = max(1, surveyed.lines)
        self._groups = self._sum_groups()
        self._like, self._familiar = self._find_familiar()
        self._severities = self._weigh_severities()
        self._stems = [
            stem.lower()[:7] for stem in _STEM.findall(_read_hint(hint, "alert")) if stem.lower() not in _PLAIN_WORDS
        ]
        self._mentions = self._find_mentions(_read_hint(hint, "service"))
        total = sum(track.count for track in surveyed.tracks)
        mentioned = sum(track.count for track, is_it in zip(surveyed.tracks, self._mentions, strict=True) if is_it)
        # A service that every line names, or none, tells nothing.
        self._has_service = 0 < mentioned < 0.9 * total
        # Where lines name it as a part of a package only, the others may be its own as well.
        self._unmentioned = _UNMENTIONED if self._is_named else 0.85
        self._calm = self._measure_calm()
        self._single = self._measure_single()
        self._rarities = self._count_rarities()
        self._opening = self._measure_opening()
        self._onsets = self._find_onsets() + self._find_stops()
        self._restarts = self._find_restarts()
        self._ranges = self._find_ranges()

    def list_candidates(self) -> list[Candidate]:
        candidates: list[Candidate] = []
        for index in range(len(self._log.tracks)):
            candidates += self._list_of(index)
        candidates += self._list_voids()
        named = [group.shapes > _MANY_SHAPES for group in self._groups]
        for index, line, raw in list_stopped(self._log, named):
            worth = _MEMBER_STOPS * self._alerted(index)
            candidates.append(self._make(index, line, raw, worth, "its others go on, it comes no more", "stop"))
        candidates = [candidate for candidate in candidates if candidate.raw.strip()]  # A blank line tells nothing.
        return sorted(self._reward_signs(candidates), key=lambda candidate: (-candidate.score, candidate.line))

    def _reward_signs(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Let what stands out by more than being rare tell more, the fewer kinds do so beside those that are rare.

        In a log where hundreds of lines come once, that one does tells nothing; that something steady stopped does.
        """
        kinds: dict[str, set[int]] = {}
        for candidate in candidates:
            kinds.setdefault(candidate.sign, set()).add(candidate.group)
        factors = {
            sign: 1 + min(1.0, _UNCOMMON * math.log2(max(1.0, self._rarities / (1 + len(groups)))))
            for sign, groups in kinds.items()
            if sign not in ("", _BEING_RARE) and len(groups) <= _MOST_BEARERS
        }
        return [replace(item, score=item.score * factors.get(item.sign, 1.0)) for item in candidates]

    def _sum_groups(self) -> list[_Group]:
        members: list[list[Track]] = [[] for _ in self._log.templates]
        for track, group in zip(self._log.tracks, self._log.group_of, strict=True):
            members[group].append(track)
        return [_Group(self._sum_rhythms(tracks), len(tracks)) for tracks in members]

    def _find_familiar(self) -> tuple[list[int], dict[int, float]]:
        """Return for each group the one that stands for its likes; and by that how much they are a matter of course."""
        counts = [group.rhythm.count for group in self._groups]
        stands_for = find_likes(self._log.templates, counts, rare=_RARE)
        members: dict[int, list[Track]] = {}
        for track, group in zip(self._log.tracks, self._log.group_of, strict=True):
            if group in stands_for:
                members.setdefault(stands_for[group], []).append(track)
        like = [stands_for.get(number, number) for number in range(len(self._groups))]
        return like, {number: self._sum_rhythms(tracks).measure_routine() for number, tracks in members.items()}

    def _sum_rhythms(self, tracks: Sequence[Track]) -> Rhythm:
        return Rhythm(
            self._lines,
            sum(track.count for track in tracks),
            min(track.first for track in tracks),
            max(track.last for track in tracks),
            [sum(column) for column in zip(*(track.windows for track in tracks), strict=True)][: self._log.windows],
        )

    def _find_mentions(self, service: str) -> list[bool]:
        """Return which tracks name a service: as a word of its own, or else as a part of a path or a package."""
        found = [False] * len(self._log.tracks)
        self._is_named = True
        # A pod goes on behind the service ("cart-7d9f"), a package stands before it too ("c.shop.cart.Main").
        for before, after in ((r"[\w./-]", r"[A-Za-z0-9_/]|\.\w"), (r"[A-Za-z0-9]", r"[A-Za-z0-9]")) if service else ():
            pattern = re.compile(rf"(?<!{before}){re.escape(service)}(?!{after})", re.IGNORECASE)
            found = [pattern.search(track.first_text) is not None for track in self._log.tracks]
            if any(found):
                break
            self._is_named = False
        return found

    def _rhythm(self, index: int) -> Rhythm:
        """Return when lines like this came: of the shape, or of its group where shapes are many and names."""
        group = self._groups[self._log.group_of[index]]
        if group.shapes > _MANY_SHAPES:
            return group.rhythm
        track = self._log.tracks[index]
        return replace(self._sum_rhythms([track]), longest=track.longest, second=track.second)

    def _weigh_severities(self) -> dict[Severity, float]:
        """Return what each level is worth here: one that is written all through the log says half as much."""
        weights = dict(_SEVERITY)
        for severity in (Severity.WARNING, Severity.ERROR, Severity.FATAL):
            tracks = [track for track in self._log.tracks if track.saying.severity is severity]
            if tracks:
                routine = self._sum_rhythms(tracks).measure_routine()
                plain = _SEVERITY[Severity.UNSAID]
                weights[severity] = plain + (_SEVERITY[severity] - plain) * (1 - 0.5 * routine)
        return weights

    def _base(self, index: int) -> float:
        saying = self._log.tracks[index].saying
        base = self._severities[saying.severity] + 0.8 * saying.fault
        if saying.change:
            base += 0.9 if saying.severity <= Severity.INFO else 0.3
        if saying.is_cause:
            base = max(base, 2.4) + 0.8
        if saying.is_decoy:
            base -= 1.6
        if saying.is_frame:
            base *= 0.15
        return max(0.05, base)

    def _unusual(self, rhythm: Rhythm) -> float:
        """Return the factor for how unlike the rest of the log the lines are: about 0.05 to 1.2."""
        factor = (0.45 + 0.55 * rhythm.measure_rarity()) * (1 - 0.85 * rhythm.measure_routine())
        return factor * (1.15 if rhythm.is_late else 0.85)

    def _find_onsets(self) -> list[Surge]:
        """Return where things went wrong: much that is severe, or goes on, is new from there on, and little before."""
        births: list[tuple[int, float]] = []
        for index, track in enumerate(self._log.tracks):
            saying = track.saying
            onset = 0.0 if saying.severity is Severity.DEBUG else self._rhythm(index).measure_onset()
            is_severe = saying.severity >= Severity.WARNING or saying.fault > 1
            if (
                (is_severe or onset)
                and not saying.is_decoy
                and not saying.is_frame
                and track.first >= 0.02 * self._lines
            ):
                # What goes on from there on tells by that, whatever it says and however often it came.
                value = max(self._base(index) * self._unusual(self._rhythm(index)), _SUSTAINED * onset)
                sustained = 0.2 * math.log2(track.count + 1) + 8 * onset
                births.append((track.first, value * (1 + sustained)))
        births.sort()
        return find_surges(births, max(40, self._lines // 20))

    def _find_stops(self) -> list[Surge]:
        """Return where something steady stopped, or a number went where it never was: from when on it was missed."""
        stops: list[Surge] = []
        for index, track in enumerate(self._log.tracks):
            rhythm = self._rhythm(index)
            silence, pause = rhythm.measure_silence(), rhythm.measure_pause()
            usual = (track.last - track.first) // track.count
            if silence and not track.saying.is_frame:
                stops.append(Surge(track.last + usual, _STOP_STRENGTH * silence))
            if pause and track.pause is not None:
                stops.append(Surge(track.pause.last + usual, _STOP_STRENGTH * pause))
            stops += [
                Surge(place.turn_line, _STOP_STRENGTH)
                for place in (track.gauge.places if track.gauge else ())
                if place is not None and place.measure_turn() == 1
            ]
        return stops if len(stops) <= _MOST_STOPS else []

    def _measure_opening(self) -> float:
        """Return what a rare line of the log's first part tells, 0 to 1: less where much is said at the start."""
        opening = sum(1 for group in self._groups if group.rhythm.count <= _RARE and not group.rhythm.is_late)
        return min(1.0, _FEW_OPENING / max(1, opening))

    def _find_restarts(self) -> list[int]:
        """Return the lines where the program's first words come again."""
        opening = [track for track in self._log.tracks if track.first < min(6, self._lines // 8)]
        return [
            track.last for track in opening if 2 <= track.count <= 6 and track.last - track.first > 0.1 * self._lines
        ]

    def _near(self, track: Track) -> float:
        """Return what standing right before the onset, before a restart, or at the end of the log adds."""
        line, bonus = track.first, 0.0
        for surge in self._onsets:
            bonus = max(bonus, surge.strength * self._precede(surge.line - line))
        if track.saying.severity >= Severity.ERROR and line >= self._lines - min(_LAST_WORDS, self._lines // 2):
            bonus += 0.6
        if any(0 < restart - line <= 3 for restart in self._restarts):
            bonus += 1.2
        if bonus and track.saying.change:  # What was changed right before a trouble is the first that is asked about.
            bonus += 0.8
        return bonus

    def _precede(self, distance: int) -> float:
        """Return what it tells that something rare stands so many lines before an onset: less where much is rare."""
        if distance < 0:
            return 0.0
        by_chance = self._rarities / self._lines * (distance + 1)
        return min(_NEAR, 0.4 * math.log2(max(1.0, 1 / by_chance))) + (0.4 if distance == 0 else 0.0)

    def _count_rarities(self) -> int:
        """Return how many kinds of line come once or a few times; the frames of a stack are none."""
        kinds = {
            group
            for track, group in zip(self._log.tracks, self._log.group_of, strict=True)
            if not track.saying.is_frame
        }
        return 1 + sum(1 for kind in kinds if self._groups[kind].rhythm.count <= _RARE)

    def _measure_calm(self) -> float:
        """Return how rarely new kinds of line turn up once the log has got going, 0 (all the time) to 1.5."""
        births = sum(1 for group in self._groups if group.rhythm.is_late)
        return 0.5 * min(3.0, math.log10(0.9 * self._lines / (births + 1) + 1))

    def _measure_single(self) -> float:
        """Return what a line that comes once or twice is worth: less where there are many such, 0.85 to 1."""
        singles = sum(1 for group in self._groups if group.rhythm.count <= _RARE and group.rhythm.is_late)
        return max(0.85, 1.0 - 0.01 * max(0, singles - _FEW_SINGLES))

    def _surprise(self, rhythm: Rhythm, track: Track) -> float:
        """Return what a kind of line that is new tells where hardly any are."""
        saying = track.saying
        if saying.is_frame or saying.is_decoy:
            return 0.0
        if not rhythm.is_late:
            opening = _SETTING if names_setting(track.first_text[:_HEAD]) else _OPENING
            return opening * self._opening * self._calm if rhythm.count <= _RARE else 0.0
        return self._calm * (0.3 if saying.severity is Severity.DEBUG else 1.0)

    def _alerted(self, index: int) -> float:
        factor = 1.0
        if self._has_service:
            saying = self._log.tracks[index].saying
            is_continued = saying.is_cause or saying.is_frame  # Who logged it stands some lines above.
            unmentioned = max(_CONTINUED, self._unmentioned) if is_continued else self._unmentioned
            factor = 1.25 if self._mentions[index] else unmentioned
        text = self._log.tracks[index].first_text.lower()
        return factor * (1 + 0.12 * min(2, sum(1 for stem in self._stems if stem in text)))

    def _list_of(self, index: int) -> list[Candidate]:
        track, rhythm = self._log.tracks[index], self._rhythm(index)
        base, unusual, alerted = self._base(index), self._unusual(rhythm), self._alerted(index)
        near = self._near(track) if rhythm.count <= _RARE and not track.saying.is_frame else 0.0
        burst = rhythm.measure_burst()
        onset = rhythm.measure_onset() if track.saying.severity is not Severity.DEBUG else 0.0
        often = max(0.5 * burst, onset)
        single = self._single if rhythm.count <= _RARE else 1.0
        single *= 1 - _FAMILIAR * self._familiar.get(self._like[self._log.group_of[index]], 0.0)
        worth = ((base * (unusual + often) + self._surprise(rhythm, track)) * single + near) * alerted
        times = self._groups[self._log.group_of[index]].rhythm.count
        why = explain(track.saying, times, is_near=near > 0, is_burst=burst > 0)
        sign = self._name_sign(index, rhythm, onset, is_near=near > 0)
        found = [self._make(index, track.first, track.first_raw, worth, why, sign)]
        if track.count > 1:
            ceased = 0.0 if track.saying.is_frame else _STOPS * rhythm.measure_silence() * alerted
            last, stop = ("comes no more after this", "stop") if ceased > _AGAIN * worth else ("last of its kind", "")
            found.append(self._make(index, track.last, track.last_raw, max(_AGAIN * worth, ceased), last, stop))
            found += self._list_pause(index, rhythm, alerted)
        if track.failures is not None and track.failures.count:
            found += self._list_failures(index, track.failures, alerted)
        found += [
            replace(
                self._make(
                    index, track.first - step, raw, self._measure_context(its) * worth, "right before a trouble"
                ),
                kind=self._log.group_of[its],
            )
            for step, (raw, its) in enumerate(reversed(track.before), 1)
            if self._log.group_of[its] != self._log.group_of[index]
        ]
        if track.below is not None:  # Without it nobody knows where to look.
            raw, its, line = track.below
            frame = self._make(index, line, raw, _PLACE * worth, "where it failed")
            found.append(replace(frame, track=its, kind=self._log.group_of[its]))
        return found + self._list_gauged(index, alerted)

    def _name_sign(self, index: int, rhythm: Rhythm, onset: float, *, is_near: bool) -> str:
        """Return by what the first line of a shape stands out."""
        if rhythm.is_cluster and not self._log.tracks[index].saying.is_frame:
            return "cluster"
        if rhythm.count <= _RARE:
            return "" if is_near else _BEING_RARE
        return "onset" if onset > _SURELY else ""

    def _measure_context(self, index: int) -> float:
        """Return what a line before a trouble tells of it: little, where lines like it come all the time."""
        return _CONTEXT * (1 - _ORDINARY * self._rhythm(index).measure_routine())

    def _list_pause(self, index: int, rhythm: Rhythm, alerted: float) -> list[Candidate]:
        pause, is_frame = self._log.tracks[index].pause, self._log.tracks[index].saying.is_frame
        worth = 0.0 if is_frame else _STOPS * rhythm.measure_pause() * alerted
        if pause is None or not worth:
            return []
        return [
            self._make(index, pause.last, pause.last_raw, worth, "does not come for a while after this", "pause"),
            self._make(index, pause.next, pause.next_raw, 0.6 * worth, "comes again"),
        ]

    def _list_failures(self, index: int, failures: Failures, alerted: float) -> list[Candidate]:
        track = self._log.tracks[index]
        share = failures.count / track.count
        worth = (2.4 - 1.2 * min(1.0, 2 * share)) * alerted
        return [
            self._make(index, failures.first_line, failures.first_raw, worth, f"answered 5xx, {failures.count} times"),
            self._make(index, failures.last_line, failures.last_raw, 0.6 * worth, "the last answer of 5xx"),
        ]

    def _list_gauged(self, index: int, alerted: float) -> list[Candidate]:
        gauge = self._log.tracks[index].gauge
        found: list[Candidate] = []
        for number, place in enumerate(gauge.places if gauge else ()):
            if place is not None:
                found += self._list_place(index, number, place, alerted)
        return found

    def _list_voids(self) -> list[Candidate]:
        """Return the lines that have no value where those of their kind had one before them."""
        members: dict[int, list[int]] = {}
        for index, group in enumerate(self._log.group_of):
            if self._groups[group].rhythm.count > _OFTEN:
                members.setdefault(group, []).append(index)
        return [candidate for indexes in members.values() if len(indexes) > 1 for candidate in self._list_void(indexes)]

    def _list_void(self, indexes: Sequence[int]) -> list[Candidate]:
        """Return those of one kind, given its shapes."""
        tracks = self._log.tracks
        is_void = {index: _VOID.search(tracks[index].first_text[:_HEAD]) is not None for index in indexes}
        full = [
            sum(part) for part in zip(*(tracks[index].windows for index in indexes if not is_void[index]), strict=True)
        ]
        found: list[Candidate] = []
        for index in (index for index in indexes if is_void[index]):
            part = next(number for number, count in enumerate(tracks[index].windows) if count)
            if sum(full[:part]) >= _OFTEN:
                worth = 0.8 * (_TURN + self._calm) * self._alerted(index)
                why = "has no value where there was one"
                found.append(self._make(index, tracks[index].first, tracks[index].first_raw, worth, why, "void"))
        return found

    def _find_ranges(self) -> dict[tuple[int, int], tuple[float, float]]:
        """Return the lowest and the highest of each number of a group, over all its shapes."""
        ranges: dict[tuple[int, int], tuple[float, float]] = {}
        for track, group in zip(self._log.tracks, self._log.group_of, strict=True):
            for number, place in enumerate(track.gauge.places if track.gauge else ()):
                if place is not None:
                    low, high = ranges.get((group, number), (place.low, place.high))
                    ranges[group, number] = min(low, place.low), max(high, place.high)
        return ranges

    def _list_place(self, index: int, number: int, place: Place, alerted: float) -> list[Candidate]:
        """Return the lines that show what one number did: the ends of a range, the step, or the leap."""
        track = self._log.tracks[index]
        factor = alerted * (1.0 if place.is_measured else 0.5)
        drift, leap = place.measure_drift(), place.measure_leap()
        high, low = (place.high_line, place.high_raw), (place.low_line, place.low_raw)
        # Of the same number in several shapes (of threads, of hosts) the extremes are what tells.
        lowest, highest = self._ranges[self._log.group_of[index], number]
        for_low, for_high = 1.0 if place.low <= lowest else _LESSER, 1.0 if place.high >= highest else _LESSER
        found: list[Candidate] = []
        turn = place.measure_turn()
        if turn:
            worth = turn * (_TURN + self._calm) * alerted * (1.0 if place.is_measured else 0.8)
            why = "a number goes where it never was"
            found.append(self._make(index, place.turn_line, place.turn_raw, worth, why, "turn"))
        if drift:
            worth = (min(2.6, 1.0 + 0.3 * drift) + self._calm) * factor
            for_end, for_start = (for_high, for_low) if place.is_rising else (for_low, for_high)
            up, down = (1.0, 0.85) if place.is_rising else (0.85, 1.0)
            return [
                *found,
                self._make(index, *high, up * worth * for_high, "its highest", "drift"),
                self._make(index, *low, down * worth * for_low, "its lowest", "drift"),
                self._make(index, track.last, track.last_raw, 0.9 * worth * for_end, "where it ends"),
                self._make(index, track.first, track.first_raw, 0.8 * worth * for_start, "where a number starts from"),
            ]
        swing = 0.0 if leap else place.measure_swing()
        if swing:
            worth = (0.6 + 1.6 * swing + self._calm) * factor
            found += [
                self._make(index, *high, worth * for_high, "its highest", "drift"),
                self._make(index, *low, 0.6 * worth * for_low, "its lowest"),
            ]
        if place.has_step:
            worth = (1.9 if place.constancy > _LONG_CONSTANT else 1.2) * alerted
            why = "a number that had always been the same changes"
            found.append(self._make(index, place.step_line, place.step_raw, worth, why))
        elif leap:
            found.append(
                self._make(index, *high, min(2.6, 0.8 + 0.4 * leap) * factor * for_high, "its highest, by far")
            )
        if place.is_measured and not swing:
            # Worth little, and still more than nothing where there is room.
            found.append(self._make(index, *high, 0.4 * factor * for_high, "its highest"))
            found.append(self._make(index, *low, 0.39 * factor * for_low, "its lowest"))
        return found

    def _make(self, index: int, line: int, raw: bytes, worth: float, why: str, sign: str = "") -> Candidate:
        group = self._log.group_of[index]
        return Candidate(self._source, line, raw, index, group, group, self._like[group], worth, why, sign)


def _read_hint(hint: Mapping[str, object], key: str) -> str:
    """Return what a hint says; callers pass on what an alert holds, which may be nothing or more than a text."""
    return str(hint.get(key) or "").strip()
