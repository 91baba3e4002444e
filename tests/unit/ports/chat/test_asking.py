from datetime import timedelta

import pytest

from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.chat.asking import OutOfTime, PatientAsking
from fermata.testing.clock import FakeClock


class Call:
    """Fails some times, and then answers."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.count = 0

    async def __call__(self):
        self.count += 1
        if self.failures:
            raise self.failures.pop(0)
        return "answer"


def limit(seconds):
    """Return a limit's refusal."""
    return TransientError("limited", why="asked too often", retry_after=timedelta(seconds=seconds))


async def test_limit_is_waited_for_and_the_call_made_again():
    """As long as was asked for, no longer."""
    clock = FakeClock()
    before, call = clock.now(), Call(limit(7), TransientError("down"))

    answer = await PatientAsking(clock, timedelta(seconds=30)).ask(call)

    assert (answer, call.count, clock.now() - before) == ("answer", 3, timedelta(seconds=8))


async def test_wait_beyond_the_deadline_is_not_begun():
    """Whoever waits for the draft gets what there is."""
    clock = FakeClock()
    before = clock.now()

    with pytest.raises(OutOfTime, match="5 s were not enough"):
        await PatientAsking(clock, timedelta(seconds=5)).ask(Call(limit(7)))

    assert clock.now() == before


async def test_nothing_is_asked_after_the_deadline():
    """Not even what would be quick."""
    clock, call = FakeClock(), Call()
    asking = PatientAsking(clock, timedelta(seconds=5))
    clock.advance(timedelta(seconds=6))

    with pytest.raises(OutOfTime):
        await asking.ask(call)

    assert call.count == 0


async def test_what_goes_on_failing_is_given_up():
    """After five tries, with the last reason."""
    call = Call(*[TransientError("down")] * 9)

    with pytest.raises(TransientError, match="down"):
        await PatientAsking(FakeClock(), timedelta(seconds=30)).ask(call)

    assert call.count == 5


async def test_refusal_is_not_asked_again():
    """It would be the same."""
    call = Call(OperationalError("no"))

    with pytest.raises(OperationalError, match="no"):
        await PatientAsking(FakeClock(), timedelta(seconds=30)).ask(call)

    assert call.count == 1
