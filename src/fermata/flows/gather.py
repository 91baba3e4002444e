"""All collectors at once under one deadline: wall time is the slowest one's; a slow or broken one is a stated gap."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fermata.domain.evidence import Evidence, Gap, Gathering
from fermata.domain.ids import IncidentId
from fermata.domain.scope import Scope
from fermata.flows.boundary import contain
from fermata.flows.context import FlowContext
from fermata.flows.hiding import hide_evidence, hide_text
from fermata.flows.meters import Meters
from fermata.kit.errors import UserError
from fermata.kit.units import format_duration
from fermata.ports.collector import Collector
from fermata.ports.handing import Handed, take_over
from fermata.ports.store import Transaction
from fermata.rules.gaps import are_all_late, describe_late
from fermata.rules.scope import build_scope

_CANCEL_GRACE_S = 0.25
"""How long a cancelled collector may take to let go before it is left behind."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One collector has ended, or was given up."""

    collector: str
    took: timedelta
    pieces: int = 0
    failure: str = ""
    """Empty when it brought what there is, which may be nothing."""


OnProgress = Callable[[Progress], None]


def ignore_progress(progress: Progress) -> None:
    """Tell nobody."""
    del progress


def say_nothing_to_ask() -> UserError:
    """Return the refusal to answer where no system can be asked: silence would look like an answer."""
    return UserError(
        "There is nothing to ask",
        why="no system that gives evidence is configured, in the settings here or where --config says",
        do="Add one under `systems:` in fermata.yaml (docs/settings.md), or put what you have in a folder and give "
        "`fermata investigate --bundle FOLDER` (docs/bundle.md)",
    )


def load_scope(transaction: Transaction, context: FlowContext, incident_id: IncidentId, now: datetime) -> Scope:
    """Build the frame of a gathering from the incident's alerts as they are now."""
    incident = transaction.incidents.get(incident_id)
    alerts = transaction.alerts.list_by_ids(incident.alert_ids)
    return build_scope(incident, alerts, now, context.limits.lookback)


@dataclass(frozen=True, slots=True)
class _Haul:
    """What one collector brought."""

    evidence: tuple[Evidence, ...] = ()
    gap: Gap | None = None


async def gather(
    collectors: Sequence[Collector],
    scope: Scope,
    deadline: timedelta,
    meters: Meters,
    on_progress: OnProgress = ignore_progress,
) -> Gathering:
    """Run every collector that wants the scope, concurrently.

    Never raises for a collector's fault: that becomes a `Gap`. Evidence of one collector that finished is kept
    whatever the others do, and so is what one handed over before its time was up or it failed. When no system is done
    in time, who was late is asked once more with twice the time: a machine that is too busy for a moment is no reason
    to know nothing, or half.

    Args:
        deadline: For all of them together, from now; of the second round, twice as long.
        on_progress: Told of each collector that wants the scope, when it ends or is given up.
    """
    found = await _gather_once(collectors, scope, deadline, meters, on_progress)
    if not are_all_late(found.evidence, found.gaps):
        return found
    late = {gap.collector for gap in found.gaps}
    slow = [collector for collector in collectors if collector.name in late]
    again = await _gather_once(slow, scope, 2 * deadline, meters, on_progress)
    better = {item.collector for item in again.evidence}
    kept = (item for item in found.evidence if item.collector not in better)
    return again.model_copy(update={"evidence": (*kept, *again.evidence), "took": found.took + again.took})


async def _gather_once(
    collectors: Sequence[Collector],
    scope: Scope,
    deadline: timedelta,
    meters: Meters,
    on_progress: OnProgress,
) -> Gathering:
    # Monotonic time measures a duration; it is not an instant, so it needs no injected clock.
    started = time.monotonic()
    tasks = {}
    for collector in collectors:
        handed = Handed()
        task = asyncio.create_task(_run_collector(collector, scope, meters, on_progress, handed))
        tasks[task] = (collector, handed)
    try:
        done, late = await asyncio.wait(tasks, timeout=deadline.total_seconds()) if tasks else (set(), set())
    finally:
        # Also when the run itself is cancelled: nothing may go on asking outside systems.
        for task in tasks:
            task.cancel()
    if late:
        await asyncio.wait(late, timeout=_CANCEL_GRACE_S)
    hauls = []
    for task, (collector, handed) in tasks.items():
        if task in done:
            hauls.append(task.result())
            continue
        meters.gaps.labels(collector.name).inc()
        said = describe_late(format_duration(deadline), handed.list_read(), handed.list_missing())
        gap = Gap(collector=collector.name, reason=hide_text("", said), took=deadline)
        evidence = await _hide(handed.evidence)
        hauls.append(_Haul(evidence, gap))
        on_progress(Progress(collector.name, deadline, len(evidence), gap.reason))
    return Gathering(
        evidence=tuple(item for haul in hauls for item in haul.evidence),
        gaps=tuple(haul.gap for haul in hauls if haul.gap is not None),
        took=timedelta(seconds=round(time.monotonic() - started, 3)),
    )


async def _hide(found: Sequence[Evidence]) -> tuple[Evidence, ...]:
    # Beside the loop: the facts of a large cluster are a hundred thousand texts.
    return await asyncio.to_thread(lambda: tuple(hide_evidence(item, hide_text) for item in found)) if found else ()


async def _run_collector(
    collector: Collector, scope: Scope, meters: Meters, on_progress: OnProgress, handed: Handed
) -> _Haul:
    started = time.monotonic()

    async def ask() -> tuple[Evidence, ...] | None:
        if not collector.wants(scope):
            return None
        with take_over(handed):
            found = await collector.collect(scope)
        return await _hide(found)

    brought = await contain(collector.name, ask)
    took_s = time.monotonic() - started
    if brought.value is None and not brought.failed:
        return _Haul()
    meters.collector_seconds.labels(collector.name).observe(took_s)
    took = timedelta(seconds=round(took_s, 3))
    evidence = await _hide(handed.evidence) if brought.failed else brought.value or ()
    on_progress(Progress(collector.name, took, len(evidence), brought.failure))
    if brought.failed:
        meters.gaps.labels(collector.name).inc()
        return _Haul(evidence, Gap(collector=collector.name, reason=hide_text("", brought.advice), took=took))
    return _Haul(evidence)
