"""A rehearsal from its first look to its verdict, in virtual time."""

import asyncio
import itertools

import pytest
from tests.unit.flows.rehearsal_world import World, build_experiment

from fermata.domain.experiment import FaultKind, FaultSpec, Phase, Verdict
from fermata.flows.rehearse import rehearse
from fermata.kit.errors import OperationalError, UserError
from fermata.ports.faults import InjectorGone
from fermata.testing.virtual_time import LoopClock, run_virtually

LOST = OperationalError("no answer")


@pytest.fixture
def world():
    """Give a world in which nothing is wrong."""
    return World()


@pytest.fixture
def play(world):
    """Give a function that runs a rehearsal in the world and returns its result, and what was told meanwhile."""

    def run(experiment=None, *, stops_at=None, during=None):
        told = []

        async def stop():
            return "dana stopped it" if stops_at is not None and asyncio.get_running_loop().time() >= stops_at else ""

        async def tell(news):
            told.append(news)

        async def both():
            work = rehearse(
                experiment or build_experiment(),
                world,
                clock=LoopClock(),
                http=world,
                stop=stop,
                on_phase=tell,
                on_sample=tell,
            )
            if during is None:
                return await work
            task = asyncio.create_task(work)
            await during(task)
            return await task

        return run_virtually(both()), told

    return run


def test_run_goes_through_its_phases(play, world):
    """Baseline, fault, recovery; the fault is withdrawn, and what was told is what is kept."""
    result, told = play()

    assert result.verdict is Verdict.CONTAINED
    assert [news for news in told if isinstance(news, Phase)] == [Phase.BASELINE, Phase.FAULT, Phase.RECOVERY]
    assert (result.withdrawn_at - result.injected_at).total_seconds() == pytest.approx(60, abs=1)
    assert result.affected == pytest.approx(600, abs=10)
    assert world.until is None
    assert {(item.journey, item.phase.value) for item in result.measured} == {
        (journey, phase) for journey in ("pay", "refund") for phase in ("baseline", "fault", "recovery")
    }
    assert "calls in flight: 20 predicted, 20 measured" in result.comparison


def test_caller_that_goes_on_is_graceful(play, world):
    """The fault was there, and pay went on."""
    world.under_fault = {"pay": (0.3, 200)}

    assert play()[0].verdict is Verdict.GRACEFUL


def test_journey_that_is_lost_is_said_beside_the_prediction(play, world):
    """A plan calls that a collapse; answers that are merely slow are none."""
    world.under_fault = {"pay": (0.3, 503)}
    lost = play()[0].comparison[-1]
    world.under_fault = {"pay": (2.0, 200)}
    slow = play()[0].comparison[-1]

    assert "contained measured (pay no longer served): " in lost
    assert "contained measured: " in slow


def test_lease_is_renewed_three_times_within_itself(play, world):
    """Two renewals may be lost before the fault is."""
    play()

    renewals = world.list_calls("renew")
    assert max(later - earlier for earlier, later in itertools.pairwise(renewals)) <= 1.01


def test_breach_ends_the_fault_within_two_seconds(play, world):
    """A journey beside the fault breaks; two bad seconds are seen, and the fault is off."""
    world.under_fault = {"refund": (4.0, 200)}
    result, _ = play()

    assert result.verdict is Verdict.COLLAPSED
    assert result.aborted.startswith("beside the fault, refund")
    assert (result.withdrawn_at - result.injected_at).total_seconds() <= 4
    assert result.fix_first


