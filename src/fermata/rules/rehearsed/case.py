"""What a rehearsal measured, in the form of an incident: alerts, series, a graph and a window.

Journeys are seen from outside, by whoever asked them; the target's calls where the injector saw them. Nothing here says
what was done: neither titles nor alerts name the target, and the series end when the fault did, as at the height of an
incident.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fermata.domain.experiment import Experiment, ExperimentResult, Measured, Phase, Sample, SteadyCheck, WireSample
from fermata.kit.digging import dig_maps
from fermata.rules.scope import clean_name

FEWEST_BEFORE = 5
"""Seconds before the fault below which nothing tells what is normal: as many points as a shift needs for reference."""
_ENDS_WITHIN_S = 3
"""What is in flight now ends later, and calls that wait together end together."""
_FEWEST_SECONDS = 3
"""Of a phase, from which on its last one, of which only a part belongs to it, can be spared."""
_ALERTED_AFTER = timedelta(seconds=1)
_JOURNEY_KIND = "loadgen"


@dataclass(frozen=True, slots=True)
class Point:
    """One value of one series."""

    at: datetime
    service: str
    metric: str
    value: float
    """Rounded: the digits behind are the clock's."""


@dataclass(frozen=True, slots=True)
class RehearsedCase:
    """A rehearsal as an incident would have looked."""

    title: str
    start: datetime
    end: datetime
    alerts: tuple[Mapping[str, Any], ...]
    """In the normalised form of a bundle."""
    points: tuple[Point, ...]
    graph: Mapping[str, Any]
    """As `graph.json`."""
    journeys: tuple[str, ...]
    """Names of the journeys that no service has."""
    before_s: int
    """Whole seconds that were measured before the fault."""


def compose_case(
    experiment: Experiment, result: ExperimentResult, graph: Mapping[str, Any] | None = None
) -> RehearsedCase:
    """Return the case of a run that injected.

    Args:
        graph: The system's `graph.json`. Without it only the call that was broken is known.
    """
    began = result.injected_at or result.started_at
    phase, broken = _find_broken(experiment, result)
    end = result.withdrawn_at if phase is Phase.FAULT and result.withdrawn_at else result.ended_at
    nodes = {check.journey: _name_journey(check, experiment.target.callee) for check in experiment.checks}
    services = {item.get("name") for item in dig_maps(graph, "services")}
    return RehearsedCase(
        title=f"Not served as agreed: {', '.join(check.journey for check, _ in broken)}",
        start=result.started_at,
        end=end,
        alerts=tuple(_write_alert(check, measured, nodes, result, began) for check, measured in broken),
        points=tuple(_list_points(experiment, result, nodes, _find_last(result, phase, end))),
        graph=_write_graph(experiment, nodes, graph),
        journeys=tuple(sorted(set(nodes.values()) - services)),
        before_s=int((began - result.started_at).total_seconds()),
    )


def _name_journey(check: SteadyCheck, callee: str) -> str:
    name = clean_name(check.journey) or "journey"
    # What feels the fault of a call is asked before it: under the callee's name its values would hide the callee's own.
    return f"{name}-journey" if check.is_hit and name == callee else name


def _find_broken(
    experiment: Experiment, result: ExperimentResult
) -> tuple[Phase, list[tuple[SteadyCheck, Measured | None]]]:
    """Return the journeys that were not as agreed, and in which phase; all that could be hit where none stands out."""
    measured = {(item.journey, item.phase): item for item in result.measured}
    for phase in (Phase.FAULT, Phase.RECOVERY):
        found = [(check, item) for check in experiment.checks if (item := measured.get((check.journey, phase)))]
        broken: list[tuple[SteadyCheck, Measured | None]] = [
            (check, item) for check, item in found if not check.is_control and _misses(check, item)
        ]
        if broken:
            return phase, broken
    return Phase.FAULT, [(check, None) for check in experiment.checks if not check.is_control]


def _find_last(result: ExperimentResult, phase: Phase, end: datetime) -> datetime:
    """Return where the series end: before the second in which the phase did, of which only a part belongs to it."""
    seconds = sorted({_to_second(result, item.at) for item in result.samples if item.phase is phase})
    return seconds[-1] if len(seconds) > _FEWEST_SECONDS else end


def _misses(check: SteadyCheck, item: Measured) -> bool:
    is_failing = item.ok_ratio is not None and item.ok_ratio < check.min_ok_ratio
    return is_failing or (item.p95_ms is not None and item.p95_ms > check.max_p95_ms)


def _write_alert(
    check: SteadyCheck, measured: Measured | None, nodes: Mapping[str, str], result: ExperimentResult, began: datetime
) -> Mapping[str, Any]:
    own = [item for item in result.samples if item.journey == check.journey and item.at >= began]
    first = min((item.at for item in own if _is_bad(check, item)), default=began)
    alert: dict[str, Any] = {
        "title": f"{check.journey} is not served as agreed",
        "service": nodes[check.journey],
        "severity": "critical",
        "status": "firing",
        "started_at": (first + _ALERTED_AFTER).isoformat(),
        "labels": {"alertname": "JourneyNotServed", "journey": check.journey},
        "threshold": f"{check.min_ok_ratio:.1%} good, p95 {check.max_p95_ms:g} ms",
    }
    if measured is not None:
        good = "-" if measured.ok_ratio is None else f"{measured.ok_ratio:.1%}"
        p95 = "-" if measured.p95_ms is None else f"{measured.p95_ms:.0f}"
        alert["value"] = f"{good} good, p95 {p95} ms"
    return alert


