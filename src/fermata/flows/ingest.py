"""Intake: one webhook is one transaction, then an answer. Nothing slow happens before the commit.

Delivery is at least once. A message that was seen before changes nothing but its count, so that a source may send
again whenever it is unsure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fermata.domain.alert import Alert, AlertBatch, AlertChange, AlertStatus, Signed
from fermata.domain.ids import IncidentId
from fermata.domain.incident import Incident, IncidentState
from fermata.domain.journal import JournalEvent
from fermata.domain.person import FERMATA, Actor
from fermata.domain.record import Record
from fermata.flows.candidates import CandidateMemory, extend, keep_group_keys, read_candidate
from fermata.flows.cards import mark_card
from fermata.flows.context import FlowContext
from fermata.flows.hiding import hide_alert, hide_text
from fermata.flows.hold import withdraw_hold
from fermata.flows.known_graph import list_known_calls
from fermata.flows.looking import consider_investigation, journal_held_back
from fermata.flows.lost_ends import find_outlived
from fermata.flows.quiet import name_snooze
from fermata.flows.repeats import leave_out_repeats
from fermata.flows.verdicts import overturn_if_flapping
from fermata.kit.clock import format_instant, is_within
from fermata.kit.errors import NotFoundError
from fermata.kit.ids import new_id
from fermata.kit.log import get_log
from fermata.kit.redaction import redact, redact_cut
from fermata.ports.store import Transaction
from fermata.rules.grouping import Candidate, CandidateIndex, Topology, choose_incident, join_incident, open_incident
from fermata.rules.lifecycle import change_incident, move_incident, settle_alerts
from fermata.rules.scope import find_entities
from fermata.rules.triage import Layer, triage_alert

_log = get_log("ingest")
_RECALLED_FOR = timedelta(minutes=1)
"""How long what is known of calls is not read again."""
_MOST_HELD_BACK = 5
"""Told to the sender; the journal has all of them."""
_REFUSALS_PER_MINUTE = 30
"""Refused bodies journalled per source and minute: an unauthenticated flood must not fill the journal."""


class IntakeReceipt(Record):
    """What became of one webhook body."""

    alerts: int
    """Alerts in the body."""
    new: int
    """Those that were not seen before in this state."""
    incidents: tuple[IncidentId, ...]
    """The incidents they belong to."""
    truncated: int
    """Alerts that the source cut from the body."""
    refused: int = 0
    """Alerts of the body that could not be read; each is in the journal."""
    held_back: tuple[str, ...] = ()
    """What of a signed body came before and is left out, then why incidents are not investigated now, in words; at most
    five. Cards of those go out all the same."""


@dataclass(slots=True)
class _Sitting:
    """The working state of one webhook: candidates are loaded once and kept up to date in memory."""

    now: datetime
    batch: AlertBatch
    candidates: CandidateIndex
    owners: dict[IncidentId, Incident] = field(default_factory=dict)
    """Incidents that are no candidates and have an alert of this webhook."""
    changed: set[IncidentId] = field(default_factory=set)
    joined: set[IncidentId] = field(default_factory=set)
    """Incidents that got a firing alert they did not have: they may need an investigation."""
    resolved: set[IncidentId] = field(default_factory=set)
    """Incidents of which an alert resolved: they may be over."""
    new: int = 0
    held_back: list[str] = field(default_factory=list)
    """Why incidents are not investigated, in words."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """What a transaction comes to, once it has committed."""

    receipt: IntakeReceipt
    changed: tuple[Candidate, ...]


class Intake:
    """Takes webhook bodies in."""

    def __init__(self, context: FlowContext) -> None:
        self._context = context
        self._refusals: dict[tuple[str, str, int], int] = {}
        self._memory = CandidateMemory()
        self._calls: tuple[datetime | None, Topology] = (None, context.topology)

    async def receive(self, source: str, body: bytes, signed: Signed | None = None) -> IntakeReceipt:
        """Store every alert of a body, group them, and enqueue what is to be investigated; all in one commit.

        Args:
            signed: By what it is known again; `None` where no signature proved it.

        Raises:
            NotFoundError: No such source is configured.
            UserError: The body is not what the source sends.
            OperationalError: The store cannot take it; the sender should try again.
        """
        plug = self._context.sources.get(source)
        if plug is None:
            known = ", ".join(sorted(self._context.sources)) or "none is configured"
            raise NotFoundError(
                f"There is no alert source {source!r}", why=f"configured: {known}", do="Check the webhook's path"
            )
        batch = _hide_secrets(plug.parse(body, self._context.clock.now()))
        taken = await self._context.store.write(lambda transaction: self._take_in(transaction, batch, signed))
        self._memory.keep(taken.changed)
        return taken.receipt

    async def refuse(self, source: str, reason: str, detail: str) -> None:
        """Journal a body that was not accepted; at most 30 per source, reason and minute, the rest is only counted."""
        context = self._context
        # A stranger may invent a name for each body: all of those together are one.
        named = source if source in context.sources else "unknown"
        context.meters.refused_bodies.labels(named, reason).inc()
        now = context.clock.now()
        bucket = (named, reason, int(now.timestamp() // 60))
        if bucket not in self._refusals:
            self._refusals = {key: count for key, count in self._refusals.items() if key[2] == bucket[2]}
        self._refusals[bucket] = self._refusals.get(bucket, 0) + 1
        if self._refusals[bucket] > _REFUSALS_PER_MINUTE:
            return
        _log.warning("body.refused", source=named, reason=reason)
        event = JournalEvent(
            kind="body.refused",
            actor=Actor(kind="source", id=named),
            data={"reason": reason, "detail": redact_cut(detail, 300).text},
        )
        await context.store.write(lambda transaction: transaction.journal.append(event, now))

    def _take_in(self, transaction: Transaction, whole: AlertBatch, signed: Signed | None) -> _Taken:
        now = self._context.clock.now()
        whole = _recall_firings(transaction, whole) if whole.one_at_a_time else whole
        fresh = leave_out_repeats(transaction, whole, signed, now)
        batch = fresh.batch
        candidates = self._memory.load(transaction, now, self._context.grouping.window)
        sitting = _Sitting(now=now, batch=batch, candidates=candidates)
        belongs: dict[IncidentId, None] = {}
        # Oldest first: an alert in the middle may link two that lie further apart than the window.
        for alert in sorted(batch.alerts, key=lambda alert: alert.starts_at):
            told: Alert | None = alert
            while told is not None:
                incident_id = self._take_alert(transaction, sitting, told)
                if incident_id is not None:
                    belongs[incident_id] = None
                told = find_outlived(transaction, batch, told)
        # The worst first: where only some of them can be investigated, it is those.
        for incident_id in sorted(sitting.changed, key=lambda one: (_rank(sitting, one), one)):
            self._finish_incident(transaction, sitting, incident_id)
        if batch.truncated:
            transaction.journal.append(
                JournalEvent(
                    kind="alerts.truncated",
                    actor=Actor(kind="source", id=batch.source),
                    incident_id=next(iter(belongs), None),
                    data={"count": batch.truncated, "group": batch.group_key[:200]},
                ),
                now,
            )
        for words in batch.refused[:_REFUSALS_PER_MINUTE]:
            event = JournalEvent(
                kind="alert.refused", actor=Actor(kind="source", id=batch.source), data={"text": redact(words).text}
            )
            transaction.journal.append(event, now)
        receipt = IntakeReceipt(
            alerts=len(whole.alerts),
            new=sitting.new,
            incidents=tuple(belongs),
            truncated=batch.truncated,
            refused=len(batch.refused),
            held_back=(*([fresh.held_back] if fresh.held_back else []), *sitting.held_back)[:_MOST_HELD_BACK],
        )
        # Read here: once this is committed, the next webhook may be at work on the same index.
        return _Taken(receipt, tuple(candidates[incident_id] for incident_id in sitting.changed))

    def _take_alert(self, transaction: Transaction, sitting: _Sitting, alert: Alert) -> IncidentId | None:
        context = self._context
        change = transaction.alerts.record(alert)
        context.meters.alerts.labels(alert.source, change.value).inc()
        known = self._find_known(transaction, sitting, alert)
        # A repeated alert without an incident was silenced: once its silence is over, it is new to everybody.
        judged = AlertChange.NEW if change is AlertChange.REPEATED and known is None else change
        triage = triage_alert(alert, judged, context.silences, sitting.now)
        if change is AlertChange.RESOLVED:
            self._journal_alert(transaction, sitting, "alert.resolved", alert, known.id if known else None)
        if known is not None and triage.layer is Layer.DUPLICATE and self._is_raised(sitting, known, alert):
            # Who is told depends on it. What is milder again, or over, lowers nothing.
            self._refresh_known(transaction, sitting, known, alert)
            self._worsen(transaction, sitting, known.id, alert)
            return known.id
        if triage.layer is not Layer.NONE:
            # A flood of repeats would drown the journal: only what a person may ask `why` about is kept, once.
            if change is AlertChange.NEW:
                self._journal_alert(transaction, sitting, "alert.received", alert, None)
            if change is AlertChange.NEW and triage.layer is Layer.SILENCED:
                journal_held_back(transaction, sitting.now, alert, triage.layer, triage.text, None)
            return known.id if known else None
        if known is not None:
            self._refresh_known(transaction, sitting, known, alert)
            if alert.status is AlertStatus.RESOLVED:
                sitting.resolved.add(known.id)
            if change is AlertChange.REFIRED:
                self._reopen(transaction, sitting, known.id, alert)
            return known.id
        if alert.status is AlertStatus.RESOLVED:
            return None  # It was silenced while it fired.
        return self._group(transaction, sitting, alert)

    def _reopen(self, transaction: Transaction, sitting: _Sitting, incident_id: IncidentId, alert: Alert) -> None:
        """Open the alert's own incident again: its source had only lost sight of it."""
        candidate = sitting.candidates[incident_id]
        incident = candidate.incident
        overturn_if_flapping(transaction, self._context, incident, alert, sitting.now)
        _end_quiet(transaction, incident)
        if incident.state in (IncidentState.RESOLVED, IncidentState.MITIGATED):
            reopened = move_incident(incident, IncidentState.OPEN, sitting.now)
            sitting.candidates.put(candidate.model_copy(update={"incident": reopened}))
        sitting.joined.add(incident_id)
        self._journal_alert(transaction, sitting, "alert.received", alert, incident_id)

    def _is_raised(self, sitting: _Sitting, known: Incident, alert: Alert) -> bool:
        """Answer whether a firing that is known raises its incident. Who silenced it wanted quiet, however bad."""
        if alert.status is not AlertStatus.FIRING or alert.severity.rank >= known.severity.rank:
            return False
        return triage_alert(alert, AlertChange.NEW, self._context.silences, sitting.now).opens_or_joins

    def _worsen(self, transaction: Transaction, sitting: _Sitting, incident_id: IncidentId, alert: Alert) -> None:
        candidate = sitting.candidates[incident_id]
        worse = change_incident(candidate.incident, severity=alert.severity, updated_at=sitting.now)
        sitting.candidates.put(candidate.model_copy(update={"incident": worse}))
        self._journal_alert(transaction, sitting, "alert.worsened", alert, incident_id)

    def _find_known(self, transaction: Transaction, sitting: _Sitting, alert: Alert) -> Incident | None:
        """Return the incident that has this alert. Each is read once a webhook: a large one costs much to read."""
        owner = transaction.incidents.find_owner(alert.id)
        if owner is None:
            return None
        candidate = sitting.candidates.find(owner)
        if candidate is not None:
            return candidate.incident
        if owner not in sitting.owners:
            sitting.owners[owner] = transaction.incidents.get(owner)
        return sitting.owners[owner]

    def _refresh_known(self, transaction: Transaction, sitting: _Sitting, incident: Incident, alert: Alert) -> None:
        if sitting.candidates.find(incident.id) is None:
            # Too old to be joined, so it was not loaded; with all of its alerts, or those not in this webhook are lost.
            sitting.candidates.put(read_candidate(transaction, incident))
        # What this webhook has made of the incident so far counts, not what the row said before it.
        self._extend(transaction, sitting, sitting.candidates[incident.id].incident, alert)

    def _extend(self, transaction: Transaction, sitting: _Sitting, incident: Incident, alert: Alert) -> None:
        known = sitting.candidates.find(incident.id)
        grown = extend(known, incident, alert, sitting.batch.group_key)
        if known is None or grown.group_keys != known.group_keys:
            keep_group_keys(transaction, grown)
        sitting.candidates.put(grown)
        sitting.changed.add(incident.id)

    def _group(self, transaction: Transaction, sitting: _Sitting, alert: Alert) -> IncidentId:
        context = self._context
        decision = choose_incident(
            alert,
            sitting.batch.group_key,
            sitting.candidates,
            self._recall_topology(transaction, sitting.now),
            context.grouping,
            sitting.now,
        )
        entities = find_entities(alert)
        # Once a webhook: the source says how many it cut, not from which incident.
        truncated = 0 if sitting.changed else sitting.batch.truncated
        if decision.incident_id is None:
            incident_id = IncidentId(new_id("inc", sitting.now))
            incident = open_incident(alert, incident_id, decision.reason, entities, sitting.now, truncated)
            kind = "incident.opened"
        else:
            before = sitting.candidates[decision.incident_id].incident
            incident = join_incident(before, alert, decision.reason, entities, sitting.now, truncated)
            overturn_if_flapping(transaction, context, before, alert, sitting.now)
            _end_quiet(transaction, before)
            kind = "alert.grouped"
        self._extend(transaction, sitting, incident, alert)
        sitting.joined.add(incident.id)
        self._journal_alert(transaction, sitting, "alert.received", alert, incident.id)
        data = {"alert_id": alert.id, "rule": decision.reason.rule, "reason": decision.reason.text}
        if decision.shadow_of is not None:
            data["would_join"] = decision.shadow_of
        transaction.journal.append(
            JournalEvent(kind=kind, actor=FERMATA, incident_id=incident.id, data=data), sitting.now
        )
        return incident.id

    def _recall_topology(self, transaction: Transaction, now: datetime) -> Topology:
        """Return who calls whom, of the settings and of the kept graph; that is read once a minute, storm or not."""
        read_at, topology = self._calls
        if read_at is None or not is_within(_RECALLED_FOR, read_at, now):
            edges = dict.fromkeys((*self._context.topology.edges, *list_known_calls(transaction, now)))
            topology = Topology(edges=tuple(edges))
            self._calls = now, topology
        return topology

    def _finish_incident(self, transaction: Transaction, sitting: _Sitting, incident_id: IncidentId) -> None:
        context = self._context
        incident = sitting.candidates[incident_id].incident
        settled = incident
        if incident_id in sitting.resolved:
            settled = settle_alerts(incident, transaction.alerts.list_by_ids(incident.alert_ids), sitting.now)
        if settled.state is IncidentState.RESOLVED and incident.state is not IncidentState.RESOLVED:
            withdraw_hold(transaction, incident, "every alert of the incident resolved", sitting.now)
            transaction.journal.append(
                JournalEvent(kind="incident.resolved", actor=FERMATA, incident_id=incident_id, data={"by": "alerts"}),
                sitting.now,
            )
        transaction.incidents.save(settled)
        sitting.candidates.put(sitting.candidates[incident_id].model_copy(update={"incident": settled}))
        if incident_id in sitting.joined and settled.is_live:
            self._consider_investigation(transaction, sitting, settled)
        mark_card(transaction, context, incident_id)

    def _consider_investigation(self, transaction: Transaction, sitting: _Sitting, incident: Incident) -> None:
        """Start an investigation, or journal which layer held it back. The card goes out either way."""
        triage = consider_investigation(transaction, self._context, incident, sitting.now)
        if triage is None or triage.layer is Layer.NONE:
            return
        for alert in transaction.alerts.list_by_ids(incident.alert_ids[-1:]):
            journal_held_back(transaction, sitting.now, alert, triage.layer, triage.text, incident.id)
        sitting.held_back.append(triage.text)

    def _journal_alert(
        self, transaction: Transaction, sitting: _Sitting, kind: str, alert: Alert, incident_id: IncidentId | None
    ) -> None:
        sitting.new += 1
        data = {
            "alert_id": alert.id,
            "name": alert.name,
            "fingerprint": alert.fingerprint,
            "starts_at": format_instant(alert.starts_at),
            "payload": alert.payload_digest,
            "severity": alert.severity.value,
        }
        event = JournalEvent(kind=kind, actor=Actor(kind="source", id=alert.source), incident_id=incident_id, data=data)
        transaction.journal.append(event, sitting.now)


