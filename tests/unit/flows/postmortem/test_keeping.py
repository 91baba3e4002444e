"""A post-mortem that is generated again keeps what people wrote, and never what was deleted in the chat."""

import pytest
from tests.unit.flows.postmortem.talk import MINUTE, SECRET, TALK, make_heard
from tests.unit.flows.stage import ALICE, NOON

from fermata.flows.observe import Watch
from fermata.flows.postmortem import keeping
from fermata.flows.postmortem.keeping import find_postmortem, generate_postmortem, save_edit
from fermata.flows.postmortem.purging import purge_deleted
from fermata.flows.postmortem.telling import tell_generated
from fermata.kit.errors import TransientError
from fermata.rules.ticks import BoxKind, tick


def list_events(stage, incident_id):
    """Give what the journal says of post-mortems."""
    with stage.store.begin_read() as transaction:
        entries = transaction.journal.list_entries(incident_id=incident_id)
    return [entry.event for entry in entries if entry.event.kind.startswith("postmortem.")]


async def test_first_draft_is_saved_with_its_sources(scene):
    """Text and base are one, each cited message can be shown, and the journal says who asked."""
    stage, incident_id = scene

    generated = await generate_postmortem(stage.context, incident_id, ALICE)

    saved = await find_postmortem(stage.context, incident_id)
    (event,) = list_events(stage, incident_id)
    assert saved == generated.postmortem
    assert (saved.version, saved.text, saved.is_edited) == (1, saved.base, False)
    assert saved.sources["slack:C1/0.0"]["text"] == TALK[0]
    assert saved.draft["timeline"]
    assert "document" not in saved.draft
    assert (event.kind, event.actor.id) == ("postmortem.drafted", "alice")
    assert event.data["messages"] > len(TALK)
    assert event.data["gaps"] == list(saved.gaps)


async def test_edit_survives_the_next_draft(scene):
    """New lines come in, a person's words stay, and both are in the next version."""
    stage, incident_id = scene
    first = (await generate_postmortem(stage.context, incident_id, ALICE)).postmortem
    text = first.text.replace("\n## ", "\n\nCustomers could not pay for four minutes.\n\n## ", 1) + f"\nkey={SECRET}\n"
    edited = await save_edit(stage.context, first, text, ALICE)
    late = await save_edit(stage.context, first, "mine", ALICE)
    await Watch(stage.context).hear(make_heard(3, "disabled the new-cart feature flag", id="3.5"))

    again = await generate_postmortem(stage.context, incident_id, ALICE)

    assert (edited.version, late, again.postmortem.version) == (2, None, 3)
    assert "Customers could not pay for four minutes." in again.postmortem.text
    assert "isabled the new-cart feature flag" in again.postmortem.text
    assert again.merged is not None
    assert SECRET not in again.postmortem.text
    assert [event.kind for event in list_events(stage, incident_id)] == [
        "postmortem.drafted",
        "postmortem.edited",
        "postmortem.drafted",
    ]


async def test_draft_that_says_the_same_is_no_new_version(scene):
    """Nobody has to look for what changed; an edit stays as it is, too."""
    stage, incident_id = scene
    first = await generate_postmortem(stage.context, incident_id, ALICE)
    stage.clock.advance(MINUTE)

    again = await generate_postmortem(stage.context, incident_id, ALICE)
    edited = await save_edit(stage.context, again.postmortem, f"{again.postmortem.text}\nMine.\n", ALICE)
    beside = await generate_postmortem(stage.context, incident_id, ALICE)

    assert (first.is_new, again.is_new, beside.is_new) == (True, False, False)
    assert (again.postmortem, beside.postmortem) == (first.postmortem, edited)
    assert [event.kind for event in list_events(stage, incident_id)] == ["postmortem.drafted", "postmortem.edited"]


async def test_draft_of_an_incident_that_goes_on_says_so(tell):
    """Who reads "not told" may think that nobody looked; drafted again after the end it says so no more."""
    stage, incident_id = await tell(make_heard(1, TALK[0]))
    first = await generate_postmortem(stage.context, incident_id, ALICE)
    await stage.house.curation.resolve(incident_id, ALICE, "it is over")

    again = await generate_postmortem(stage.context, incident_id, ALICE)

    goes_on = "The incident still went on when this was drafted"
    assert [goes_on in one.postmortem.text for one in (first, again)] == [True, False]
    assert "It still goes on. Not told:" in tell_generated(first, "", is_shared=False)
    assert "goes on" not in tell_generated(again, "", is_shared=False)


async def test_deleted_message_leaves_the_saved_text(scene):
    """Its lines, its words in an edit, its source: gone at the next look, although nobody generated anew."""
    stage, incident_id = scene
    first = (await generate_postmortem(stage.context, incident_id, ALICE)).postmortem
    await save_edit(stage.context, first, f"{first.text}\nIn their words: {TALK[0]}\nKept by hand.\n", ALICE)

    await Watch(stage.context).forget("slack", "C1", "0.0", NOON + 9 * MINUTE)

    found = await find_postmortem(stage.context, incident_id)
    told = str(found.to_json())
    assert TALK[0].capitalize() in first.text
    assert TALK[0] not in told.lower()
    assert "slack:C1/0.0" not in told
    assert TALK[2] in str(found.sources)
    assert "Kept by hand." in found.text


