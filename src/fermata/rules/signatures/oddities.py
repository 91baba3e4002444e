"""What is not as it should be although no signature knows it: asked before anybody is told that all looks normal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fermata.domain.facts import ResourceFacts, StateFacts, WorkloadPhase
from fermata.kit.units import format_duration, format_size

if TYPE_CHECKING:
    from fermata.rules.signatures.base import Case

_FULL = 0.9


def find_oddity(case: Case) -> str:
    """Return, as a check for people, the first thing in what was collected that is not normal; empty without any."""
    return next(_list_oddities(case), "")


def _list_oddities(case: Case) -> Iterator[str]:
    for workload in case.workloads:
        name = workload.entity.name
        if workload.state is not None:
            yield from _judge_state(case, name, workload.state.facts)
        if workload.resources is not None:
            yield from _judge_memory(name, workload.resources.facts)


def _judge_state(case: Case, name: str, facts: StateFacts) -> Iterator[str]:
    started_at, onset = facts.started_at, case.scope.onset
    if facts.killed_for_memory or facts.kills_within_at is not None:
        yield f"Find out what in {name} takes the memory: the system killed it, or processes in it, for that."
    if facts.exits:
        times = "once" if facts.exits == 1 else f"{facts.exits} times"
        yield f"Find out why {name} ended {times} by itself: read its log around that, although it runs now."
    if case.alerts and facts.phase is WorkloadPhase.RUNNING and started_at is not None and started_at > onset:
        late = format_duration(started_at - onset)
        yield (
            f"See whether the alert goes by itself: {name} was started at {started_at:%H:%M:%S} UTC only, {late} after "
            "it began. Find out what kept it from running before, and who started it."
        )


def _judge_memory(name: str, facts: ResourceFacts) -> Iterator[str]:
    used, limit = max(facts.memory_bytes or 0, facts.memory_peak_bytes or 0), facts.memory_limit_bytes
    if limit and used >= _FULL * limit:
        yield f"Look at the memory of {name}: it used {format_size(used)} of the {format_size(limit)} that it may."
