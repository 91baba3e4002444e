"""The score that orders the list."""

import pytest

from fermata.rules.weakness.faults import Fault, Kind, Predict
from fermata.rules.weakness.finding import Finding


def score(predict, likelihood=0.5, journeys=0.5):
    """Give the score of a finding."""
    return Finding(Kind.SPOF, "a", Fault.KILL, predict, "", likelihood, journeys).score


def test_score_is_the_product():
    """The root of journeys x likelihood x loss x what is not handled."""
    assert score(Predict.COLLAPSE, journeys=0.25) == pytest.approx(0.25)
    assert score(Predict.COLLAPSE, journeys=0) == 0


def test_worse_predictions_come_first():
    """What is known to be handled comes last."""
    order = [score(item) for item in (Predict.COLLAPSE, Predict.DEGRADE, Predict.UNKNOWN, Predict.GRACEFUL)]

    assert order == sorted(order, reverse=True)


def test_target_names_its_services():
    """A call touches two."""
    assert Finding(Kind.SPOF, "a->b", Fault.ERROR, Predict.UNKNOWN, "", 1, 1).endpoints == ("a", "b")
