"""Slow and silent callees: who waits, for how long, and what runs out meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

from fermata.domain.service_graph import Call, OnError, ServiceKind
from fermata.rules.weakness.faults import Fault, Kind, Predict
from fermata.rules.weakness.finding import Finding
from fermata.rules.weakness.formulas import Fit, PoolUse, compute_pool_use
from fermata.rules.weakness.standing import ASSUMED_BUDGET_MS, Hardness, Landscape
from fermata.rules.weakness.wording import name_journeys, write_ms

_ABOVE = 1.2
"""How far past a limit the fault goes, so that the rehearsal is not a matter of chance; clear of the marginal tenth."""
_USUAL_DELAY_MS = 2000.0
"""When no limit is known: what a slow query or a full collection pause adds, and above the assumed budget."""
_OPTIONAL = 0.6
"""Of the caller's journeys those that are taken to use a call whose errors are hidden. A guess."""
_NEAR_MS = 2500.0
"""Added latency that a slow query may well reach: a pool that only more of it fills is less likely to be filled."""
_LEAST = 0.3
"""Share of the journeys that counts where work is handed over, however few of them notice at once."""
_TO_CONDUCTOR = 1.3
"""Of the likelihood that a callee is slow for long, where it waits for many others in turn to change something."""
_QUICK = 0.6
"""Of the likelihood that a callee is slow for long, where it keeps everything in memory."""
_SHORT_TIMEOUT_MS = 50.0
"""Below it the smallest useful fault still ends within the timeout."""


def check_delays(land: Landscape) -> Iterator[Finding]:
    """Find what slowness and silence on each call would do."""
    for call in land.sync_calls:
        if call.is_idle:
            continue  # Nobody waits: no request leads there.
        yield from _check_pool(land, call)
        yield from _check_timeouts(land, call)
        yield _check_wait(land, call)
        yield from _check_silence(land, call)
        yield from _check_connections(land, call)
    for call in land.calls:
        if call.is_async and call.timeout_ms == 0 and not land.is_taking(call):
            yield from _check_handing_over(land, call)


def measure_pool(land: Landscape, call: Call) -> PoolUse | None:
    """Measure how full the call's pool is today; `None` when rate, latency or pool is not known.

    The pool is that of one replica times the caller's replicas; one replica when nobody says.
    """
    if not call.rate_rps or call.latency_ms is None or not call.pool_max:
        return None
    slots = call.pool_max * (land.services[call.caller].replicas or 1)
    return compute_pool_use(call.rate_rps, call.latency_ms, slots)


def _check_pool(land: Landscape, call: Call) -> Iterator[Finding]:
    use = measure_pool(land, call)
    if use is not None:
        yield _tell_pool(land, call, use)
    elif call.pool_max:
        yield _tell_unmeasured(land, call)


def _tell_unmeasured(land: Landscape, call: Call) -> Finding:
    """Tell what is known of a pool without the load on it: with a timeout, the rate it can bear."""
    missing = tuple(n for n, v in (("rate_rps", call.rate_rps), ("latency_ms", call.latency_ms)) if not v)
    numbers: dict[str, float | str] = {"pool_max": call.pool_max or 0}
    wait = call.longest_wait_ms
    bears = ""
    if wait:
        slots = (call.pool_max or 0) * (land.services[call.caller].replicas or 1)
        numbers |= {"longest_wait_ms": wait, "safe_rate_rps": slots / wait * 1000}
        bears = f"; while every call waits for its timeout they bear {slots / wait * 1000:.3g} calls a second"
    predict = _predict_wait(land, call)
    is_long = not wait or wait >= ASSUMED_BUDGET_MS
    likelihood = (0.35 if is_long else 0.2) * _judge_callee(land, call)
    return Finding(
        Kind.POOL_EXHAUSTION, call.target, Fault.LATENCY, Predict.UNKNOWN if predict is Predict.GRACEFUL else predict,
        f"{call.caller} has {call.pool_max} slots a replica for {call.callee}, and {' and '.join(missing)} would say "
        f"when a slow one fills them{bears}",
        likelihood=likelihood, journeys=land.feel_call(call, Fault.LATENCY).weight,
        numbers=numbers, settled_by=missing, magnitude={"latency_ms": (call.timeout_ms or _USUAL_DELAY_MS) * _ABOVE},
    )  # fmt: skip