async def test_deleted_message_is_purged_for_good(scene):
    """Soon after, nothing of it is stored any more, and who reads an older version cannot save it back."""
    stage, incident_id = scene
    first = (await generate_postmortem(stage.context, incident_id, ALICE)).postmortem
    before = await purge_deleted(stage.context)
    await Watch(stage.context).forget("slack", "C1", "0.0", NOON + 9 * MINUTE)

    purged = [await purge_deleted(stage.context) for _ in range(2)]

    with stage.store.begin_read() as transaction:
        stored = transaction.postmortems.find(incident_id)
        flags = transaction.flags.list_named("observer/deleted")
    assert (before, purged, list(flags)) == (0, [1, 0], [])
    assert TALK[0] not in str(stored.to_json()).lower()
    assert (stored.version, stored.updated_by) == (2, "fermata")
    assert await save_edit(stage.context, first, first.text, ALICE) is None
    assert [event.kind for event in list_events(stage, incident_id)] == ["postmortem.drafted", "postmortem.struck"]


async def test_message_deleted_while_it_is_drafted_is_in_no_stored_form(scene, monkeypatch):
    """Between reading and saving somebody deletes: what is saved does not hold it, be it a draft or an edit."""
    stage, incident_id = scene
    write = keeping._write

    def delete_meanwhile(*given):
        with stage.store.begin() as transaction:
            transaction.trail.forget("slack", "C1", "0.0", NOON + 9 * MINUTE)
        return write(*given)

    monkeypatch.setattr(keeping, "_write", delete_meanwhile)
    told = (await generate_postmortem(stage.context, incident_id, ALICE)).postmortem
    await Watch(stage.context).forget("slack", "C1", "1.0", NOON + 9 * MINUTE)
    await save_edit(stage.context, told, f"{told.text}\nAs they said: {TALK[1]}\n", ALICE)

    with stage.store.begin_read() as transaction:
        stored = transaction.postmortems.find(incident_id)
    assert stored.version == 2
    assert TALK[0] not in told.text.lower()
    assert not [text for text in TALK[:2] if text.lower() in str(stored.to_json()).lower()]


async def test_deleted_message_of_no_postmortem_is_forgotten_alone(stage):
    """Most deletions have nothing to do with an incident."""
    await Watch(stage.context).forget("slack", "C1", "0.0", NOON)

    assert await purge_deleted(stage.context) == 0
    with stage.store.begin_read() as transaction:
        assert transaction.flags.list_named("observer/deleted") == []


async def test_messages_that_were_taken_back_stay(scene):
    """What a person pulled into the timeline is there in every later draft, whether it is noted or ticked."""
    stage, incident_id = scene
    watch = Watch(stage.context)
    for minute, text in ((5, "hm, lunch?"), (6, "nice weather")):
        await watch.hear(make_heard(minute, text))
    first = (await generate_postmortem(stage.context, incident_id, ALICE)).postmortem
    ticked = first.model_copy(update={"kept": ("slack:C1/5.0",)})
    # A box that is there has the last word; this one fell out of a list that was too long, or was edited away.
    lines = [line for line in first.text.split("\n") if "<!-- keep slack:C1/5.0 -->" not in line]
    await save_edit(stage.context, ticked, tick("\n".join(lines), BoxKind.KEEP, "slack:C1/6.0"), ALICE)

    again = (await generate_postmortem(stage.context, incident_id, ALICE)).postmortem

    cited = {name for entry in again.draft["timeline"] for name in entry["citations"]}
    assert {"slack:C1/5.0", "slack:C1/6.0"} <= cited
    assert again.kept == ("slack:C1/5.0", "slack:C1/6.0")


async def test_edit_during_a_draft_is_merged_and_endless_edits_give_up(scene, monkeypatch):
    """Whoever saves meanwhile is read again; three times in a row, the one who asked is told."""
    stage, incident_id = scene
    await generate_postmortem(stage.context, incident_id, ALICE)
    write, edits = keeping._write, []

    def edit_meanwhile(*given):
        if len(edits) < limit:
            with stage.store.begin() as transaction:
                found = transaction.postmortems.find(incident_id)
                edits.append(found.version)
                text = f"{found.text}\nEdit {found.version}.\n"
                transaction.postmortems.save(found.model_copy(update={"version": found.version + 1, "text": text}))
        return write(*given)

    monkeypatch.setattr(keeping, "_write", edit_meanwhile)
    limit = 1
    again = (await generate_postmortem(stage.context, incident_id, ALICE)).postmortem
    limit = 9
    with pytest.raises(TransientError, match="was not saved"):
        await generate_postmortem(stage.context, incident_id, ALICE)

    assert "Edit 1." in again.text
    assert again.version == 2


async def test_document_as_a_whole_is_redacted(scene, monkeypatch):
    """What only its neighbourhood makes a secret is hidden, too."""
    stage, incident_id = scene
    plain = keeping.write_document
    monkeypatch.setattr(keeping, "write_document", lambda *given, **more: f"{plain(*given, **more)}\nkey={SECRET}\n")

    generated = await generate_postmortem(stage.context, incident_id, ALICE)

    assert SECRET not in generated.postmortem.text