def _is_bad(check: SteadyCheck, item: Sample) -> bool:
    is_slow = item.p95_ms is not None and item.p95_ms > check.max_p95_ms
    return item.ok < check.min_ok_ratio * item.requests or is_slow


def _list_points(
    experiment: Experiment, result: ExperimentResult, nodes: Mapping[str, str], end: datetime
) -> Iterator[Point]:
    """Yield all values before the end, on whole seconds from the start: series are compared at the same instants."""
    seconds: dict[tuple[str, datetime], list[Sample]] = {}
    for sample in result.samples:
        at = _to_second(result, sample.at)
        if sample.journey in nodes and sample.requests and at < end:
            seconds.setdefault((nodes[sample.journey], at), []).append(sample)
    for (node, at), group in sorted(seconds.items(), key=lambda item: item[0]):
        asked = sum(item.requests for item in group)
        yield _make_point(at, node, "requests_per_second", float(asked))
        yield _make_point(at, node, "error_rate", 1 - sum(item.ok for item in group) / asked)
        slowest = max((item.p95_ms for item in group if item.p95_ms is not None), default=None)
        if slowest is not None:
            yield _make_point(at, node, "latency_p95_ms", slowest)
    yield from _list_wire(experiment, result, end)


def _list_wire(experiment: Experiment, result: ExperimentResult, end: datetime) -> Iterator[Point]:
    """Yield what the injector saw of the calls until the end, as their caller feels them."""
    node = experiment.target.callee or experiment.target.service
    seconds: dict[datetime, list[WireSample]] = {}
    for look in result.wire:
        middle = look.at - timedelta(seconds=look.seconds / 2)
        if (at := _to_second(result, middle)) < end:
            seconds.setdefault(at, []).append(look)
    for at, looks in seconds.items():
        took, ended = sum(look.seconds for look in looks), sum(look.calls for look in looks)
        yield _make_point(at, node, "calls_per_second", ended / took)
        yield _make_point(at, node, "inflight_calls", sum(look.call_seconds for look in looks) / took)
        failed = sum(look.failed for look in looks)
        yield _make_point(at, node, "error_rate", min(1.0, failed / ended) if ended else 0.0)
        # Calls that begin now end later, and not in another phase: what a fault's end sets free was not slow for long.
        last = looks[-1]
        until = last.at + timedelta(seconds=_ENDS_WITHIN_S - 1)
        own = [*looks, *(item for item in result.wire if item.phase is last.phase and last.at < item.at <= until)]
        if waited := _find_wait([item for item in own if item.phase is last.phase]):
            yield _make_point(at, node, "latency_avg_ms", waited * 1000)


def _find_wait(looks: Sequence[WireSample]) -> float:
    """Return how long a call took over some looks, by Little's law; 0 without calls.

    Those that have not ended count with the time they waited so far: under a fault that outlives the looks none ends.
    """
    spent = sum(look.call_seconds for look in looks)
    in_flight = spent / sum(look.seconds for look in looks)
    return spent / max(sum(look.calls for look in looks), in_flight) if spent else 0.0


def _make_point(at: datetime, service: str, metric: str, value: float) -> Point:
    return Point(at, service, metric, round(value, 4))


def _to_second(result: ExperimentResult, at: datetime) -> datetime:
    return result.started_at + timedelta(seconds=int((at - result.started_at).total_seconds()))


def _write_graph(
    experiment: Experiment, nodes: Mapping[str, str], graph: Mapping[str, Any] | None
) -> Mapping[str, Any]:
    target = experiment.target
    services: list[Mapping[str, Any]] = []
    edges: list[Mapping[str, Any]] = []
    journeys: list[Mapping[str, Any]] = []
    if graph is None:
        services = [{"name": name} for name in (target.service, target.callee) if name]
        edges = [{"from": target.service, "to": target.callee}] if target.callee else []
    else:
        services, edges, journeys = (dig_maps(graph, key) for key in ("services", "edges", "journeys"))
    known = {item.get("name") for item in services}
    entries = {item.get("name"): item.get("entry") for item in journeys if item.get("entry") in known}
    doors = _list_doors(services, edges) or [target.service]
    calls = [(edge.get("from"), edge.get("to")) for edge in edges if edge.get("mode") != "async"]
    for check in experiment.checks:
        node = nodes[check.journey]
        if check.is_control or node in known:
            continue  # A control is known not to lead there; a journey named like a service is that service's own.
        named = entries.get(check.journey)
        services.append({"name": node, "kind": _JOURNEY_KIND})
        # Behind its door, too: a journey waits for all that is waited for there, whether the door was measured or not.
        reached = _list_reached([named] if named else doors, calls)
        edges += [{"from": node, "to": name} for name in reached]
    return {"services": services, "edges": edges, "journeys": journeys}


def _list_doors(services: Sequence[Mapping[str, Any]], edges: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return the services that call others and that nobody calls: where journeys enter when nobody says where."""
    callers, callees = {edge.get("from") for edge in edges}, {edge.get("to") for edge in edges}
    return [name for item in services if (name := item.get("name")) in callers - callees]


def _list_reached(doors: Sequence[Any], calls: Sequence[tuple[Any, Any]]) -> list[Any]:
    """Return the doors and what is called behind them, nearest first."""
    found = dict.fromkeys(doors)
    waiting = list(found)
    while waiting:
        caller = waiting.pop(0)
        fresh = [callee for known, callee in calls if known == caller and callee not in found]
        found.update(dict.fromkeys(fresh))
        waiting += dict.fromkeys(fresh)
    return list(found)
