"""A rehearsal is aborted by what it was not to touch, and by nothing else."""

import pytest

from fermata.domain.experiment import Phase
from fermata.rules.rehearsal import Answer
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


def hang(now_s, *, begins=10.0, rate=5.0, limit_ms=1000.0):
    """Ask a journey that never answers, as its watcher knows it by now: what is overdue."""
    sent = [begins + number / rate for number in range(int((now_s - begins) * rate) + 1)]
    waits = [(at, (now_s - at) * 1000) for at in sent]
    return [
        Answer("refund", Phase.FAULT, at, waited, ok=True, is_open=True) for at, waited in waits if waited > limit_ms
    ]


@pytest.mark.parametrize("limit_ms", [300.0, 1000.0, 1900.0, 5000.0])
def test_journey_that_hangs_is_a_breach_two_seconds_after_it_is_overdue(make_check, limit_ms):
    """However long an answer may take: when it was asked says nothing of when it is missed."""
    check = make_check(max_p95_ms=limit_ms, timeout_s=60)

    found = [now for now in range(10, 20) if find_breach([check], hang(now + 0.05, limit_ms=limit_ms), now + 0.05)]

    assert found[0] - (10 + limit_ms / 1000) <= 2


def test_journey_that_fails_late_is_a_breach(make_check, ask):
    """An error after a second and a half is known when it comes, or when it is overdue."""
    answers = ask(seconds=3, begins=10, rate=5, bad=5, ok=False, took_ms=1500.0)

    breach = find_breach([make_check(max_p95_ms=1000.0)], answers, 13.1)

    assert breach.startswith("beside the fault, refund: 0 % of 10 answered")


def test_question_that_is_open_was_not_answered(make_check):
    """The reason says what was seen, and nobody has seen an answer."""
    breach = find_breach([make_check(max_p95_ms=1000.0)], hang(13.05), 13.05)

    assert breach.startswith("beside the fault, refund: 0 % of 10 answered, 0 % within 1000 ms")


@pytest.mark.parametrize(("rate", "bad", "is_breach"), [(0.5, 1, True), (1.0, 1, True), (0.5, 0, False)])
def test_journey_asked_seldom_is_judged_by_its_last_two_answers(make_check, rate, bad, is_breach):
    """Not every second brings one, and none of them would ever be seen to last."""
    answers = [Answer("refund", Phase.FAULT, at / rate, 5.0, ok=not bad) for at in range(4)]

    assert bool(find_breach([make_check(rate_rps=rate)], answers, 3 / rate + 1)) is is_breach


def test_one_bad_answer_of_a_journey_asked_seldom_is_none(make_check):
    """It may be a stall."""
    assert find_breach([make_check(rate_rps=0.5)], [Answer("refund", Phase.FAULT, 1.0, 5.0, ok=False)], 3.0) == ""
