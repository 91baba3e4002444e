"""Events as evidence: which are changes, and what is left out."""

from datetime import timedelta

import pytest

from fermata.domain.entity import Entity
from fermata.ports.metrics.markers import MOST_CHANGES, Marker, MarkerNote, build_markers, speaks_of_change
from fermata.testing.clock import FakeClock
from fermata.testing.records import NOON, make_scope

CHECKOUT = Entity(kind="service", name="checkout")
NOTE = MarkerNote("datadog.events", CHECKOUT, "events service:checkout")


@pytest.mark.parametrize(
    ("title", "tags", "is_change"),
    [
        ("Deployed checkout v42", (), True),
        ("checkout rolled back to v41", (), True),
        ("Release 4.2 is out", (), True),
        ("v42", ("event_type:deployment",), True),
        ("Triggered: errors of checkout", ("monitor",), False),
        ("Disk of employees is full", (), False),
        ("Undeployable", (), False),
    ],
)
def test_words_tell_a_deployment(title, tags, is_change):
    """Whole words: what merely holds one is none."""
    assert speaks_of_change(title, tags) is is_change


def test_many_deployments_are_cut_with_a_word():
    """The newest are kept."""
    markers = [
        Marker(str(n), f"deploy {n}", NOON - timedelta(minutes=n), is_change=True, text="\n".join("x" * 20))
        for n in range(MOST_CHANGES + 5)
    ]

    evidence = build_markers(make_scope("service/checkout"), markers, NOTE, FakeClock())

    assert [one.facts["id"] for one in evidence] == [str(n) for n in range(MOST_CHANGES)]
    assert evidence[0].cut == "first 8 of 20 lines of its text; the last 20 of 25 changes"


def test_nothing_is_no_evidence():
    """An empty answer says nothing that could be cited."""
    assert build_markers(make_scope("service/checkout"), [], NOTE, FakeClock()) == []
