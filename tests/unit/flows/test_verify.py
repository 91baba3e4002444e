"""Looking at the steady state: until it holds, or until time is up."""

from datetime import timedelta

from tests.unit.flows.stage import SICK, WELL, handle_nothing

from fermata.flows.verify import Look, look, read_health, wait_for_steady_state
from fermata.testing.rehearsal import RehearsalProbe


async def test_look_reads_the_target_and_the_alerts(stage):
    """One look is the watched entity's health and the names of what still fires."""
    view = await stage.hold()

    seen = await look(stage.context, view.plan)

    assert [reading.healthy for reading in seen.readings] == [False]
    assert seen.firing == ("CheckoutDown",)
    assert not seen.is_steady


async def test_steady_state_that_holds_ends_the_wait(stage):
    """Waiting stops at the first steady look."""
    view = await stage.hold()
    stage.rehearsal.hand.write({"checkout": WELL})
    await stage.resolve()
    began = stage.clock.now()

    seen = await wait_for_steady_state(stage.context, view.plan)

    assert seen.is_steady
    assert stage.clock.now() - began < timedelta(seconds=1)


async def test_wait_looks_again_until_it_holds(stage):
    """A target that needs a while is given it: the last look counts."""
    view = await stage.hold()
    await stage.resolve()
    sleep, slept = stage.clock.sleep, []

    async def heal_on_the_third(seconds):
        slept.append(seconds)
        if len(slept) == 3:
            stage.rehearsal.hand.write({"checkout": WELL})
        await sleep(seconds)

    stage.clock.sleep = heal_on_the_third

    seen = await wait_for_steady_state(stage.context, view.plan)

    assert seen.is_steady
    assert slept == [1.0] * 3


async def test_wait_ends_when_time_is_up(stage):
    """What does not get better within its time is returned as it is."""
    view = await stage.hold()
    stage.rehearsal.hand.write({"checkout": SICK})
    began = stage.clock.now()

    seen = await wait_for_steady_state(stage.context, view.plan)

    assert not seen.is_steady
    assert timedelta(seconds=5) <= stage.clock.now() - began < timedelta(seconds=7)


async def test_unreadable_target_is_a_reading_worse_than_any(stage):
    """A probe that fails is a reading with its reason, and never a healthy one."""
    view = await stage.hold()
    stage.rehearsal.hand.path.unlink()

    (reading,) = await read_health(stage.context, view.plan)

    assert (reading.healthy, reading.severity) == (False, 99)
    assert "could not be read: The rehearsal file cannot be read" in reading.text


async def test_target_without_a_probe_has_no_reading(stage, monkeypatch):
    """What nothing can read gives no reading; the alerts alone decide then."""
    view = await stage.hold()
    # A probe that handles nothing: the real one cannot be told to.
    monkeypatch.setattr(RehearsalProbe, "handles", handle_nothing)

    assert await read_health(stage.context, view.plan) == ()
    assert Look(readings=(), firing=()).is_steady
