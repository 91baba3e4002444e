"""Answers become samples and figures; nothing is made up where nothing was seen."""

from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.experiment import Phase
from fermata.rules.rehearsal.answers import Answer, find_percentile, list_samples, measure, sum_up

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize(("share", "expected"), [(0.5, 2), (0.95, 4), (0.25, 1), (0.0, 1)])
def test_percentile_is_one_of_the_values(share, expected):
    """The nearest rank: no value is interpolated."""
    assert find_percentile([4, 1, 3, 2], share) == expected


def test_samples_are_by_second_and_journey_and_phase():
    """A second in which the fault began is two samples: a call belongs to the phase it was asked in."""
    answers = [
        Answer("pay", Phase.BASELINE, 0.9, 10.0, ok=True),
        Answer("pay", Phase.BASELINE, 1.1, 10.0, ok=True),
        Answer("pay", Phase.FAULT, 1.5, 900.0, ok=False),
        Answer("pay", Phase.FAULT, 1.6, 20.0, ok=True),
    ]

    samples = list_samples(answers, NOON)

    assert [(item.at - NOON, item.phase, item.requests, item.ok, item.p50_ms, item.p95_ms) for item in samples] == [
        (timedelta(0), Phase.BASELINE, 1, 1, 10.0, 10.0),
        (timedelta(seconds=1), Phase.BASELINE, 1, 1, 10.0, 10.0),
        (timedelta(seconds=1), Phase.FAULT, 2, 1, 20.0, 900.0),
    ]


def test_phase_is_measured_over_its_own_answers():
    """Other journeys and other phases do not count."""
    answers = [
        Answer("pay", Phase.FAULT, 1, 10.0, ok=True),
        Answer("pay", Phase.FAULT, 2, 30.0, ok=False),
        Answer("pay", Phase.RECOVERY, 3, 500.0, ok=True),
        Answer("refund", Phase.FAULT, 3, 500.0, ok=True),
    ]

    found = measure("pay", Phase.FAULT, answers)

    assert (found.requests, found.ok_ratio, found.p50_ms, found.p95_ms) == (2, 0.5, 10.0, 30.0)


def test_nothing_seen_has_no_figures():
    """Not zero: unknown."""
    found = measure("pay", Phase.FAULT, [])

    assert (found.requests, found.ok_ratio, found.p95_ms) == (0, None, None)


def test_good_answer_is_answered_in_time():
    """An answer that comes too late is none."""
    assert Answer("pay", Phase.FAULT, 0, 300.0, ok=True).is_good(300)
    assert not Answer("pay", Phase.FAULT, 0, 301.0, ok=True).is_good(300)
    assert not Answer("pay", Phase.FAULT, 0, 3.0, ok=False).is_good(300)


def test_second_of_a_run_tells_what_ended_in_it_and_what_waits():
    """A journey that hangs is seen by what it owes, not by when it was asked."""
    answers = [
        Answer("help", Phase.FAULT, 1.0, 1900.0, ok=True, is_open=True),
        Answer("help", Phase.FAULT, 2.5, 400.0, ok=True, is_open=True),
        Answer("buy", Phase.FAULT, 0.1, 2000.0, ok=False),
        Answer("buy", Phase.FAULT, 0.5, 100.0, ok=True),
        Answer("buy", Phase.FAULT, 2.0, 500.0, ok=True),
    ]

    samples = sum_up(answers, {"help": 1000.0, "buy": 1000.0}, at=NOON, since_s=2.0, until_s=3.0)

    assert [(item.journey, item.ok, item.requests, item.waiting, item.p95_ms) for item in samples] == [
        ("buy", 1, 2, 0, 2000.0),
        ("help", 0, 1, 2, 1900.0),
    ]


def test_journey_that_only_waits_has_no_figures_yet():
    """Within its limit nothing is known of it, and it is told all the same."""
    (sample,) = sum_up(
        [Answer("help", Phase.FAULT, 2.5, 400.0, ok=True, is_open=True)],
        {"help": 1000.0},
        at=NOON,
        since_s=2.0,
        until_s=3.0,
    )

    assert (sample.requests, sample.waiting, sample.p50_ms, sample.p95_ms) == (0, 1, None, None)


def test_question_that_is_open_was_not_answered():
    """What the run ends with is no answer either."""
    found = measure("pay", Phase.RECOVERY, [Answer("pay", Phase.RECOVERY, 3, 5000.0, ok=True, is_open=True)])

    assert found.ok_ratio == 0.0