def _tell_pool(land: Landscape, call: Call, use: PoolUse) -> Finding:
    felt = land.feel_call(call, Fault.LATENCY)
    capped = use
    if call.longest_wait_ms and call.rate_rps:
        capped = compute_pool_use(call.rate_rps, call.longest_wait_ms, use.pool)
    numbers: dict[str, float | str] = {
        "need": use.need, "pool": use.pool, "need_over_pool": use.need / use.pool, "pool_today": use.fit.value,
        "breaks_at_added_ms": use.breaks_at_added_ms, "rate_rps": call.rate_rps or 0.0,
    }  # fmt: skip
    if call.longest_wait_ms:
        numbers |= {"longest_wait_ms": call.longest_wait_ms, "need_at_longest_wait": capped.need}
    said = f"{call.caller} needs {use.need:.3g} of {use.pool:g} slots for {call.callee}"
    predict, said_then, settled = _judge_pool(call, use, capped)
    hardness = land.judge_hardness(call, Fault.LATENCY)
    if predict is Predict.COLLAPSE and hardness is Hardness.SOFT:
        # What finds no slot is an error, and those are handled; what waits is short of slots all the same.
        predict = Predict.DEGRADE
    elif predict is Predict.COLLAPSE and not felt.definite:
        predict = Predict.UNKNOWN if felt.possible else Predict.DEGRADE
        settled = ("on_error",)
    if call.pool_max == 1 and predict is Predict.COLLAPSE and use.fit is not Fit.EXHAUSTED:
        # One connection that many requests share is no slot, or none but one of them would ever be served.
        predict, settled = Predict.UNKNOWN, ("whether calls share the one connection",)
    is_near = use.breaks_at_added_ms < _NEAR_MS
    likelihood = 0.4 if call.pool_max == 1 else 0.7 if is_near else 0.35
    return Finding(
        Kind.POOL_EXHAUSTION, call.target, Fault.LATENCY, predict, f"{said}: {said_then}",
        likelihood=likelihood * _judge_callee(land, call), journeys=felt.weight, numbers=numbers,
        settled_by=settled, magnitude={"latency_ms": max(use.breaks_at_added_ms * _ABOVE, 1.0)},
    )  # fmt: skip


def _judge_callee(land: Landscape, call: Call) -> float:
    """Return what is left of a likelihood: caches are the last to be slow for long enough."""
    return _QUICK if land.services[call.callee].kind is ServiceKind.CACHE else 1.0


def _judge_wait(land: Landscape, call: Call) -> float:
    """Return the same for slowness alone, which is likelier where a callee is as slow as the sum of its own calls."""
    return _TO_CONDUCTOR if land.is_conductor(call.callee) else _judge_callee(land, call)


def _judge_pool(call: Call, use: PoolUse, capped: PoolUse) -> tuple[Predict, str, tuple[str, ...]]:
    if use.fit is Fit.EXHAUSTED:
        return Predict.COLLAPSE, "it is exhausted as things are", ()
    if use.fit is Fit.MARGINAL:
        return Predict.UNKNOWN, "marginal as things are, within what load varies by", ("a load test",)
    breaks = f"{write_ms(use.breaks_at_added_ms)} more latency fills them"
    if call.timeout_ms is None:
        return Predict.UNKNOWN, f"{breaks}, unless a timeout ends the calls earlier", ("timeout_ms",)
    if capped is use or capped.fit is Fit.EXHAUSTED:
        why = "no timeout ends it" if capped is use else f"the timeout lets {capped.need:.3g} pile up"
        return Predict.COLLAPSE, f"{breaks}, and {why}", ()
    if capped.fit is Fit.MARGINAL:
        return Predict.UNKNOWN, f"marginal at the timeout ({capped.need:.3g} of {capped.pool:g})", ("a load test",)
    return Predict.GRACEFUL, f"the timeout keeps it at {capped.need:.3g} at most, so the pool holds", ()


def _check_timeouts(land: Landscape, call: Call) -> Iterator[Finding]:
    """Compare a call's timeout with those behind it (M. Brooker, "Timeouts, retries, and backoff with jitter")."""
    inner = [item for item in land.outgoing.get(call.callee, ()) if item.longest_wait_ms and not item.is_idle]
    if not call.timeout_ms or not inner:
        return
    felt = land.feel_call(call, Fault.LATENCY)
    total = sum(item.longest_wait_ms or 0.0 for item in inner)
    if total >= call.timeout_ms:
        yield Finding(
            Kind.TIMEOUT_BUDGET, call.target, Fault.LATENCY, Predict.DEGRADE,
            f"{call.caller} gives {call.callee} {write_ms(call.timeout_ms)}, which may spend {write_ms(total)} on its "
            f"own calls one after the other",
            # A gateway hands on what its callees do for many requests, and none of those makes all of their calls.
            likelihood=0.32 if land.services[call.caller].kind is ServiceKind.GATEWAY else 0.8, journeys=felt.weight,
            numbers={"timeout_ms": call.timeout_ms, "inner_waits_ms": total},
            magnitude={"latency_ms": call.timeout_ms * _ABOVE},
        )  # fmt: skip
    for item in inner:
        if (item.longest_wait_ms or 0.0) >= call.timeout_ms:
            is_lost = land.predict_call(item, Fault.LATENCY) is Predict.COLLAPSE
            # Equal ones leave nothing of the outer for what comes besides the wait; a longer one outlives its caller.
            is_equal = item.longest_wait_ms == call.timeout_ms
            yield Finding(
                Kind.TIMEOUT_BUDGET if is_equal else Kind.TIMEOUT_INVERSION, item.target, Fault.LATENCY,
                Predict.COLLAPSE if is_lost else Predict.DEGRADE,
                f"{item.caller} waits up to {write_ms(item.longest_wait_ms or 0.0)} for {item.callee}, when "
                f"{call.caller} has given up after {write_ms(call.timeout_ms)}",
                # A driver's own limit stands there by default, and is seldom what a slow store runs into first.
                likelihood=0.5 if land.services[item.callee].keeps_state else 0.85, journeys=felt.weight,
                numbers={"inner_wait_ms": item.longest_wait_ms or 0.0, "outer_timeout_ms": call.timeout_ms},
                magnitude={"latency_ms": call.timeout_ms * _ABOVE},
            )  # fmt: skip


