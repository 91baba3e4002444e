"""Two people at one post-mortem, and a dropped message that comes back: nobody's words are lost."""

import pytest
from tests.unit.flows.postmortem.talk import SECRET, TALK, make_heard
from tests.unit.flows.stage import ALICE

from fermata.domain.person import Actor
from fermata.flows.postmortem import editing
from fermata.flows.postmortem.editing import LONGEST_TEXT, get_postmortem, keep_message, save_text
from fermata.flows.postmortem.keeping import generate_postmortem
from fermata.kit.errors import NotFoundError, TransientError, UserError

BOB = Actor(kind="person", id="bob", channel="page")
CHATTER = "who brings lunch?"


@pytest.fixture
async def scene(tell):
    """Give a stage with a drafted post-mortem of a talk that had some chatter in it."""
    talk = [make_heard(minute, text) for minute, text in enumerate(TALK)]
    stage, incident_id = await tell(*talk, make_heard(3, CHATTER, id="3.5"))
    await generate_postmortem(stage.context, incident_id, ALICE)
    return stage, incident_id


async def test_edit_is_saved_for_whoever_reads_next(scene):
    """With a version of its own, and by whom."""
    stage, incident_id = scene
    read = (await get_postmortem(stage.context, incident_id)).text

    saved = await save_text(stage.context, incident_id, f"{read}\r\nThanks.\r\n", read, ALICE)

    assert (saved.is_saved, saved.is_merged, saved.diff) == (True, False, "")
    found = await get_postmortem(stage.context, incident_id)
    assert found.text.endswith("\nThanks.\n")
    assert (found.version, found.updated_by) == (2, "alice")


async def test_text_as_it_is_makes_no_version(scene):
    """Saving without an edit is nothing to tell the journal."""
    stage, incident_id = scene
    read = (await get_postmortem(stage.context, incident_id)).text

    saved = await save_text(stage.context, incident_id, read, read, ALICE)

    assert (saved.is_saved, saved.postmortem.version) == (True, 1)


async def test_secret_in_an_edit_is_hidden_and_that_is_said(scene):
    """It is stored nowhere, and whoever pasted it must know why their text looks otherwise."""
    stage, incident_id = scene
    read = (await get_postmortem(stage.context, incident_id)).text

    saved = await save_text(stage.context, incident_id, f"{read}\nkey {SECRET}\n", read, ALICE)

    assert (saved.is_saved, saved.is_redacted) == (True, True)
    assert SECRET not in saved.text


async def test_edits_of_two_people_are_merged(scene):
    """The second one read what the first one had not saved yet; they wrote at different places."""
    stage, incident_id = scene
    read = (await get_postmortem(stage.context, incident_id)).text
    await save_text(stage.context, incident_id, read.replace("## Impact", "## Whom it hurt"), read, ALICE)

    saved = await save_text(stage.context, incident_id, f"{read}\nThanks.\n", read, BOB)

    assert (saved.is_saved, saved.is_merged) == (True, True)
    assert "## Whom it hurt" in saved.text
    assert saved.text.endswith("Thanks.\n")


async def test_second_one_at_the_same_place_is_shown_the_first_ones_words(scene):
    """Nothing is saved; they go on with both, and saving again is their decision."""
    stage, incident_id = scene
    read = (await get_postmortem(stage.context, incident_id)).text
    await save_text(stage.context, incident_id, read.replace("## Impact", "## Whom it hurt"), read, ALICE)

    saved = await save_text(stage.context, incident_id, read.replace("## Impact", "## Harm"), read, BOB)
    again = await save_text(stage.context, incident_id, saved.text, saved.postmortem.text, BOB)

    assert not saved.is_saved
    assert "-## Harm\n+## Whom it hurt\n" in saved.diff
    assert saved.postmortem.version == 2
    assert again.is_saved
    assert "## Harm" in again.text


