"""Errors on one call: who fails with it, who hides it, and how retries multiply it."""

from __future__ import annotations

from collections.abc import Iterator

from fermata.domain.service_graph import Call, OnError, ServiceKind
from fermata.rules.weakness.faults import Fault, Kind, Predict
from fermata.rules.weakness.finding import Finding
from fermata.rules.weakness.formulas import compute_amplification, compute_attempts
from fermata.rules.weakness.standing import Hardness, Landscape
from fermata.rules.weakness.wording import name_journeys

_STORM = 3.0
"""Attempts from which the extra load matters: two retries triple it."""
_CHAIN = 4.0
"""Attempts from which a chain of retrying tiers is named: two tiers with one retry each."""
_MOST_TIERS = 16
"""Tiers that are multiplied; a chain that is longer is hopeless all the same."""
_LEAST = 0.3
"""Share of the journeys that counts where work is lost or a process ends, however few of them notice at once."""
_ALL_FAIL = {"error_percent": 100.0}
_LOSABLE = {ServiceKind.QUEUE: 0.8, ServiceKind.WORKER: 0.6, ServiceKind.DB: 0.5}
"""Where an ignored error means that something is gone, not that a part of a page is missing; and how likely.

What is sent to a database may be a question only."""
_LOOKED_UP = 0.6
"""Of the likelihood that an error of a database matters beside its loss and its slowness, where it is looked up as
well: what is only read can be read again."""
_WORKERS = 1.5
"""Of the same for what a worker does not write: nobody waits for its answer, who could try again."""
_TAKEN, _TAKEN_PERHAPS, _UNCONFIRMED = 0.7, 0.35, 0.36
"""The same for what a queue has handed over, where its taker is known to hide errors, and where nobody says; and for
what nobody says whether it is confirmed."""


def check_errors(land: Landscape) -> Iterator[Finding]:
    """Find what errors on each call would do."""
    amplified = _find_amplified(land)
    for call in land.calls:
        if call.caller == call.callee:
            continue
        if call.is_idle:
            yield _tell_idle(land, call)
            continue
        yield from _check_answer(land, call)
        yield from _check_retries(land, call, amplified.get((call.caller, call.callee), 1.0))


def _tell_idle(land: Landscape, call: Call) -> Finding:
    """Tell of a call that no request of today leads to: what is only done at a start, or hardly ever."""
    return Finding(
        Kind.SLOW_RECOVERY, call.target, Fault.ERROR, Predict.DEGRADE,
        f"{call.caller} asks {call.callee} for nothing while it serves: if it does when it starts, it cannot come back "
        f"before {call.callee} has",
        likelihood=0.5, journeys=max(land.feel(call.caller, Fault.ERROR).weight, _LEAST),
        settled_by=("what the caller does at its start, from the code",), magnitude=_ALL_FAIL,
    )  # fmt: skip


def _check_answer(land: Landscape, call: Call) -> Iterator[Finding]:
    felt = land.feel_call(call, Fault.ERROR)
    predict = land.predict_call(call, Fault.ERROR)
    callee = land.services[call.callee]
    if call.is_async and call.on_error is None:
        # Who does not wait and says nothing is not accused; but brokers are waited for by who sends and who takes.
        if callee.kind is ServiceKind.QUEUE:
            yield _tell_broker(land, call)
            if not land.is_taking(call):
                yield _tell_unconfirmed(land, call)
        elif land.services[call.caller].kind is ServiceKind.QUEUE:
            yield _tell_taker(land, call)
        return
    hardness = land.judge_hardness(call, Fault.ERROR)
    if call.on_error is OnError.CRASH:
        yield Finding(
            Kind.CRASH_ON_ERROR, call.target, Fault.ERROR, predict,
            f"{call.caller} crashes when {call.callee} answers with an error: {name_journeys(felt)}",
            likelihood=0.95, journeys=max(felt.weight, _LEAST), magnitude=_ALL_FAIL,
        )  # fmt: skip
        return
    if hardness is Hardness.SOFT:
        yield _tell_soft(land, call, felt.weight)
        return
    likelihood = (0.65 if call.on_error else 0.5) + _judge_circumstances(land, call)
    if call.on_error and callee.kind is ServiceKind.DB and land.is_read(call.callee):
        likelihood *= _LOOKED_UP
    is_cache = callee.kind is ServiceKind.CACHE
    said = "fails with" if call.on_error else "may fail with"
    lost = (
        "although it is a cache, which could be missed" if is_cache else name_journeys(felt, sure=bool(call.on_error))
    )
    yield Finding(
        Kind.CACHE_HARD_DEPENDENCY if is_cache else Kind.HARD_DEPENDENCY, call.target, Fault.ERROR, predict,
        f"{call.caller} {said} {call.callee}: {lost}",
        likelihood=likelihood + (0.1 if is_cache else 0.0), journeys=felt.weight,
        settled_by=() if call.on_error else ("on_error",), magnitude=_ALL_FAIL,
    )  # fmt: skip


