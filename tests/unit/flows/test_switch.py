"""The kill switch as surfaces use it: effective first, journalled second."""

from tests.unit.flows.stage import ALICE

from fermata.kit.errors import OperationalError


async def test_halt_and_resume_are_journalled_with_their_person(stage):
    """Who halted, who resumed and why stand in the journal."""
    await stage.house.switch.halt(ALICE, "a bad deploy")
    await stage.house.switch.resume(ALICE)

    halted, resumed = await stage.house.readings.list_journal()
    assert (halted.event.kind, halted.event.actor, dict(halted.event.data)) == (
        "executions.halted",
        ALICE,
        {"reason": "a bad deploy"},
    )
    assert resumed.event.data == {"halted_by": "alice", "reason": "a bad deploy"}


async def test_halt_is_in_force_without_the_store(stage, capsys):
    """A store that does not answer keeps the halt out of the journal, and nothing else."""

    async def fail(work):
        raise OperationalError("The store is gone", why="a test")

    stage.store.write = fail

    await stage.house.switch.halt(ALICE, "now")

    assert (await stage.house.switch.find()).reason == "now"
    assert "halt.not_journalled" in capsys.readouterr().err


async def test_resuming_what_was_not_halted_is_no_event(stage):
    """Nothing happened, so the journal says nothing."""
    assert await stage.house.switch.resume(ALICE) is None
    assert await stage.list_kinds() == []


async def test_halt_that_was_lifted_before_the_store_took_it_is_not_journalled_as_one_in_force(stage):
    """The entry of its end names who halted and why; one after it would say that everything stands still."""
    await stage.house.switch.halt(ALICE, "a bad deploy")
    await stage.house.switch.resume(ALICE)

    assert await stage.house.switch.journal_halt(ALICE, "a bad deploy")

    assert await stage.house.switch.find() is None
    assert await stage.list_kinds() == ["executions.halted", "executions.resumed"]


async def test_store_that_does_not_take_the_halt_is_told(stage):
    """Whoever wants it journalled tries again."""

    async def fail(work):
        raise OperationalError("The store is gone", why="a test")

    stage.store.write = fail

    assert not await stage.house.switch.journal_halt(ALICE, "now")
