"""Legs are started under derived ids, so that starting twice is starting once."""

from fermata.flows.legs import derive_execution_run, enqueue_execution, enqueue_investigation


async def test_execution_can_be_enqueued_once(stage):
    """A proposal has one run, however often it is enqueued; the incident knows which."""
    view = await stage.hold()

    for _ in range(2):
        await stage.store.write(
            lambda transaction: enqueue_execution(
                transaction, stage.context, view.incident.id, view.proposal.id, stage.clock.now()
            )
        )

    run = await stage.find_flag(f"run/{view.incident.id}")
    assert stage.list_unfinished() == ["remediate"]
    assert run["run_id"] == derive_execution_run(view.proposal.id)
    assert run["leg"] == "remediate"


async def test_investigation_is_enqueued_with_its_reason(stage):
    """The run is known to the incident, and the journal says why it was started."""
    view = await stage.hold()

    await stage.store.write(
        lambda transaction: enqueue_investigation(
            transaction, stage.context, view.incident.id, "run-1", stage.clock.now(), why="a test"
        )
    )

    (*_, entry) = await stage.house.readings.list_journal(view.incident.id)
    assert (entry.event.kind, dict(entry.event.data)) == (
        "investigation.enqueued",
        {"run_id": "run-1", "why": "a test"},
    )
    assert (await stage.find_flag(f"run/{view.incident.id}"))["run_id"] == "run-1"


async def test_leg_that_is_rolled_back_is_not_started(stage):
    """The run and its reason are one commit: neither without the other."""
    view = await stage.hold()

    class Rollback(Exception):
        pass

    try:
        with stage.store.begin() as transaction:
            enqueue_execution(transaction, stage.context, view.incident.id, view.proposal.id, stage.clock.now())
            raise Rollback
    except Rollback:
        pass

    assert stage.list_unfinished() == []
