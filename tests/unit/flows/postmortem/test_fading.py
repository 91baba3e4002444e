"""What a post-mortem left out is kept for as long as the chat's talk is, and what its lines cite for good."""

from datetime import timedelta

import pytest
from tests.unit.flows.postmortem.talk import TALK, make_heard
from tests.unit.flows.postmortem.test_keeping import list_events
from tests.unit.flows.stage import ALICE, NOON

from fermata.flows.deliver import deliver_due
from fermata.flows.observe import Watch, sweep_heard
from fermata.flows.postmortem.editing import keep_message
from fermata.flows.postmortem.fading import fade, plan_earlier
from fermata.flows.postmortem.keeping import find_postmortem, generate_postmortem, save_edit
from fermata.kit.errors import NotFoundError

DAY = timedelta(days=1)
LUNCH = "who is in for lunch at the new place around the corner"


@pytest.fixture
async def scene(tell):
    """Give a stage, an incident that people talked about, and something else that was said."""
    stage, incident_id = await tell(*(make_heard(minute, text) for minute, text in enumerate((*TALK, LUNCH))))
    await generate_postmortem(stage.context, incident_id, ALICE)
    return stage, incident_id


async def read(stage, incident_id):
    """Give the post-mortem and all that is stored of it as text."""
    found = await find_postmortem(stage.context, incident_id)
    return found, str(found.to_json())


async def test_words_that_no_line_cites_go_after_their_time(scene):
    """The document stays as it is, with what it cites and the name of who changed it last."""
    stage, incident_id = scene
    before, told = await read(stage, incident_id)
    stage.clock.advance(13 * DAY)
    await deliver_due(stage.context)
    early, _ = await read(stage, incident_id)
    stage.clock.advance(1 * DAY)

    await deliver_due(stage.context)

    after, left = await read(stage, incident_id)
    assert LUNCH in told
    assert early == before
    assert LUNCH not in left
    assert TALK[0] in left
    assert (after.text, after.base, after.updated_by, after.updated_at) == (
        before.text,
        before.base,
        before.updated_by,
        before.updated_at,
    )
    events = list_events(stage, incident_id)
    assert [event.kind for event in events] == ["postmortem.drafted", "postmortem.faded"]
    assert events[-1].data == {"version": 2, "messages": 1}
    with pytest.raises(NotFoundError, match="is kept no longer"):
        await keep_message(stage.context, incident_id, f"slack:C1/{len(TALK)}.0", ALICE)


async def test_clock_that_leaps_ahead_takes_no_words_for_a_day(scene):
    """They cannot be had again; and a clock that goes on like that is right."""
    stage, incident_id = scene
    await sweep_heard(stage.context)
    stage.clock.advance(42 * DAY)
    await deliver_due(stage.context)
    _, leapt = await read(stage, incident_id)
    await sweep_heard(stage.context)
    stage.clock.advance(DAY + timedelta(minutes=1))
    await sweep_heard(stage.context)

    await deliver_due(stage.context)

    _, believed = await read(stage, incident_id)
    assert LUNCH in leapt
    assert LUNCH not in believed


async def test_words_fade_on_a_machine_that_is_on_for_an_afternoon_a_week(scene):
    """Every start is a leap that is never a day old: the afternoons are added up."""
    stage, incident_id = scene
    for _ in range(16):
        await sweep_heard(stage.context)
        await deliver_due(stage.context)
        stage.clock.advance(timedelta(hours=4))
        await sweep_heard(stage.context)
        await deliver_due(stage.context)
        stage.clock.advance(7 * DAY - timedelta(hours=4))

    _, left = await read(stage, incident_id)

    assert LUNCH not in left


async def test_message_that_is_deleted_after_its_words_went_takes_nothing_else(scene):
    """No line repeats an empty text."""
    stage, incident_id = scene
    stage.clock.advance(15 * DAY)
    await deliver_due(stage.context)
    faded, _ = await read(stage, incident_id)
    name = f"slack:C1/{len(TALK)}.0"

    await Watch(stage.context).forget("slack", "C1", f"{len(TALK)}.0", stage.clock.now())
    after, _ = await read(stage, incident_id)

    gone = [line for line in faded.text.split("\n") if line not in after.text.split("\n")]
    assert name not in after.sources
    assert len(gone) <= 1
    assert all(name in line for line in gone)


async def test_message_that_a_person_took_back_stays(scene):
    """Its words are the document's own then."""
    stage, incident_id = scene
    await keep_message(stage.context, incident_id, f"slack:C1/{len(TALK)}.0", ALICE)
    stage.clock.advance(15 * DAY)

    await deliver_due(stage.context)

    assert LUNCH in (await read(stage, incident_id))[1]


async def test_edit_goes_on_after_words_went(scene):
    """Whoever edits what they read before is told that there is a newer version, and merges."""
    stage, incident_id = scene
    first, _ = await read(stage, incident_id)
    stage.clock.advance(15 * DAY)
    await deliver_due(stage.context)
    newer, _ = await read(stage, incident_id)

    assert await save_edit(stage.context, first, f"{first.text}\nMine.", ALICE) is None
    assert (await save_edit(stage.context, newer, f"{newer.text}\nMine.", ALICE)).version == 3


async def test_time_of_those_of_an_older_release_is_noted_once(scene):
    """They have no note of their own."""
    stage, incident_id = scene
    notes = await stage.store.read(lambda transaction: transaction.flags.list_named("later/"))
    for name, _ in notes:
        await stage.store.write(lambda transaction, name=name: transaction.flags.remove(name))

    planned = [await plan_earlier(stage.context), await plan_earlier(stage.context)]
    again = await stage.store.read(lambda transaction: transaction.flags.list_named("later/"))

    assert planned == [1, 0]
    assert [name for name, _ in again if "/fade/" in name] == [name for name, _ in notes if "/fade/" in name]
    assert f"/fade/{incident_id}" in again[-1][0]


async def test_nothing_goes_that_is_young(scene):
    """The same record, so that nothing is written."""
    stage, incident_id = scene
    found, _ = await read(stage, incident_id)

    assert fade(found, NOON - DAY) is found


async def test_post_mortem_that_is_gone_is_no_trouble(scene):
    """A note may outlive what it is about."""
    stage, _ = scene
    name = f"later/{NOON:%Y-%m-%dT%H:%M:%S.000Z}/fade/inc-none"
    await stage.store.write(lambda transaction: transaction.flags.put(name, {}))

    await deliver_due(stage.context)

    assert await stage.find_flag(name) is None


async def test_draft_that_is_made_again_late_gets_a_time_of_its_own(scene):
    """What is said later is kept as long as anything else."""
    stage, incident_id = scene
    stage.clock.advance(10 * DAY)
    await Watch(stage.context).hear(make_heard(len(TALK) + 1, f"{LUNCH} again", id="99.5"))
    await generate_postmortem(stage.context, incident_id, ALICE)
    stage.clock.advance(5 * DAY)
    await deliver_due(stage.context)
    await deliver_due(stage.context)

    assert LUNCH not in (await read(stage, incident_id))[1]


async def test_draft_that_is_made_again_afterwards_cites_what_it_cited(scene):
    """Nobody keeps the talk any more; what the lines rest on is remembered, what was left out is not."""
    stage, incident_id = scene
    stage.clock.advance(20 * DAY)
    await deliver_due(stage.context)
    await sweep_heard(stage.context)

    again = (await generate_postmortem(stage.context, incident_id, ALICE)).postmortem

    assert TALK[0] in str(again.to_json())
    assert LUNCH not in str(again.to_json())
