"""Several effects without one commit: what is done already when a later call fails."""

from __future__ import annotations

from collections.abc import Iterator

from fermata.domain.service_graph import Call, ServiceKind
from fermata.rules.weakness.faults import Fault, Kind, Predict
from fermata.rules.weakness.finding import Finding
from fermata.rules.weakness.standing import Hardness, Landscape
from fermata.rules.weakness.wording import list_some

_EFFECTS = 2
"""Others' states from which a caller may stop half-way."""
_CACHED = 0.6
"""How likely it is of a cache, which may hold what was changed, or a copy that a later reader would fill in."""
_OFTEN, _ASKED = 0.25, 0.6
"""Share of the busiest service's requests from which most of what a service does is to be asked; and what is left."""
_LEAST = 0.3
"""Share of the journeys that counts, however few of them fail at once: what is half done is found later."""


def check_commits(land: Landscape) -> Iterator[Finding]:
    """Find calls that may fail when something else is done already: the order of effects stands in the code alone.

    Only what changes something is suspected, told by the names of the journeys that use it: nearly every service has a
    store, and most of what is asked for is only read.
    """
    calls: dict[str, list[Call]] = {}
    for call in land.calls:
        if call.caller != call.callee and _fails_with(land, call) and _has_effect(land, call):
            calls.setdefault(call.caller, []).append(call)
    for caller, effects in calls.items():
        if len({call.callee for call in effects}) >= _EFFECTS:
            for call in effects:
                others = sorted({other.callee for other in effects} - {call.callee})
                yield from _tell_commit(land, call, others, is_way_in=_is_way_in(land, caller))


def _is_way_in(land: Landscape, name: str) -> bool:
    return land.services[name].kind is ServiceKind.GATEWAY


def _fails_with(land: Landscape, call: Call) -> bool:
    """Tell whether the caller may fail with a call; one that nobody waits for must be known to."""
    hardness = land.judge_hardness(call, Fault.ERROR)
    return hardness is Hardness.HARD if call.is_async else hardness is not Hardness.SOFT


def _has_effect(land: Landscape, call: Call) -> bool:
    """Tell whether something outlives the call: others' systems, stores and queues, and services that have one."""
    reached = {call.callee, *(item.callee for item in land.outgoing.get(call.callee, ()))}
    kinds = {land.services[name].kind for name in reached - land.amenities}
    # Where stores are left out, what takes part in a change has one all the same.
    is_hidden = land.is_sparse and call.callee in land.touched
    return is_hidden or bool(kinds & {ServiceKind.EXTERNAL, ServiceKind.DB, ServiceKind.CACHE, ServiceKind.QUEUE})


def _tell_commit(land: Landscape, call: Call, others: list[str], *, is_way_in: bool) -> Iterator[Finding]:
    """Tell of an error where the call itself changes something, and of a cut connection wherever something does."""
    is_change = call.callee in land.changed
    is_part = call.caller in land.changed and not is_way_in
    felt = land.feel_call(call, Fault.ERROR)
    weight = max(felt.weight, _LEAST)
    if is_part and is_change:
        yield Finding(
            Kind.PARTIAL_COMMIT, call.target, Fault.ERROR, land.predict_call(call, Fault.ERROR),
            f"{call.caller} also uses {list_some(others)} where something is changed: when {call.callee} fails, that "
            f"may be done and this not",
            likelihood=_judge_change(land, call), journeys=weight,
            numbers={"callees_with_state": len(others) + 1},
            settled_by=("the order of effects, from the code",), magnitude={"error_percent": 50.0},
        )  # fmt: skip
    if is_part or (is_way_in and is_change):
        predict = land.predict_call(call, Fault.RESET)
        yield Finding(
            Kind.PARTIAL_COMMIT, call.target, Fault.RESET,
            # Connections are back in a moment; what was under way in them is not.
            Predict.DEGRADE if predict is Predict.COLLAPSE else predict,
            f"{call.caller} does not know what was done when a connection to {call.callee} is cut before the answer: "
            f"what it asks again may be done twice, and what it does not, half",
            likelihood=0.4 if is_part else 0.36, journeys=weight,
            settled_by=("whether it can be asked twice, from the code",),
        )  # fmt: skip


def _judge_change(land: Landscape, call: Call) -> float:
    """Return how likely a call is to be one that changes something, and not to be made again until it has."""
    if land.services[call.callee].kind is ServiceKind.CACHE:
        return _CACHED
    is_often = call.callee in land.inflow and land.find_share(call.callee) >= _OFTEN
    return 0.9 * _ASKED if is_often and not land.services[call.callee].keeps_state else 0.9
