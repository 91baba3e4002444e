"""The prediction beside the measurement, and what to change first."""

import pytest

from fermata.domain.experiment import (
    Expected,
    FaultTarget,
    Measured,
    Phase,
    Prediction,
    SteadyCheck,
    Verdict,
    WireSample,
)
from fermata.rules.rehearsal.comparison import Lasting, compare, describe_fix, find_short_load, is_handled, list_failing
from fermata.testing.experiments import make_result
from fermata.testing.records import NOON


def predict(expected=Expected.COLLAPSE, **numbers):
    """Give a prediction."""
    return Prediction(expected=expected, why="because", numbers=numbers)


def tell(share):
    """Give what came of a hundred questions under the fault."""
    return Measured(journey="buy", phase=Phase.FAULT, requests=100, ok_ratio=share)


def pass_by(calls_per_s, phase=Phase.BASELINE):
    """Give what a proxy saw of the calls in two seconds."""
    return WireSample(at=NOON, phase=phase, seconds=2, calls=2 * calls_per_s, call_seconds=0.1)


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


@pytest.mark.parametrize(
    ("expected", "weak_point", "told"),
    [
        (Expected.COLLAPSE, "hard_dependency", "as predicted"),
        (Expected.DEGRADE, "fan_out", "worse than predicted"),
        (Expected.DEGRADE, "", "as predicted"),
        (Expected.GRACEFUL, "hard_dependency", "not as predicted"),
        (Expected.UNKNOWN, "hard_dependency", "nothing to compare"),
    ],
)
def test_journey_that_is_lost_is_what_a_plan_calls_a_collapse(expected, weak_point, told):
    """Though nothing beside it suffered; the prediction for one call says nothing of who asks behind it."""
    prediction = Prediction(expected=expected, why="because", weak_point=weak_point)

    line = compare(prediction, Verdict.CONTAINED, {}, failing=(tell(0.1),))[-1]

    assert line == f"outcome: {expected.value} predicted, contained measured (buy no longer served): {told}"


def test_journey_that_answers_half_is_said_beside_the_verdict():
    """Contained is a word about the others: whoever asked for this one got an error every other time."""
    line = compare(predict(Expected.DEGRADE), Verdict.CONTAINED, {}, failing=(tell(0.48),))[-1]

    assert "contained measured (buy served in part: 48% answered): as predicted" in line


def test_collapse_that_left_its_journey_served_is_none():
    """It was slow, and answered."""
    assert compare(predict(), Verdict.CONTAINED, {})[-1].endswith("contained measured: not as predicted")


@pytest.mark.parametrize(
    ("journey", "phase", "requests", "share", "is_failing"),
    [
        ("buy", Phase.FAULT, 50, 0.0, True),
        ("buy", Phase.FAULT, 50, 0.3, True),
        ("buy", Phase.FAULT, 50, 0.48, True),
        ("buy", Phase.FAULT, 50, 0.92, False),
        ("buy", Phase.FAULT, 10, 0.0, False),
        ("buy", Phase.FAULT, 0, None, False),
        ("buy", Phase.RECOVERY, 50, 0.0, False),
        ("help", Phase.FAULT, 50, 0.0, False),
    ],
)
def test_journey_fails_when_for_certain_more_than_a_few_questions_under_the_fault_were_not_answered(
    journey, phase, requests, share, is_failing
):
    """For certain, and one that was to be hit: what else suffers is a collapse by itself."""
    checks = [
        SteadyCheck(journey=name, url="http://127.0.0.1/", max_p95_ms=100, is_hit=name == "buy")
        for name in ("buy", "help")
    ]
    measured = Measured(journey=journey, phase=phase, requests=requests, ok_ratio=share)

    assert list_failing(checks, [measured]) == ((measured,) if is_failing else ())


