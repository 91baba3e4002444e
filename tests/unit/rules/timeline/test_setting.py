from dataclasses import replace

from tests.unit.rules.timeline.trail_scene import talk

from fermata.domain.trail import Participant
from fermata.rules.timeline.setting import list_settings
from fermata.rules.timeline.talk import hear


def list_marks(*lines, people=None):
    """Return the marks of each message by its id."""
    return list_settings(hear(talk(*lines)), people or {})


def test_role_of_who_speaks_is_marked():
    """A commander decides, a scribe repeats, and support hears of it from outside."""
    people = {
        "ana": Participant("ana", role="Incident commander"),
        "bob": Participant("bob", role="scribe"),
        "cy": Participant("cy", role="support"),
    }

    marks = list_marks(*[("12:00", name, "checkout errors at 40%") for name in people], people=people)

    assert "ROLE_LEAD" in marks["m1"]
    assert "ROLE_SCRIBE" in marks["m2"]
    assert "ROLE_OUTSIDE" in marks["m3"]


def test_what_comes_before_is_marked():
    """An answer, a second sentence, a break of silence and a crossing message are told differently."""
    marks = list_marks(
        ("12:00", "ana", "checkout errors at 40%, what is the pool size?"),
        ("12:01", "bob", "checkout pool exhausted at 200"),
        ("12:01:10", "bob", "checkout pods crash with timeouts"),
        ("12:01:20", "cy", "checkout rolled back"),
        ("12:30", "cy", "checkout errors at 40% again"),
    )

    assert "WAS_ASKED" in marks["m2"]
    assert {"GOES_ON", "AT_ONCE"} <= set(marks["m3"])
    assert "AT_ONCE" in marks["m4"]
    assert {"GOES_ON", "AFTER_SILENCE"} <= set(marks["m5"])


def test_what_comes_after_is_marked():
    """Thanks and questions follow news."""
    marks = list_marks(
        ("12:00", "ana", "rolled back checkout"),
        ("12:01", "bob", "nice"),
        ("12:05", "ana", "scaled checkout to 40"),
        ("12:06", "bob", "did that help?"),
        ("12:10", "ana", "checkout errors at 40%"),
        ("12:11", "bob", "checkout pods crash with timeouts"),
        ("12:40", "ana", "checkout errors at 10%"),
    )

    assert "ANSWERED" in marks["m1"]
    assert "ASKED_AFTER" in marks["m3"]
    assert not {"ANSWERED", "ASKED_AFTER"} & {*marks["m5"], *marks["m6"], *marks["m7"]}


def test_news_of_its_words_is_marked():
    """What names nothing new says less."""
    marks = list_marks(
        ("12:00", "ana", "checkout errors at 40%"),
        ("12:01", "ana", "checkout errors at 50%"),
        ("12:02", "ana", "checkout pool errors at 60%"),
    )

    assert "NEWS_ALL" in marks["m1"]
    assert "NEWS_NONE" in marks["m2"]
    assert "NEWS_SOME" in marks["m3"]


def test_pins_and_reactions_are_weak_evidence():
    """Who was there knew what mattered."""
    (message,) = talk(("12:00", "ana", "checkout errors at 40%"))
    marked = replace(message, is_pinned=True, reactions={"eyes": 2, "+1": 1})

    assert {"PINNED", "REACTED"} <= set(list_settings(hear([marked]), {})["m1"])
    assert not {"PINNED", "REACTED"} & set(list_settings(hear([message]), {})["m1"])
