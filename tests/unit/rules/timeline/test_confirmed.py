"""Who asks who else has some trouble reports it, where others say that they have it, too."""

import pytest
from tests.unit.rules.timeline.trail_scene import at, talk, trail

from fermata.rules.timeline import draft_postmortem
from fermata.rules.timeline.confirmed import list_confirmed


def find(question, *answers):
    """Return whether a question counts as a report; answers are of one person after the other."""
    lines = [("12:00", "zed", question), *((f"12:0{n}", f"user{n}", text) for n, text in enumerate(answers, start=1))]
    return list_confirmed(talk(*lines)) == {"m1"}


@pytest.mark.parametrize(
    ("question", "answers"),
    [
        ("anyone else getting kicked?", ("yea", "same here")),
        ("anyone else getting kicked", ("yea", "yep")),
        ("is it just me or are lobbies kicking people?", ("nope, same",)),
        ("anybody else can't log in?", ("not just you",)),
        ("who else sees 502s", ("i'm seeing it",)),
        ("only me? checkout is so slow", ("looking", "me too")),
    ],
)
def test_question_that_others_say_yes_to_is_a_report(question, answers):
    """Two who say yes, or one who has the same."""
    assert find(question, *answers)


@pytest.mark.parametrize(
    ("question", "answers"),
    [
        ("anyone else getting kicked?", ()),
        ("anyone else getting kicked?", ("yea",)),
        ("anyone else getting kicked?", ("no, works here", "same here")),
        ("anyone else getting kicked?", ("same question?",)),
        ("anyone else getting lunch?", ("yea", "same here")),
        ("anyone else losing sleep?", ("yea", "same here")),
        ("anyone else getting kicked off the vpn?", ("yea", "same here")),
        ("anyone else getting kicked on staging?", ("yea", "same here")),
        ("anyone else getting kicked lol", ("yea", "same here")),
        ("anyone else remember when we all got kicked?", ("yea", "same here")),
        ("people are getting kicked", ("yea", "same here")),
    ],
)
def test_question_that_nobody_confirms_or_of_ones_own_is_none(question, answers):
    """Nor is a joke, a memory, or what somebody says works for them."""
    assert not find(question, *answers)


def test_answers_are_other_peoples_within_minutes():
    """Not one's own, not a bot's, not an hour later."""
    asked = ("12:00", "zed", "anyone else getting kicked?")

    assert list_confirmed(talk(asked, ("12:01", "zed", "same here"))) == set()
    assert list_confirmed(talk(asked, ("12:01", "pager", "same here"))) == set()
    assert list_confirmed(talk(asked, ("13:01", "ana", "same here"))) == set()
    assert list_confirmed(talk(("12:00", "pager", "anyone else getting kicked?"), ("12:01", "ana", "same"))) == set()


def test_confirmed_report_detects_the_incident():
    """No monitor fires, and nobody says it in a sentence."""
    lines = (
        ("12:00", "zed", "anyone else getting kicked?"),
        ("12:01", "yara", "yea"),
        ("12:02", "xi", "same here"),
        ("12:12", "bea", "declaring an incident, sev2"),
        ("12:50", "bea", "incident resolved"),
    )

    draft = draft_postmortem(trail(*lines, title="Lobby"))

    assert draft.key_times["detected"].at == at("12:00")
    assert [entry.text for entry in draft.impact] == ["Anyone else getting kicked?"]
    denied = draft_postmortem(trail(lines[0], ("12:01", "yara", "no, works here"), *lines[2:], title="Lobby"))
    assert denied.key_times["detected"].at == at("12:12")
