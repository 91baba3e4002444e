"""A journey holds, suffers, or nobody can tell."""

import pytest

from fermata.domain.experiment import Phase
from fermata.rules.rehearsal.steadiness import (
    CERTAIN,
    LIKELY,
    Holding,
    compute_bounds,
    describe_answers,
    find_noise,
    has_recovered,
    is_going_under,
    judge_baseline,
    judge_check,
)


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    # From the tables of Brown, Cai, DasGupta (2001) and R's prop.test(correct = FALSE).
    [(0, 10, 0.0, 0.2775), (1, 10, 0.0179, 0.4042), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)],
)
def test_bounds_are_wilsons(hits, count, low, high):
    """The interval stays between 0 and 1, and is no point at either end."""
    assert compute_bounds(hits, count, LIKELY) == pytest.approx((low, high), abs=5e-4)


def test_more_certain_is_wider():
    """A claim of collapse needs more than a claim of containment."""
    assert compute_bounds(5, 100, CERTAIN)[0] < compute_bounds(5, 100, LIKELY)[0]


def test_journey_within_its_tolerance_holds(make_check, ask):
    """Of 200, two may fail and ten may be late."""
    answers = ask(seconds=10) + ask(seconds=1, rate=2, ok=False, bad=1, begins=3)

    assert judge_check(make_check(), answers).holding is Holding.HOLDS


@pytest.mark.parametrize("changes", [{"ok": False}, {"took_ms": 900.0}])
def test_journey_that_fails_or_is_late_second_after_second_suffers(make_check, ask, changes):
    """Errors and slowness alike."""
    standing = judge_check(make_check(), ask(bad=6, **changes))

    assert standing.holding is Holding.SUFFERS
    assert "refund: " in standing.text
    assert "of 200 answered" in standing.text


def test_failure_that_came_soon_is_not_called_fast(make_check, ask):
    """What was within the limit was answered within it."""
    text = judge_check(make_check(), ask(bad=20, ok=False)).text

    assert "0 % of 200 answered, 0 % within" in text


def test_one_stall_is_not_told_from_chance(make_check, ask):
    """A second in which everything is late is a stall of the machine as likely as anything else."""
    answers = ask(seconds=9) + ask(seconds=1, begins=9, bad=20, took_ms=900.0)

    assert judge_check(make_check(), answers).holding is Holding.UNCLEAR


@pytest.mark.parametrize(
    ("lasts", "then", "is_under"),
    [(3, 0, True), (3, 1, True), (3, 2, False), (2, 0, False), (2, 1, False), (0, 0, False)],
)
def test_what_is_bad_up_to_the_end_goes_under(make_check, ask, lasts, then, is_under):
    """The very last second may be better; a stall spoils two."""
    answers = ask(seconds=20) + ask("pay", 30, bad=20, ok=False)
    answers += ask(seconds=lasts, begins=20, bad=20, ok=False) + ask(seconds=then, begins=20 + lasts)

    assert is_going_under(make_check(), answers, ()) is is_under


@pytest.mark.parametrize(("rise_ms", "bad", "is_under"), [(100.0, 2, True), (5.0, 2, False), (100.0, 0, False)])
def test_what_grows_slower_until_it_is_too_slow_goes_under(make_check, ask, rise_ms, bad, is_under):
    """One bad second is enough then; without one it is only slower, as was agreed."""
    answers = ask(seconds=18) + ask(seconds=2, begins=18, bad=20, took_ms=rise_ms)
    answers += ask(seconds=1, begins=20, bad=20, took_ms=rise_ms) if rise_ms > 50 else []
    answers += ask(seconds=1, begins=21, bad=bad, took_ms=900.0)

    assert is_going_under(make_check(), answers, ask(phase=Phase.BASELINE)) is is_under


def test_what_nobody_asked_goes_under_for_nobody(make_check):
    """Without answers there is no row."""
    assert not is_going_under(make_check(), (), ())


def test_few_misses_over_many_seconds_are_not_certain(make_check, ask):
    """Three of 200 are more than 1 %, and happen by themselves."""
    answers = [answer for second in range(3) for answer in ask(seconds=1, begins=second, bad=1, ok=False)]
    answers += ask(seconds=7, begins=3)

    assert judge_check(make_check(), answers).holding is Holding.UNCLEAR


