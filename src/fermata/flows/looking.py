"""Whether an incident is investigated now; and, where it rests after a look, that it is looked at when that ends.

Called by intake when an alert joins an incident, and by the sweep when a rest is over. What fires again right after a
look (a flap), or joins while one is running that does not know of it, starts no look at once, and is not forgotten
either: the flag `rests/<incident>` says until when it waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from fermata.domain.alert import Alert, AlertStatus
from fermata.domain.ids import IncidentId, RunId
from fermata.domain.incident import Incident, IncidentState
from fermata.domain.journal import JournalEvent
from fermata.domain.person import FERMATA
from fermata.flows.context import FlowContext
from fermata.flows.legs import enqueue_investigation
from fermata.kit.clock import format_instant
from fermata.kit.ids import derive_id
from fermata.ports.store import Transaction
from fermata.rules.triage import Layer, Triage, triage_investigation

_RESTS = "rests/"
_HOURS = "investigations/"
_RESTING = (IncidentState.OPEN, IncidentState.NEEDS_PERSON)
"""States in which nothing is under way for an incident, and no plan is held."""


def consider_investigation(
    transaction: Transaction, context: FlowContext, incident: Incident, now: datetime, *, why: str = "alerts"
) -> Triage | None:
    """Start an investigation of an incident, unless a layer holds it back.

    Args:
        why: What the journal says it is for.

    Returns:
        What was decided; `None` where nothing had to be: one is running or about to, or a plan is held already.
    """
    last = transaction.flags.find(f"investigated/{incident.id}")
    if incident.state is IncidentState.INVESTIGATING:
        began_at = datetime.fromisoformat(last["at"]) if last else now
        _rest(transaction, incident.id, began_at + context.limits.investigation_cooldown)
    if incident.state not in _RESTING:
        return None  # The alert joined and is on the card.
    if last and incident.state is IncidentState.OPEN and not last.get("begun"):
        return None  # One is enqueued and has not begun: it will see this alert.
    hour = transaction.flags.find(_hour_flag(now)) or {"count": 0}
    last_at = datetime.fromisoformat(last["at"]) if last else None
    cooldown = context.limits.investigation_cooldown
    triage = triage_investigation(
        incident, last_at, int(hour["count"]), cooldown, context.limits.investigations_per_hour, now
    )
    transaction.flags.remove(f"{_RESTS}{incident.id}")
    if triage.layer is not Layer.NONE:
        if triage.layer is Layer.COOLDOWN and last_at is not None:
            _rest(transaction, incident.id, last_at + cooldown)
        return triage
    if not hour["count"]:
        for name, _ in transaction.flags.list_named(_HOURS, below=_hour_flag(now)):
            transaction.flags.remove(name)  # Of hours that are over nobody asks.
    transaction.flags.put(_hour_flag(now), {"count": int(hour["count"]) + 1})
    transaction.flags.put(f"investigated/{incident.id}", {"at": now.isoformat(), "begun": False})
    # Derived from what is known now, so that the same webhook stored again would be the same run.
    run_id = RunId(derive_id("run", incident.id, str(len(incident.alert_ids)), format_instant(now)))
    enqueue_investigation(transaction, context, incident.id, run_id, now, why=why)
    return triage


def _rest(transaction: Transaction, incident_id: IncidentId, until: datetime) -> None:
    transaction.flags.put(f"{_RESTS}{incident_id}", {"until": until.isoformat()})


def find_rest(transaction: Transaction, incident: Incident) -> datetime | None:
    """Return until when an incident that nothing is under way for waits for its next look; `None`: for none."""
    rest = transaction.flags.find(f"{_RESTS}{incident.id}") if incident.state in _RESTING else None
    return datetime.fromisoformat(rest["until"]) if rest else None


def end_rest(transaction: Transaction, incident_id: IncidentId) -> None:
    """Forget that an incident waits for its next look: one reads its alerts now, whoever wanted it, with what came."""
    transaction.flags.remove(f"{_RESTS}{incident_id}")


def has_rests(transaction: Transaction) -> bool:
    """Answer whether any incident waits for its next look."""
    return bool(transaction.flags.list_named(_RESTS, limit=1))


def journal_held_back(
    transaction: Transaction, now: datetime, alert: Alert, layer: Layer, text: str, incident_id: IncidentId | None
) -> None:
    """Journal which layer held back what an alert would have started."""
    data = {"alert_id": alert.id, "layer": layer.value, "text": text}
    transaction.journal.append(
        JournalEvent(kind="alert.held_back", actor=FERMATA, incident_id=incident_id, data=data), now
    )


def look_again(transaction: Transaction, context: FlowContext, now: datetime) -> Mapping[IncidentId, bool]:
    """Look at every incident whose rest is over and that still fires; return them, each with whether a look begins.

    What holds one back is journalled: its card had said that it would be looked at. A rest that ends later than one can
    last is of a clock that was set back: it is over.
    """
    looked: dict[IncidentId, bool] = {}
    for name, rest in transaction.flags.list_named(_RESTS):
        left = datetime.fromisoformat(rest["until"]) - now
        if timedelta() < left <= context.limits.investigation_cooldown:
            continue
        incident = transaction.incidents.get(IncidentId(name.removeprefix(_RESTS)))
        if incident.state is IncidentState.INVESTIGATING:
            continue  # What came while it is looked at waits for the end of that look, however long it takes.
        transaction.flags.remove(name)
        alerts = transaction.alerts.list_by_ids(incident.alert_ids)
        if any(alert.status is AlertStatus.FIRING for alert in alerts):
            triage = consider_investigation(transaction, context, incident, now, why="its rest is over")
            if triage is None:
                continue
            looked[incident.id] = triage.layer is Layer.NONE
            if triage.layer is not Layer.NONE:
                journal_held_back(transaction, now, alerts[-1], triage.layer, triage.text, incident.id)
    return looked


def _hour_flag(now: datetime) -> str:
    return f"{_HOURS}{now:%Y-%m-%dT%H}"
