"""One question of the watcher and what became of it; and many of them, as samples and as figures of a phase."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fermata.domain.experiment import Measured, Phase, Sample


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one question."""

    journey: str
    phase: Phase
    """In which it was asked: a call that began under the fault is the fault's, whenever it ends."""
    sent_s: float
    """When it was asked, in seconds since the run began."""
    took_ms: float
    """Until it was answered, or given up."""
    ok: bool
    """Answered in time, with a status below 400, and with what a good answer holds."""
    late_ms: float = 0.0
    """How much later than planned the watcher asked: its own machine's trouble, not the journey's."""
    is_false: bool = False
    """Its status was good, and its content was not: see `contents`."""
    is_open: bool = False
    """It has not been answered yet: `took_ms` is what it has waited for so far, and `ok` is not known."""

    def is_good(self, max_p95_ms: float) -> bool:
        """Answer whether it is as good as the steady state asks."""
        return self.ok and self.took_ms <= max_p95_ms

    def find_known_s(self, max_p95_ms: float) -> float:
        """Return when it was known whether it is good: at its end, or as soon as it was overdue."""
        return self.sent_s + min(self.took_ms, max_p95_ms) / 1000


def find_percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of the values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def list_samples(answers: Iterable[Answer], began_at: datetime, step_s: float = 1.0) -> tuple[Sample, ...]:
    """Return what was seen of each journey in each second in which it was asked, in the order of time.

    Args:
        began_at: When the run began; the answers' seconds count from there.
        step_s: Length of a sample.
    """
    groups: defaultdict[tuple[int, str, Phase], list[Answer]] = defaultdict(list)
    for answer in answers:
        groups[int(answer.sent_s // step_s), answer.journey, answer.phase].append(answer)
    return tuple(
        _build_sample(began_at + timedelta(seconds=step * step_s), phase, journey, group)
        for (step, journey, phase), group in sorted(groups.items(), key=lambda item: (item[0][0], item[0][1]))
    )


def _build_sample(at: datetime, phase: Phase, journey: str, answers: Sequence[Answer]) -> Sample:
    times = [answer.took_ms for answer in answers]
    return Sample(
        at=at,
        phase=phase,
        journey=journey,
        requests=len(answers),
        ok=sum(answer.ok and not answer.is_open for answer in answers),
        p50_ms=round(find_percentile(times, 0.5), 1) if times else None,
        p95_ms=round(find_percentile(times, 0.95), 1) if times else None,
    )


def sum_up(
    answers: Iterable[Answer], limits: Mapping[str, float], *, at: datetime, since_s: float, until_s: float
) -> tuple[Sample, ...]:
    """Return a sample of each journey for what came to its end in a span of time, and for what is open behind it.

    What is seen while a run goes on. By the time of asking, a journey that hangs would not be seen at all.

    Args:
        answers: With all that are open.
        limits: What each journey may take, in ms: an open question beyond it counts as one that was not answered.
        at: When the span began.
    """
    groups: defaultdict[tuple[str, Phase], list[Answer]] = defaultdict(list)
    for answer in answers:
        if answer.is_open or since_s <= answer.sent_s + answer.took_ms / 1000 < until_s:
            groups[answer.journey, answer.phase].append(answer)
    found = []
    for (journey, phase), group in sorted(groups.items()):
        waiting = [answer for answer in group if answer.is_open]
        known = [answer for answer in group if not answer.is_open or answer.took_ms > limits[journey]]
        sample = _build_sample(at, phase, journey, known)
        found.append(sample.model_copy(update={"waiting": len(waiting)}))
    return tuple(found)


def measure(journey: str, phase: Phase, answers: Iterable[Answer]) -> Measured:
    """Return the figures of one journey over one phase; those that nothing was seen of are `None`."""
    ours = [answer for answer in answers if answer.journey == journey and answer.phase is phase]
    if not ours:
        return Measured(journey=journey, phase=phase, requests=0)
    times = [answer.took_ms for answer in ours]
    return Measured(
        journey=journey,
        phase=phase,
        requests=len(ours),
        ok_ratio=round(sum(answer.ok and not answer.is_open for answer in ours) / len(ours), 4),
        p50_ms=round(find_percentile(times, 0.5), 1),
        p95_ms=round(find_percentile(times, 0.95), 1),
    )