def _tell_broker(land: Landscape, call: Call) -> Finding:
    weight = max(land.feel(call.caller, Fault.ERROR).weight, _LEAST)
    if land.is_taking(call):
        return Finding(
            Kind.SLOW_RECOVERY, call.target, Fault.ERROR, Predict.UNKNOWN,
            f"{call.caller} takes work from {call.callee}: whether it starts without it, and comes back to it, is not "
            f"told",
            likelihood=0.42, journeys=weight, settled_by=("on_error",), magnitude=_ALL_FAIL,
        )  # fmt: skip
    return Finding(
        Kind.HARD_DEPENDENCY, call.target, Fault.ERROR, Predict.UNKNOWN,
        f"{call.caller} sends to {call.callee} and does not wait for the work, but perhaps for the sending",
        likelihood=0.42, journeys=weight, settled_by=("on_error",), magnitude=_ALL_FAIL,
    )  # fmt: skip


def _tell_unconfirmed(land: Landscape, call: Call) -> Finding:
    return Finding(
        Kind.SILENT_LOSS, call.target, Fault.RESET, Predict.UNKNOWN,
        f"{call.caller} does not wait for {call.callee}: what is on its way when the connection is cut is lost, unless "
        f"its taking is confirmed and what is not is sent again",
        likelihood=_UNCONFIRMED, journeys=max(land.feel(call.caller, Fault.ERROR).weight, _LEAST),
        settled_by=("whether sends are confirmed, from the code",),
    )  # fmt: skip


def _tell_taker(land: Landscape, call: Call) -> Finding:
    return Finding(
        Kind.SILENT_LOSS, call.target, Fault.ERROR, Predict.UNKNOWN,
        f"{call.callee} takes work from {call.caller}: what fails is lost, unless it is given back or set aside",
        likelihood=_TAKEN_PERHAPS, journeys=max(land.feel(call.callee, Fault.ERROR).weight, _LEAST),
        settled_by=("on_error",), magnitude=_ALL_FAIL,
    )  # fmt: skip


def _judge_circumstances(land: Landscape, call: Call) -> float:
    """Return what to add to the likelihood that an error on a call matters."""
    is_store = land.services[call.callee].keeps_state
    added = 0.17 if is_store else 0.0
    if land.services[call.caller].kind is ServiceKind.GATEWAY and not is_store:
        added -= 0.3  # It is the callee's own failure, and is rehearsed there.
    if call.is_async and land.services[call.callee].kind is not ServiceKind.QUEUE:
        added -= 0.15  # Work in the background has another try.
    if land.services[call.callee].kind is ServiceKind.EXTERNAL:
        added += 0.1  # Nobody here can repair it.
    if any(effect != call.callee for effect in land.effects.get(call.caller, ())):
        added += 0.1  # What was done before stays done.
    return added


