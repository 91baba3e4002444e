"""The targets of models as the serving process knows them: written down by its sweep, read by commands beside it.

Circuits and cooldowns live in the memory of whoever calls. Workers that share a store tell each other through it, with
each sweep: what one met is left alone by all within seconds. A command beside them has called nobody, so it reads what
was written; nothing here decides whom to ask. Of the descriptions, the newest of any worker is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from fermata.domain.model import TaskKind, Tier
from fermata.flows.context import FlowContext
from fermata.kit.clock import format_instant
from fermata.ports.model import StateSharing
from fermata.ports.store import Transaction
from fermata.rules.routing.sharing import merge_notices

_FLAG = "models"
_SHARED = "models/shared"
_OPEN = "open"
_STATES = ("closed", _OPEN, "half-open")
# A state that did not change is written again this often, so that its age tells whether anybody serves.
_REFRESH_EVERY = timedelta(minutes=1)
_BELIEVED_FOR = timedelta(minutes=3)
_REMEMBERED_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class TargetStates:
    """What is known of every target."""

    at: datetime
    is_serving: bool
    """Of the serving process; false: of this one, which has called nobody yet."""
    targets: Sequence[Mapping[str, Any]] = ()
    """`ModelGateway.describe`."""
    routes: Mapping[str, Sequence[str]] | None = None
    """Lines of `ModelGateway.explain` by kind of task."""


@dataclass(frozen=True, slots=True)
class Route:
    """Whom a kind of task goes to."""

    lines: Sequence[str]
    """`ModelGateway.explain`; empty without models."""
    seen_at: datetime | None = None
    """When the serving process saw it so; `None`: this process, which has called nobody yet."""


async def write_states(context: FlowContext) -> bool:
    """Write down what this process knows, if it changed or is due; answer whether it was.

    What other workers know is taken over first.
    """
    await share_states(context)
    states = describe_targets(context)
    if not states.targets:
        return False
    value = {"targets": [dict(target) for target in states.targets], "routes": dict(states.routes or {})}

    def work(transaction: Transaction) -> bool:
        known = transaction.flags.find(_FLAG)
        # Not the routes: what they say of a pause that goes on is other words each second.
        is_same = known is not None and known["value"]["targets"] == value["targets"]
        if known and is_same and states.at - _read_instant(known["at"]) < _REFRESH_EVERY:
            return False
        transaction.flags.put(_FLAG, {"at": format_instant(states.at), "value": value})
        return True

    return await context.store.write(work)


async def share_states(context: FlowContext) -> None:
    """Tell the other workers of this store what opened and closed here, and take over what did there."""
    gateway = context.models
    if not isinstance(gateway, StateSharing):
        return
    now = context.clock.now()

    def work(transaction: Transaction) -> Mapping[str, Mapping[str, Any]]:
        known = transaction.flags.find(_SHARED) or {}
        merged = merge_notices(known, gateway.share(), now)
        if merged != known:
            transaction.flags.put(_SHARED, merged)
        return merged

    gateway.adopt(await context.store.write(work))


async def find_states(context: FlowContext) -> TargetStates:
    """Return what the serving process wrote of late, or what this process knows."""
    own = describe_targets(context)
    known = await context.store.read(lambda transaction: transaction.flags.find(_FLAG))
    if known is None or abs(own.at - _read_instant(known["at"])) > _BELIEVED_FOR:
        return await _add_last(context, own)
    value = known["value"]
    return TargetStates(
        at=_read_instant(known["at"]), is_serving=True, targets=value["targets"], routes=value["routes"]
    )


async def _add_last(context: FlowContext, states: TargetStates) -> TargetStates:
    """Return the states of a process that has called nobody, each with its last call of any process."""
    if not states.targets:
        return states
    since, until = states.at - _REMEMBERED_FOR, states.at + _BELIEVED_FOR
    attempts = await context.store.read(lambda transaction: transaction.spending.list_attempts(since, until))
    last = {
        attempt.target: {
            "outcome": attempt.outcome.value,
            "at": format_instant(attempt.at),
            "error": attempt.error or (f"its answer was not accepted: {attempt.fault}" if attempt.fault else ""),
        }
        for attempt in attempts
    }
    targets = [{**target, "last": target.get("last") or last.get(target["target"])} for target in states.targets]
    return replace(states, targets=targets)


def describe_targets(context: FlowContext) -> TargetStates:
    """Return what this process knows of its targets; none without models."""
    now, gateway = context.clock.now(), context.models
    if gateway is None:
        return TargetStates(at=now, is_serving=False)
    routes = {kind.value: list(gateway.explain(kind)) for kind in TaskKind}
    return TargetStates(at=now, is_serving=False, targets=gateway.describe(), routes=routes)


def measure_targets(context: FlowContext) -> None:
    """Bring the gauges of each target up to date."""
    meters = context.meters
    meters.model_cooldowns.clear()
    for target in context.models.describe() if context.models is not None else ():
        name = target["target"]
        meters.model_targets.labels(name).set(1 if _is_available(target) else 0)
        for state in _STATES:
            meters.model_circuits.labels(name, state).set(1 if target["circuit"]["state"] == state else 0)
        for place in (target["circuit"], *target["keys"]):
            if place["state"] == _OPEN:
                meters.model_cooldowns.labels(name, place["reason"]).inc()


async def explain_route(context: FlowContext, kind: TaskKind, tier: Tier | None = None) -> Route:
    """Return who would be asked for a kind of task now, and why not the others.

    Args:
        tier: Begin there: then by what this process knows, since only the usual routes are written down.
    """
    if tier is None:
        states = await find_states(context)
        return Route((states.routes or {}).get(kind.value, ()), states.at if states.is_serving else None)
    return Route(context.models.explain(kind, tier) if context.models else ())


def _is_available(target: Mapping[str, Any]) -> bool:
    """Answer whether a target may be asked, if only by a probe."""
    is_any_key_left = any(key["state"] != _OPEN for key in target["keys"])
    return not target["refusal"] and target["circuit"]["state"] != _OPEN and is_any_key_left


def _read_instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
