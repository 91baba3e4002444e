"""The prediction beside the measurement, and what to change first."""

import pytest

from fermata.domain.experiment import Expected, FaultTarget, Prediction, Verdict
from fermata.rules.rehearsal.comparison import compare, describe_fix


def predict(expected=Expected.COLLAPSE, **numbers):
    """Give a prediction."""
    return Prediction(expected=expected, why="because", numbers=numbers)


def test_each_number_that_both_have_is_a_line():
    """What nobody measured, or nobody predicted, is left out."""
    lines = compare(
        predict(in_flight=20.0, calls_per_s=9.97, pool=20.0), Verdict.COLLAPSED, {"in_flight": 19.96, "wait_ms": 2010.0}
    )

    assert lines == (
        "calls in flight: 20 predicted, 20 measured",
        "outcome: collapse predicted, collapsed measured: as predicted",
    )


def test_bound_is_called_one():
    """A breaker stays below."""
    lines = compare(predict(Expected.GRACEFUL, most_wait_ms=300.0), Verdict.GRACEFUL, {"wait_ms": 261.4})

    assert lines[0] == "mean time of a call: at most 300 ms predicted, 261 ms measured"


@pytest.mark.parametrize(
    ("expected", "verdict", "told"),
    [
        (Expected.DEGRADE, Verdict.CONTAINED, "as predicted"),
        (Expected.GRACEFUL, Verdict.COLLAPSED, "not as predicted"),
        (Expected.UNKNOWN, Verdict.COLLAPSED, "nothing to compare"),
        (Expected.COLLAPSE, Verdict.INCONCLUSIVE, "nothing to compare"),
        (Expected.COLLAPSE, Verdict.INVALID, "nothing to compare"),
    ],
)
def test_outcome_is_compared_where_there_is_one(expected, verdict, told):
    """A prediction can be wrong; one that met no verdict is neither."""
    assert compare(predict(expected), verdict, {})[-1].endswith(f": {told}")


def test_collapse_by_a_pool_asks_for_a_timeout_that_it_bears(make_experiment):
    """Nine tenths of 20 slots at 40 calls a second are 450 ms."""
    fix = describe_fix(make_experiment(), Verdict.COLLAPSED)

    assert fix.startswith("Give checkout's calls to payment a timeout of at most 450 ms")


def test_collapse_without_numbers_asks_for_a_timeout(make_experiment):
    """Of the calls to the service itself, where no caller is named."""
    experiment = make_experiment(
        prediction=predict(Expected.UNKNOWN), target=FaultTarget(system="chaosmesh", service="payment")
    )

    assert describe_fix(experiment, Verdict.COLLAPSED).startswith("Give the calls to payment a timeout, and slots")


def test_outage_that_outlives_its_fault_asks_for_a_bound(make_experiment):
    """A queue keeps it going."""
    assert describe_fix(make_experiment(), Verdict.COLLAPSED, came_back=False).startswith("Bound what waits")


def test_containment_asks_for_a_fallback_and_grace_for_nothing(make_experiment):
    """What failed is named."""
    assert describe_fix(make_experiment(), Verdict.CONTAINED).startswith("Let pay go on without an answer")
    assert describe_fix(make_experiment(), Verdict.GRACEFUL) == ""
