"""A person corrects a key time in a stored post-mortem: everything that is computed from it follows."""

import re

import pytest
from tests.unit.flows.postmortem.talk import TALK, make_heard
from tests.unit.flows.stage import ALICE

from fermata.flows.postmortem.correcting import settle
from fermata.flows.postmortem.editing import get_postmortem, save_text
from fermata.flows.postmortem.keeping import generate_postmortem


@pytest.fixture
async def scene(tell):
    """Give a stage with a drafted post-mortem."""
    talk = [make_heard(minute, text) for minute, text in enumerate(TALK)]
    stage, incident_id = await tell(*talk)
    await generate_postmortem(stage.context, incident_id, ALICE)
    return stage, incident_id, await get_postmortem(stage.context, incident_id)


def correct(text, name, value):
    """Write another value over a key time of the first lines."""
    return re.sub(rf"^{name}: .*$", f"{name}: {value}", text, count=1, flags=re.MULTILINE)


async def test_saved_correction_is_in_table_and_figures_at_once(scene):
    """And after the next draft; the generated side keeps what the rules had, so that it can be taken back."""
    stage, incident_id, drafted = scene
    at = drafted.draft["key_times"]["resolved"]
    read = drafted.text

    saved = await save_text(stage.context, incident_id, correct(read, "resolved", f"{at[:17]}59Z"), read, ALICE)
    again = (await generate_postmortem(stage.context, incident_id, ALICE)).postmortem

    for found in (saved.postmortem, again):
        row = next(line for line in found.text.split("\n") if line.startswith("| resolved |"))
        assert row.startswith(f"| resolved | {at[11:17]}59 | a person corrected it; by the rules {at[11:19]}, ")
        assert f"to resolved {at[11:17]}59 | MTTR |" in found.text
        assert f"resolved: {at}" in found.base
        assert found.draft["key_times"]["resolved"] == f"{at[:17]}59.000Z"
        assert found.draft["key_time_sources"]["resolved"] == {"citation": None, "why": "a person corrected it"}
    back = await save_text(stage.context, incident_id, correct(again.text, "resolved", at), again.text, ALICE)
    assert (back.text, back.postmortem.draft["key_times"]) == (read, drafted.draft["key_times"])


async def test_key_time_that_a_person_takes_out_counts_for_nothing(scene):
    """Its row says that it is not told; there is no figure to it."""
    stage, incident_id, drafted = scene

    saved = await save_text(stage.context, incident_id, correct(drafted.text, "resolved", "null"), drafted.text, ALICE)

    assert "| resolved | not told |" in saved.text
    assert "MTTR" not in saved.text


async def test_correction_before_the_start_is_said_to_be_that(scene):
    """It is a person's word, and stays; but a clock that runs backwards makes no figure."""
    stage, incident_id, drafted = scene
    early = correct(drafted.text, "resolved", "2020-01-01T00:00:00Z")

    saved = await save_text(stage.context, incident_id, early, drafted.text, ALICE)

    assert "a person corrected it; it lies before the start, so that no figure counts it; by the rules" in saved.text
    assert "MTTR" not in saved.text


async def test_what_is_no_time_is_told_to_whoever_saves(scene):
    """The text stays as they wrote it; nothing follows from it."""
    stage, incident_id, drafted = scene

    saved = await save_text(
        stage.context, incident_id, correct(drafted.text, "resolved", "at noon"), drafted.text, ALICE
    )

    (note,) = saved.notes
    assert note.startswith("`resolved: at noon` in the first lines is no time")
    assert saved.postmortem.draft["key_times"] == drafted.draft["key_times"]
    assert not saved.is_redacted


