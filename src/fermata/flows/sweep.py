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
from fermata.flows.cards import mark_card
from fermata.flows.context import FlowContext
from fermata.flows.deliver import deliver_due
from fermata.flows.hold import hand_to_person
from fermata.flows.legs import derive_execution_run, enqueue_execution
from fermata.flows.looking import find_rest, has_rests, look_again
from fermata.flows.observe import sweep_heard
from fermata.flows.postmortem.fading import plan_earlier
from fermata.flows.postmortem.purging import purge_deleted
from fermata.flows.renewing import resume_renewal
from fermata.flows.rerouting import reroute_stranded
from fermata.flows.seen_end import keep_end
from fermata.flows.spending import Spending
from fermata.flows.targets import measure_targets, write_states
from fermata.kit.clock import format_instant
from fermata.kit.log import get_log
from fermata.kit.seldom import Seldom, write_kept_back
from fermata.kit.units import format_duration
from fermata.ports.engine import RunState, RunStatus
from fermata.ports.store import Transaction

_log = get_log("sweep")
_PASSING = (
    IncidentState.OPEN,
    IncidentState.INVESTIGATING,
    IncidentState.EXECUTING,
    IncidentState.VERIFYING,
)
"""States that a run is to lead an incident out of; in every other one it waits for a person or for its source."""
_DELIVERY_EVERY_S = 0.5
_HOUSEKEEPING_EVERY_S = 5.0


async def expire_proposals(context: FlowContext) -> int:
    """Close holds whose time is up; return how many. Nothing runs because nobody answered."""
    now = context.clock.now()

    def work(transaction: Transaction) -> int:
        return sum(_expire(transaction, context, proposal, now) for proposal in transaction.proposals.list_expired(now))

    return await context.store.write(work)


def _expire(transaction: Transaction, context: FlowContext, proposal: Proposal, now: datetime) -> bool:
    reason = _describe_waiting(transaction, proposal, now)
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
        words = f"The plan expired: {reason}. Ask for more, or `fermata investigate {incident.id}`, brings a new one."
        hand_to_person(transaction, context, incident.id, words, now)
    return True


def _describe_waiting(transaction: Transaction, proposal: Proposal, now: datetime) -> str:
    """Say that nobody decided; or who said yes, where that was too few; or that a clock was set back."""
    if now < proposal.expires_at:
        return f"it was proposed at {format_instant(proposal.opened_at)}, and the clock was set back since"
    waited = format_duration(proposal.expires_at - proposal.opened_at)
    said = dict.fromkeys(str(approval.person_id) for approval in transaction.proposals.list_approvals(proposal.id))
    return f"only {' and '.join(said)} approved within {waited}" if said else f"nobody decided within {waited}"


async def restart_approved(context: FlowContext) -> int:
    """Enqueue approved plans whose leg 2 is not known to the engine; the same id again changes nothing."""
    now = context.clock.now()

    def work(transaction: Transaction) -> int:
        approved = transaction.proposals.list_in_state(ProposalState.APPROVED)
        overdue = [item for item in approved if item.decided_at and _is_overdue(item.decided_at, context, now)]
        for proposal in overdue:
            enqueue_execution(transaction, context, proposal.incident_id, proposal.id, now)
        return len(overdue)

    waiting = await context.store.read(lambda transaction: transaction.proposals.list_in_state(ProposalState.APPROVED))
    return await context.store.write(work) if waiting else 0


async def look_at_rested(context: FlowContext) -> int:
    """Investigate what fired again right after a look, once its rest is over; return how many."""
    now = context.clock.now()
    if not await context.store.read(has_rests):
        return 0

    def work(transaction: Transaction) -> int:
        looked = look_again(transaction, context, now)
        for incident_id in looked:
            mark_card(transaction, context, incident_id)  # It said until when the incident rests.
        return sum(looked.values())

    return await context.store.write(work)


async def rescue_stalled(context: FlowContext) -> int:
    """Hand incidents to a person whose run has ended without moving them, or that no run is looking at."""
    now = context.clock.now()
    stalled = await context.store.read(lambda transaction: _list_stalled(transaction, context, now))
    rescued = 0
    for incident, run_id in stalled:
        status = await asyncio.to_thread(context.engine.find_status, run_id) if run_id else None
        if status is not None and status.state in (RunState.ENQUEUED, RunState.RUNNING):
            continue
        reason = _explain_stall(incident, run_id, status)
        done = await contain(
            f"rescue {incident.id}",
            lambda incident=incident, reason=reason: context.store.write(  # type: ignore[misc]  # defaults bind the loop variables
                partial(_rescue, context=context, stalled=incident, reason=reason, now=now)
            ),
        )
        if not done.value:
            continue  # It moved on; or it cannot be helped, which is in the log and must not keep the others waiting.
        _log.error("run.failed", incident_id=incident.id, run_id=run_id, reason=reason)
        rescued += 1
    return rescued


