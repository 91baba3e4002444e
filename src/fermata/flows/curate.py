"""What people do to incidents by hand: merge, split, look again, resolve, settle an unknown outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fermata.domain.action import ActionResult, Outcome
from fermata.domain.alert import AlertStatus
from fermata.domain.execution import Intent, StepResult
from fermata.domain.ids import ActionId, AlertId, IncidentId, RunId
from fermata.domain.incident import Incident, IncidentState
from fermata.domain.journal import JournalEvent
from fermata.domain.person import Actor
from fermata.domain.plan import Plan
from fermata.domain.proposal import ProposalState
from fermata.flows.cards import refresh_card
from fermata.flows.context import FlowContext
from fermata.flows.hold import withdraw_hold
from fermata.flows.legs import enqueue_investigation
from fermata.flows.standing import Wall, write_behind
from fermata.flows.verify import Look, look
from fermata.kit.errors import InvariantBroken, NotFoundError, UserError
from fermata.kit.ids import new_id
from fermata.kit.listing import write_some
from fermata.kit.redaction import redact
from fermata.ports.store import Transaction
from fermata.rules.grouping import merge_incidents, split_incident
from fermata.rules.lifecycle import can_move, move_incident, settle_alerts

_NAMED = 5
"""Alerts that are named where an incident ends; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """An incident that a person ended, and what that leaves behind."""

    incident: Incident
    is_withdrawn: bool
    """Whether a plan of it waited."""
    is_stopped: bool
    """Whether a plan of it was approved and had not begun."""
    firing: Sequence[str]
    """Names of its alerts that go on: their repeats open nothing."""


def tell_resolved(resolved: Resolved) -> str:
    """Say that it is over, and what nobody hears of any more."""
    words = [f"{resolved.incident.id} is resolved."]
    if resolved.is_withdrawn:
        words.append("The plan that waited is withdrawn.")
    if resolved.is_stopped:
        words.append("The plan that was approved does not begin.")
    if resolved.firing:
        one = len(resolved.firing) == 1
        words.append(
            f"Still firing: {write_some(resolved.firing, _NAMED)}. Nobody is told of {'it' if one else 'them'} any "
            f"more before {'it ends and fires' if one else 'one of them ends and fires'} anew."
        )
    return " ".join(words)


