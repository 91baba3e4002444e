from dataclasses import replace

from tests.unit.rules.labels.label_scene import DRAFT, LINES, TRAIL
from tests.unit.rules.timeline.trail_scene import trail

from fermata.rules.labels.choosing import list_uncertain
from fermata.rules.timeline import draft_postmortem


def list_ids(found, draft=None):
    """Return the ids of what is uncertain about a trail, the least certain first."""
    return [one.message.id for one in list_uncertain(found, draft or draft_postmortem(found))]


def test_what_rules_left_out_is_uncertain_unless_its_place_is_known():
    """Neither lines, nor another incident, nor orders to the reader, nor questions are asked about."""
    ids = list_ids(TRAIL, DRAFT)

    assert {"m3", "m4", "m10", "m11"} == set(ids)


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
    people = [
        ("12:54", "ana", "the dashboard shows it in yellow"),
        ("12:55", "bob", "The dashboard shows it in yellow"),
    ]

    ids = list_ids(trail(*LINES, *bots, *people))

    assert len({"m17", "m18", "m19"} & set(ids)) <= 1
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


def test_what_nothing_speaks_for_is_not_asked_about():
    """A bot's routine far from any key time is left where it is."""
    assert "m17" not in list_ids(trail(*LINES, ("12:37", "deploybot", "good morning everybody")))


def test_unconfirmed_guess_is_marked_as_one():
    """It can be told as suspected only."""
    found = trail(*LINES, ("12:38", "cy", "maybe the kernel upgrade on the checkout hosts"))

    (one,) = [one for one in list_uncertain(found, draft_postmortem(found)) if one.message.id == "m17"]
    assert one.is_guess
