"""The steps an incident may take."""

from datetime import timedelta
from itertools import product

import pytest

from fermata.domain.incident import IncidentState
from fermata.kit.errors import InvariantBroken
from fermata.rules.lifecycle import STEPS, can_move, move_incident, settle_alerts

STATES = list(IncidentState)


@pytest.mark.parametrize(("state", "to"), list(product(STATES, STATES)))
def test_step_exists_exactly_when_the_table_has_it(build_incident, noon, state, to):
    """The table is the whole truth, and a state that is left and entered is kept."""
    incident = build_incident(state=state)
    into = "inc-9" if to is IncidentState.MERGED else None

    if state is to:
        assert move_incident(incident, to, noon) is incident
    elif (state, to) in STEPS:
        assert can_move(incident, to)
        assert move_incident(incident, to, noon, into=into).state is to
    else:
        assert not can_move(incident, to)
        with pytest.raises(InvariantBroken, match="No such step exists"):
            move_incident(incident, to, noon, into=into)


@pytest.mark.parametrize(
    "path",
    [
        ["investigating", "held", "executing", "verifying", "mitigated", "resolved", "open"],
        ["investigating", "needs_person", "investigating", "held", "needs_person", "mitigated", "open"],
        ["investigating", "held", "executing", "verifying", "held", "executing", "needs_person", "resolved"],
        ["investigating", "held", "investigating", "resolved"],
        ["investigating", "resolved", "open", "held"],
        ["needs_person", "mitigated", "investigating", "held", "executing", "verifying", "mitigated", "needs_person"],
        ["investigating", "held", "resolved"],
        ["needs_person", "held", "executing", "verifying", "needs_person"],
    ],
)
def test_stories_of_the_flows_can_be_told(build_incident, noon, path):
    """Each path a flow takes through an incident's life is in the table."""
    incident = build_incident()

    for state in path:
        incident = move_incident(incident, IncidentState(state), noon)

    assert incident.state == path[-1]


def test_resolved_incident_says_when_and_a_reopened_one_does_not(build_incident, noon):
    """`resolved_at` is set exactly while an incident is resolved."""
    later = noon + timedelta(minutes=3)

    resolved = move_incident(build_incident(), IncidentState.RESOLVED, later)
    reopened = move_incident(resolved, IncidentState.OPEN, later)

    assert (resolved.resolved_at, resolved.updated_at) == (later, later)
    assert reopened.resolved_at is None


def test_incident_cannot_be_merged_into_nowhere(build_incident, noon):
    """A merged incident names where it went."""
    with pytest.raises(ValueError, match="names where it went"):
        move_incident(build_incident(), IncidentState.MERGED, noon)


@pytest.mark.parametrize("state", STATES)
def test_incident_settles_when_every_alert_resolved(build_alert, build_incident, noon, state):
    """All alerts resolved means resolved, unless something is under way or the incident is over already."""
    alerts = [build_alert("A", status="resolved"), build_alert("B", status="resolved")]
    incident = build_incident(*alerts, state=state)

    settled = settle_alerts(incident, alerts, noon)

    if state in ("executing", "verifying", "resolved", "merged"):
        assert settled is incident
    else:
        assert settled.state is IncidentState.RESOLVED


def test_incident_with_a_firing_alert_does_not_settle(build_alert, build_incident, noon):
    """One firing alert keeps the incident open, and so does one that is not known to be resolved."""
    resolved, firing = build_alert("A", status="resolved"), build_alert("B")
    incident = build_incident(resolved, firing)

    assert settle_alerts(incident, [resolved, firing], noon) is incident
    assert settle_alerts(incident, [resolved], noon) is incident