def _tell_soft(land: Landscape, call: Call, weight: float) -> Finding:
    answer = call.on_error.value if call.on_error else "asynchronous"
    is_hidden = call.on_error in {OnError.IGNORE, OnError.LOG}
    if is_hidden and land.services[call.caller].kind is ServiceKind.QUEUE:
        return Finding(
            Kind.SILENT_LOSS, call.target, Fault.ERROR, Predict.DEGRADE,
            f"{call.callee} goes on ({answer}) when what it took from {call.caller} fails: unless it is given back, "
            f"nobody notices the loss",
            likelihood=_TAKEN, journeys=max(weight, _LEAST), magnitude=_ALL_FAIL,
        )  # fmt: skip
    callee = land.services[call.callee]
    if is_hidden and not land.is_taking(call) and callee.kind in _LOSABLE:
        share = _WORKERS if land.services[call.caller].kind in {ServiceKind.WORKER, ServiceKind.JOB} else 1.0
        return Finding(
            Kind.SILENT_LOSS, call.target, Fault.ERROR, Predict.DEGRADE,
            f"{call.caller} goes on ({answer}) when {call.callee} does not take what it sends: nobody notices the loss",
            likelihood=_LOSABLE[callee.kind] * share, journeys=max(weight, _LEAST), magnitude=_ALL_FAIL,
        )  # fmt: skip
    return Finding(
        Kind.HARD_DEPENDENCY, call.target, Fault.ERROR, Predict.GRACEFUL,
        f"said to be handled ({answer}): the rehearsal checks that {call.caller} does without {call.callee}",
        likelihood=0.12, journeys=weight, magnitude=_ALL_FAIL,
    )  # fmt: skip


def _check_retries(land: Landscape, call: Call, chain: float) -> Iterator[Finding]:
    attempts = compute_attempts(call.retries or 0)
    if chain < _CHAIN and attempts < _STORM:
        return
    felt = land.feel_call(call, Fault.ERROR)
    # Retries load the callee whether or not the caller hides the error, and everybody who needs the callee feels it.
    shared = land.feel(call.callee, Fault.ERROR)
    is_chain = chain > attempts
    where = "along the way to it" if is_chain else f"by {call.caller}"
    predict = Predict.DEGRADE if shared.definite or shared.possible else Predict.GRACEFUL
    # Whoever fails with the callee fails at its first error; the further attempts show where each of them waits.
    fault = Fault.BLACKHOLE if land.judge_hardness(call, Fault.ERROR) is Hardness.HARD else Fault.ERROR
    if land.predict_call(call, fault) is Predict.COLLAPSE:
        predict = Predict.COLLAPSE
    likelihood = 0.7 if max(chain, attempts) >= _CHAIN else 0.5
    if is_chain and land.services[call.callee].keeps_state:
        likelihood *= 0.6  # A driver's attempts are for connections; one that has a query does not send it again.
    yield Finding(
        Kind.RETRY_AMPLIFICATION if is_chain else Kind.RETRY_STORM, call.target, fault, predict,
        f"one request becomes {max(chain, attempts):g} attempts at {call.callee} when it fails, by retries {where}",
        likelihood=likelihood, journeys=max(felt.weight, shared.weight),
        numbers={"attempts_per_call": attempts, "attempts_per_request": max(chain, attempts)},
        magnitude=_ALL_FAIL if fault is Fault.ERROR else {},
    )  # fmt: skip


def _find_amplified(land: Landscape) -> dict[tuple[str, str], float]:
    """Return each call's worst product of attempts from any entry; a cycle is gone round once at most.

    Walks from each caller to the one above it that multiplies most, instead of trying all ways: exact on trees, and a
    lower bound elsewhere.
    """
    worst: dict[str, tuple[str, int]] = {}
    for name, calls in land.incoming.items():
        most = max(calls, key=lambda call: (call.retries or 0, call.caller))
        worst[name] = (most.caller, most.retries or 0)
    found = {}
    for call in land.sync_calls:
        if not call.retries:
            continue
        retries, node, seen = [call.retries], call.caller, {call.callee}
        while node in worst and node not in seen and len(retries) < _MOST_TIERS:
            seen.add(node)
            node, count = worst[node]
            retries.append(count)
        found[call.caller, call.callee] = compute_amplification(retries)
    return found
