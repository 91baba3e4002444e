"""Lines of a log that differ in their numbers only, and whether they came up with the fault."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import ValidationError

from fermata.domain.evidence import Evidence
from fermata.domain.facts import LogFacts
from fermata.rules.changes.failures import classify
from fermata.rules.changes.loglines import read_message, read_time, read_zone
from fermata.rules.changes.symptoms import Telling
from fermata.rules.levels import LogLevel, find_level
from fermata.rules.logs import find_stamp

Row = tuple[datetime, LogLevel | None, int, str]
"""When, how bad, line number, text."""

_UNDATED = 0.4  # It may be old: it counts as much as a warning at the most.
_BURST = 3.0  # Times more often than before: below it, a line may just follow the traffic.
_TOKEN = re.compile(r"[\w-]+")
_FRONT = 2000  # Characters of a line that make up its shape and its message: what lies behind is payload.
_MOST_SHAPES = 5_000  # A log of random words must not grow memory without bound: the rest is one shape a level.
_MAX_LINES = 200_000
_RARE = 5  # Lines of a shape up to which it may be one of many that differ in a word.
_MOST_RARE = 800
_FEWEST_VARIANTS = 3
_HEAD = 300
_MOST_WORDS = 40


@dataclass(slots=True)
class Shape:
    """Lines that differ in their numbers only."""

    evidence: Evidence
    service: str
    level: LogLevel | None
    spread: tuple[datetime, datetime]
    """First and last time of the log."""
    times: list[datetime] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    is_dated: bool = True
    """Whether any line of its log says when it was written."""

    @property
    def samples(self) -> tuple[str, ...]:
        """Return what up to five of them say."""
        return _pick(self.texts)

    def count_before(self, border: datetime) -> int:
        """Return how many were written before an instant."""
        return sum(time < border for time in self.times)

    def find_first(self, border: datetime) -> int | None:
        """Return the position of the first one after an instant, if they came up or far more often came after it."""
        before = self.count_before(border)
        after = len(self.times) - before
        early = max((border - self.spread[0]).total_seconds(), 60.0)
        late = max((self.spread[1] - border).total_seconds(), 60.0)
        is_burst = (after / late) / ((before + 0.5) / early) >= _BURST
        # Logs are in the order of time, near enough.
        return before if after and (before == 0 or is_burst) else None

    def tell_undated(self) -> Telling | None:
        """Return what a program calls an error in a log without times; `None` where it says when, or calls it none."""
        if self.is_dated or self.level is None or not self.level.is_severe:
            return None
        return Telling(
            evidence=self.evidence,
            number=self.numbers[0],
            text=self.texts[0],
            service=self.service,
            at=None,
            level=self.level,
            count=len(self.times),
            before=0,
            weight=_UNDATED,
            samples=self.samples,
        )

    def tell(self, border: datetime, late: datetime) -> Telling | None:
        """Return it as a telling line, if it is one.

        Args:
            border: Until when everything was well.
            late: After this it is a consequence, or somebody's answer.
        """
        index = self.find_first(border)
        if index is None:
            return None
        kinds = classify(read_message(self.texts[index]))
        severity = {LogLevel.ERROR: 1.0, LogLevel.FATAL: 1.0, LogLevel.WARNING: 0.6}.get(
            self.level or LogLevel.INFO, 0.45 if kinds else 0.25
        )
        novelty = 0.75 if index else 1.0
        lateness = 0.35 if self.times[index] > late else 1.0
        return Telling(
            evidence=self.evidence,
            number=self.numbers[index],
            text=self.texts[index],
            service=self.service,
            at=self.times[index],
            level=self.level,
            count=len(self.times) - index,
            before=index,
            weight=severity * novelty * lateness,
            samples=_pick(self.texts[index:]),
            last_at=max(self.times[index:]) if self.is_dated else None,
            log_until=self.spread[1],
        )


def _mask(match: re.Match[str]) -> str:
    word = match[0]
    return "#" if any(character.isdigit() for character in word) else word


def _pick(texts: Sequence[str]) -> tuple[str, ...]:
    """Return what up to five lines say, spread over all of them."""
    step = max(1, len(texts) // 5)
    return tuple(read_message(text)[:_FRONT] for text in texts[::step][:5])


def find_newest(item: Evidence) -> datetime | None:
    """Return when a log was last written to, as its file says; `None` where nobody knows."""
    try:
        return LogFacts.from_json(item.facts).newest_at
    except ValidationError:
        return None


def _spread_evenly(item: Evidence, window: tuple[datetime, datetime]) -> list[Row]:
    """Return lines without any time as if they had been written at an even pace, the last one when its file says."""
    newest_at = find_newest(item)
    back = max(window[1] - newest_at, timedelta()) if newest_at is not None else timedelta()
    window = (window[0] - back, window[1] - back)
    lines = [line for line in item.lines[-_MAX_LINES:] if line.text.strip()]
    step = (window[1] - window[0]) / max(len(lines), 1)
    return [
        (window[0] + position * step, find_level(line.text), line.number, line.text)
        for position, line in enumerate(lines)
    ]


def _list_stamps(item: Evidence) -> list[datetime | None]:
    """Return when each line was written, as its source says beside the lines; `None` for each where it does not."""
    try:
        facts = LogFacts.from_json(item.facts)
    except ValidationError:
        return [None] * len(item.lines)
    if len(facts.seconds) != len(item.lines):
        return [None] * len(item.lines)
    return [find_stamp(facts, position) for position in range(len(item.lines))]


def read_log(item: Evidence, service: str, near: datetime, window: tuple[datetime, datetime]) -> list[Shape]:
    """Return the lines of a log by their shape.

    Args:
        near: An instant of the incident, for times that leave out the year or the zone.
        window: Over which lines without any time are spread.
    """
    shapes: dict[str, Shape] = {}
    time, level = None, None
    local, stamps = read_zone(item), _list_stamps(item)
    rows: list[Row] = []
    is_dated = True
    for line, stamp in zip(item.lines[-_MAX_LINES:], stamps[-_MAX_LINES:], strict=True):
        own_time, own_level = read_time(line.text, near, local), find_level(line.text)
        # What has neither belongs to the record above: a stack, a message of several lines.
        is_more = own_time is None and own_level is None and stamp in (None, time)
        level = level if is_more else own_level
        # Of two times what the source says is surer: a program may leave out the zone, or the day.
        time = stamp or own_time or time
        if time is not None and line.text.strip():
            rows.append((time, level, line.number, line.text))
    if not rows:
        rows, is_dated = _spread_evenly(item, window), False
    if not rows:
        return []
    spread = (min(row[0] for row in rows), max(row[0] for row in rows))
    for at, own, number, text in rows:
        key = _TOKEN.sub(_mask, text[:_FRONT])
        if key not in shapes and len(shapes) >= _MOST_SHAPES:
            key = f"other {own}"
        shape = shapes.setdefault(key, Shape(item, service, own, spread, is_dated=is_dated))
        shape.times.append(at)
        shape.numbers.append(number)
        shape.texts.append(text)
    return _join_variants(list(shapes.values()))


def _join_variants(shapes: list[Shape]) -> list[Shape]:
    """Join rare lines that differ in one word: each `unknown parameter utm_ember` looks new, and is not."""
    rare = [shape for shape in shapes if len(shape.times) <= _RARE][:_MOST_RARE]
    groups: dict[tuple[object, ...], list[Shape]] = defaultdict(list)
    for shape in rare:
        words = [_mask(match) for match in _TOKEN.finditer(shape.texts[0][:_HEAD])][:_MOST_WORDS]
        for position, word in enumerate(words):
            if word != "#":
                groups[shape.level, position, *words[:position], *words[position + 1 :]].append(shape)
    joined: dict[int, Shape] = {}
    for group in sorted(groups.values(), key=len, reverse=True):
        free = [shape for shape in group if id(shape) not in joined]
        if len(free) >= _FEWEST_VARIANTS:
            whole = _join(free)
            joined.update({id(shape): whole for shape in free})
    return list({id(own): own for shape in shapes for own in [joined.get(id(shape), shape)]}.values())


def _join(shapes: Sequence[Shape]) -> Shape:
    first = shapes[0]
    rows = sorted(row for shape in shapes for row in zip(shape.times, shape.numbers, shape.texts, strict=True))
    times, numbers, texts = [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]
    return Shape(first.evidence, first.service, first.level, first.spread, times, numbers, texts, first.is_dated)
