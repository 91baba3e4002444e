"""A rehearsal is aborted by what it was not to touch, and by nothing else."""

import pytest

from fermata.rules.rehearsal.abort import find_breach


def test_journey_beside_the_fault_that_goes_under_is_a_breach(make_check, ask):
    """Two whole seconds of it."""
    breach = find_breach([make_check()], ask(seconds=2, begins=8, bad=15, ok=False), 10.0)

    assert breach.startswith("beside the fault, refund: 25 % of 40 answered")


@pytest.mark.parametrize("role", [{"is_hit": True}, {"is_control": True}])
def test_journey_that_is_hit_or_a_control_is_none(make_check, ask, role):
    """That the first suffers is the question; that the second does says nothing of the fault."""
    assert find_breach([make_check(**role)], ask(seconds=10, bad=20, ok=False), 10.0) == ""


def test_one_bad_second_is_none(make_check, ask):
    """It may be a stall."""
    answers = ask(seconds=1, begins=8) + ask(seconds=1, begins=9, bad=20, ok=False)

    assert find_breach([make_check()], answers, 10.0) == ""


def test_a_miss_that_may_be_chance_is_none(make_check, ask):
    """One of twenty, twice, is worse than agreed and proves nothing."""
    assert find_breach([make_check()], ask(seconds=2, begins=8, bad=1, ok=False), 10.0) == ""


def test_what_lies_back_is_forgotten(make_check, ask):
    """It has recovered under the fault."""
    answers = ask(seconds=8, bad=20, ok=False) + ask(seconds=2, begins=8)

    assert find_breach([make_check()], answers, 10.0) == ""


def test_second_without_a_question_is_no_bad_one(make_check, ask):
    """Nothing was seen in it."""
    assert find_breach([make_check()], ask(seconds=1, begins=8, bad=20, ok=False), 10.0) == ""