async def test_text_that_no_page_can_hold_is_refused(scene):
    """What is longer than any post-mortem is a mistake, or an attack."""
    stage, incident_id = scene

    with pytest.raises(UserError, match="longer than"):
        await save_text(stage.context, incident_id, "x" * (LONGEST_TEXT + 1), "", ALICE)
    with pytest.raises(UserError, match="what people remove stays removed"):
        await save_text(stage.context, incident_id, " \r\n", "", ALICE)


async def test_dropped_message_comes_back_in_one_step(scene):
    """It is a line of the timeline, and its box is ticked; the next draft keeps it."""
    stage, incident_id = scene

    kept = await keep_message(stage.context, incident_id, "slack:C1/3.5", BOB)
    again = await generate_postmortem(stage.context, incident_id, ALICE)

    for generated in (kept, again):
        text = generated.postmortem.text
        assert "Who brings lunch? | [message](#src-slack_C1_3.5) |" in text
        assert "<!-- keep slack:C1/3.5 -->" in text
        assert "- [x] " in text
    with pytest.raises(NotFoundError, match="left out no message"):
        await keep_message(stage.context, incident_id, "slack:C1/3.5", BOB)


async def test_line_that_a_person_removed_can_be_taken_back_again(scene):
    """Their word was that it goes, and now it is that it comes; no draft in between brings it."""
    stage, incident_id = scene
    kept = (await keep_message(stage.context, incident_id, "slack:C1/3.5", BOB)).postmortem
    row = next(line for line in kept.text.split("\n") if "Who brings lunch? |" in line)
    await save_text(stage.context, incident_id, kept.text.replace(f"{row}\n", ""), kept.text, BOB)
    between = (await generate_postmortem(stage.context, incident_id, ALICE)).postmortem

    again = (await keep_message(stage.context, incident_id, "slack:C1/3.5", BOB)).postmortem

    assert row not in between.text
    assert again.text.count(row) == 1
    assert again.kept == ("slack:C1/3.5",)


async def test_text_without_a_line_of_the_document_is_not_saved(scene):
    """An editor that broke, or a key too many: nothing could bring it back. One line says that it is meant."""
    stage, incident_id = scene
    read = (await get_postmortem(stage.context, incident_id)).text

    for text in ("x", "---\n\n|---|---|---|\nmine"):
        with pytest.raises(UserError, match="no line of the document is left"):
            await save_text(stage.context, incident_id, text, read, ALICE)

    assert (await save_text(stage.context, incident_id, "## Impact\nmine", read, ALICE)).is_saved


async def test_message_that_is_unticked_leaves_the_timeline_again(scene):
    """The box in the text is the last word."""
    stage, incident_id = scene
    kept = (await keep_message(stage.context, incident_id, "slack:C1/3.5", BOB)).postmortem
    line = next(line for line in kept.text.split("\n") if line.endswith("<!-- keep slack:C1/3.5 -->"))
    text = kept.text.replace(line, line.replace("[x]", "[ ]"))
    await save_text(stage.context, incident_id, text, kept.text, BOB)

    again = (await generate_postmortem(stage.context, incident_id, ALICE)).postmortem

    assert "Who brings lunch? |" not in again.text
    assert again.kept == ()


async def test_what_was_never_drafted_cannot_be_edited(tell):
    """The way to draft it is named."""
    stage, incident_id = await tell()

    with pytest.raises(NotFoundError, match="has no post-mortem yet"):
        await get_postmortem(stage.context, incident_id)


async def test_others_who_always_come_first_end_the_tries(scene, monkeypatch):
    """Nobody waits for ever, and nothing is overwritten."""
    stage, incident_id = scene

    async def lose(*arguments):
        return None

    # Three lost races in a row cannot be staged from outside.
    monkeypatch.setattr(editing, "save_edit", lose)

    with pytest.raises(TransientError, match="was not saved"):
        await save_text(stage.context, incident_id, "mine", "", ALICE)
    with pytest.raises(TransientError, match="Nothing was taken back"):
        await keep_message(stage.context, incident_id, "slack:C1/3.5", ALICE)
