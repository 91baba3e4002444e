"""What is kept of a call to a model."""

import pytest
from tests.unit.domain.samples_of_models import ATTEMPT

from fermata.domain.model import Attempt


def test_call_that_nobody_looked_up_is_stored_without_a_verdict():
    """An older Fermata refuses a field that it does not know: what needs none is written as it was before."""
    stored = ATTEMPT.to_json()

    assert "fault" not in stored
    assert Attempt.from_json(stored) == ATTEMPT


@pytest.mark.parametrize("fault", ["", "E1:2: the quoted words do not stand there"])
def test_verdict_is_stored_also_where_all_stood(fault):
    """That an answer was looked up and stood is no absence of a verdict."""
    judged = ATTEMPT.model_copy(update={"fault": fault})

    assert Attempt.from_json(judged.to_json()).fault == fault