def _end_quiet(transaction: Transaction, before: Incident) -> None:
    """Forget a snooze of what had ended: whoever wanted quiet wanted it for that, and what begins again is news."""
    if not before.is_live:
        transaction.flags.remove(name_snooze(before.id))


def _rank(sitting: _Sitting, incident_id: IncidentId) -> int:
    return sitting.candidates[incident_id].incident.severity.rank


def _recall_firings(transaction: Transaction, batch: AlertBatch) -> AlertBatch:
    """Give each alert the start of the firing that it goes on with or ends, where its source does not tell which."""
    recalled = (_recall_firing(transaction, alert) for alert in batch.alerts)
    return batch.model_copy(update={"alerts": tuple(recalled)})


def _recall_firing(transaction: Transaction, alert: Alert) -> Alert:
    known = transaction.alerts.find_going_on(alert.source, alert.fingerprint)
    # An end that is told again is the same one; what fires after it is another firing.
    if known is None or (known.status, alert.status) == (AlertStatus.RESOLVED, AlertStatus.FIRING):
        return alert
    return alert.model_copy(update={"starts_at": known.starts_at})


def _hide_secrets(batch: AlertBatch) -> AlertBatch:
    hidden = tuple(hide_alert(alert, hide_text) for alert in batch.alerts)
    refused = tuple(hide_text("", words) for words in batch.refused)
    # It repeats labels, and is only ever compared.
    group_key = hide_text("", batch.group_key)
    return batch.model_copy(update={"alerts": hidden, "refused": refused, "group_key": group_key})