def _check_wait(land: Landscape, call: Call) -> Finding:
    is_soft = call.on_error in {OnError.IGNORE, OnError.FALLBACK, OnError.LOG}
    felt = land.feel_call(call, Fault.LATENCY)
    # What can be missing stands in no journey's needs, and yet every journey of the caller waits for it.
    weight = max(felt.weight, land.feel(call.caller, Fault.LATENCY).weight * _OPTIONAL) if is_soft else felt.weight
    is_store = land.services[call.callee].keeps_state
    likelihood = 0.9 if call.timeout_ms == 0 else 0.6 if is_store else 0.55
    if land.services[call.callee].kind is ServiceKind.EXTERNAL:
        likelihood += 0.1  # Nobody here can make it faster.
    elif call.caller in land.routers:
        likelihood -= 0.2  # It is the callee's own slowness, and is rehearsed there.
    hard = land.judge_hardness(call, Fault.LATENCY) is Hardness.HARD
    reach = name_journeys(felt, sure=hard)
    if not call.timeout_ms:
        kind = Kind.SOFT_MADE_HARD if is_soft else _name_wait(land, call)
        limit = "without a limit" if call.timeout_ms == 0 else "with no timeout that the graph states"
        soft = f", whose errors it would {'ride out' if is_soft else 'pass on'}" if call.on_error else ""
        return Finding(
            kind, call.target, Fault.LATENCY, _predict_wait(land, call),
            f"{call.caller} waits {limit} for {call.callee}{soft}: {reach}",
            likelihood=(likelihood + (0.1 if is_soft else 0.0)) * _judge_wait(land, call), journeys=weight,
            settled_by=() if call.timeout_ms == 0 else ("timeout_ms",), magnitude={"latency_ms": _USUAL_DELAY_MS},
        )  # fmt: skip
    wait = call.longest_wait_ms or 0.0
    budget = land.find_budget_ms(call.caller)
    numbers, said = _describe_limit(call, budget)
    late = wait > (budget or ASSUMED_BUDGET_MS)
    times = _TO_CONDUCTOR if land.is_conductor(call.callee) else 1.0
    likelihood = 0.2 if not late else 0.8 if is_soft else 0.25 if call.caller in land.routers else 0.3
    if late and not is_soft and land.services[call.callee].kind is ServiceKind.DB:
        likelihood = 0.55  # Queries do get slow, with the data, and so long a limit is a driver's default.
    return Finding(
        Kind.SOFT_MADE_HARD if is_soft and late else Kind.LATENCY_PROPAGATION, call.target, Fault.LATENCY,
        _predict_wait(land, call),
        f"{call.caller} waits up to {write_ms(wait)} for {call.callee} {said}: {reach}",
        likelihood=likelihood * times, journeys=weight, numbers=numbers,
        settled_by=() if call.on_error else ("on_error",),
        magnitude={"latency_ms": max(call.timeout_ms * _ABOVE, _SHORT_TIMEOUT_MS)},
    )  # fmt: skip


def _describe_limit(call: Call, budget: float | None) -> tuple[dict[str, float | str], str]:
    """Return the numbers of a wait that ends, and what follows from them in words."""
    numbers: dict[str, float | str] = {"longest_wait_ms": call.longest_wait_ms or 0.0}
    if budget is None and call.on_error in {OnError.FAIL, OnError.CRASH}:
        return numbers, "and then fails with it"  # Whatever time it has: that is not the reason.
    numbers |= {"budget_ms": budget or ASSUMED_BUDGET_MS, "budget": "stated" if budget else "assumed"}
    return numbers, f"and has {write_ms(budget or ASSUMED_BUDGET_MS)} ({numbers['budget']})"


