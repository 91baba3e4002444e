"""What load does to one service: workers that all wait, and a processor that cannot do more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fermata.domain.service_graph import Call, Service, ServiceKind
from fermata.kit.listing import write_some
from fermata.rules.weakness.drawing import REPEATED
from fermata.rules.weakness.faults import Fault, Kind, Predict
from fermata.rules.weakness.finding import Finding
from fermata.rules.weakness.formulas import Fit, compute_pool_use
from fermata.rules.weakness.standing import Landscape
from fermata.rules.weakness.wording import write_ms

_ABOVE = 1.2
"""How far past a limit the fault goes; as for pools."""
_NEAR_MS, _FAR_MS = 500.0, 5000.0
"""Added latency that fills all workers: below the first a collection pause is enough, above the second little is."""
_BUSY = 0.15
"""Share of one processor from which a service's own time is worth a question: a surge of six would use all of it."""
_MULTIPLIED = 0.5
"""How likely the processor is what runs out first where each request of a caller asks several times."""
_NAMED = 3
"""Calls that are named in a sentence."""
_STATELESS = {ServiceKind.APP, ServiceKind.WORKER, ServiceKind.UNKNOWN}


def check_loads(land: Landscape) -> Iterator[Finding]:
    """Find what runs out when a service, or something it waits for, becomes slow; and where work itself is most."""
    for service in land.services.values():
        if service.name in land.inflow:
            yield from _check_workers(land, service)
            yield from _check_processor(land, service)


def _check_workers(land: Landscape, service: Service) -> Iterator[Finding]:
    """Compare the requests in work with the workers: lambda x W of all, and lambda x f x W of each call, against N."""
    if not service.workers:
        return
    rate, latency = land.inflow[service.name]
    slots = service.workers * (service.replicas or 1)
    use = compute_pool_use(rate, latency, slots)
    felt = land.feel(service.name, Fault.LATENCY)
    near = use.breaks_at_added_ms
    yield Finding(
        Kind.POOL_EXHAUSTION, service.name, Fault.LATENCY,
        Predict.UNKNOWN if use.fit is not Fit.EXHAUSTED or not felt.definite else Predict.COLLAPSE,
        f"{service.name} works on {use.need:.3g} requests at once and has {slots:g} workers: "
        + ("they are too few as things are" if near <= 0 else f"{write_ms(near)} more for each keeps all of them busy"),
        likelihood=0.9 if near < _NEAR_MS else 0.25 if near < _FAR_MS else 0.1, journeys=felt.weight,
        numbers={
            "need": use.need, "workers": slots, "need_over_workers": use.need / slots, "breaks_at_added_ms": near,
            "rate_rps": rate,
        },
        settled_by=() if use.fit is Fit.EXHAUSTED else ("the latency that its work may reach",),
        magnitude={"latency_ms": max(near * _ABOVE, 1.0)},
    )  # fmt: skip
    for call in land.outgoing.get(service.name, ()):
        yield from _check_starvation(land, call, use.need, slots)


def _check_starvation(land: Landscape, call: Call, busy: float, slots: float) -> Iterator[Finding]:
    """Find a call whose waiting takes the workers of requests that do not use it."""
    if not call.rate_rps or call.latency_ms is None:
        return
    breaks = max((slots - busy) / call.rate_rps * 1000, 0.0)
    limit = call.longest_wait_ms
    if limit is not None and breaks + call.latency_ms >= limit:
        return  # The timeout frees the workers before the last is taken.
    felt = land.feel(call.caller, Fault.LATENCY)
    known = call.timeout_ms is not None
    share = call.rate_rps / land.inflow[call.caller][0]
    until = "nothing ends the wait" if limit is None else f"each may wait {write_ms(limit)}"
    yield Finding(
        # Where nothing ends the wait, that is what to mend; where a timeout does, too many may wait until it comes.
        Kind.NO_TIMEOUT if call.timeout_ms == 0 else Kind.NO_BULKHEAD, call.target, Fault.LATENCY,
        Predict.COLLAPSE if known and felt.definite else Predict.UNKNOWN,
        f"{write_ms(breaks)} more at {call.callee} keeps all {slots:g} workers of {call.caller} waiting, those of "
        f"requests that do not use it as well: {until}",
        likelihood=(0.9 if breaks < _NEAR_MS else 0.65 if breaks < _FAR_MS else 0.4) if known else 0.4,
        journeys=felt.weight,
        numbers={
            "calls_per_request": share, "busy_workers": busy, "workers": slots, "breaks_at_added_ms": breaks,
            "rate_rps": call.rate_rps,
        },
        settled_by=() if known else ("timeout_ms",), magnitude={"latency_ms": max(breaks * _ABOVE, 1.0)},
    )  # fmt: skip


def _check_processor(land: Landscape, service: Service) -> Iterator[Finding]:
    """Find where a service's own time is a large share of a processor (the utilization law, U = X x S), or multiplied.

    Its own time is its latency without that of the calls it waits for: an upper bound of its processor time, as it may
    sleep or wait for a disk. Where one of these calls is not measured its time is still in it, and that is said. P. J.
    Denning and J. P. Buzen, "The Operational Analysis of Queueing Network Models", ACM Computing Surveys 10(3), 1978.
    Today's load may be small; what is asked several times for each request of a caller is the first to feel that it
    grows, by the forced flow law of the same paper.
    """
    if service.kind not in _STATELESS:
        return
    rate, latency = land.inflow[service.name]
    calls = land.outgoing.get(service.name, ())
    waits = sum((call.rate_rps or 0.0) * (call.latency_ms or 0.0) for call in calls)
    used = max(rate * latency - waits, 0.0) / 1000 / (service.replicas or 1)
    asked = max((land.count_asked(call) for call in land.incoming.get(service.name, ())), default=0.0)
    is_multiplied = asked >= REPEATED
    if used < _BUSY and not is_multiplied:
        return
    felt = land.feel(service.name, Fault.CPU)
    blind = [call for call in calls if call.rate_rps is None or (call.rate_rps and call.latency_ms is None)]
    said = [f"{service.name} {_describe_time(blind)} up to {used:.2g} seconds a second and replica"]
    if used >= _BUSY and not blind:
        said.append(f"{1 / used:.2g} times the load of today would fill one processor")
    if is_multiplied:
        said.append(f"one request of a caller asks it {asked:.3g} times")
    yield Finding(
        Kind.CPU_EXHAUSTION, service.name, Fault.CPU, Predict.UNKNOWN, "; ".join(said),
        likelihood=max(min(0.2 + 0.27 * used, 0.6), _MULTIPLIED if is_multiplied else 0.0),
        journeys=max(felt.weight, 0.3),
        numbers={f"own_time_share{'_at_most' if blind else ''}": used, "most_asked_per_request": asked},
        settled_by=(
            "processor time per request, measured", *(f"rate and latency of {call.target}" for call in blind[:_NAMED])
        ), magnitude={"load_percent": 90.0},
    )  # fmt: skip


def _describe_time(blind: Sequence[Call]) -> str:
    if not blind:
        return "itself, beside what it waits for, takes"
    whom = write_some([call.callee for call in blind], _NAMED)
    return f"and what it waits for at {whom}, which nobody measured, take"
