"""The report puts the prediction beside the measurement, draws the journeys, and says what to fix first."""

import subprocess
import sys

import pytest

from fermata.domain.experiment import Measured, Phase, Sample, Verdict
from fermata.domain.held_experiment import ExperimentApproval, ExperimentState
from fermata.flows.experiments.holding import ExperimentView
from fermata.flows.experiments.report import draft_ticket, write_numbers, write_report, write_sample
from fermata.testing.experiments import make_held, make_result
from fermata.testing.records import NOON

YES = ExperimentApproval(
    person_id="dana", role="oncall", channel="console", digest="sha256:00", approved_at=NOON, expires_at=NOON
)


def view(result=None, **changes):
    """Give a row with its result."""
    return ExperimentView(held=make_held(**changes), result=result, journal=())


def test_report_has_prediction_and_measurement_side_by_side():
    """With two drawings, which are whole SVG files."""
    report = write_report(view(make_result(), state=ExperimentState.DONE, approvals=(YES,)), "run")

    assert "Expected: collapse, because" in report.markdown
    assert "Found: collapsed." in report.markdown
    assert "- in flight: 20 predicted, 19.7 measured" in report.markdown
    assert "| refund | fault | 25 | 20.0% | 20 | 2000 |" in report.markdown
    assert "Approved: dana (oncall) in console" in report.markdown
    assert "`fermata chaos report exp-1 --save-case cases/exp-1`" in report.markdown
    assert [name for name, _ in report.drawings] == ["run-answers.svg", "run-latency.svg"]
    for name, svg in report.drawings:
        assert f"({name})" in report.markdown
        assert svg.startswith("<svg ")


def test_report_of_what_never_ran_says_why():
    """There is nothing to draw."""
    report = write_report(view(state=ExperimentState.REFUSED, reason="no quota"), "run")

    assert "**refused**: no quota" in report.markdown
    assert "--save-case" not in report.markdown
    assert "Approved: by nobody" in report.markdown
    assert report.drawings == ()


def test_run_that_ended_early_says_so():
    """Without a fault there is no mark of its end."""
    result = make_result(aborted="halted by dana", injected_at=None, withdrawn_at=None, fix_first="", samples=())

    report = write_report(view(result, state=ExperimentState.STOPPED), "run")

    assert "It ended before its time: halted by dana." in report.markdown
    assert report.drawings == ()


def test_nothing_answered_is_a_dash():
    """No number is made up."""
    silent = Measured(journey="pay", phase=Phase.FAULT, requests=5)

    assert write_numbers(silent) == ("-", "-", "-")


def test_collapse_becomes_a_ticket():
    """With what to change first as its title, and when it is done."""
    ticket = draft_ticket(view(make_result(), state=ExperimentState.DONE))

    assert ticket.title.startswith("Give the calls of checkout")
    assert "Done when the same rehearsal (exp-1)" in ticket.body
    assert "this tests: `fermata chaos report exp-1 --save-case cases/exp-1`" in ticket.body
    assert draft_ticket(view(make_result(fix_first=""))).title == "Survive that payment answers late"


@pytest.mark.parametrize("result", [None, make_result(verdict=Verdict.CONTAINED)])
def test_anything_else_is_no_ticket(result):
    """What was handled, or never ran, asks for nothing."""
    assert draft_ticket(view(result)) is None


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ((5, 5, 0, 30.2), "5/5 answered, p95 30 ms"),
        ((5, 4, 1, 1000.0), "4/5 answered, 1 waited for, p95 1000 ms"),
        ((5, 5, 0, 1071.0), "5/5 answered, p95 1071 ms"),
        ((10, 0, 15, 2980.0), "0/10 answered, 15 waited for, p95 2980 ms or more"),
        ((0, 0, 4, None), "nothing answered yet, 4 waited for"),
    ],
)
def test_wait_without_an_end_yet_is_no_answer(seen, words):
    """Beyond the limit an open question counts with what it has waited, which is not what it takes."""
    requests, ok, waiting, p95_ms = seen
    sample = Sample(at=NOON, phase=Phase.FAULT, journey="pay", requests=requests, ok=ok, waiting=waiting, p95_ms=p95_ms)

    assert write_sample(sample, max_p95_ms=1000.0) == words


def test_what_writes_a_sample_loads_no_signatures():
    """A run loads it while it measures, and a second of loading is a second in which nobody asks."""
    told = "import sys, fermata.flows.experiments.report; print('fermata.rules.signatures' in sys.modules)"

    found = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)

    assert found.stdout == "False\n"
