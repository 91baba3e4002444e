"""What a person approves of a rehearsal is everything that is in it."""

from datetime import date, timedelta

import pytest

from fermata.domain.held_experiment import ExperimentState
from fermata.testing.experiments import make_experiment, make_held


def test_digest_is_that_of_the_experiment():
    """Without a schedule it is the experiment's own."""
    held = make_held()

    assert held.digest == held.compute_held_digest() == held.experiment.compute_digest()


def test_edited_experiment_has_another_digest():
    """A longer fault, or another last day, is another thing to approve."""
    held = make_held()
    longer = held.model_copy(update={"experiment": make_experiment(duration=timedelta(minutes=5))})
    until = make_held(scheduled_until=date(2026, 12, 1))

    digests = {held.digest, longer.compute_held_digest(), until.digest}
    digests.add(make_held(scheduled_until=date(2026, 12, 2)).digest)
    assert len(digests) == 4


@pytest.mark.parametrize("state", list(ExperimentState))
def test_what_is_over_stays_so(state):
    """Done, refused and stopped are the ends."""
    assert make_held(state=state).is_settled is (state.value in ("done", "refused", "stopped"))