def _list_stalled(
    transaction: Transaction, context: FlowContext, now: datetime
) -> Sequence[tuple[Incident, RunId | None]]:
    """Return incidents that stand still in a state that is to pass by itself, each with the run that should move it."""
    stalled: dict[IncidentId, tuple[Incident, RunId | None]] = {}
    for incident in transaction.incidents.list_in_states(_PASSING):
        run = transaction.flags.find(f"run/{incident.id}")
        if _is_overdue(incident.updated_at, context, now) and find_rest(transaction, incident) is None:
            stalled[incident.id] = incident, RunId(run["run_id"]) if run else None
    for proposal in transaction.proposals.list_in_state(ProposalState.APPROVED):
        incident = transaction.incidents.get(proposal.incident_id)
        # An execution that failed before it began leaves its incident held, and the plan approved for ever.
        if incident.state is IncidentState.HELD and _is_overdue(proposal.decided_at or now, context, now):
            stalled[incident.id] = incident, derive_execution_run(proposal.id)
    return tuple(stalled.values())


def _is_overdue(since: datetime, context: FlowContext, now: datetime) -> bool:
    """Answer whether something stood still for too long. A moment in the future is of a clock that was set back."""
    return abs(now - since) > context.limits.overdue_after


def _explain_stall(incident: Incident, run_id: RunId | None, status: RunStatus | None) -> str:
    if incident.state is IncidentState.OPEN and (run_id is None or (status and status.state is RunState.SUCCEEDED)):
        return (
            "No investigation looks at it: the limit of investigations per hour was reached, or the last one ended "
            f"without a look. Run `fermata investigate {incident.id}`, or look at it by hand."
        )
    cause = status.error or status.state.value if status else "the engine does not know it"
    return f"Fermata's own run {run_id} did not finish ({cause}). The alert stands; look at it by hand."


def _rescue(transaction: Transaction, *, context: FlowContext, stalled: Incident, reason: str, now: datetime) -> bool:
    """Hand an incident over; answer whether it still stood where it was seen: its run may have ended well since."""
    incident_id = stalled.id
    if transaction.incidents.get(incident_id).updated_at != stalled.updated_at:
        return False
    for intent in _settle_as_unknown(transaction, incident_id, reason, now):
        reason += (
            f" {intent.action_name} on {intent.target.ref} was begun and its outcome is unknown: look at it, then run "
            f"`fermata settle {intent.action_id} done|failed`."
        )
    hand_to_person(transaction, context, incident_id, reason, now)
    return True


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
    measure_targets(context)
    context.meters.halted.set(0 if context.halt.find() is None else 1)


class Sweeper:
    """Runs the sweeps in the background until it is stopped."""

    def __init__(self, context: FlowContext, reap: Callable[[], object] | None = None) -> None:
        self._context = context
        self._reap = reap
        self._tasks: list[asyncio.Task[None]] = []
        self._told = Seldom()

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
        context, reap = self._context, self._reap
        chores: dict[str, Callable[[], Awaitable[object]]] = {
            "seen": lambda: keep_end(context),
            "expire": lambda: expire_proposals(context),
            "restart": lambda: restart_approved(context),
            "rested": lambda: look_at_rested(context),
            "rescue": lambda: rescue_stalled(context),
            "spending": lambda: Spending(
                context.store, context.clock, context.budgets, context.meters
            ).settle_overdue(),
            "models": lambda: write_states(context),
            "reroute": lambda: reroute_stranded(context),
            "deleted": lambda: purge_deleted(context),
            "heard": lambda: sweep_heard(context),
            "fading": lambda: plan_earlier(context),
            "renewal": lambda: resume_renewal(context),
            "measure": lambda: measure(context),
        }
        if reap is not None:
            chores["reap"] = lambda: asyncio.to_thread(reap)
        # Each by itself: one row that cannot be read must not keep the others from being looked after.
        for name, chore in chores.items():
            done = await contain(f"sweep {name}", chore)
            if done.failed:
                self._tell(name, done.failure)

    def _tell(self, name: str, reason: str) -> None:
        kept_back = self._told.count(reason)
        if kept_back is None:
            return
        _log.warning("sweep.failed", sweep=name, reason=reason, **write_kept_back(kept_back))

    async def _repeat(self, name: str, every_s: float, work: Callable[[], Awaitable[object]]) -> None:
        while True:
            done = await contain(f"sweep {name}", work)
            if done.failed:
                self._tell(name, done.failure)
            await asyncio.sleep(every_s)
