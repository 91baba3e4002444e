"""Executions: the worst step decides."""

import pytest
from tests.unit.domain.samples import NOON, STEP

from fermata.domain.action import Outcome
from fermata.domain.execution import Execution, compute_outcome

DONE, FAILED, UNKNOWN = Outcome.DONE, Outcome.FAILED, Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("outcomes", "worst"),
    [
        ((), UNKNOWN),
        ((DONE,), DONE),
        ((DONE, DONE), DONE),
        ((DONE, FAILED), FAILED),
        ((FAILED, UNKNOWN, DONE), UNKNOWN),
        ((UNKNOWN, FAILED), UNKNOWN),
    ],
)
def test_outcome_is_that_of_the_worst_step(outcomes, worst):
    """What is not known beats what failed; an execution without steps is not known to have done anything."""
    steps = tuple(
        STEP.model_copy(update={"result": STEP.result.model_copy(update={"outcome": outcome})}) for outcome in outcomes
    )
    execution = Execution(
        id="exec-1",
        plan_id="plan-1",
        proposal_id="prop-1",
        incident_id="inc-1",
        plan_digest="sha256:22",
        started_at=NOON,
        steps=steps,
    )

    assert compute_outcome(steps) is worst
    assert execution.outcome is worst