@pytest.mark.parametrize(
    ("verdict", "share", "told"),
    [
        (Verdict.GRACEFUL, 1.0, True),
        (Verdict.CONTAINED, 1.0, True),
        (Verdict.CONTAINED, 0.93, True),
        (Verdict.CONTAINED, 0.48, False),
        (Verdict.CONTAINED, 0.0, False),
        (Verdict.COLLAPSED, 1.0, False),
        (Verdict.INCONCLUSIVE, 1.0, False),
    ],
)
def test_fault_that_left_users_without_an_answer_was_not_handled(make_experiment, verdict, share, told):
    """Whatever was predicted, and though it was held to that journey."""
    measured = (Measured(journey="pay", phase=Phase.FAULT, requests=100, ok_ratio=share),)

    assert is_handled(make_experiment(), make_result(verdict=verdict, measured=measured)) is told


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
    assert describe_fix(make_experiment(), Verdict.COLLAPSED, lasting=Lasting.WAITS).startswith("Bound what waits")


def test_containment_asks_for_a_fallback_and_grace_for_nothing(make_experiment):
    """What failed is named."""
    fix = describe_fix(make_experiment(), Verdict.CONTAINED, failed=["pay", "book"])
    assert fix.startswith("Let pay, book go on without an answer")
    assert describe_fix(make_experiment(), Verdict.CONTAINED, failed=["pay"], waited=True) == (
        "Bound how long pay waits for checkout's calls to payment: a timeout, retries included. Then let pay go on "
        "without an answer: a fallback for checkout's calls to payment, and a breaker, so that nobody waits for it."
    )
    assert describe_fix(make_experiment(), Verdict.GRACEFUL) == ""


@pytest.mark.parametrize(
    ("wire", "is_short"),
    [
        ([pass_by(5)], True),
        ([pass_by(5), pass_by(30)], True),
        ([pass_by(33)], False),
        ([pass_by(40), pass_by(5, Phase.FAULT)], False),
        ([pass_by(5, Phase.FAULT)], False),
        ([], False),
    ],
)
def test_load_is_what_came_before_the_fault(wire, is_short):
    """A full pool lets fewer calls through; where nobody counts them, nothing is said of the load."""
    assert bool(find_short_load(predict(rate_rps=40.0), wire)) is is_short


def test_prediction_that_names_no_load_misses_none():
    """An error needs no crowd."""
    assert find_short_load(predict(), [pass_by(1)]) == ""


@pytest.mark.parametrize(
    ("expected", "verdict", "failing", "told"),
    [
        (Expected.COLLAPSE, Verdict.GRACEFUL, (), "not tried at the load that it is for"),
        (Expected.GRACEFUL, Verdict.GRACEFUL, (), "not tried at the load that it is for"),
        (Expected.DEGRADE, Verdict.CONTAINED, (), "not tried at the load that it is for"),
        (Expected.UNKNOWN, Verdict.GRACEFUL, (), "nothing to compare"),
        (Expected.COLLAPSE, Verdict.COLLAPSED, (), "as predicted"),
        (Expected.COLLAPSE, Verdict.CONTAINED, (tell(0.1),), "as predicted"),
    ],
)
def test_good_end_under_less_load_refutes_no_prediction(expected, verdict, failing, told):
    """A bad one under less load says all the more."""
    lines = compare(predict(expected, rate_rps=40.0), verdict, {}, failing=failing, wire=[pass_by(5)])

    assert lines[0] == ("calls a second before the fault: the prediction is for 40, and 5 came; --rate asks more often")
    assert lines[-1].endswith(f": {told}")


@pytest.mark.parametrize(("rate", "told"), [(5, False), (40, True)])
def test_fault_without_the_load_was_not_handled(make_experiment, rate, told):
    """Nothing was shown: whoever asks by the exit code must not be told that it was."""
    result = make_result(verdict=Verdict.GRACEFUL, measured=(), wire=(pass_by(rate),))

    assert is_handled(make_experiment(), result) is told
