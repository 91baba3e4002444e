"""Looking at the steady state: before an execution, and afterwards until it holds or time is up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from math import ceil

from fermata.domain.action import Outcome
from fermata.domain.alert import AlertStatus
from fermata.domain.execution import HealthReading, StepResult
from fermata.domain.plan import Plan
from fermata.flows.boundary import contain
from fermata.flows.context import FlowContext
from fermata.ports.action import ExecutionKey, ReversalFinder
from fermata.ports.store import Transaction

_UNREADABLE = 99
"""Severity of an entity that could not be read: worse than anything a probe says, so that blindness is never health."""

_SHORTEST_POLL = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Look:
    """One look at everything that verification watches."""

    readings: tuple[HealthReading, ...]
    firing: tuple[str, ...]
    """Names of the incident's alerts that still fire, of those that it had when the plan was begun."""
    late: tuple[str, ...] = ()
    """Names of those that fire and came since: another symptom, which says nothing of what the plan was for."""

    @property
    def is_steady(self) -> bool:
        """Answer whether the steady state holds."""
        return not self.firing and all(reading.healthy for reading in self.readings)


async def read_health(context: FlowContext, plan: Plan) -> tuple[HealthReading, ...]:
    """Read the watched entity once; an empty tuple when no probe can read it."""
    entity = plan.steady_state.entity
    probe = context.find_probe(entity)
    if probe is None:
        return ()
    reading = await contain(f"probe {entity.ref}", lambda: probe.read(entity, plan.steady_state.stable_for))
    if reading.value is not None:
        return (reading.value,)
    text = f"could not be read: {reading.failure}"
    return (HealthReading(entity=entity, healthy=False, text=text, severity=_UNREADABLE, at=context.clock.now()),)


async def look(context: FlowContext, plan: Plan) -> Look:
    """Read the watched entity and the incident's alerts once."""

    def read(transaction: Transaction) -> tuple[tuple[str, ...], tuple[str, ...]]:
        incident = transaction.incidents.get(plan.incident_id)
        alerts = transaction.alerts.list_by_ids(incident.alert_ids)
        began = (item.started_at for item in transaction.ledger.list_executions(incident.id) if item.plan_id == plan.id)
        since = next(began, None)
        late_ids = {reason.alert_id for reason in incident.merges if since is not None and reason.at > since}
        # The same rule for the same thing again is no other symptom, whenever it came.
        known = {(alert.source, alert.fingerprint) for alert in alerts if alert.id not in late_ids}
        names: tuple[dict[str, None], dict[str, None]] = ({}, {})
        for alert in alerts:
            if alert.status is AlertStatus.FIRING:
                names[(alert.source, alert.fingerprint) not in known][alert.name] = None
        return tuple(names[False]), tuple(names[True])

    readings = await read_health(context, plan)
    firing, late = await context.store.read(read)
    return Look(readings=readings, firing=firing, late=late)


async def list_reversals(context: FlowContext, plan: Plan, steps: Sequence[StepResult]) -> list[str]:
    """Return who took back what was done, a sentence for each step of which that is known."""
    done = {step.action_id for step in steps if step.result.outcome is Outcome.DONE}
    found: list[str] = []
    for action in plan.actions:
        # An object to the type checker, which holds that nothing is of both protocols.
        finder: object = context.actions.get(action.name)
        if isinstance(finder, ReversalFinder) and action.id in done:
            ask = partial(finder.find_reversal, action, ExecutionKey(action.id, plan.digest))
            told = (await contain(f"reversal of {action.name}", ask)).value
            found += [told] if told else []
    return found


async def wait_for_steady_state(context: FlowContext, plan: Plan) -> Look:
    """Look until the steady state holds or `within` has passed; return the last look."""
    deadline = context.clock.now() + plan.steady_state.within
    # Counted as well: a clock that is set back meanwhile must not make this last for hours.
    left = ceil(plan.steady_state.within / max(context.limits.verify_poll, _SHORTEST_POLL))
    latest = await look(context, plan)
    while not latest.is_steady and context.clock.now() < deadline and left > 0:
        await context.clock.sleep(context.limits.verify_poll.total_seconds())
        latest = await look(context, plan)
        left -= 1
    return latest