async def test_figures_go_with_the_start_and_come_back_with_it(scene):
    """Without a start there is nothing to measure from: no table of figures is left standing."""
    stage, incident_id, drafted = scene
    read = drafted.text
    assert "| figure | this time |" in read

    without = (await save_text(stage.context, incident_id, correct(read, "started", "null"), read, ALICE)).text
    again = await save_text(
        stage.context, incident_id, correct(without, "started", drafted.draft["key_times"]["started"]), without, ALICE
    )

    assert "| figure |" not in without
    assert "**Began" not in without
    assert "| started | not told |" in without
    assert again.text == read


async def test_row_that_a_person_wrote_themselves_stays_theirs(scene):
    """A correction changes what is generated, and no edit."""
    stage, incident_id, drafted = scene
    row = next(line for line in drafted.text.split("\n") if line.startswith("| resolved |"))
    text = correct(drafted.text.replace(row, "| resolved | at night | ours |"), "resolved", "null")

    saved = await save_text(stage.context, incident_id, text, drafted.text, ALICE)

    assert "| resolved | at night | ours |" in saved.text


async def test_draft_of_an_earlier_release_waits_for_the_next_one(scene):
    """It did not keep what the rules had found."""
    _, _, drafted = scene
    old = drafted.model_copy(
        update={"draft": {name: value for name, value in drafted.draft.items() if name != "found_times"}}
    )

    assert settle(old, correct(old.text, "resolved", "null")).base == old.base


async def test_corrected_detection_moves_the_acknowledgement_at_once(scene):
    """It is the first word of a person from the detection on, with this save as with the next draft."""
    stage, incident_id, drafted = scene
    read = drafted.text
    later = f"{drafted.draft['key_times']['detected'][:11]}12:02:30Z"

    saved = await save_text(stage.context, incident_id, correct(read, "detected", later), read, ALICE)
    again = (await generate_postmortem(stage.context, incident_id, ALICE)).postmortem
    back = await save_text(
        stage.context,
        incident_id,
        correct(again.text, "detected", drafted.draft["key_times"]["detected"]),
        again.text,
        ALICE,
    )

    assert "| acknowledged | 12:03:00 |" in saved.text
    assert "to acknowledged 12:03:00 | MTTA |" in saved.text
    assert again.text == saved.text
    assert back.text == read


async def test_without_a_detection_nobody_acknowledged_it(scene):
    """Nor where the detection lies behind all words."""
    stage, incident_id, drafted = scene
    read = drafted.text
    day = drafted.draft["key_times"]["detected"][:11]

    without = (await save_text(stage.context, incident_id, correct(read, "detected", "null"), read, ALICE)).text
    late = (
        await save_text(stage.context, incident_id, correct(without, "detected", f"{day}20:00:00Z"), without, ALICE)
    ).text

    assert "| acknowledged |" in read
    assert "| acknowledged |" not in without
    assert "| acknowledged |" not in late


async def test_correction_of_something_else_leaves_the_acknowledgement(scene):
    """An acknowledgement that a person wrote themselves stays theirs, whatever the detection is."""
    stage, incident_id, drafted = scene
    day = drafted.draft["key_times"]["detected"][:11]
    text = correct(drafted.text, "detected", f"{day}12:02:30Z").replace(
        "declared:", f"acknowledged: {day}12:09:00Z\ndeclared:", 1
    )

    saved = await save_text(stage.context, incident_id, text, drafted.text, ALICE)

    assert "| acknowledged | 12:09:00 | a person corrected it; by the rules 12:03:00," in saved.text


@pytest.mark.parametrize("year", ["0001", "9999"])
async def test_year_that_no_incident_is_of_is_no_time(scene, year):
    """It is told to whoever saves, and no figure is counted to it."""
    stage, incident_id, drafted = scene

    saved = await save_text(
        stage.context, incident_id, correct(drafted.text, "resolved", f"{year}-01-01T00:00:00Z"), drafted.text, ALICE
    )

    (note,) = saved.notes
    assert note.startswith(f"`resolved: {year}-01-01T00:00:00Z` in the first lines is no time of this incident")
    assert saved.postmortem.draft["key_times"] == drafted.draft["key_times"]
