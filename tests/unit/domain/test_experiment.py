"""A rehearsal cannot be built without what makes it safe to read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from fermata.domain.experiment import (
    LONGEST_LEASE,
    Expected,
    Experiment,
    FaultKind,
    FaultSpec,
    FaultTarget,
    Prediction,
    SteadyCheck,
)


def make_experiment(**changes: object) -> Experiment:
    """A latency on one call, with fields replaced."""
    fields: dict[str, object] = {
        "id": "exp-1",
        "title": "payment answers late",
        "created_at": datetime(2026, 11, 2, tzinfo=UTC),
        "target": FaultTarget(system="faultproxy", service="checkout", callee="payment"),
        "fault": FaultSpec(kind=FaultKind.LATENCY, latency_ms=2000),
        "checks": (SteadyCheck(journey="pay", url="http://127.0.0.1:1/pay", max_p95_ms=300),),
        "prediction": Prediction(expected=Expected.COLLAPSE, why="the pool is too small"),
        "blast_radius": "calls of checkout to payment",
    }
    return Experiment(**{**fields, **changes})  # type: ignore[arg-type]  # the fields are spoilt on purpose


@pytest.mark.parametrize("kind", ["latency", "error", "slow_body", "bandwidth", "cpu", "memory"])
def test_fault_without_its_size_is_refused(kind: str) -> None:
    """A latency of nothing in particular cannot be approved."""
    with pytest.raises(ValidationError, match=r"needs its size: \w+"):
        FaultSpec(kind=FaultKind(kind))


@pytest.mark.parametrize("kind", ["kill", "blackhole", "reset"])
def test_fault_without_a_size_of_its_own_is_built(kind: str) -> None:
    """A kill has no size."""
    assert FaultSpec(kind=FaultKind(kind)).percent == 100


@pytest.mark.parametrize("name", ["duration", "baseline", "lease"])
def test_span_of_nothing_is_refused(name: str) -> None:
    """Nothing can be measured in no time."""
    with pytest.raises(ValidationError, match="longer than nothing"):
        make_experiment(**{name: timedelta(0)})


def test_recovery_of_nothing_is_taken_and_less_is_not() -> None:
    """Whether it comes back need not be asked."""
    assert make_experiment(recovery=timedelta(0)).recovery == timedelta(0)
    with pytest.raises(ValidationError, match="longer than nothing"):
        make_experiment(recovery=timedelta(seconds=-1))


def test_lease_beyond_the_longest_is_refused() -> None:
    """A fault must not outlive its runner by much."""
    with pytest.raises(ValidationError, match="at most"):
        make_experiment(lease=LONGEST_LEASE + timedelta(seconds=1))


def test_changed_word_is_another_experiment() -> None:
    """The digest covers everything."""
    first = make_experiment()

    assert first.compute_digest() == make_experiment().compute_digest()
    assert first.compute_digest() != make_experiment(title="payment answers too late").compute_digest()


def test_check_for_nothing_at_all_is_refused() -> None:
    """Without a check there is no verdict."""
    with pytest.raises(ValidationError):
        make_experiment(checks=())


def test_share_that_fails_goes_with_a_wait_and_a_status() -> None:
    """Both at once is one fault; half of it said is none."""
    both = FaultSpec(kind=FaultKind.LATENCY, latency_ms=2000, status=500, failing_percent=50)

    assert both.failing_percent == 50
    for spoilt in ({"kind": FaultKind.ERROR, "status": 500}, {"kind": FaultKind.LATENCY, "latency_ms": 2000}):
        with pytest.raises(ValidationError, match="failing_percent goes with"):
            FaultSpec(failing_percent=50, **spoilt)  # type: ignore[arg-type]  # the fields are spoilt on purpose


def test_journey_that_is_hit_is_no_control() -> None:
    """A control is what the fault cannot reach."""
    with pytest.raises(ValidationError, match="either hit or a control"):
        SteadyCheck(journey="pay", url="http://127.0.0.1:1/pay", max_p95_ms=300, is_hit=True, is_control=True)


def test_what_a_good_answer_holds_is_approved():
    """Where it is said; where it is not, the digest is that of a time when it could not be said."""
    check = SteadyCheck(journey="pay", url="http://127.0.0.1:1/pay", max_p95_ms=300)
    told = check.model_copy(update={"holds": "paid"})

    assert "holds" not in check.to_json()
    assert SteadyCheck.from_json(told.to_json()) == told
    assert told.compute_digest() != check.compute_digest()
