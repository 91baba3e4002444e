"""One question of the watcher and what became of it; and many of them, as samples and as figures of a phase."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
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
    """Answered in time, with a status below 400."""
    late_ms: float = 0.0
    """How much later than planned the watcher asked: its own machine's trouble, not the journey's."""

    def is_good(self, max_p95_ms: float) -> bool:
        """Answer whether it is as good as the steady state asks."""
        return self.ok and self.took_ms <= max_p95_ms


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
        ok=sum(answer.ok for answer in answers),
        p50_ms=round(find_percentile(times, 0.5), 1),
        p95_ms=round(find_percentile(times, 0.95), 1),
    )


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
        ok_ratio=round(sum(answer.ok for answer in ours) / len(ours), 4),
        p50_ms=round(find_percentile(times, 0.5), 1),
        p95_ms=round(find_percentile(times, 0.95), 1),
    )
