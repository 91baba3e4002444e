"""Which message brings an incident up that a room calls a separate one."""

import pytest
from tests.unit.rules.timeline.trail_scene import heard

from fermata.rules.timeline.openings import find_opening
from fermata.rules.timeline.terms import find_terms
from fermata.rules.timeline.topics import sort_topics

TITLE = "payments-db: DatabaseDown"


@pytest.mark.parametrize(
    "text",
    [
        "separate issue: the payments db failover is stuck",
        "btw, another incident - payments db failover is stuck",
        "Different problem, payments-db db failover is stuck",
    ],
)
def test_incident_that_is_called_separate_where_it_is_first_named_is_ours(text):
    """The room spoke of another one before: what is apart from that is this one."""
    items = heard(
        ("12:00", "ana", "checkout errors at 40%, timeouts everywhere"),
        ("12:01", "bob", "rolled back checkout"),
        ("12:03", "pager", "[FIRING] DatabaseDown payments-db"),
        ("12:04", "mei", text),
        ("12:06", "mei", "restarted the standby of the payments db"),
    )

    assert find_opening(items, find_terms(TITLE)) == {"m4"}
    assert sort_topics(items, TITLE, ()).foreign.isdisjoint({"m4", "m5"})


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("payments db is down", "separate issue: the payments db backups failed"),  # Ours was spoken of.
        ("checkout errors at 40%", "separate issue: the payments page failed"),  # One word may be a chance.
        ("checkout errors at 40%", "the payments db failed, separate from the database errors"),  # It denies ours.
        ("checkout errors at 40%", "it is slow"),
    ],
)
def test_what_is_apart_from_ours_brings_nothing_up(before, text):
    """Another matter of the same service, and another service's."""
    items = heard(("12:00", "ana", before), ("12:04", "mei", text))

    assert find_opening(items, find_terms(TITLE)) == frozenset()