@pytest.mark.parametrize("limit_ms", [1000, 2000])
@pytest.mark.parametrize("answer", [(60.0, 200), (3.0, 503), (1.05, 503)])
def test_journey_that_hangs_ends_the_fault_two_seconds_after_it_is_overdue(play, world, answer, limit_ms):
    """It gives no answer that could be counted, and is told each second all the same."""
    own = build_experiment()
    pay, refund = own.checks
    world.under_fault = {"refund": answer}

    refund = refund.model_copy(update={"max_p95_ms": float(limit_ms)})
    result, told = play(own.model_copy(update={"checks": (pay, refund)}))

    known_s = min(limit_ms / 1000, answer[0])
    assert result.verdict is Verdict.COLLAPSED
    assert result.aborted.startswith("beside the fault, refund")
    assert (result.withdrawn_at - result.injected_at).total_seconds() - known_s <= 2.5
    seen = {news.at for news in told if not isinstance(news, Phase) and news.journey == "refund"}
    assert len(seen) == len({news.at for news in told if not isinstance(news, Phase) and news.journey == "pay"})


def test_unsteady_baseline_injects_nothing(play, world):
    """What is not steady cannot be rehearsed on."""
    world.answers["refund"] = (0.005, 500)
    result, told = play()

    assert result.verdict is Verdict.INCONCLUSIVE
    assert "nothing was injected: the steady state does not hold: refund" in result.why
    assert result.injected_at is None
    assert world.calls == []
    assert Phase.FAULT not in told


def test_check_that_nobody_answers_ends_the_baseline_at_once(play, world):
    """Three refused connections say what a whole baseline would; it is told which, where, and what to do."""
    world.refusing = ("refund",)
    result, told = play()

    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.why == (
        "nothing was injected: refund cannot be asked: nothing listens at shop (the first 3 questions). "
        "Start what answers there, or correct the address of that check"
    )
    assert (result.ended_at - result.started_at).total_seconds() < 1
    assert (world.calls, Phase.FAULT in told) == ([], False)


def test_check_that_was_answered_once_may_refuse(play, world):
    """What comes and goes is unsteady, and there. Under the fault nobody may be there at all."""

    async def during(task):
        await asyncio.sleep(20)
        world.refusing = ("pay",)
        await asyncio.sleep(1)
        world.refusing = ()

    result, _ = play(during=during)

    assert "the steady state does not hold: pay" in result.why


@pytest.mark.parametrize(("stops_at", "is_injected"), [(0, False), (10, False), (50, True)])
def test_stop_ends_the_run_within_a_second(play, world, stops_at, is_injected):
    """At any moment; what was injected is withdrawn."""
    result, _ = play(stops_at=stops_at)

    assert result.verdict is Verdict.INCONCLUSIVE
    assert "dana stopped it" in result.why
    assert bool(world.list_calls("inject")) == is_injected
    if is_injected:
        assert result.aborted == "dana stopped it"
        assert world.list_calls("withdraw")[0] <= stops_at + 1


def test_stop_that_cannot_be_asked_is_a_stop(world):
    """Whether somebody wants it to end is not known: then it ends."""

    async def stop():
        if asyncio.get_running_loop().time() > 40:
            raise OperationalError("the store is gone")
        return ""

    async def tell(news):
        raise OperationalError("the store is gone")

    result = run_virtually(
        rehearse(build_experiment(), world, clock=LoopClock(), http=world, stop=stop, on_phase=tell, on_sample=tell)
    )

    assert result.verdict is Verdict.INCONCLUSIVE
    assert "could not be found out whether to stop" in result.aborted
    assert world.until is None


@pytest.mark.parametrize("after_s", [0.05, 10])
def test_injector_that_dies_ends_the_run_and_is_named(play, world, after_s):
    """At once, not after half a minute; that it hit nothing by then is not the finding."""
    dead = InjectorGone("The fault proxy does not answer", why="nothing listens there")
    injected, inject = asyncio.Event(), world.inject

    async def note(experiment):
        injected.set()
        return await inject(experiment)

    world.inject = note

    async def during(task):
        await asyncio.wait_for(injected.wait(), 100)
        await asyncio.sleep(after_s)
        world.until = None
        world.failing = {"observe": dead, "renew": dead, "withdraw": dead}

    result, _ = play(during=during)

    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.why.startswith("ended early: The fault proxy does not answer: nothing listens there")
    assert (result.ended_at - result.injected_at).total_seconds() - after_s <= 8


