from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.model import AttemptOutcome
from fermata.rules.routing.breaker import CLOSED, Pauses, compute_pause

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
PAUSE = timedelta(seconds=10)


def seconds(count):
    """Give the instant so many seconds after noon."""
    return NOON + timedelta(seconds=count)


def fail(breaker, at, *, sent_at=None, reason=AttemptOutcome.OVERLOADED, pause=PAUSE):
    """Give a breaker after a failure."""
    return breaker.fail(reason, sent_at=seconds(at if sent_at is None else sent_at), now=seconds(at), pause=pause)


def test_closed_breaker_admits_every_call():
    """Nothing is known against it, and a begun call changes nothing."""
    assert CLOSED.admits(NOON)
    assert CLOSED.begin() is CLOSED
    assert CLOSED.get_state(NOON) == "closed"


def test_failure_opens_until_the_pause_is_over():
    """Nobody is let through before, and its reason can be told."""
    opened = fail(CLOSED, 0)

    assert (opened.reason, opened.failures) == (AttemptOutcome.OVERLOADED, 1)
    assert opened.get_state(seconds(9.9)) == "open"
    assert not opened.admits(seconds(9.9))


def test_half_open_breaker_admits_one_probe():
    """The second call goes elsewhere until the first has come back."""
    opened = fail(CLOSED, 0)

    assert opened.get_state(seconds(10)) == "half-open"
    assert opened.admits(seconds(10))
    assert not opened.begin().admits(seconds(10))


def test_probe_that_succeeds_closes():
    """One good answer is enough."""
    probing = fail(CLOSED, 0).begin()

    assert probing.succeed(seconds(10)) is CLOSED


def test_probe_that_fails_opens_again():
    """The failures in a row are counted, so that the pause can grow."""
    again = fail(fail(CLOSED, 0).begin(), 12, sent_at=11)

    assert (again.failures, again.until, again.is_probing) == (2, seconds(22), False)


def test_probe_that_tells_nothing_lets_another_through():
    """A cancelled probe must not lock the target for ever."""
    probing = fail(CLOSED, 0).begin()

    assert probing.give_up().admits(seconds(10))
    assert CLOSED.give_up() is CLOSED


def test_late_failures_of_calls_under_way_count_once():
    """Fifty calls meet one outage: that is one failure in a row, not fifty."""
    opened = fail(CLOSED, 5, sent_at=1)

    late = fail(opened, 6, sent_at=2)

    assert (late.failures, late.opened_at, late.until) == (1, seconds(5), seconds(16))


def test_late_failure_leaves_a_probe_under_way():
    """A call from before the failure ends while the probe is out: the probe is still the one."""
    probing = fail(CLOSED, 5, sent_at=1).begin()

    assert fail(probing, 16, sent_at=2).is_probing


def test_late_success_proves_nothing():
    """An answer to a call from before the failure does not close."""
    opened = fail(CLOSED, 5, sent_at=1)

    assert opened.succeed(seconds(2)) is opened


def test_shorter_pause_never_replaces_a_longer_one():
    """A key that was told to wait two minutes does not come back after ten seconds."""
    long = fail(CLOSED, 0, pause=timedelta(seconds=120))

    assert fail(long, 1).until == seconds(120)


@pytest.mark.parametrize(
    ("outcome", "failures", "retry_after", "expected"),
    [
        (AttemptOutcome.OVERLOADED, 0, None, 10),
        (AttemptOutcome.OVERLOADED, 2, None, 40),
        (AttemptOutcome.OVERLOADED, 50, None, 300),
        (AttemptOutcome.OVERLOADED, 0, 60.0, 60),
        (AttemptOutcome.RATE_LIMITED, 0, None, 15),
        (AttemptOutcome.RATE_LIMITED, 3, None, 120),
        (AttemptOutcome.RATE_LIMITED, 0, 2.0, 2),
        (AttemptOutcome.RATE_LIMITED, 0, 0.0, 15),
        (AttemptOutcome.RATE_LIMITED, 0, 4_000_000.0, 86_400),
        (AttemptOutcome.OUT_OF_CREDIT, 0, None, 3600),
        (AttemptOutcome.UNAUTHORISED, 5, None, 600),
    ],
)
def test_pause_follows_the_outcome(outcome, failures, retry_after, expected):
    """Circuits double, keys keep their own time, and what a provider asks for is obeyed up to a day."""
    pause = compute_pause(outcome, Pauses(), failures=failures, retry_after_s=retry_after)

    assert pause.total_seconds() == expected


def test_what_opened_in_a_time_to_come_is_not_believed():
    """A clock was set back; by a few seconds another worker's may be ahead."""
    opened = fail(CLOSED, 0)

    assert opened.as_of(seconds(-7200)) is CLOSED
    assert opened.as_of(seconds(-5)) is opened
    assert CLOSED.as_of(NOON) is CLOSED


def test_probe_that_fails_after_the_clock_was_set_back_keeps_no_end_in_a_time_to_come():
    """Else it would stay open for as long as the clock was wrong."""
    opened = fail(CLOSED, 7200)

    failed = opened.fail(
        AttemptOutcome.UNREACHABLE, sent_at=seconds(7300), now=seconds(20), pause=timedelta(seconds=30)
    )

    assert (failed.until, failed.opened_at, failed.failures) == (seconds(50), seconds(20), 1)


@pytest.mark.parametrize(
    ("outcome", "expected"), [(AttemptOutcome.UNREACHABLE, 300), (AttemptOutcome.UNAUTHORISED, 600)]
)
def test_what_a_person_has_to_mend_is_left_alone_for_longest(outcome, expected):
    """A bad certificate is as bad ten seconds later; a key has its own pause, which is longer."""
    assert compute_pause(outcome, Pauses(), failures=0, is_lasting=True).total_seconds() == expected
