"""An item of a plan, and where it is to be rehearsed, as one experiment.

The plan knows a graph; a graph knows neither namespaces, labels and ports nor addresses to watch. Those come from a
person, as an `Aim`. What a system cannot do at the very place is moved to where it can, and the blast radius says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, ValidationError

from fermata.domain.experiment import (
    Expected,
    Experiment,
    FaultKind,
    FaultSpec,
    FaultTarget,
    Prediction,
    SteadyCheck,
)
from fermata.kit.errors import UserError
from fermata.rules.chaosspecs.planned import PLANNED, write_fault
from fermata.rules.weakness.standing import name_entry_journey

_CLUSTERS = frozenset({"chaosmesh", "gremlin", "chaostoolkit"})
_AT_CALLEE = frozenset({FaultKind.ERROR, FaultKind.RESET})
"""What a cluster injects where calls arrive: every caller feels it."""
_STATUS = 503
_LONGEST = timedelta(minutes=5)


class _SteadyState(BaseModel):
    model_config = ConfigDict(allow_inf_nan=False)

    journeys: list[str] = Field(default_factory=list)
    success_ratio_min: float = Field(default=0.99, gt=0, le=1)
    latency_ms_max: float = Field(gt=0)
    latency_ms_max_of: dict[str, PositiveFloat] = Field(default_factory=dict)
    """Journeys that may take another time."""


class _Scenario(BaseModel):
    magnitude: dict[str, float | str] = Field(default_factory=dict)
    duration_s: float = Field(default=300, gt=0, le=86400)
    steady_state: _SteadyState


class PlanItem(BaseModel):
    """What of a plan's item an experiment is made of; more fields are left alone."""

    kind: str = Field(min_length=1)
    target: str = Field(min_length=1)
    fault: Literal["kill", "error", "latency", "blackhole", "cpu", "memory", "reset"]
    predict: Expected
    why: str = Field(min_length=1)
    numbers: dict[str, float | str] = Field(default_factory=dict)
    scenario: _Scenario


@dataclass(frozen=True, slots=True)
class Aim:
    """Where a rehearsal is to be: what no graph says."""

    system: str
    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of the target, or of the caller."""
    callee_labels: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[int, ...] = ()
    address: str = ""
    """Of a proxy's control port."""
    replicas: int | None = None
    """Of what is hit, running now."""
    max_percent: float = 50.0
    """Share of the replicas at most, in a cluster."""
    memory_mb: int | None = None
    """How much memory to take; a graph gives a share of a limit."""


@dataclass(frozen=True, slots=True)
class Journey:
    """A journey and where it is asked."""

    name: str
    url: str
    is_hit: bool = False
    """A person says that it is expected to feel the fault, whatever the plan names."""


def is_named(journey: Journey, item: Mapping[str, Any]) -> bool:
    """Whether the fault is expected at the journey: a person says so, or the plan does.

    A graph without journeys is planned with one for each way in; a check that has the way in's name is that one.

    Args:
        journey: What is watched.
        item: As `fermata chaos plan --json` prints it.

    Raises:
        UserError: The item is none.
    """
    return _is_hit(journey, _read_item(item))


def _is_hit(journey: Journey, planned: PlanItem) -> bool:
    named = planned.scenario.steady_state.journeys
    return journey.is_hit or journey.name in named or name_entry_journey(journey.name) in named


def _find_limit(journey: Journey, steady: _SteadyState) -> float:
    own = steady.latency_ms_max_of
    return own.get(journey.name) or own.get(name_entry_journey(journey.name)) or steady.latency_ms_max