def _name_wait(land: Landscape, call: Call) -> Kind:
    """Name a wait of which no end is stated; drivers have limits of their own, as a rule, unless somebody looked.

    That a slow query is waited for is true with a limit and without.
    """
    is_asked = call.is_code_read or call.timeout_ms is not None
    is_driver = land.services[call.callee].keeps_state and not is_asked
    return Kind.LATENCY_PROPAGATION if is_driver else Kind.NO_TIMEOUT


def _predict_wait(land: Landscape, call: Call) -> Predict:
    """Predict what an answer does that comes after every limit that is known."""
    predict = land.predict_call(call, Fault.LATENCY)
    if predict is Predict.COLLAPSE and not call.timeout_ms:
        # It is slow or it fails, whatever the timeout nobody states; that nothing is served would need a full pool.
        return Predict.DEGRADE
    late = (call.longest_wait_ms or 0.0) > ASSUMED_BUDGET_MS
    if predict is Predict.GRACEFUL and late and land.find_budget_ms(call.caller) is None:
        return Predict.DEGRADE
    return predict


def _check_silence(land: Landscape, call: Call) -> Iterator[Finding]:
    """Find what waits for ever: latency without end, as after a lost packet filter rule or a hung process."""
    felt = land.feel(call.caller, Fault.BLACKHOLE)
    predict = land.predict_call(call, Fault.BLACKHOLE)
    others = len(land.outgoing.get(call.caller, ())) + len(land.incoming.get(call.caller, ()))
    if call.timeout_ms:
        if predict is not Predict.GRACEFUL:
            yield Finding(
                Kind.MISSING_CIRCUIT_BREAKER, call.target, Fault.BLACKHOLE, predict,
                f"every call to a silent {call.callee} costs {call.caller} {write_ms(call.longest_wait_ms or 0.0)} "
                f"before it fails, and the graph names no breaker",
                likelihood=0.06, journeys=felt.weight, numbers={"longest_wait_ms": call.longest_wait_ms or 0.0},
                settled_by=("a circuit breaker in the caller's code",),
            )  # fmt: skip
        return
    if any(item.timeout_ms for item in land.incoming.get(call.caller, ())) and (call.is_code_read):
        kind, why = Kind.DEADLINE_DROPPED, "although its own callers give up: their deadline is not passed on"
    elif others > 2:
        kind, why = Kind.NO_BULKHEAD, "and what waits takes slots from everything else it does"
    else:
        kind, why = Kind.THREAD_LEAK, "and each call keeps a thread or a connection"
    limit = "without a limit" if call.timeout_ms == 0 else "with no timeout that the graph states"
    # Without a pool to fill first, slowness at the same place is the same weakness, and easier to rehearse.
    likelihood = (0.5 if call.timeout_ms == 0 and call.pool_max else 0.12) * _judge_callee(land, call)
    # Who drops a deadline is slow first, and that is listed for itself.
    for name, share in ((Kind.NO_TIMEOUT, 1.0), (kind, 0.45 if kind is Kind.DEADLINE_DROPPED else 0.9)):
        yield Finding(
            name, call.target, Fault.BLACKHOLE, predict,
            f"{call.caller} waits {limit} for a silent {call.callee}, {why}",
            likelihood=likelihood * share, journeys=felt.weight,
            settled_by=() if call.timeout_ms == 0 else ("timeout_ms",),
        )  # fmt: skip


def _check_handing_over(land: Landscape, call: Call) -> Iterator[Finding]:
    """Find what hands work to a broker without a limit: it does not wait for the work, but may for the handing over."""
    if land.services[call.callee].kind is not ServiceKind.QUEUE:
        return
    yield Finding(
        Kind.NO_TIMEOUT, call.target, Fault.BLACKHOLE, Predict.UNKNOWN,
        f"{call.caller} does not wait for the work it gives to {call.callee}, but perhaps until it is taken, and that "
        f"without a limit",
        likelihood=0.4, journeys=max(land.feel(call.caller, Fault.LATENCY).weight, _LEAST),
        settled_by=("whether the sending waits, from the code",),
    )  # fmt: skip


def _check_connections(land: Landscape, call: Call) -> Iterator[Finding]:
    if land.services[call.callee].kind not in {ServiceKind.DB, ServiceKind.CACHE} or call.pool_max:
        return
    if not call.is_code_read:
        return
    known = call.pool_max == 0
    yield Finding(
        Kind.CONNECTION_CHURN, call.target, Fault.RESET, Predict.DEGRADE if known else Predict.UNKNOWN,
        f"{call.caller} opens a connection to {call.callee} for each call"
        if known else f"no pool of {call.caller} for {call.callee} is stated: a reset may bring all back at once",
        likelihood=0.36 if known else 0.27, journeys=land.feel(call.caller, Fault.ERROR).weight,
        settled_by=() if known else ("pool_max",),
    )  # fmt: skip
