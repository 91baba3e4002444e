"""What is said in another language is told as unread, and no key time is guessed from it."""

from dataclasses import replace

import pytest
from tests.unit.rules.timeline.trail_scene import talk, trail

from fermata.rules.timeline.draft import draft_postmortem
from fermata.rules.timeline.tongues import find_unread, tell_unread

GERMAN = (
    ("12:00", "mira", "Checkout ist kaputt, die Kunden können nicht bezahlen, 502 auf jeder Seite."),
    (
        "12:04",
        "jonas",
        "Wir haben um 11:58 v4.18.0 ausgerollt, vielleicht hängt es damit zusammen, ist aber nicht sicher.",
    ),
    ("12:09", "jonas", "Ich rolle v4.18.0 zurück auf v4.17.3."),
    ("12:11", "mira", "Fehlerquote sinkt, 4 %."),
    ("12:20", "mira", "Die Störung ist vorbei und der Checkout läuft wieder, alle Fehler sind weg."),
)
ENGLISH = (
    ("12:00", "ana", "checkout is down, users cannot pay"),
    ("12:09", "bob", "rolling back v4.18.0"),
    ("12:12", "ana", "checkout is back, errors are at 0 again"),
    ("12:20", "ana", "resolved"),
)


def test_no_key_time_rests_on_what_is_in_another_language():
    """`zurück auf v4.17.3` is a rollback that begins, and was read as good news."""
    assert draft_postmortem(trail(*GERMAN)).key_times == {}
    assert draft_postmortem(trail(*ENGLISH)).key_times.keys() >= {"mitigated", "resolved"}


def test_one_who_writes_another_language_is_unread_where_a_message_has_no_small_word():
    """`Fehlerquote sinkt` alone could be anything; beside what else they write it is not."""
    mixed = (*GERMAN[:1], *GERMAN[3:], *ENGLISH)

    assert find_unread(talk(*mixed)) == {"m1", "m2", "m3"}
    assert find_unread(talk(GERMAN[3], *ENGLISH)) == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "Herr von Berg, please look",
        "mit license of com.acme.zu",
        "la-prod is slow",
        "see https://de.example.com/und/aber",
    ],
)
def test_name_or_address_makes_no_other_language(text):
    """Nor does a single word."""
    assert find_unread(talk(("12:00", "ana", text))) == frozenset()


def test_draft_says_how_much_it_could_not_read():
    """And that the key times are for people; machines' words are not counted."""
    (note,) = tell_unread(
        trail(*GERMAN, *ENGLISH, ("12:30", "deploybot", "Deploy ist nicht mehr aktiv und wurde beendet"))
    )

    assert note.startswith("5 of 9 messages of people are in another language than English")
    assert tell_unread(trail(*ENGLISH)) == ()
    assert tell_unread(replace(trail(*ENGLISH), messages=[])) == ()
