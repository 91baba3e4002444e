"""Incidents as collections of alerts: opened, joined, merged and split.

Called by intake with what `rules.grouping` decided, and by people who group by hand. Each alert of an incident keeps
the reason why it is there; severity, start and entities always follow from the alerts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from fermata.domain.alert import Alert, AlertStatus
from fermata.domain.entity import Entity
from fermata.domain.ids import AlertId, IncidentId
from fermata.domain.incident import Incident, IncidentState, MergeReason
from fermata.domain.person import Actor
from fermata.domain.record import Record
from fermata.kit.errors import InvariantBroken, UserError
from fermata.rules.lifecycle import can_move, change_incident, move_incident
from fermata.rules.scope import find_entities, unite_entities

MOST_ENTITIES = 100
"""Things one incident is about: what is collected grows with them, and beyond these nobody reads on. A guess."""


def open_incident(
    alert: Alert,
    incident_id: IncidentId,
    reason: MergeReason,
    entities: Sequence[Entity],
    now: datetime,
    truncated: int = 0,
) -> Incident:
    """Build the incident of a first alert.

    Args:
        entities: What it is about (`rules.scope.find_entities`), in any order.
        truncated: Alerts its source cut from the webhook.
    """
    return Incident(
        id=incident_id,
        title=_name_incident(alert, entities),
        state=IncidentState.OPEN,
        severity=alert.severity,
        opened_at=now,
        started_at=alert.began_at,
        updated_at=now,
        alert_ids=(alert.id,),
        merges=(reason,),
        entities=unite_entities(entities),
        truncated_alerts=truncated,
    )


# What a person calls an incident after: what users know before what only the scheduler knows.
_TITLE_KINDS = ("service", "deployment", "statefulset", "daemonset", "process", "database")


def _name_incident(alert: Alert, entities: Sequence[Entity]) -> str:
    by_kind = {entity.kind: entity.name for entity in reversed(entities)}
    name = next((by_kind[kind] for kind in _TITLE_KINDS if kind in by_kind), entities[0].name if entities else "")
    # `Homepage is down` of an uptime monitor says it by itself; `homepage-db is slow` names another.
    is_told = re.match(rf"(?i){re.escape(name)}(?![\w-]|\.\w)", alert.name) is not None
    return f"{name}: {alert.name}" if name and not is_told else alert.name


def join_incident(
    incident: Incident,
    alert: Alert,
    reason: MergeReason,
    entities: Sequence[Entity],
    now: datetime,
    truncated: int = 0,
) -> Incident:
    """Add an alert to an incident; one that is in it already changes nothing but the truncated count.

    A firing alert opens a resolved incident again, and a mitigated one when the alert fired again or started after
    the incident last changed: users may hurt again, so somebody has to look. A resolved one is called after it, and as
    severe as it: nothing else of it fires any more.

    Raises:
        InvariantBroken: The incident was merged into another: that one takes its alerts.
    """
    if incident.state is IncidentState.MERGED:
        raise InvariantBroken(
            f"Alert {alert.id} did not join {incident.id}",
            why=f"That incident was merged into {incident.merged_into}",
            do="Report this with the incident's journal",
        )
    truncated_alerts = incident.truncated_alerts + truncated
    if alert.id in incident.alert_ids:
        return change_incident(incident, truncated_alerts=truncated_alerts)
    if reason.alert_id != alert.id:
        raise InvariantBroken(
            f"Alert {alert.id} did not join {incident.id}",
            why=f"The reason is that of {reason.alert_id}",
            do="Report it",
        )
    # Not validated as a whole: that is linear in the incident, and a storm joins it ten thousand times. What is valid
    # stays so with one more alert that brings its reason.
    joined = incident.model_copy(
        update={
            "severity": min(incident.severity, alert.severity, key=lambda severity: severity.rank),
            "started_at": min(incident.started_at, alert.began_at),
            "updated_at": now,
            "alert_ids": (*incident.alert_ids, alert.id),
            "merges": (*incident.merges, reason),
            "entities": _add_entities(incident.entities, entities),
            "truncated_alerts": truncated_alerts,
        }
    )
    if not _reopens(incident, alert, reason):
        return joined
    if incident.state is IncidentState.RESOLVED:
        own = {"title": _name_incident(alert, entities), "severity": alert.severity}
        joined = joined.model_copy(update=own)
    return move_incident(joined, IncidentState.OPEN, now)


def _add_entities(known: tuple[Entity, ...], found: Sequence[Entity]) -> tuple[Entity, ...]:
    if len(known) >= MOST_ENTITIES or all(entity in known for entity in found):
        return known
    return unite_entities(known, found)[:MOST_ENTITIES]


def _reopens(incident: Incident, alert: Alert, reason: MergeReason) -> bool:
    if alert.status is AlertStatus.RESOLVED:
        return False
    if incident.state is IncidentState.RESOLVED:
        return True
    is_new = reason.rule == "fingerprint" or alert.starts_at >= incident.updated_at
    return incident.state is IncidentState.MITIGATED and is_new


class Merged(Record):
    """Two incidents after one was folded into the other."""

    target: Incident
    source: Incident


def merge_incidents(target: Incident, source: Incident, by: Actor, now: datetime) -> Merged:
    """Fold `source` into `target` by a person's word: the target takes its alerts, entities and truncated count.

    Raises:
        UserError: Both are the same, one of them is over or merged already, or something is executed for the source
            right now, which would lose its incident.
    """
    why = ""
    if target.id == source.id:
        why = "An incident cannot be merged into itself"
    elif over := next((incident for incident in (target, source) if not incident.is_live), None):
        why = f"{over.id} is {over.state}"
    elif not can_move(source, IncidentState.MERGED):
        why = f"{source.id} is {source.state}, and that has to come to its end first"
    if why:
        raise UserError(f"{source.id} was not merged into {target.id}", why=why, do="List incidents that can be merged")
    new = tuple(alert_id for alert_id in source.alert_ids if alert_id not in set(target.alert_ids))
    text = f"merged from {source.id} by {by.id}"
    grown = change_incident(
        target,
        severity=min(target.severity, source.severity, key=lambda severity: severity.rank),
        started_at=min(target.started_at, source.started_at),
        updated_at=now,
        alert_ids=(*target.alert_ids, *new),
        merges=(*target.merges, *_explain_by_hand(new, text, now)),
        entities=unite_entities(target.entities, source.entities),
        truncated_alerts=target.truncated_alerts + source.truncated_alerts,
    )
    return Merged(target=grown, source=move_incident(source, IncidentState.MERGED, now, into=target.id))


def _explain_by_hand(alert_ids: Iterable[AlertId], text: str, now: datetime) -> tuple[MergeReason, ...]:
    return tuple(MergeReason(alert_id=alert_id, rule="by_hand", text=text, at=now) for alert_id in alert_ids)


class Split(Record):
    """One incident after some of its alerts were taken out."""

    remaining: Incident
    separated: Incident
    """The new one: open, so that it is looked at by itself."""


def split_incident(
    incident: Incident,
    alerts: Sequence[Alert],
    alert_ids: Sequence[AlertId],
    new_id: IncidentId,
    by: Actor,
    now: datetime,
) -> Split:
    """Take alerts out of an incident into a new one by a person's word.

    Severity, start and entities of both are computed again from their alerts; an entity that a system has claimed
    stays with the side whose alerts name it. Truncated alerts stay where they were: nobody knows which they are.

    Args:
        alerts: All alerts of the incident in their latest state, in any order.
        alert_ids: Those to take out.

    Raises:
        UserError: The incident is over, `alert_ids` is empty or holds all of its alerts or one it has not, or one of
            its alerts is missing in `alerts`.
    """
    known, wanted = {alert.id: alert for alert in alerts}, set(alert_ids)
    if why := _find_split_fault(incident, set(known), wanted):
        raise UserError(f"{incident.id} was not split", why=why, do=f"List its alerts: fermata show {incident.id}")
    stay = tuple(alert_id for alert_id in incident.alert_ids if alert_id not in wanted)
    leave = tuple(alert_id for alert_id in incident.alert_ids if alert_id in wanted)
    remaining = change_incident(
        incident,
        updated_at=now,
        alert_ids=stay,
        merges=tuple(merge for merge in incident.merges if merge.alert_id in set(stay)),
        **_summarise(incident, [known[alert_id] for alert_id in stay]),
    )
    first = known[leave[0]]
    separated = Incident(
        id=new_id,
        title=_name_incident(first, find_entities(first)),
        state=IncidentState.OPEN,
        opened_at=now,
        updated_at=now,
        alert_ids=leave,
        merges=_explain_by_hand(leave, f"split from {incident.id} by {by.id}", now),
        split_from=incident.id,
        **_summarise(incident, [known[alert_id] for alert_id in leave]),
    )
    return Split(remaining=remaining, separated=separated)


def _find_split_fault(incident: Incident, known: set[AlertId], wanted: set[AlertId]) -> str:
    mine = set(incident.alert_ids)
    if not incident.is_live:
        return f"It is {incident.state}"
    if not wanted:
        return "No alert was named"
    if wanted - mine:
        return f"These alerts are not part of it: {', '.join(sorted(wanted - mine))}"
    if wanted == mine:
        return "That would leave nothing behind"
    if mine - known:
        return f"These of its alerts are not in the store: {', '.join(sorted(mine - known))}"
    return ""


def _summarise(incident: Incident, alerts: Sequence[Alert]) -> dict[str, Any]:
    """Return what an incident of these alerts says of severity, start and entities."""
    found = unite_entities(*(find_entities(alert) for alert in alerts))
    names = {entity.name for entity in found}
    claimed = [entity for entity in incident.entities if entity.system and entity.name in names]
    return {
        "severity": min((alert.severity for alert in alerts), key=lambda severity: severity.rank),
        "started_at": min(alert.began_at for alert in alerts),
        "entities": unite_entities(claimed, found),
    }