class Curation:
    """Changes that only a person makes."""

    def __init__(self, context: FlowContext) -> None:
        self._context = context

    async def merge(
        self, target_id: IncidentId, source_id: IncidentId, by: Actor, wall: Wall | None = None
    ) -> Incident:
        """Fold one incident into another, its findings carried over; a plan held for the source is withdrawn.

        Raises:
            GuardRefused: The wall keeps it from whoever asked.
            UserError: One of them is not live, or they are the same.
        """
        now = self._context.clock.now()

        def work(transaction: Transaction) -> Incident:
            source = transaction.incidents.get(source_id)
            merged = merge_incidents(transaction.incidents.get(target_id), source, by, now)
            withdraw_hold(transaction, source, f"its incident was merged into {target_id}", now)
            carried = transaction.findings.carry_over(source_id, target_id)
            # The source first: each alert belongs to one incident, and the target takes them.
            transaction.incidents.save(merged.source)
            transaction.incidents.save(merged.target)
            data = {"source": source_id, "alerts": len(source.alert_ids), "findings": carried}
            self._journal(transaction, "incident.merged", by, target_id, data)
            self._journal(transaction, "incident.merged_away", by, source_id, {"target": target_id})
            refresh_card(transaction, self._context, source_id, now)
            refresh_card(transaction, self._context, target_id, now)
            return merged.target

        return await write_behind(self._context, wall, work)

    async def split(
        self, incident_id: IncidentId, alert_ids: Sequence[AlertId], by: Actor, wall: Wall | None = None
    ) -> Incident:
        """Take alerts out into an incident of their own, findings carried over; return the new incident.

        Raises:
            GuardRefused: The wall keeps it from whoever asked.
            UserError: No alert, all alerts, or one that is not of this incident was named.
        """
        now = self._context.clock.now()

        def work(transaction: Transaction) -> Incident:
            incident = transaction.incidents.get(incident_id)
            alerts = transaction.alerts.list_by_ids(incident.alert_ids)
            split = split_incident(incident, alerts, alert_ids, IncidentId(new_id("inc", now)), by, now)
            withdraw_hold(transaction, incident, "the incident was split; the plan was made for both halves", now)
            transaction.incidents.save(split.remaining)
            transaction.incidents.save(split.separated)
            carried = transaction.findings.carry_over(incident_id, split.separated.id)
            data = {"into": split.separated.id, "alert_ids": list(alert_ids), "findings": carried}
            self._journal(transaction, "incident.split", by, incident_id, data)
            self._journal(
                transaction, "incident.opened", by, split.separated.id, {"reason": f"split from {incident_id}"}
            )
            for changed in (incident_id, split.separated.id):
                refresh_card(transaction, self._context, changed, now)
            return split.separated

        return await write_behind(self._context, wall, work)

    async def investigate_again(self, incident_id: IncidentId, by: Actor, wall: Wall | None = None) -> RunId:
        """Start another investigation on a person's word; return its run id.

        Raises:
            GuardRefused: The wall keeps it from whoever asked.
            UserError: The incident has ended.
        """
        now = self._context.clock.now()
        run_id = RunId(new_id("run", now))

        def work(transaction: Transaction) -> RunId:
            incident = transaction.incidents.get(incident_id)
            if not incident.is_live:
                raise UserError(
                    f"{incident_id} is {incident.state.value}", why="there is nothing to investigate any more"
                )
            enqueue_investigation(transaction, self._context, incident_id, run_id, now, why=f"asked by {by.id}")
            return run_id

        return await write_behind(self._context, wall, work)

    async def resolve(self, incident_id: IncidentId, by: Actor, reason: str, wall: Wall | None = None) -> Resolved:
        """End an incident on a person's word; an open plan is withdrawn. An alert that fires anew opens it again.

        One that fires on does not: it is named in the answer and in the journal.

        Raises:
            GuardRefused: The wall keeps it from whoever asked.
            UserError: It has ended already, or something is being executed for it.
        """
        now = self._context.clock.now()

        def work(transaction: Transaction) -> Resolved:
            incident = transaction.incidents.get(incident_id)
            if not incident.is_live or not can_move(incident, IncidentState.RESOLVED):
                raise UserError(
                    f"{incident_id} is not resolved by hand",
                    why=f"it is {incident.state.value}",
                    do=f"See `fermata show {incident_id}`",
                )
            words = redact(reason).text or "no reason given"
            alerts = transaction.alerts.list_by_ids(incident.alert_ids)
            firing = list(dict.fromkeys(alert.name for alert in alerts if alert.status is AlertStatus.FIRING))
            is_withdrawn = withdraw_hold(transaction, incident, f"{by.id} resolved the incident: {words}", now)
            resolved = move_incident(incident, IncidentState.RESOLVED, now)
            transaction.incidents.save(resolved)
            data = {"by": by.id, "reason": words, "firing": firing}
            self._journal(transaction, "incident.resolved", by, incident_id, data)
            refresh_card(transaction, self._context, incident_id, now)
            latest = transaction.proposals.find_for_incident(incident_id)
            is_stopped = latest is not None and latest.state is ProposalState.APPROVED
            return Resolved(resolved, is_withdrawn, is_stopped, firing)

        return await write_behind(self._context, wall, work)

    async def settle(self, action_id: ActionId, outcome: Outcome, by: Actor, reason: str) -> None:
        """Write what a person found out about an action whose outcome was unknown.

        Raises:
            NotFoundError: No such action was ever intended.
            UserError: Its outcome is known, or `outcome` is `unknown`.
        """
        now = self._context.clock.now()
        if outcome is Outcome.UNKNOWN:
            raise UserError("An unknown outcome is settled as done or failed", do="Look at the target first")
        seen = await self._look(action_id)

        def work(transaction: Transaction) -> None:
            intent = transaction.ledger.find(action_id)
            if intent is None:
                raise NotFoundError(f"No action {action_id} was ever intended", do="Its id is on the incident's card")
            if intent.outcome not in (None, Outcome.UNKNOWN):
                raise UserError(f"{action_id} is settled already", why=f"it is {intent.outcome}")
            detail = redact(f"{by.id} looked: {reason or 'no words given'}").text
            transaction.ledger.settle(action_id, outcome, detail, now)
            entries = transaction.journal.find_by_data("action_id", action_id)
            incident_id = next((entry.event.incident_id for entry in entries if entry.event.incident_id), None)
            data = {"action_id": action_id, "outcome": outcome.value, "detail": detail}
            self._journal(transaction, "action.settled", by, incident_id, data)
            if incident_id is not None:
                result = ActionResult(outcome=outcome, detail=detail, at=now)
                self._show_settled(transaction, incident_id, intent, result, seen)
                self._end_if_over(transaction, incident_id, by, seen, now)
                refresh_card(transaction, self._context, incident_id, now)

        await self._context.store.write(work)

    async def _look(self, action_id: ActionId) -> Look | None:
        """Look at what the action's plan watches; `None` where no plan of it is known."""

        def read(transaction: Transaction) -> Plan | None:
            intent = transaction.ledger.find(action_id)
            try:
                return transaction.proposals.get_plan(intent.plan_id) if intent is not None else None
            except (NotFoundError, InvariantBroken):
                return None

        plan = await self._context.store.read(read)
        return await look(self._context, plan) if plan is not None else None

    def _end_if_over(
        self, transaction: Transaction, incident_id: IncidentId, by: Actor, seen: Look | None, now: datetime
    ) -> None:
        """Resolve an incident that waited for nothing but this word: all is well, and no alert of it fires."""
        incident = transaction.incidents.get(incident_id)
        executions = transaction.ledger.list_executions(incident_id)
        is_open = any(execution.outcome is Outcome.UNKNOWN for execution in executions)
        waits = incident.state is IncidentState.NEEDS_PERSON
        if seen is None or not seen.is_steady or is_open or not waits:
            return
        settled = settle_alerts(incident, transaction.alerts.list_by_ids(incident.alert_ids), now)
        if settled.state is IncidentState.RESOLVED:
            withdraw_hold(transaction, incident, "every alert of the incident resolved", now)
            transaction.incidents.save(settled)
            reason = "the outcome is settled, and the steady state holds"
            self._journal(transaction, "incident.resolved", by, incident_id, {"by": by.id, "reason": reason})

    def _show_settled(
        self,
        transaction: Transaction,
        incident_id: IncidentId,
        intent: Intent,
        result: ActionResult,
        seen: Look | None,
    ) -> None:
        """Let the execution and the card say what a person found: until then both call for one to look."""
        step = StepResult(
            action_id=intent.action_id, action_name=intent.action_name, target=intent.target, result=result
        )
        for execution in transaction.ledger.list_executions(incident_id):
            if execution.plan_id == intent.plan_id:
                others = (other for other in execution.steps if other.action_id != intent.action_id)
                transaction.ledger.save_execution(execution.model_copy(update={"steps": (*others, step)}))
        words = f"{intent.action_name} on {intent.target.ref} is settled as {result.outcome.value}: {result.detail}."
        readings = [f"{reading.entity.ref}: {reading.text}" for reading in (seen.readings if seen else ())]
        firing = [f"still firing: {', '.join(seen.firing)}"] if seen and seen.firing else []
        if told := "; ".join([*readings, *firing]):
            words += f" Looked at since: {told}."
        transaction.flags.put(f"no-action/{incident_id}", {"reason": words})

    def _journal(
        self, transaction: Transaction, kind: str, by: Actor, incident_id: IncidentId | None, data: Mapping[str, object]
    ) -> None:
        event = JournalEvent(kind=kind, actor=by, incident_id=incident_id, data=data)
        transaction.journal.append(event, self._context.clock.now())
