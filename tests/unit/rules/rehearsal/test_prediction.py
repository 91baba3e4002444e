"""Little's law, before anything is injected."""

import pytest

from fermata.domain.experiment import Expected
from fermata.domain.service_graph import Call, OnError
from fermata.rules.rehearsal.prediction import predict_call

CALL = {"rate_rps": 40.0, "latency_ms": 6.0, "pool_max": 20, "is_code_read": True}


def call(**changes):
    """Give checkout's call to payment."""
    return Call("checkout", "payment", **{**CALL, **changes})


def test_pool_that_is_too_small_is_a_collapse():
    """40/s x 2.006 s need 80 of 20 slots; then no more than 20 / 2.006 s end."""
    found = predict_call(call(), 2000)

    assert found.expected is Expected.COLLAPSE
    assert found.weak_point == "pool_exhaustion"
    assert found.numbers["need_calls"] == pytest.approx(80.24)
    assert found.numbers["in_flight"] == 20
    assert found.numbers["calls_per_s"] == pytest.approx(9.97, abs=0.01)
    assert found.numbers["breaks_at_added_ms"] == pytest.approx(494)
    assert "40 calls/s x 2.01 s = 80.2 of 20 slots" in found.why


@pytest.mark.parametrize(
    ("changes", "added_ms", "replicas", "expected"),
    [
        ({}, 494, 1, Expected.UNKNOWN),
        ({}, 200, 1, Expected.DEGRADE),
        ({}, 2000, 5, Expected.DEGRADE),
        ({"timeout_ms": 300.0, "on_error": OnError.FAIL}, 2000, 1, Expected.DEGRADE),
        ({"timeout_ms": 300.0, "on_error": OnError.FALLBACK}, 2000, 1, Expected.GRACEFUL),
        ({"timeout_ms": 300.0}, 2000, 1, Expected.UNKNOWN),
        ({"timeout_ms": 300.0, "retries": 2, "on_error": OnError.FALLBACK}, 2000, 1, Expected.COLLAPSE),
        ({"timeout_ms": 3000.0, "on_error": OnError.FALLBACK}, 2000, 1, Expected.COLLAPSE),
    ],
)
def test_timeout_pool_and_fallback_decide(changes, added_ms, replicas, expected):
    """The wait is cut by timeout x attempts; what is left decides with the pool, and then what the caller does."""
    assert predict_call(call(**changes), added_ms, replicas).expected is expected


def test_caller_that_goes_on_may_stop_asking():
    """Its numbers are bounds: a breaker makes them smaller."""
    found = predict_call(call(timeout_ms=300.0, on_error=OnError.IGNORE), 2000)

    assert found.numbers["most_in_flight"] == 12
    assert "in_flight" not in found.numbers


@pytest.mark.parametrize(
    ("missing", "named"),
    [({"rate_rps": None}, "rate"), ({"latency_ms": None}, "latency"), ({"pool_max": 0}, "pool")],
)
def test_without_an_input_nothing_is_predicted(missing, named):
    """It says which."""
    found = predict_call(call(**missing), 2000)

    assert found.expected is Expected.UNKNOWN
    assert found.why == f"not known of checkout->payment: {named}"
