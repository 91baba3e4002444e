"""Incidents: no alert without a reason, and a merge that says where it went."""

import pytest
from pydantic import ValidationError
from tests.unit.domain.samples import SAMPLES

from fermata.domain.incident import Incident, IncidentState

MERGED = next(record for record in SAMPLES if isinstance(record, Incident))


def build(**changes):
    """Build the sample, open and not merged, with changes."""
    return Incident.from_json(MERGED.to_json() | {"state": "open", "merged_into": None} | changes)


def test_incident_without_alerts_is_refused():
    """There would be nothing to handle."""
    with pytest.raises(ValidationError, match="at least one alert"):
        build(alert_ids=[], merges=[])


def test_alert_without_a_reason_is_refused():
    """Why an alert belongs here can always be told."""
    with pytest.raises(ValidationError, match=r"without a reason to belong here: \['al-2'\]"):
        build(alert_ids=[*MERGED.alert_ids, "al-2"])


@pytest.mark.parametrize("changes", [{"state": "merged"}, {"merged_into": "inc-0"}])
def test_merge_without_a_target_is_refused_and_the_reverse(changes):
    """A merged incident names where it went, and only a merged one does."""
    with pytest.raises(ValidationError, match="names where it went"):
        build(**changes)


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("inc-1", True),
        ("CHECKOUT", True),
        ("Critical", True),
        ("nee", True),
        ("process/pay", True),
        ("mitigated", False),
    ],
)
def test_words_are_found_where_people_saw_them(word, found):
    """In the id, title, severity, state and entities, whatever the case; nowhere else."""
    entities = [{"system": "supervisor", "kind": "process", "name": "payments"}]
    incident = build(id="inc-1", title="Checkout: Down", severity="critical", state="needs_person", entities=entities)

    assert incident.mentions(word) is found


@pytest.mark.parametrize("state", [state for state in IncidentState if state is not IncidentState.MERGED])
def test_incident_is_live_until_it_is_resolved_or_merged(state):
    """New alerts join what is still being handled."""
    assert build(state=state).is_live is (state is not IncidentState.RESOLVED)
    assert not MERGED.is_live
