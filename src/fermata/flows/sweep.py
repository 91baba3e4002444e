"""Sweeps over rows: expiry, approvals that did not start, runs that stand still, cards that wait.

Every sweep is safe to run at any time, by any worker, twice at once: each change is a compare-and-set or a derived id.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial

from fermata.domain.action import Outcome
from fermata.domain.execution import Intent
from fermata.domain.ids import IncidentId, RunId
from fermata.domain.incident import Incident, IncidentState
from fermata.domain.journal import JournalEvent
from fermata.domain.person import FERMATA
from fermata.domain.proposal import Proposal, ProposalState
from fermata.flows.boundary import contain
from fermata.flows.context import FlowContext
from fermata.flows.deliver import deliver_due
from fermata.flows.hold import hand_to_person
from fermata.flows.legs import enqueue_execution
from fermata.kit.log import get_log
from fermata.kit.units import format_duration
from fermata.ports.engine import RunState
from fermata.ports.store import Transaction

_log = get_log("sweep")
_RUNNING = (IncidentState.INVESTIGATING, IncidentState.EXECUTING, IncidentState.VERIFYING)
_DELIVERY_EVERY_S = 0.5
_HOUSEKEEPING_EVERY_S = 5.0


async def expire_proposals(context: FlowContext) -> int:
    """Close holds whose time is up; return how many. Nothing runs because nobody answered."""
    now = context.clock.now()

    def work(transaction: Transaction) -> int:
        return sum(_expire(transaction, context, proposal, now) for proposal in transaction.proposals.list_expired(now))

    return await context.store.write(work)


def _expire(transaction: Transaction, context: FlowContext, proposal: Proposal, now: datetime) -> bool:
    waited = format_duration(proposal.expires_at - proposal.opened_at)
    reason = f"nobody decided within {waited}"
    moved = transaction.proposals.compare_and_set(
        proposal.id, ProposalState.OPEN, ProposalState.EXPIRED, at=now, by=FERMATA.id, reason=reason
    )
    if not moved:
        return False
    data = {"proposal_id": proposal.id, "reason": reason}
    transaction.journal.append(
        JournalEvent(kind="proposal.expired", actor=FERMATA, incident_id=proposal.incident_id, data=data), now
    )
    incident = transaction.incidents.get(proposal.incident_id)
    if incident.state is IncidentState.HELD:
        words = f"The plan expired: {reason}. Run `fermata investigate {incident.id}` for a fresh one."
        hand_to_person(transaction, context, incident.id, words, now)
    return True


async def restart_approved(context: FlowContext) -> int:
    """Enqueue approved plans whose leg 2 is not known to the engine; the same id again changes nothing."""
    now = context.clock.now()

    def work(transaction: Transaction) -> int:
        approved = transaction.proposals.list_in_state(ProposalState.APPROVED)
        overdue = [
            item for item in approved if item.decided_at and now - item.decided_at > context.limits.overdue_after
        ]
        for proposal in overdue:
            enqueue_execution(transaction, context, proposal.incident_id, proposal.id, now)
        return len(overdue)

    waiting = await context.store.read(lambda transaction: transaction.proposals.list_in_state(ProposalState.APPROVED))
    return await context.store.write(work) if waiting else 0


async def rescue_stalled(context: FlowContext) -> int:
    """Hand incidents to a person whose run has ended without moving them: the engine gave up, or the run failed."""
    now = context.clock.now()

    def read(transaction: Transaction) -> list[tuple[Incident, RunId]]:
        stalled = []
        for incident in transaction.incidents.list_in_states(_RUNNING):
            run = transaction.flags.find(f"run/{incident.id}")
            if run and now - incident.updated_at > context.limits.overdue_after:
                stalled.append((incident, RunId(run["run_id"])))
        return stalled

    rescued = 0
    for incident, run_id in await context.store.read(read):
        status = await asyncio.to_thread(context.engine.find_status, run_id)
        if status is not None and status.state in (RunState.ENQUEUED, RunState.RUNNING):
            continue
        cause = status.error or status.state.value if status else "the engine does not know it"
        reason = f"Fermata's own run {run_id} did not finish ({cause}). The alert stands; look at it by hand."
        await context.store.write(partial(_rescue, context=context, incident_id=incident.id, reason=reason, now=now))
        _log.error("run.failed", incident_id=incident.id, run_id=run_id, cause=cause)
        rescued += 1
    return rescued


def _rescue(
    transaction: Transaction, *, context: FlowContext, incident_id: IncidentId, reason: str, now: datetime
) -> None:
    for intent in _settle_as_unknown(transaction, incident_id, reason, now):
        reason += (
            f" {intent.action_name} on {intent.target.ref} was begun and its outcome is unknown: look at it, then run "
            f"`fermata settle {intent.action_id} done|failed`."
        )
    hand_to_person(transaction, context, incident_id, reason, now)


def _settle_as_unknown(
    transaction: Transaction, incident_id: IncidentId, reason: str, now: datetime
) -> Sequence[Intent]:
    """Close the books of a run that died in leg 2: its hold ends, and intents without a result are unknown."""
    proposal = transaction.proposals.find_for_incident(incident_id)
    if proposal is None or proposal.state is not ProposalState.APPROVED:
        return ()
    transaction.proposals.compare_and_set(
        proposal.id,
        ProposalState.APPROVED,
        ProposalState.REFUSED,
        at=proposal.decided_at or now,
        by=proposal.decided_by,
        reason=reason,
    )
    begun = [intent for intent in transaction.ledger.list_unsettled() if intent.plan_id == proposal.plan_id]
    for intent in begun:
        transaction.ledger.settle(intent.action_id, Outcome.UNKNOWN, reason, now)
        data = {"action_id": intent.action_id, "action": intent.action_name, "target": intent.target.ref}
        data |= {"outcome": Outcome.UNKNOWN.value, "detail": reason}
        event = JournalEvent(kind="action.outcome_unknown", actor=FERMATA, incident_id=incident_id, data=data)
        transaction.journal.append(event, now)
    return begun


async def measure(context: FlowContext) -> None:
    """Bring the gauges up to date."""

    def read(transaction: Transaction) -> tuple[int, int]:
        return transaction.outbox.count_undelivered(), transaction.proposals.count_in_state(ProposalState.OPEN)

    undelivered, held = await context.store.read(read)
    context.meters.undelivered.set(undelivered)
    context.meters.open_proposals.set(held)
    context.meters.halted.set(0 if context.halt.find() is None else 1)


class Sweeper:
    """Runs the sweeps in the background until it is stopped."""

    def __init__(self, context: FlowContext, reap: Callable[[], object] | None = None) -> None:
        self._context = context
        self._reap = reap
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start on the running event loop."""
        context = self._context
        self._tasks = [
            asyncio.create_task(self._repeat("deliver", _DELIVERY_EVERY_S, lambda: deliver_due(context))),
            asyncio.create_task(self._repeat("housekeeping", _HOUSEKEEPING_EVERY_S, self._keep_house)),
        ]

    async def stop(self) -> None:
        """Stop, after the sweep that runs."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _keep_house(self) -> None:
        context = self._context
        await expire_proposals(context)
        await restart_approved(context)
        await rescue_stalled(context)
        await measure(context)
        if self._reap is not None:
            await asyncio.to_thread(self._reap)

    async def _repeat(self, name: str, every_s: float, work: Callable[[], Awaitable[object]]) -> None:
        while True:
            done = await contain(f"sweep {name}", work)
            if done.failed:
                _log.warning("sweep.failed", sweep=name, reason=done.failure)
            await asyncio.sleep(every_s)
