"""A server that is down, or asks for a pause, is left alone."""

from datetime import timedelta
from email.utils import format_datetime

import pytest

from fermata.kit.errors import TransientError
from fermata.ports.breaker import Breaker
from fermata.testing.clock import FakeClock


async def test_third_silence_in_a_row_closes_the_way_for_a_while():
    """The time of the next attempt is named; then it is tried again."""
    clock = FakeClock()
    breaker = Breaker("Kubernetes", clock, timedelta(minutes=5))
    breaker.note_silence()
    breaker.note_silence()
    breaker.refuse_if_closed()
    breaker.note_silence()

    with pytest.raises(TransientError, match="next attempt is in 30s"):
        breaker.refuse_if_closed()

    await clock.sleep(30)
    breaker.refuse_if_closed()


def test_answer_between_silences_begins_the_count_anew():
    """One that answers is not down."""
    breaker = Breaker("Kubernetes", FakeClock(), timedelta(minutes=5))
    for _ in range(5):
        breaker.note_silence()
        breaker.note_silence()
        breaker.note_answer()

    breaker.refuse_if_closed()


def test_pause_is_believed_up_to_a_limit():
    """An hour is no API server's."""
    breaker = Breaker("Kubernetes", FakeClock(), timedelta(minutes=5))
    breaker.note_pause(timedelta(hours=1))

    with pytest.raises(TransientError) as caught:
        breaker.refuse_if_closed()

    assert caught.value.retry_after == timedelta(minutes=5)


def test_wait_is_read_in_both_forms():
    """Seconds or a date; anything else is none."""
    clock = FakeClock()
    breaker = Breaker("Kubernetes", clock, timedelta(minutes=5))
    later = format_datetime(clock.now() + timedelta(seconds=7), usegmt=True)

    assert breaker.read_wait({"retry-after": "3"}) == timedelta(seconds=3)
    assert timedelta(seconds=6) <= breaker.read_wait({"retry-after": later}) <= timedelta(seconds=7)
    assert breaker.read_wait({"retry-after": "soon"}) is None
    assert breaker.read_wait({}) is None


def test_spent_quota_tells_until_when():
    """GitHub names an instant, Datadog a span; a quota that is not spent asks for nothing, nor does a word."""
    clock = FakeClock()
    breaker = Breaker("GitHub", clock, timedelta(hours=2))
    now = int(clock.now().timestamp())
    spent = {"x-ratelimit-remaining": "0"}

    assert breaker.read_wait(spent | {"x-ratelimit-reset": str(now + 90)}) == timedelta(seconds=90)
    assert breaker.read_wait(spent | {"x-ratelimit-reset": str(now - 90)}) == timedelta(0)
    assert breaker.read_wait(spent | {"x-ratelimit-reset": "12"}) == timedelta(seconds=12)
    assert breaker.read_wait(spent | {"x-ratelimit-reset": "12", "retry-after": "3"}) == timedelta(seconds=3)
    for other in ({}, {"x-ratelimit-reset": "soon"}, {"x-ratelimit-reset": "9" * 13}):
        assert breaker.read_wait(spent | other) is None
    assert breaker.read_wait({"x-ratelimit-remaining": "7", "x-ratelimit-reset": "12"}) is None


def test_pause_ends_when_the_clock_is_set_back():
    """Else a system would be left alone for as long as the clock was wrong."""
    clock = FakeClock()
    breaker = Breaker("Kubernetes", clock, timedelta(minutes=5))
    breaker.note_pause(timedelta(minutes=1))
    clock.advance(timedelta(hours=-2))

    breaker.refuse_if_closed()
