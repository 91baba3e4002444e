"""What a fault on one call is expected to do, in numbers that can be measured beside it."""

from __future__ import annotations

from fermata.domain.experiment import Expected, Prediction
from fermata.domain.service_graph import Call, OnError
from fermata.rules.weakness.formulas import Fit, compute_pool_use


def predict_call(call: Call, added_ms: float, replicas: int = 1) -> Prediction:
    """Predict what happens when every answer to a call comes later, by Little's law.

    In flight are L = lambda x W calls (J. D. C. Little, "A Proof for the Queuing Formula L = lambda W", Operations
    Research 9(3), 1961), where W is today's latency with what is added, or the timeout that ends the wait. What the
    pool cannot hold waits for a slot; then no more than pool / W calls end in a second.

    Args:
        call: With its rate, its latency and its pool; without one of them nothing is predicted.
        added_ms: Of the fault.
        replicas: Of the caller, each with a pool of its own.
    """
    if not call.rate_rps or call.latency_ms is None or not call.pool_max:
        missing = [
            name
            for name, value in (("rate", call.rate_rps), ("latency", call.latency_ms), ("pool", call.pool_max))
            if not value
        ]
        return Prediction(expected=Expected.UNKNOWN, why=f"not known of {call.target}: {', '.join(missing)}")
    slow_ms = call.latency_ms + added_ms
    wait_ms = min(slow_ms, call.longest_wait_ms or slow_ms)
    use = compute_pool_use(call.rate_rps, wait_ms, call.pool_max * replicas, measured_ms=call.latency_ms)
    expected, then = _judge(call, use.fit, is_cut=wait_ms < slow_ms)
    # A caller that goes on without an answer may stop asking for a while: then these are bounds.
    prefix = "most_" if expected is Expected.GRACEFUL else ""
    numbers: dict[str, float] = {
        "rate_rps": call.rate_rps,
        "pool": use.pool,
        "need_calls": use.need,
        "breaks_at_added_ms": use.breaks_at_added_ms,
        f"{prefix}wait_ms": wait_ms,
        f"{prefix}in_flight": min(use.need, use.pool),
        f"{prefix}calls_per_s": min(call.rate_rps, use.pool / wait_ms * 1000),
    }
    said = f"{call.rate_rps:.3g} calls/s x {wait_ms / 1000:.3g} s = {use.need:.3g} of {use.pool:g} slots: {then}"
    return Prediction(
        expected=expected,
        why=said,
        numbers={name: round(value, 3) for name, value in numbers.items()},
        weak_point="pool_exhaustion" if use.fit is Fit.EXHAUSTED else "",
    )


def _judge(call: Call, fit: Fit, *, is_cut: bool) -> tuple[Expected, str]:
    if fit is Fit.EXHAUSTED:
        return Expected.COLLAPSE, "the pool is full, and whoever shares the caller waits with it"
    if fit is Fit.MARGINAL:
        return Expected.UNKNOWN, "within what load varies by"
    if not is_cut:
        return Expected.DEGRADE, "the pool holds, and every answer is late"
    if call.on_error in (OnError.FALLBACK, OnError.IGNORE, OnError.LOG):
        return Expected.GRACEFUL, "the timeout keeps the pool free, and the caller goes on without an answer"
    if call.on_error is None:
        return Expected.UNKNOWN, "the pool holds; what the caller does without an answer is not known"
    return Expected.DEGRADE, "the timeout keeps the pool free, and the call fails"
