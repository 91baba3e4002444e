"""The watcher asks at its rate, whatever becomes of the questions before."""

import asyncio
import socket

import pytest
from tests.unit.flows.rehearsal_world import World, build_experiment

from fermata.domain.experiment import Phase
from fermata.flows.rehearsal.watching import Watcher
from fermata.testing.virtual_time import LoopClock, run_virtually


def watch(world, work):
    """Run `work` with a watcher in virtual time."""

    async def run():
        async with Watcher(build_experiment(), world, LoopClock()) as watcher:
            return await work(watcher)

    return run_virtually(run())


def test_questions_are_asked_on_time_when_nothing_answers():
    """An open loop: a slow system is asked as much as a fast one."""
    world = World()
    world.answers["pay"] = (60.0, 200)

    async def work(watcher):
        await asyncio.sleep(4.95)
        return [answer for answer in watcher.list_answers() if answer.journey == "pay"]

    waiting = watch(world, work)

    assert sum(journey == "pay" for journey, _ in world.asked) == 50
    assert len(waiting) == 45
    assert waiting[0].took_ms >= 500


def test_question_that_is_given_up_has_failed():
    """As has one that is answered with an error, or with nothing at all."""
    world = World()
    world.answers = {"pay": (60.0, 200), "refund": (0.1, 404)}

    async def work(watcher):
        await asyncio.sleep(5.5)
        return watcher.list_answers()

    answers = watch(world, work)

    assert [answer.ok for answer in answers if answer.journey == "refund"] == [False] * 54
    given_up = [answer for answer in answers if answer.journey == "pay" and not answer.ok]
    assert {round(answer.took_ms) for answer in given_up} == {5000}


def test_question_belongs_to_the_phase_it_was_asked_in():
    """Whenever it is answered; settling waits for it."""
    world = World()
    world.answers["pay"] = (3.0, 200)

    async def work(watcher):
        watcher.enter(Phase.FAULT)
        await asyncio.sleep(1)
        watcher.enter(Phase.RECOVERY)
        await watcher.settle(Phase.FAULT)
        return watcher.list_answers(Phase.FAULT)

    answers = watch(world, work)

    assert len(answers) == 20
    assert all(answer.phase is Phase.FAULT and answer.ok for answer in answers)


def test_question_of_no_phase_is_asked_and_not_counted():
    """While a fault comes or goes the load stays, and nothing is said of it."""
    world = World()
    world.answers["refund"] = (60.0, 200)

    async def work(watcher):
        watcher.enter(None)
        await asyncio.sleep(5.95)
        return watcher.list_answers()

    assert watch(world, work) == []
    assert len(world.asked) >= 118


def test_watcher_that_was_late_says_so():
    """What it measures is the machine it runs on."""
    world = World()

    class LateClock(LoopClock):
        async def sleep(self, seconds):
            await asyncio.sleep(seconds + 0.2)

    async def run():
        async with Watcher(build_experiment(), world, LateClock()) as watcher:
            await asyncio.sleep(3)
            return watcher.list_answers()

    answers = run_virtually(run())

    assert all(answer.late_ms >= 199 for answer in answers)


@pytest.mark.parametrize(
    ("error", "words"),
    [(ConnectionRefusedError(), "nothing listens at shop"), (socket.gaierror(), "no name is known as in shop")],
)
def test_journey_that_nobody_can_be_asked_about_is_told(error, words):
    """After three questions; another kind of failure comes from somebody who is there."""
    world = World()
    ask = world.ask

    async def fail(url, **options):
        if url.endswith("pay"):
            raise error
        return await ask(url, **options)

    async def work(watcher):
        await asyncio.sleep(0.15)
        early = watcher.find_unreachable()
        await asyncio.sleep(0.1)
        return early, watcher.find_unreachable()

    world.ask = fail
    early, late = watch(world, work)

    assert early == ""
    assert late.startswith(f"pay cannot be asked: {words} (the first 3 questions)")


def test_journey_that_breaks_off_is_there():
    """It is judged by its answers."""
    world = World()
    world.answers["pay"] = (60.0, 200)

    async def work(watcher):
        await asyncio.sleep(6)
        return watcher.find_unreachable()

    assert watch(world, work) == ""


def test_answer_that_tells_of_an_error_is_none():
    """With a good status; one with a bad status needs no look at its content."""
    world = World()
    world.answers["refund"] = (0.005, 500)
    world.bodies = {("pay", False): b'{"error": "no database"}', ("refund", False): b'{"error": "no database"}'}

    async def work(watcher):
        await asyncio.sleep(2)
        return watcher.list_answers()

    answers = watch(world, work)

    assert {(answer.journey, answer.ok, answer.is_false) for answer in answers} == {
        ("pay", False, True),
        ("refund", False, False),
    }
