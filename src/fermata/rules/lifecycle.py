"""Which steps an incident may take. The table is the whole truth; a step that is not in it is a bug, not a request.

Called by every flow that changes an incident's state. It never decides that a step is due, except for one: an
incident whose alerts are all resolved is resolved.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fermata.domain.alert import Alert, AlertStatus
from fermata.domain.ids import IncidentId
from fermata.domain.incident import Incident, IncidentState
from fermata.kit.errors import InvariantBroken

_S = IncidentState

STEPS: dict[tuple[IncidentState, IncidentState], str] = {
    (_S.OPEN, _S.INVESTIGATING): "the investigation starts",
    (_S.OPEN, _S.HELD): "it fired again while an investigation ran, and that one ended with a plan",
    (_S.OPEN, _S.NEEDS_PERSON): "no investigation may start (halt, budget), so people get the alert as it is",
    (_S.OPEN, _S.RESOLVED): "every alert resolved before anyone looked",
    (_S.OPEN, _S.MERGED): "a person folded it into another",
    (_S.INVESTIGATING, _S.HELD): "a plan waits for a person",
    (_S.INVESTIGATING, _S.NEEDS_PERSON): "no plan could be made",
    (_S.INVESTIGATING, _S.RESOLVED): "every alert resolved during the investigation",
    (_S.INVESTIGATING, _S.MERGED): "a person folded it into another",
    (_S.HELD, _S.EXECUTING): "the plan was approved and passed its guards",
    (_S.HELD, _S.NEEDS_PERSON): "the plan was rejected, refused or expired",
    (_S.HELD, _S.INVESTIGATING): "the plan went stale, or new alerts ask for a new look",
    (_S.HELD, _S.RESOLVED): "every alert resolved while the plan waited",
    (_S.HELD, _S.MERGED): "a person folded it into another",
    (_S.EXECUTING, _S.VERIFYING): "every action was done",
    (_S.EXECUTING, _S.NEEDS_PERSON): "an action failed, or its outcome is unknown",
    (_S.VERIFYING, _S.MITIGATED): "the steady state holds again",
    (_S.VERIFYING, _S.NEEDS_PERSON): "it did not help",
    (_S.VERIFYING, _S.HELD): "it made things worse: the undo waits for a person",
    (_S.MITIGATED, _S.RESOLVED): "the source resolved every alert",
    (_S.MITIGATED, _S.OPEN): "it fired again",
    (_S.MITIGATED, _S.INVESTIGATING): "a person asks for another look",
    (_S.MITIGATED, _S.NEEDS_PERSON): "something that was still to be done for it was refused",
    (_S.MITIGATED, _S.MERGED): "a person folded it into another",
    (_S.NEEDS_PERSON, _S.INVESTIGATING): "a person, or a new alert, asks for a new look",
    (_S.NEEDS_PERSON, _S.HELD): "a new plan waits for a person",
    (_S.NEEDS_PERSON, _S.MITIGATED): "a person says that users stopped hurting",
    (_S.NEEDS_PERSON, _S.RESOLVED): "every alert resolved",
    (_S.NEEDS_PERSON, _S.MERGED): "a person folded it into another",
    (_S.RESOLVED, _S.OPEN): "the same alert fired again soon after",
}
"""(from, to) -> why the step exists. Nothing leaves `merged`."""


def can_move(incident: Incident, to: IncidentState) -> bool:
    """Answer whether the step exists; staying where it is always does."""
    return incident.state is to or (incident.state, to) in STEPS


def change_incident(incident: Incident, **changes: Any) -> Incident:
    """Return the incident with these fields changed, validated as a whole (`model_copy` would not)."""
    return Incident.model_validate({name: getattr(incident, name) for name in Incident.model_fields} | changes)


def move_incident(incident: Incident, to: IncidentState, now: datetime, *, into: IncidentId | None = None) -> Incident:
    """Return the incident in another state; the same incident when it is there already.

    Entering `resolved` sets `resolved_at`; leaving it clears that.

    Args:
        into: Where a merged incident went; given for `merged` and for nothing else.

    Raises:
        InvariantBroken: `STEPS` holds no such step.
    """
    if incident.state is to:
        return incident
    if not can_move(incident, to):
        raise InvariantBroken(
            f"Incident {incident.id} was not moved from {incident.state} to {to}",
            why="No such step exists",
            do="Report this with the incident's journal",
            incident_id=incident.id,
            state=incident.state,
            to=to,
        )
    resolved_at = now if to is _S.RESOLVED else None
    return change_incident(incident, state=to, updated_at=now, resolved_at=resolved_at, merged_into=into)


def settle_alerts(incident: Incident, alerts: Sequence[Alert], now: datetime) -> Incident:
    """Resolve the incident when each of its alerts is resolved; otherwise return it unchanged.

    An execution or a verification under way is never cut short: it ends first, and the caller asks again.

    Args:
        alerts: The incident's alerts in their latest state, in any order. One that is missing counts as firing.
    """
    resolved = {alert.id for alert in alerts if alert.status is AlertStatus.RESOLVED}
    if not incident.is_live or not can_move(incident, _S.RESOLVED) or not set(incident.alert_ids) <= resolved:
        return incident
    return move_incident(incident, _S.RESOLVED, now)
