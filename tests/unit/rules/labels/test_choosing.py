from dataclasses import replace

import pytest
from tests.unit.rules.labels.label_scene import DRAFT, LINES, TRAIL
from tests.unit.rules.timeline.trail_scene import at, trail

from fermata.domain.trail import Entry, KeyTime, MessageKind, Status
from fermata.rules.labels.choosing import list_uncertain
from fermata.rules.timeline import draft_postmortem


def list_ids(found, draft=None):
    """Return the ids of what is uncertain about a trail, the least certain first."""
    return [one.message.id for one in list_uncertain(found, draft or draft_postmortem(found))]


def test_what_rules_left_out_is_uncertain_unless_its_place_is_known():
    """Neither lines, nor orders to the reader, nor questions are asked about; what seems another incident's is."""
    found = {one.message.id: one for one in list_uncertain(TRAIL, DRAFT)}

    assert {"m3", "m4", "m7", "m10", "m11"} == set(found)
    assert [name for name, one in found.items() if one.is_foreign] == ["m7"]


@pytest.mark.parametrize("text", ["lol", "thanks all!", "looking", "ok, on it", "+1", "haha yes", "you?"])
def test_talk_about_talk_is_not_asked_about(text):
    """It tells nothing of an incident."""
    assert "m17" not in list_ids(trail(*LINES, ("12:50:30", "cy", text)))


@pytest.mark.parametrize("text", ["12/12 up", "flat. over.", "queue 0", "sev2, I'm IC i guess??", "oké, läuft"])
def test_fragment_may_be_a_turning_point(text):
    """Numbers, and words of no talk: people end incidents in them."""
    assert "m17" in list_ids(trail(*LINES, ("12:50:30", "cy", text)), DRAFT)


def test_question_before_it_is_known_may_be_the_first_sign():
    """Afterwards it asks for what others know; where nothing is known, all do."""
    early, late = ("12:19", "cy", "is checkout slow or is it me?"), ("12:52", "cy", "is checkout slow or is it you?")
    found = trail(*LINES, early, late)

    assert ("m17" in list_ids(found, DRAFT), "m18" in list_ids(found, DRAFT)) == (True, False)
    assert "m17" not in list_ids(found, replace(DRAFT, key_times={}))


def test_guess_of_what_seems_another_incident_that_was_taken_back_is_not_asked_about():
    """It would be told as a fact of the wrong one."""
    found = trail(
        *LINES, ("12:36", "ana", "I suspect the kernel upgrade"), ("12:37", "ana", "it's not the kernel upgrade")
    )
    threaded = [replace(one, thread="m7") if one.id in ("m17", "m18") else one for one in found.messages]
    by_id = {one.message.id: one for one in list_uncertain(replace(found, messages=threaded), DRAFT)}

    assert by_id["m18"].is_foreign
    assert "m17" not in by_id


def test_what_a_line_cites_from_other_minutes_may_be_an_event_of_its_own():
    """What is of the same minute is one with it, and what ruled-out lines cite stays there."""
    told = {entry.citations[0]: entry for entry in DRAFT.entries}
    wide = replace(told["m13"], citations=("m13", "m14", "m3"))
    near = replace(told["m16"], citations=("m16", "m10"), at=at("12:40:30"))
    entries = tuple(entry for entry in DRAFT.entries if entry.citations[0] not in ("m13", "m14", "m16"))
    out = Entry(at("12:28"), "So no", ("cy",), ("m4", "m11"), MessageKind.RETRACTION, Status.RULED_OUT)
    found = {one.message.id: one for one in list_uncertain(TRAIL, replace(DRAFT, entries=(*entries, wide, near, out)))}

    assert found["m14"].is_part
    assert found["m3"].is_part
    assert not {"m10", "m11", "m4"} & set(found)


def test_guess_that_was_taken_back_is_not_asked_about():
    """No word of a model brings it back; who excludes something may be told, as ruled out."""
    found = trail(
        *LINES, ("12:32", "bob", "I suspect the kernel upgrade"), ("12:36", "bob", "it's not the kernel upgrade")
    )
    draft = draft_postmortem(found)
    untold = replace(draft, entries=tuple(entry for entry in draft.entries if "m18" not in entry.citations))

    by_id = {one.message.id: one for one in list_uncertain(found, untold)}
    assert "m17" not in by_id
    assert by_id["m18"].is_retraction
    assert not by_id["m3"].is_retraction


def test_same_again_is_asked_about_once():
    """A bot's numbers do not make it another message, and people who say the same letter by letter say nothing new."""
    bots = [(f"12:5{second}", "deploybot", f"cache warmed on node-{second}") for second in (1, 2, 3)]
    later = [("13:29", "deploybot", "cache warmed on node-9")]
    people = [
        ("12:54", "ana", "checkout gateway looks odd here"),
        ("12:55", "bob", "Checkout gateway looks odd here"),
    ]
    draft = replace(
        DRAFT, key_times={"started": KeyTime(at("13:29"), "M1", ""), "detected": KeyTime(at("12:51"), "M1", "")}
    )

    ids = list_ids(trail(*LINES, *bots, *people, *later), draft)

    assert len({"m17", "m18", "m19"} & set(ids)) == 1
    assert "m22" in ids
    assert ("m20" in ids, "m21" in ids) == (True, False)


def test_what_people_marked_stands_before_what_they_did_not():
    """A pin or a reaction is somebody's word that it matters; so is a place beside a key time."""
    plain = trail(*LINES, ("12:37", "cy", "checkout pods are old ones here"), ("12:56", "ana", "see the sheet"))
    pinned = replace(plain, messages=[replace(one, is_pinned=one.id == "m18") for one in plain.messages])
    liked = replace(
        plain, messages=[replace(one, reactions={"eyes": 2} if one.id == "m18" else {}) for one in plain.messages]
    )

    assert "m18" not in list_ids(plain)[:1]
    assert list_ids(pinned)[0] == "m18"
    assert "m18" in list_ids(liked)


def test_what_rules_read_as_no_news_far_from_any_is_not_asked_about():
    """What they cannot read is, after all that they can."""
    found = trail(
        *LINES, ("12:54", "ana", "the dashboard shows it in yellow"), ("12:55", "deploybot", "sync: 91c2f7 -> 77aa01")
    )
    ids = list_ids(found, DRAFT)

    assert "m17" not in ids
    assert ids[-1] == "m18"


def test_unconfirmed_guess_is_marked_as_one():
    """It can be told as suspected only."""
    found = trail(*LINES, ("12:38", "cy", "maybe the kernel upgrade on the checkout hosts"))

    (one,) = [one for one in list_uncertain(found, draft_postmortem(found)) if one.message.id == "m17"]
    assert one.is_guess
