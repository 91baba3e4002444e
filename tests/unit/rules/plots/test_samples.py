"""The drawings of a rehearsal show each journey, from before the fault until after it."""

from datetime import timedelta

import pytest

from fermata.domain.experiment import Phase, Sample
from fermata.rules.plots.samples import draw_samples
from fermata.testing.experiments import make_result
from fermata.testing.records import NOON


def test_run_is_two_drawings_of_each_journey():
    """What was answered and latency, with the fault's beginning and end marked."""
    answers, latency = draw_samples(make_result())

    assert (answers.name, latency.name) == ("answers", "latency")
    assert [line.label for line in answers.plot.lines] == ["pay", "refund"]
    assert answers.plot.onset is not None
    assert [mark.label for mark in latency.plot.marks] == ["gone"]


def test_second_without_an_answer_has_no_point():
    """Nothing is drawn of what nobody asked, and no latency of what nobody answered."""
    silent = [
        Sample(at=NOON + timedelta(seconds=second), phase=Phase.FAULT, journey="pay", requests=second, ok=0)
        for second in range(3)
    ]

    (answers,) = draw_samples(make_result(samples=tuple(silent), withdrawn_at=None))

    assert answers.plot.lines[0].summary == "0 % throughout"
    assert answers.plot.marks == ()


@pytest.mark.parametrize("samples", [(), make_result().samples[:1]])
def test_too_little_is_not_drawn(samples):
    """A single point says more as words."""
    assert draw_samples(make_result(samples=samples, injected_at=None)) == ()
