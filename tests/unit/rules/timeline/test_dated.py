import pytest
from tests.unit.rules.timeline.trail_scene import BERLIN, at, heard

from fermata.domain.trail import KeyTime, Participant
from fermata.rules.timeline.dated import find_dated_signal

PEOPLE = {"ana": Participant("ana", zone=BERLIN)}
CALLED = KeyTime(at("12:52"), "m1", "it was declared")


def find(text, *, user="ana", clock="12:53"):
    """Return when somebody says that the first sign came, and who."""
    found = find_dated_signal(heard((clock, user, text)), PEOPLE, CALLED)
    return None if found is None else (found.at, found.citation)


@pytest.mark.parametrize(
    "text",
    [
        "pager went off at 14:47 our time for search-api empty results",
        "auth error alert fired 14:47 our time, mobile logins fail with 500",
        "first customer email at 14:47 our time, 6 more since, uploads fail",
        "alert at 14:47 our time: checkout failing from 3 regions",
        "i was paged at 14:47 our time, errors on checkout",
        "first support ticket came in at 14:47 our time, logins fail",
    ],
)
def test_who_says_when_the_alert_fired_dates_the_detection(text):
    """A room that is opened for an incident holds none of what led to it."""
    assert find(text) == (at("12:47"), "m1")


@pytest.mark.parametrize(
    "text",
    [
        "the disk alert fired 14:47 our time, that is unrelated, errors there",
        "an alert should have fired at 14:47 our time, errors were at 5%",
        "no alert fired at 14:47 our time, errors were at 5%",
        "the alert resolved at 14:47 our time, errors are back to normal",
        "pager went off around 14:47 our time for errors",
        "we deployed at 14:47 our time, errors since",
        "the alert fired at 12:10 our time, errors on checkout",
        "the alert fired at 14:53 our time, errors on checkout",
        "alert fired at 14:47 our time, errors?",
    ],
)
def test_signal_that_is_anothers_or_none_dates_nothing(text):
    """One that was missed, one in doubt, one of hours before, and none at all."""
    assert find(text) is None


def test_only_what_people_say_soon_dates_the_detection():
    """A bot has times of its own, and who comes an hour later speaks of another alert."""
    text = "pager went off at 14:47 our time for search-api empty results"

    assert find(text, user="pager") is None
    assert find(text, clock="13:40") is None
    assert find(text, clock="12:50") is None
