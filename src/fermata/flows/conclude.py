"""The end of leg 2: what the execution achieved, and what comes next. "Worse" proposes the undo, held again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fermata.domain.action import Outcome
from fermata.domain.diagnosis import ActionSuggestion, Hypothesis
from fermata.domain.execution import (
    HealthReading,
    StepResult,
    Verification,
    VerificationVerdict,
    compute_outcome,
)
from fermata.domain.ids import ExecutionId, PlanId, ProposalId, RunId
from fermata.domain.incident import Incident, IncidentState
from fermata.domain.journal import JournalEvent
from fermata.domain.person import FERMATA
from fermata.domain.plan import Plan
from fermata.domain.proposal import ProposalState
from fermata.domain.record import Instant
from fermata.flows.cards import refresh_card
from fermata.flows.context import FlowContext
from fermata.flows.done import note_done
from fermata.flows.hold import hand_to_person, hold_plan
from fermata.flows.legs import enqueue_investigation
from fermata.flows.plan import build_plan
from fermata.kit.errors import FermataError
from fermata.kit.ids import derive_id
from fermata.ports.store import Transaction
from fermata.rules.lifecycle import move_incident, settle_alerts
from fermata.rules.verdict import judge_recovery, tell_not_done

_PROPOSE_ANEW = ("drift", "stale_evidence")
"""Refusals after which the world is simply looked at again: the plan was right for a world that has moved."""
_ABOUT_NOT_DONE = (
    "See whether that is still needed: do it by hand, or run `fermata investigate {incident}` for a new plan."
)


@dataclass(frozen=True, slots=True)
class _Found:
    """What verification came upon besides its verdict."""

    is_joined: bool
    """Whether another alert came meanwhile."""
    is_reversed: bool
    """Whether somebody took back what was done."""


async def conclude(
    context: FlowContext,
    proposal_id: ProposalId,
    execution_id: ExecutionId,
    *,
    steps: tuple[StepResult, ...],
    before: tuple[HealthReading, ...],
    after: dict[str, Any],
) -> dict[str, Any]:
    """Judge, record, and move the incident on; once, however often it is run."""
    now = context.clock.now()

    def read(transaction: Transaction) -> tuple[Plan, Incident]:
        proposal = transaction.proposals.get(proposal_id)
        return transaction.proposals.get_plan(proposal.plan_id), transaction.incidents.get(proposal.incident_id)

    plan, incident = await context.store.read(read)
    outcome = compute_outcome(steps)
    if after["skipped"]:
        verification = None
    else:
        readings = tuple(HealthReading.from_json(reading) for reading in after["readings"])
        verification = judge(execution_id, before, readings, after["firing"], after["took_s"], now)
        if late := after.get("late"):
            words = f"{verification.text}; fires since it was begun, and is looked at by itself: {', '.join(late)}"
            verification = verification.model_copy(update={"text": words})
        verification = _add_not_done(verification, plan, steps)
        if reversals := after.get("reversals"):
            # First: it is why nothing came of the plan, and what is long is cut.
            words = f"{' '.join(reversals)} Measured: {verification.text}"
            verification = verification.model_copy(update={"text": words})
    undo = await _plan_undo(context, plan, steps, incident, verification, now)

    def write(transaction: Transaction) -> dict[str, Any]:
        verdict = verification.verdict.value if verification else ""
        ended = {"outcome": "executed", "result": outcome.value, "verification": verdict}
        execution = transaction.ledger.find_execution(execution_id)
        if execution is not None and execution.ended_at is not None:
            return ended  # Interrupted after its commit: the incident has moved on since, and must not be moved again.
        _close_books(transaction, proposal_id, execution_id, verification, plan, now)
        if outcome is Outcome.UNKNOWN:
            unknown = next(step for step in steps if step.result.outcome is Outcome.UNKNOWN)
            reason = (
                f"Unknown outcome of {unknown.action_name} on {unknown.target.ref}: {unknown.result.detail} "
                f"Look at it by hand, then run `fermata settle {unknown.action_id} done|failed`. It is not done again."
            )
            hand_to_person(transaction, context, incident.id, reason, now, resolves=False)
        elif verification is None:
            failed = next((step for step in steps if step.result.outcome is not Outcome.DONE), None)
            detail = failed.result.detail if failed else "nothing was executed"
            hand_to_person(transaction, context, incident.id, f"The plan was not carried out: {detail}", now)
        elif outcome is Outcome.FAILED and verification.verdict is VerificationVerdict.UNCHANGED:
            words = f"The plan was carried out in part. {verification.text}"
            hand_to_person(transaction, context, incident.id, words, now)
        else:
            found = _Found(is_joined=bool(after.get("late")), is_reversed=bool(after.get("reversals")))
            _move_on(transaction, context, incident, execution_id, verification, undo, now, found=found)
        return ended

    return await context.store.write(write)


def judge(
    execution_id: ExecutionId,
    before: tuple[HealthReading, ...],
    after: tuple[HealthReading, ...],
    firing: Sequence[str],
    took_s: float,
    now: Instant,
) -> Verification:
    """Turn the looks into a verification."""
    verdict = judge_recovery(before, after, tuple(firing))
    return Verification(
        execution_id=execution_id,
        verdict=verdict.verdict,
        before=before,
        after=after,
        text=verdict.text,
        verified_at=now,
        took=timedelta(seconds=took_s),
    )


def _add_not_done(verification: Verification, plan: Plan, steps: Sequence[StepResult]) -> Verification:
    """Say beside a verdict which steps were not done, and what a person does about it: "restored" hides that else."""
    not_done = tell_not_done(plan.actions, steps)
    if not not_done:
        return verification
    if verification.verdict is VerificationVerdict.WORSE:
        # Taking back is what comes next, whatever was left out.
        words = f"{verification.text.rstrip('.')}. {not_done}"
    else:
        # First: readings of many things are long, and what is long is cut in chats and post-mortems.
        advice = _ABOUT_NOT_DONE.format(incident=plan.incident_id)
        words = f"{not_done} {advice} Measured: {verification.text}"
    return verification.model_copy(update={"text": words})


def _close_books(
    transaction: Transaction,
    proposal_id: ProposalId,
    execution_id: ExecutionId,
    verification: Verification | None,
    plan: Plan,
    now: Instant,
) -> None:
    execution = transaction.ledger.find_execution(execution_id)
    if execution is not None and execution.ended_at is None:
        transaction.ledger.save_execution(execution.model_copy(update={"ended_at": now}))
    # Who decided, and when, stays as it was: what changes is only that it was carried out.
    decided = transaction.proposals.get(proposal_id)
    transaction.proposals.compare_and_set(
        proposal_id,
        ProposalState.APPROVED,
        ProposalState.EXECUTED,
        at=decided.decided_at or now,
        by=decided.decided_by,
        reason=decided.reason,
    )
    data: dict[str, Any] = {"execution_id": execution_id, "proposal_id": proposal_id}
    if verification is not None:
        transaction.ledger.save_verification(verification)
        data |= {"verdict": verification.verdict.value, "text": verification.text}
    kind = "execution.verified" if verification is not None else "execution.ended"
    transaction.journal.append(JournalEvent(kind=kind, actor=FERMATA, incident_id=plan.incident_id, data=data), now)


def _move_on(  # noqa: PLR0913, PLR0917 - one transaction's parts; a record of them would live for this one call
    transaction: Transaction,
    context: FlowContext,
    incident: Incident,
    execution_id: ExecutionId,
    verification: Verification,
    undo: Plan | str | None,
    now: Instant,
    *,
    found: _Found,
) -> None:
    context.meters.verifications.labels(verification.verdict.value).inc()
    if verification.verdict is VerificationVerdict.RESTORED:
        current = transaction.incidents.get(incident.id)
        moved = move_incident(current, IncidentState.MITIGATED, now)
        settled = settle_alerts(moved, transaction.alerts.list_by_ids(moved.alert_ids), now)
        is_looked_at = found.is_joined and settled.state is IncidentState.MITIGATED
        if is_looked_at:
            # Users may hurt from something else: that is a new look, not a failure of what was done.
            settled = move_incident(settled, IncidentState.OPEN, now)
        transaction.incidents.save(settled)
        if is_looked_at:
            run_id = RunId(derive_id("run", execution_id, "late"))
            enqueue_investigation(transaction, context, incident.id, run_id, now, why="an alert came meanwhile")
        if settled.state is IncidentState.RESOLVED:
            event = JournalEvent(
                kind="incident.resolved", actor=FERMATA, incident_id=incident.id, data={"by": "verification"}
            )
            transaction.journal.append(event, now)
        refresh_card(transaction, context, incident.id, now)
    elif isinstance(undo, Plan):
        hold_plan(transaction, context, undo, now)
    elif verification.verdict is VerificationVerdict.WORSE:
        reason = f"{verification.text} The undo could not be proposed: {undo or 'the actions have none'}"
        hand_to_person(transaction, context, incident.id, reason, now, resolves=False)
    elif found.is_reversed:
        # The same plan would be proposed again, and be taken back again.
        reason = f"The plan was carried out and did not stay. {verification.text}"
        hand_to_person(transaction, context, incident.id, reason, now, resolves=False)
    else:
        # The world after the attempt is new evidence. The loop breaker keeps this from going round.
        run_id = RunId(derive_id("run", execution_id, "again"))
        reason = f"The plan was carried out and did not help. {verification.text}"
        if verification.after and all(reading.healthy for reading in verification.after):
            reason = _tell_done(transaction, execution_id, verification)
            note_done(transaction, incident.id, run_id, reason)
        hand_to_person(transaction, context, incident.id, reason, now, resolves=False)
        enqueue_investigation(transaction, context, incident.id, run_id, now, why="the plan did not help")


def _tell_done(transaction: Transaction, execution_id: ExecutionId, verification: Verification) -> str:
    """Say what was done and what it did, where all is well but an alert: many fire on for minutes after their cause."""
    execution = transaction.ledger.find_execution(execution_id)
    details = [step.result.detail.rstrip(".") for step in execution.steps] if execution is not None else []
    sides = (("Before", verification.before), ("now", verification.after))
    readings = [f"{side}, {reading.entity.ref}: {reading.text}" for side, found in sides for reading in found]
    told = ". ".join(filter(None, ["; ".join(details), "; ".join(readings)]))
    firing = verification.text[:1].upper() + verification.text[1:]
    return (
        f"It was done: {told}. {firing}. An alert may fire on for minutes after its cause is gone: see whether it "
        f"stops before anything else is changed."
    )


async def _plan_undo(
    context: FlowContext,
    plan: Plan,
    steps: Sequence[StepResult],
    incident: Incident,
    verification: Verification | None,
    now: Instant,
) -> Plan | str | None:
    """Build the plan that takes back what was done when things got worse; a string says why there is none."""
    if verification is None or verification.verdict is not VerificationVerdict.WORSE:
        return None
    # Of a plan that stopped half-way, only the steps that happened can be taken back.
    happened = {step.action_id for step in steps if step.result.outcome is Outcome.DONE}
    done = [action for action in plan.actions if action.id in happened]
    undos: list[ActionSuggestion] = [action.dry_run.undo for action in reversed(done) if action.dry_run.undo]
    if not undos:
        return "; ".join(action.dry_run.undo_text for action in done)
    hypothesis = Hypothesis(
        cause=plan.cause,
        text=f"The plan made it worse: {verification.text}",
        confidence=1.0,
        entity=plan.steady_state.entity,
        citations=plan.citations,
        suggestions=tuple(undos),
    )

    def read(transaction: Transaction) -> tuple[Any, ...]:
        cited = set(plan.evidence_ids)
        return tuple(item for item in transaction.findings.list_evidence(incident.id) if item.id in cited)

    evidence = await context.store.read(read)
    plan_id = PlanId(derive_id("plan", plan.id, "undo"))
    try:
        return await build_plan(context, incident, hypothesis, evidence, plan_id, now, undoes=plan.id)
    except FermataError as error:
        return str(error)


def conclude_refusal(
    transaction: Transaction, context: FlowContext, proposal_id: ProposalId, rule: str, text: str, now: Instant
) -> dict[str, Any]:
    """Record that leg 2 refused: nothing was executed. A plan the world has left behind is proposed anew.

    A plan that is not approved stays what it is: that leg 2 was asked to run it is told by the journal alone.
    """
    proposal = transaction.proposals.get(proposal_id)
    if proposal.state in (ProposalState.STALE, ProposalState.REFUSED):
        return {"outcome": "refused", "rule": rule}  # Interrupted after its commit.
    stale = rule in _PROPOSE_ANEW
    state = ProposalState.STALE if stale else ProposalState.REFUSED
    moved = transaction.proposals.compare_and_set(
        proposal_id, ProposalState.APPROVED, state, at=now, by=FERMATA.id, reason=text
    )
    data = {"proposal_id": proposal_id, "rule": rule, "text": text}
    transaction.journal.append(
        JournalEvent(kind="execution.refused", actor=FERMATA, incident_id=proposal.incident_id, data=data), now
    )
    if not moved:
        return {"outcome": "refused", "rule": rule}
    told = hand_to_person(transaction, context, proposal.incident_id, f"Nothing was executed. {text}", now)
    if told["outcome"] == "skipped":
        refresh_card(transaction, context, proposal.incident_id, now)  # It has ended; its card says why nothing ran.
    elif stale:
        run_id = RunId(derive_id("run", proposal_id, "anew"))
        enqueue_investigation(transaction, context, proposal.incident_id, run_id, now, why="the plan went stale")
    return {"outcome": "refused", "rule": rule}