def make_experiment(
    item: Mapping[str, Any], aim: Aim, journeys: Sequence[Journey], *, experiment_id: str, now: datetime
) -> Experiment:
    """Return the experiment.

    Args:
        item: As `fermata chaos plan --json` prints it.
        journeys: What is watched; those that the plan or a person names are expected to feel the fault.

    Raises:
        UserError: The item is none, nothing is watched, or a size is missing.
    """
    planned = _read_item(item)
    if not journeys:
        named = ", ".join(planned.scenario.steady_state.journeys) or "a journey"
        do = "Say where to ask, with --check NAME=http://... for each, and --hit NAME for one that is to feel the fault"
        raise UserError("A rehearsal needs a journey to watch", why=f"The plan names {named}", do=do)
    kind = FaultKind(planned.fault)
    target, moved = _aim_at(planned.target, kind, aim)
    fault = _size(planned, kind, aim)
    steady = planned.scenario.steady_state
    try:
        return Experiment(
            id=experiment_id,
            title=f"{planned.fault} at {planned.target}",
            created_at=now,
            target=target,
            fault=fault,
            duration=min(timedelta(seconds=planned.scenario.duration_s), _LONGEST),
            checks=tuple(
                SteadyCheck(
                    journey=journey.name,
                    url=journey.url,
                    min_ok_ratio=steady.success_ratio_min,
                    max_p95_ms=_find_limit(journey, steady),
                    is_hit=_is_hit(journey, planned),
                )
                for journey in journeys
            ),
            prediction=Prediction(
                expected=planned.predict,
                why=planned.why,
                numbers=planned.numbers | {PLANNED: write_fault(fault, target)},
                weak_point=planned.kind,
            ),
            blast_radius=_describe_radius(target, fault, moved),
        )
    except ValidationError as error:
        raise _refuse("The rehearsal cannot be built", error) from error


def _read_item(item: Mapping[str, Any]) -> PlanItem:
    try:
        return PlanItem.model_validate(item)
    except ValidationError as error:
        raise _refuse("This is no item of a plan", error) from error


def _refuse(what: str, error: ValidationError) -> UserError:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"]))
    return UserError(what, why=f"{where}: {first['msg']}", do="Take it from `fermata chaos plan --json`")


def _aim_at(place: str, kind: FaultKind, aim: Aim) -> tuple[FaultTarget, str]:
    """Return the target, and whom else a fault hits that had to move to the callee."""
    caller, _, callee = place.partition("->")
    given: dict[str, Any] = {
        "system": aim.system,
        "service": caller,
        "callee": callee,
        "namespace": aim.namespace,
        "labels": dict(aim.labels),
        "callee_labels": dict(aim.callee_labels) if callee else {},
        "ports": aim.ports,
        "address": aim.address,
        "replicas": aim.replicas,
    }
    moved = ""
    # A proxy, also one that Chaos Toolkit drives, stands on the call itself.
    if callee and kind in _AT_CALLEE and aim.system in _CLUSTERS and not aim.address:
        given.update(service=callee, callee="", labels=dict(aim.callee_labels), callee_labels={})
        moved = f"; it sits at {callee}, so that every caller of {callee} feels it, not {caller} alone"
    return FaultTarget(**given), moved


def _size(planned: PlanItem, kind: FaultKind, aim: Aim) -> FaultSpec:
    magnitude = planned.scenario.magnitude
    percent = min(_read(magnitude, "error_percent") or _read(magnitude, "drop_percent") or 100.0, 100.0)
    if aim.system in _CLUSTERS and not aim.address:
        percent = min(percent, aim.max_percent)
    sizes: dict[str, Any] = {"kind": kind, "percent": percent}
    if kind is FaultKind.LATENCY:
        sizes["latency_ms"] = _read(magnitude, "latency_ms") or 2000.0
    elif kind is FaultKind.ERROR:
        sizes["status"] = _STATUS
    elif kind is FaultKind.CPU:
        sizes["load_percent"] = min(_read(magnitude, "load_percent") or 90.0, 100.0)
    elif kind is FaultKind.MEMORY:
        if aim.memory_mb is None:
            raise UserError(
                "How much memory to take is not said",
                why="The plan gives a share of the limit, and a fault proxy takes none: Chaos Mesh does",
                do="Give it to `fermata chaos spec` with --memory-mb, or choose an item with a fault at a call",
            )
        sizes["memory_mb"] = aim.memory_mb
    return FaultSpec(**sizes)


def _read(magnitude: Mapping[str, float | str], name: str) -> float | None:
    value = magnitude.get(name)
    return value if isinstance(value, float) and value > 0 else None


def _describe_radius(target: FaultTarget, fault: FaultSpec, moved: str) -> str:
    where = f" in {target.namespace}" if target.namespace else ""
    calls = f"; calls of {target.service} to {target.callee}" if target.callee else ""
    if target.address or target.system not in _CLUSTERS:
        whom = f"{target.service} to {target.callee}" if target.callee else f"everybody to {target.service}"
        return f"{fault.percent:g} % of the calls of {whom} that go through the proxy{where}"
    if target.replicas is None:
        return f"{fault.percent:g} % of the replicas of {target.service}{where}, not counted{calls}{moved}"
    count = max(1, int(target.replicas * fault.percent / 100))
    return f"{count} of {target.replicas} replicas of {target.service}{where}{calls}{moved}"
