"""What a person reads of an experiment is of the fault that it has."""

import pytest

from fermata.domain.experiment import Expected, FaultKind, FaultSpec, FaultTarget, Prediction
from fermata.rules.chaosspecs.planned import PLANNED, correct, tell_other_plan, write_fault
from fermata.testing.experiments import make_experiment

CALL = FaultTarget(system="faultproxy", service="front", callee="ledger")
SLOW = FaultSpec(kind=FaultKind.LATENCY, latency_ms=1200)
BROKEN = FaultSpec(kind=FaultKind.ERROR, status=503)


def plan(fault=SLOW, target=CALL, title="latency at front->ledger", *, planned=SLOW):
    """Give an experiment that was planned for a fault, and may have another by now."""
    numbers = {PLANNED: write_fault(planned, CALL)} if planned else {}
    prediction = Prediction(expected=Expected.COLLAPSE, why="front waits", numbers=numbers)
    return make_experiment(title=title, target=target, fault=fault, prediction=prediction)


@pytest.mark.parametrize(
    "experiment",
    [
        plan(),
        plan(planned=None),
        plan(title="Tuesday's"),
        plan(BROKEN, title="what I always do", planned=None),
        plan(BROKEN, FaultTarget(system="chaosmesh", service="ledger"), "error at front->ledger", planned=None),
    ],
)
def test_experiment_as_it_was_planned_stays(experiment):
    """So does one that nobody planned, and one whose fault sits where the calls arrive."""
    assert correct(experiment) == experiment


@pytest.mark.parametrize(
    ("experiment", "title"),
    [
        (plan(BROKEN), "error at front->ledger"),
        (plan(BROKEN, planned=None), "error at front->ledger"),
        (plan(SLOW.model_copy(update={"latency_ms": 9000.0})), "latency at front->ledger"),
        (plan(target=CALL.model_copy(update={"callee": "quotes"})), "latency at front->quotes"),
        (plan(target=CALL.model_copy(update={"callee": ""}), planned=None), "latency at front"),
        (plan(BROKEN, title="Tuesday's"), "Tuesday's"),
    ],
)
def test_experiment_that_was_edited_is_called_by_its_own_fault(experiment, title):
    """What was computed for another fault, another size or another place is no prediction of this one."""
    corrected = correct(experiment)

    assert corrected.title == title
    assert corrected.prediction.expected is Expected.UNKNOWN
    assert corrected.prediction.why.startswith("nothing is predicted: what was planned is latency")
    assert tell_other_plan(corrected) == ""