def test_few_questions_are_enough_for_what_is_certain(make_check, ask):
    """An aborted run is short: three seconds in which nothing was answered are no chance."""
    assert judge_check(make_check(), ask(seconds=3, rate=5, bad=5, ok=False)).holding is Holding.SUFFERS


def test_too_few_questions_tell_nothing(make_check, ask):
    """Neither good nor bad."""
    assert judge_check(make_check(), ask(seconds=1, rate=19)).holding is Holding.UNSEEN
    unseen = judge_check(make_check("pay"), ask())
    assert unseen.holding is Holding.UNSEEN
    assert "nothing was seen" in unseen.text


def test_steady_baseline_has_nothing_against_it(make_check, ask):
    """Then something may be injected."""
    assert judge_baseline([make_check()], ask(phase=Phase.BASELINE)) == ""


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"bad": 5, "ok": False}, "does not hold: refund"),
        ({"seconds": 0}, "nothing was seen"),
        ({"bad": 2, "late_ms": 250.0}, "the watcher itself was late with 100 % of its questions"),
    ],
)
def test_unsteady_baseline_says_why(make_check, ask, answers, why):
    """Nothing is injected into what is not steady, nor by a watcher that cannot keep its pace."""
    assert why in judge_baseline([make_check()], ask(**answers))


def test_few_late_seconds_do_not_spoil_a_baseline(make_check, ask):
    """What was bad in them was the machine's doing; the others show the steady state."""
    late = ask(seconds=4, begins=10, bad=20, ok=False, late_ms=250.0)

    assert judge_baseline([make_check()], ask() + late) == ""


def test_baseline_that_was_mostly_late_or_bad_beside_it_says_why(make_check, ask):
    """Then nothing is known of it, and what to do is said; or it is not steady, whoever was late."""
    late = ask(seconds=11, begins=10, bad=20, late_ms=250.0)
    bad = ask(bad=5, ok=False)

    assert "late with 52.4 % of its questions: a busy machine. Run it again" in judge_baseline(
        [make_check()], ask() + late
    )
    assert "does not hold: refund" in judge_baseline([make_check()], bad + late[:40])


def test_baseline_with_too_few_answers_is_not_called_unsteady(make_check, ask):
    """All that came were good: a busy machine gave too few of them, and a longer baseline gives more."""
    told = judge_baseline([make_check()], ask()[:10])

    assert told.startswith("too few answers came to tell whether the steady state holds: refund: 100 % of 10 answered")
    assert told.endswith("measure a longer baseline")


def test_noise_is_what_the_fault_cannot_reach(make_check, ask):
    """A control that suffers, or may, says that it was the machine."""
    control = make_check("payment", is_control=True)
    checks = [make_check(), control]

    assert find_noise(checks, ask() + ask("payment")) == ""
    assert "suffered too: payment" in find_noise(checks, ask() + ask("payment", bad=9, ok=False))
    assert "suffered too" in find_noise(checks, ask() + ask("payment", seconds=2, rate=15, bad=1, ok=False))


def test_control_that_was_hardly_asked_is_no_noise(make_check):
    """Nothing is known, and nothing speaks for the machine."""
    assert find_noise([make_check("payment", is_control=True)], []) == ""


def test_recovered_is_three_calm_seconds(make_check, ask):
    """Not the first good answer."""
    checks = [make_check(), make_check("pay")]
    calm = ask(seconds=4, begins=20, phase=Phase.RECOVERY) + ask("pay", seconds=4, begins=20, phase=Phase.RECOVERY)

    assert has_recovered(checks, calm, 24.0)
    assert not has_recovered(checks, calm, 22.0)
    assert not has_recovered(checks, ask(seconds=4, begins=20), 24.0)
    assert not has_recovered(checks, calm + ask(seconds=1, begins=22, bad=9, ok=False), 24.0)
    assert not has_recovered(checks, [], 24.0)


@pytest.mark.parametrize(
    ("holds", "said"),
    [
        ("", "0 % of 200 answered (200 had a good status, telling of an error in its JSON), 0 % within"),
        ("price", '0 % of 200 answered (200 had a good status, without "price"), 0 % within'),
    ],
)
def test_good_status_with_a_false_answer_is_told(make_check, ask, holds, said):
    """Somebody who asks by hand sees the status first."""
    text = describe_answers(make_check(holds=holds), ask(bad=20, ok=False, is_false=True))

    assert said in text
