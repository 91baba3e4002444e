from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import ChangeFacts, StateFacts, WorkloadPhase
from fermata.rules.sightings import find_facts

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def state():
    """Give what was observed of a process."""
    return Evidence(
        incident_id="inc-1",
        kind=EvidenceKind.STATE,
        collector="supervisor.state",
        entity=Entity(system="supervisor", kind="process", name="checkout"),
        title="state of checkout",
        query="getProcessInfo",
        observed_at=NOON,
        fresh_until=NOON + timedelta(minutes=5),
        facts=StateFacts(phase=WorkloadPhase.RUNNING, system_state="RUNNING").to_json(),
    )


def test_facts_of_the_kind_asked_for_are_a_record(state):
    """The evidence comes along: what is said of its facts has to cite it."""
    found = find_facts(state, StateFacts)

    assert found.evidence is state
    assert found.facts.phase is WorkloadPhase.RUNNING


def test_facts_of_another_kind_are_none(state):
    """Nobody reads a state as a change."""
    assert find_facts(state, ChangeFacts) is None
