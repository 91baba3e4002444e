"""Evidence: one observation, its digest, and how long it may be rested on."""

from datetime import timedelta

import pytest
from pydantic import ValidationError
from tests.unit.domain.samples import EVIDENCE, LATER, NOON

from fermata.domain.evidence import Evidence, EvidenceLine


def build(**changes):
    """Build the sample with changes, validated as if it came from outside."""
    return Evidence.from_json(EVIDENCE.to_json() | changes)


def test_evidence_that_says_nothing_is_refused():
    """Without lines and facts there is a gap, not evidence."""
    with pytest.raises(ValidationError, match="report a gap"):
        build(lines=[], facts={})


@pytest.mark.parametrize("changes", [{"lines": []}, {"facts": {}}])
def test_lines_or_facts_are_enough(changes):
    """Either says something."""
    assert build(**changes).digest != EVIDENCE.digest


def test_evidence_stale_before_it_was_observed_is_refused():
    """Such an instant is a bug in a collector or a broken clock."""
    with pytest.raises(ValidationError, match="stale before"):
        build(fresh_until=(NOON - timedelta(seconds=1)).isoformat())


def test_lines_are_numbered_from_one():
    """A citation to line 0 would point nowhere."""
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        EvidenceLine(number=0, text="x")


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"observed_at": (NOON + timedelta(seconds=1)).isoformat()}, True),
        ({"title": "another title"}, True),
        ({"incident_id": "inc-2"}, True),
        ({"collector": "docker.logs"}, False),
        ({"query": "other"}, False),
        ({"entity": {"kind": "process", "name": "other"}}, False),
        ({"lines": [{"number": 3, "text": "starting!"}]}, False),
        ({"facts": {"path": "other.log"}}, False),
    ],
)
def test_digest_covers_what_was_observed(changes, same):
    """What was asked and what came back count; when it was asked and how it is titled do not."""
    assert (build(**changes).digest == EVIDENCE.digest) is same


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"title": "another title"}, True),
        ({"incident_id": "inc-2"}, False),
        ({"observed_at": (NOON + timedelta(seconds=1)).isoformat()}, False),
        ({"query": "other"}, False),
    ],
)
def test_id_is_the_observation_in_its_incident_at_its_instant(changes, same):
    """The same look is stored once, another look is another piece of evidence."""
    assert (build(**changes).id == EVIDENCE.id) is same


def test_evidence_is_stale_from_its_last_instant_on():
    """At `fresh_until` an action may not rest on it any more."""
    assert EVIDENCE.is_fresh(LATER - timedelta(microseconds=1))
    assert not EVIDENCE.is_fresh(LATER)