def test_fault_that_hits_nothing_is_invalid_and_not_waited_for(play, world):
    """A broken proxy, or a wrong selector."""
    world.is_deaf = True
    result, _ = play()

    assert result.verdict is Verdict.INVALID
    assert (result.withdrawn_at - result.injected_at).total_seconds() < 40


def test_injector_that_lies_is_found_out_by_the_probe(play, world):
    """It counts, and nothing is slower."""
    world.under_fault = {}
    result, _ = play(build_experiment(probe_url="http://shop/probe"))

    assert result.affected > 0
    assert result.verdict is Verdict.INVALID
    assert "none of" in result.why


def test_fault_that_the_probe_still_feels_is_not_gone(play, world):
    """The injector says that it is over; the wire says otherwise."""
    world.answers["probe"] = (2.0, 200)
    result, _ = play(build_experiment(probe_url="http://shop/probe"))

    assert result.verdict is Verdict.INCONCLUSIVE
    assert "could not be seen to be gone" in result.why
    assert result.withdrawn_at is None


def test_what_does_not_come_back_is_a_collapse(play, world):
    """The outage outlives the fault."""

    async def spoil(task):
        await asyncio.sleep(60)
        world.answers["pay"] = (0.005, 503)

    result, _ = play(build_experiment(recovery="PT20S"), during=spoil)

    assert result.verdict is Verdict.COLLAPSED
    assert "not all came back" in result.why


def test_without_a_recovery_nobody_asks_for_it(play):
    """Zero seconds are none."""
    assert play(build_experiment(recovery="PT0S"))[0].verdict is Verdict.CONTAINED


def test_lost_lease_ends_the_run(play, world):
    """The network to the proxy is cut: the fault ends by itself, and the run with it."""

    async def cut(task):
        await asyncio.sleep(40)
        world.failing = {"renew": LOST, "observe": LOST, "withdraw": LOST}

    result, _ = play(during=cut)

    assert result.verdict is Verdict.INCONCLUSIVE
    assert "the lease could not be renewed" in result.aborted
    assert result.withdrawn_at is None


def test_refused_injection_is_the_callers(play, world):
    """Nothing was created, and nothing is withdrawn."""
    world.failing["inject"] = UserError("Nothing was injected", why="no sandbox")

    with pytest.raises(UserError, match="no sandbox"):
        play()

    assert world.list_calls("withdraw") == []


def test_lost_answer_to_the_injection_is_withdrawn(play, world):
    """It may have begun."""
    world.failing["inject"] = LOST
    result, _ = play()

    assert result.verdict is Verdict.INCONCLUSIVE
    assert "whether the fault began is not known" in result.why
    assert len(world.list_calls("withdraw")) == 1


@pytest.mark.parametrize("at", [35, 62])
def test_cancelled_run_takes_its_fault_back(play, world, at):
    """Ctrl-C in the middle."""

    async def cancel(task):
        await asyncio.sleep(at)
        assert world.is_broken
        task.cancel()

    with pytest.raises(asyncio.CancelledError):
        play(during=cancel)

    assert world.until is None


def test_error_of_a_part_stops_the_run_and_is_raised(play, world):
    """A bug in what looks at the fault must not leave the fault alone."""
    world.failing["observe"] = RuntimeError("bug")

    with pytest.raises(RuntimeError, match="bug"):
        play()

    assert world.list_calls("withdraw")


def test_error_rate_is_felt_by_the_probe(play, world):
    """Each kind of fault has its own way to be felt."""
    world.under_fault = {"pay": (0.005, 503), "probe": (0.005, 503)}
    experiment = build_experiment(
        fault=FaultSpec(kind=FaultKind.ERROR, status=503), probe_url="http://shop/probe", duration="PT30S"
    )

    assert play(experiment)[0].verdict is Verdict.CONTAINED
