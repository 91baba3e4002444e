"""Who reads what happened is told once that a person must act."""

import pytest
from tests.unit.web.house import make_view
from tests.unit.web.test_runs import make_journal

from fermata.rules.handovers import drop_repeated
from fermata.rules.moments import list_moments


def hand(reason, seconds):
    """Give a hand-over, some seconds before now."""
    return ("incident.handed_over", {"reason": reason}, seconds)


@pytest.mark.parametrize(
    ("second", "seconds", "kept"),
    [
        ("The rollback failed: no route.", 99, 1),
        ("The  rollback failed: no route", 99, 1),  # Other blanks and no full stop.
        ("no route", 99, 1),  # A part of what was said.
        ("The rollback failed: no route. Nothing else is known.", 99, 2),  # It says more.
        ("The rollback failed: no route.", 30, 2),  # More than a minute later.
        ("", 99, 2),  # It says nothing, which is something else.
    ],
)
def test_hand_over_in_the_same_words_right_after_is_told_once(second, seconds, kept):
    """An execution's end and the look that follows it."""
    journal = make_journal(hand("The rollback failed: no route.", 100), hand(second, seconds))

    assert len(list(drop_repeated(journal))) == kept


def test_other_entries_stay_in_their_order():
    """Also between the two, and twice the same."""
    opened = ("incident.opened", {"reason": "first alert"}, 101)
    journal = make_journal(opened, hand("no route", 100), opened, hand("no route", 100))

    assert [entry.event.kind for entry in drop_repeated(journal)] == [
        "incident.opened",
        "incident.handed_over",
        "incident.opened",
    ]


def test_account_of_an_incident_tells_it_once():
    """On the page and in `fermata incidents show`."""
    journal = make_journal(hand("no route", 100), hand("no route", 100))
    view = make_view(alerts=(), evidence=(), plan=None, proposal=None, diagnosis=None, journal=journal)

    assert [moment.detail for moment in list_moments(view, {})] == ["no route"]
