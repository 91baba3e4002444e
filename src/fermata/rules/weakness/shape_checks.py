"""Weak points of the shape: chains, fans and cycles."""

from __future__ import annotations

from collections.abc import Iterator

from fermata.domain.service_graph import Call
from fermata.rules.weakness.drawing import REPEATED
from fermata.rules.weakness.faults import Fault, Kind, Predict
from fermata.rules.weakness.finding import Finding
from fermata.rules.weakness.formulas import compute_chain_availability, compute_slow_share
from fermata.rules.weakness.standing import Hardness, Landscape
from fermata.rules.weakness.structure import find_cycles, find_longest_path
from fermata.rules.weakness.wording import list_some, name_journeys

_FAN = 4
"""Callees from which a fan is named: every 25th request meets somebody's slowest hundredth."""
_DEEP = 4
"""Calls in series from which a chain is named."""
_MOST_SHOWN = 10
"""Services of a chain that are written out."""


def check_shape(land: Landscape) -> Iterator[Finding]:
    """Find what the arrangement of the calls does, whatever each of them is like."""
    yield from _check_fans(land)
    yield from _check_repeats(land)
    yield from _check_depth(land)
    yield from _check_cycles(land)


def _check_fans(land: Landscape) -> Iterator[Finding]:
    for name, calls in land.outgoing.items():
        callees = {call.callee for call in calls if land.judge_hardness(call, Fault.LATENCY) is not Hardness.SOFT}
        if len(callees) < _FAN or name in land.routers:
            continue
        share = compute_slow_share(len(callees))
        felt = land.feel(name, Fault.LATENCY)
        yield Finding(
            Kind.FAN_OUT, name, Fault.LATENCY, Predict.DEGRADE,
            f"{name} waits for {len(callees)} others: {share:.1%} of requests meet at least one answer that is slower "
            f"than its p99",
            likelihood=min(0.04 + 0.004 * len(callees), 0.08), journeys=felt.weight,
            numbers={"callees": len(callees), "share_meeting_a_p99": share}, magnitude={"latency_ms": 500.0},
        )  # fmt: skip


def _check_repeats(land: Landscape) -> Iterator[Finding]:
    """Find calls that each request makes again and again: what one of them waits is waited as often."""
    for call in land.sync_calls:
        asked = land.count_asked(call)
        if asked < REPEATED:
            continue
        predict = land.predict_call(call, Fault.LATENCY)
        yield Finding(
            Kind.FAN_OUT, call.target, Fault.LATENCY, predict if predict is Predict.UNKNOWN else Predict.DEGRADE,
            f"{call.caller} asks {call.callee} {asked:.3g} times for each of its requests: one after the other, all of "
            f"them wait",
            likelihood=0.95, journeys=land.feel_call(call, Fault.LATENCY).weight,
            numbers={"calls_per_request": asked}, magnitude={"latency_ms": 500.0},
        )  # fmt: skip


def _check_depth(land: Landscape) -> Iterator[Finding]:
    for entry in dict.fromkeys(journey.entry for journey in land.journeys):
        path = find_longest_path(land.adjacency, entry)
        depth = len(path) - 1
        if depth < _DEEP:
            continue
        shown = " -> ".join([*path[:_MOST_SHOWN], *(["..."] if len(path) > _MOST_SHOWN else [])])
        yield Finding(
            Kind.DEEP_CHAIN, entry, Fault.ERROR, Predict.UNKNOWN,
            f"{depth} calls stand one behind the other: {shown}",
            likelihood=min(0.05 + 0.02 * depth, 0.2), journeys=land.feel(entry, Fault.ERROR).weight,
            numbers={"depth": depth, "availability_at_three_nines_each": compute_chain_availability(depth + 1)},
            settled_by=("on_error of each call in the chain",), magnitude={"error_percent": 10.0},
        )  # fmt: skip


def _check_cycles(land: Landscape) -> Iterator[Finding]:
    for group in find_cycles(land.adjacency):
        inside = [call for call in land.sync_calls if call.caller in group and call.callee in group]
        # The call that goes back up: to the member that most come from outside to.
        top = max(sorted(group), key=lambda name: sum(c.caller not in group for c in land.incoming.get(name, ())))
        closing = next(call for call in inside if call.callee == top)
        yield _tell_cycle(land, closing, f"{list_some(sorted(group))} wait for each other", len(group))
    for call in land.calls:
        if call.caller == call.callee and not call.is_async:
            yield _tell_cycle(land, call, f"{call.caller} waits for itself", 1)


def _tell_cycle(land: Landscape, call: Call, what: str, size: int) -> Finding:
    felt = land.feel(call.caller, Fault.LATENCY)
    predict = Predict.UNKNOWN
    if felt.definite:
        # Where nothing ends the wait, those that hold each other's slots hold them for good.
        predict = Predict.COLLAPSE if call.timeout_ms == 0 else Predict.DEGRADE
    return Finding(
        Kind.CYCLE, call.target, Fault.LATENCY, predict,
        f"{what}: enough requests at once fill the pools on both sides, and none can end; {name_journeys(felt)}",
        likelihood=0.85, journeys=max(felt.weight, 0.5), numbers={"services_in_cycle": size},
        settled_by=("pool_max", "rate_rps"), magnitude={"latency_ms": 2000.0},
    )  # fmt: skip
