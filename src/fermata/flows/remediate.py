"""Leg 2: check everything again, do exactly what was approved, look whether it helped.

The order of one action is: every guard again, intent row and journal entry (one commit), effect, result (one commit).
A crash between intent and result leaves an intent without a result: it is probed, and never simply done again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from fermata.domain.action import ActionResult, Outcome, PlannedAction
from fermata.domain.execution import Execution, HealthReading, Intent, StepResult
from fermata.domain.ids import ExecutionId, PersonId, ProposalId
from fermata.domain.incident import Incident, IncidentState
from fermata.domain.journal import JournalEntry, JournalEvent
from fermata.domain.person import FERMATA, Person
from fermata.domain.plan import Plan
from fermata.domain.policy import PolicyDecision
from fermata.domain.proposal import Approval, Proposal
from fermata.flows.boundary import contain
from fermata.flows.cards import refresh_card
from fermata.flows.conclude import conclude, conclude_refusal
from fermata.flows.context import FlowContext
from fermata.flows.hold import hand_to_person
from fermata.flows.plan import ask, look_back
from fermata.flows.standing import refuse_undecided
from fermata.flows.verify import list_reversals, read_health, wait_for_steady_state
from fermata.kit.errors import FermataError, GuardRefused, InvariantBroken, StoreAway
from fermata.kit.ids import derive_id
from fermata.kit.log import get_log
from fermata.kit.redaction import redact
from fermata.ports.action import CatalogueAction, ExecutionKey, TargetGone
from fermata.ports.engine import Run
from fermata.ports.store import Transaction
from fermata.rules.approval import refuse_unapproved
from fermata.rules.drift import refuse_drift, refuse_stale_evidence
from fermata.rules.lifecycle import move_incident
from fermata.rules.loopbreaker import refuse_loop
from fermata.rules.policy import combine, decide

_log = get_log("remediate")
_ANEW = "run `fermata investigate` for a new plan"


@dataclass(frozen=True, slots=True)
class _Docket:
    """The approved plan with everything it rests on, read again from the rows."""

    proposal: Proposal
    plan: Plan
    approvals: tuple[Approval, ...]
    incident: Incident


class Remediation:
    """Leg 2, with its collaborators."""

    def __init__(self, context: FlowContext) -> None:
        self._context = context

    async def run(self, run: Run, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """Execute one approved proposal; payload and result are JSON types.

        Returns:
            `{"outcome": "refused"|"executed", ...}`
        """
        proposal_id = ProposalId(payload["proposal_id"])
        execution_id = ExecutionId(derive_id("exec", proposal_id))
        permit = await run.step("check", lambda: self._check(proposal_id, execution_id))
        if permit["refused"]:
            return await self._refuse(run, proposal_id, permit)
        before = await run.step("baseline", lambda: self._read_baseline(proposal_id))
        results: list[dict[str, Any]] = []
        for position in range(int(permit["actions"])):
            result = await run.step(f"action-{position}", partial(self._act, proposal_id, execution_id, position))
            results.append(result)
            if result["result"]["outcome"] != Outcome.DONE.value:
                break
        after = await run.step("verify", lambda: self._verify(proposal_id, results))
        ended: Mapping[str, Any] = await run.step(
            "conclude", lambda: self._conclude(proposal_id, execution_id, results, before, after)
        )
        _log.info("execution.ended", run_id=run.run_id, proposal_id=proposal_id, **ended)
        return ended

    async def _refuse(self, run: Run, proposal_id: ProposalId, permit: Mapping[str, Any]) -> Mapping[str, Any]:
        context = self._context
        now = context.clock.now()

        async def work() -> dict[str, Any]:
            return await context.store.write(
                lambda transaction: conclude_refusal(
                    transaction, context, proposal_id, permit["refused"], permit["text"], now
                )
            )

        ended: Mapping[str, Any] = await run.step("refuse", work)
        context.meters.refusals.labels(permit["refused"]).inc()
        _log.warning("execution.refused", run_id=run.run_id, proposal_id=proposal_id, rule=permit["refused"])
        return ended

    async def _check(self, proposal_id: ProposalId, execution_id: ExecutionId) -> dict[str, Any]:
        """Run every guard on the state of this moment; mark the incident as executing when all let it pass."""
        context = self._context
        try:
            context.halt.refuse(_ANEW)
            docket = await context.store.read(lambda transaction: load_docket(transaction, proposal_id))
            await self._refuse_unfit(docket)
            await self._mark_executing(docket, execution_id)
        except StoreAway:
            raise  # No guard has said no: the step is done again when the store is back.
        except FermataError as error:
            # An outside system that cannot be asked is an unknown state: closed for action.
            rule = error.rule if isinstance(error, GuardRefused) else "unknown_state"
            return {"refused": rule, "text": str(error), "actions": 0}
        return {"refused": "", "text": "", "actions": len(docket.plan.actions)}

    async def _mark_executing(self, docket: _Docket, execution_id: ExecutionId) -> None:
        context = self._context
        now = context.clock.now()
        proposal_id = docket.proposal.id

        def work(transaction: Transaction) -> None:
            incident = transaction.incidents.get(docket.incident.id)
            # Being executed is no licence of its own: it may be another plan of the same incident that is.
            begun = transaction.ledger.find_execution(execution_id) is not None
            if incident.state is not (IncidentState.EXECUTING if begun else IncidentState.HELD):
                raise GuardRefused(
                    "incident_moved_on",
                    "The plan is not executed",
                    why=f"the incident is {incident.state.value}: what the plan was made for is not so any more",
                )
            transaction.incidents.save(move_incident(incident, IncidentState.EXECUTING, now))
            execution = Execution(
                id=execution_id,
                plan_id=docket.plan.id,
                proposal_id=proposal_id,
                incident_id=incident.id,
                plan_digest=docket.plan.digest,
                started_at=now,
            )
            if not begun:
                transaction.ledger.save_execution(execution)
                data = {"execution_id": execution_id, "proposal_id": proposal_id, "plan_digest": docket.plan.digest}
                transaction.journal.append(
                    JournalEvent(kind="execution.started", actor=FERMATA, incident_id=incident.id, data=data), now
                )
            refresh_card(transaction, context, incident.id, now)

        await context.store.write(work)

    async def _refuse_unfit(self, docket: _Docket, action: PlannedAction | None = None) -> None:
        """Refuse what is not approved, permitted and true of the world at this moment.

        A plan that was begun is looked at step by step, as its own effect on a target is no drift of it.

        Args:
            action: The step to be done next; `None` before the first, where every step has to be fit. After a crash
                each step that was begun is decided by its own intent.
        """
        decisions = await self._refuse_disallowed(docket)
        begun = await self._context.store.read(lambda transaction: _list_begun(transaction, docket.plan))
        if not begun:
            await self._refuse_changed_world(docket, decisions, docket.plan.actions)
        elif action is not None:
            touched = {intent.target.ref for intent in begun}
            untouched = [] if action.target.ref in touched else [action]
            await self._refuse_changed_world(docket, decisions, untouched, spent=_measure(begun))

    async def _refuse_disallowed(self, docket: _Docket) -> list[PolicyDecision]:
        context = self._context
        plan = docket.plan
        decisions: list[PolicyDecision] = []
        # That it is being executed is our own doing: conditions speak of the incident that was held.
        incident = docket.incident.model_copy(update={"state": IncidentState.HELD})

        def judge(people: Mapping[PersonId, Person], at: datetime) -> None:
            decisions[:] = [decide(context.policy, ask(action, incident, at)) for action in plan.actions]
            # Everybody in the settings: whether those who approved still may is asked of each of them.
            combined = combine(decisions, [*context.people.values(), *people.values()])
            refuse_unapproved(plan, docket.proposal, docket.approvals, people, combined, at)

        await refuse_undecided(context, docket.approvals, judge, _ANEW)
        await self._refuse_unjournalled(docket)
        return decisions

    async def _refuse_changed_world(
        self,
        docket: _Docket,
        decisions: Sequence[PolicyDecision],
        actions: Sequence[PlannedAction],
        *,
        spent: timedelta = timedelta(0),
    ) -> None:
        """Refuse evidence that is too old, and of these steps what is done in circles or meets a changed target.

        Args:
            spent: What the plan's own steps took: by that much its evidence may be older than it would be else.
        """
        context = self._context
        now = context.clock.now()
        plan = docket.plan
        evidence = await context.store.read(
            lambda transaction: tuple(transaction.findings.list_evidence(docket.incident.id))
        )
        earlier = await look_back(context, [action.target for action in actions], now)
        refuse_stale_evidence(plan, evidence, now - spent)
        for action, decision in zip(plan.actions, decisions, strict=True):
            if action not in actions:
                continue
            own = [item for item in earlier if item.target == action.target]
            refuse_loop(action.name, action.target, own, decision.cooldown, now, is_undo=plan.undoes is not None)
            version = await self._observe_version(action)
            refuse_drift(
                action, version, "" if version == action.dry_run.observed_version else await self._look(action)
            )

    async def _look(self, action: PlannedAction) -> str:
        """Return what a dry run says of a target that changed: a person wants to read that, not two digests."""
        handler = self._get_action(action)
        seen = await contain(action.name, lambda: handler.dry_run(action.target, action.parameters))
        return redact(seen.value.note if seen.value else seen.failure).text

    async def _observe_version(self, action: PlannedAction) -> str:
        handler = self._get_action(action)
        observed = await contain(action.name, lambda: handler.observe_version(action.target, action.parameters))
        if isinstance(observed.error, TargetGone):
            raise GuardRefused(
                "drift",
                f"{action.name} on {action.target.ref} was not executed",
                why=f"The target is gone: {observed.failure}",
                do="It is looked at again: the fault may have ended with it",
            )
        if observed.value is None:
            raise GuardRefused(
                "unknown_state",
                f"{action.name} on {action.target.ref} was not executed",
                why=f"The target could not be looked at: {observed.failure}",
                do=f"{observed.do or 'Make it answer again'}, then run `fermata investigate` for a new plan",
            )
        return observed.value

    async def _refuse_unjournalled(self, docket: _Docket) -> None:
        """Refuse an approval that the journal does not tell of: rows alone can be edited, the chain shows it.

        Each of them is asked for, not only the last: a second yes that nobody said must not complete a first.
        """

        def read(transaction: Transaction) -> list[Sequence[JournalEntry]]:
            return [transaction.journal.find_by_data("approval_id", approval.id) for approval in docket.approvals]

        found = await self._context.store.read(read)
        told = [
            [entry.event.kind for entry in entries if _tells(entry, approval)]
            for approval, entries in zip(docket.approvals, found, strict=True)
        ]
        if all(told) and any("proposal.approved" in kinds for kinds in told):
            return
        raise GuardRefused(
            "journal",
            "The plan is not executed",
            why="the journal holds no intact entry of its approval with this digest",
            do="Run `fermata audit verify`",
        )

    def _get_action(self, action: PlannedAction) -> CatalogueAction:
        handler = self._context.actions.get(action.name)
        if handler is None:
            raise GuardRefused(
                "catalogue", f"{action.name} is not in the catalogue any more", do="Configure its system again"
            )
        return handler

    async def _read_baseline(self, proposal_id: ProposalId) -> list[dict[str, Any]]:
        docket = await self._context.store.read(lambda transaction: load_docket(transaction, proposal_id))
        return [reading.to_json() for reading in await read_health(self._context, docket.plan)]

    async def _act(self, proposal_id: ProposalId, execution_id: ExecutionId, position: int) -> dict[str, Any]:
        """Do one action at most once, ever."""
        context = self._context
        docket = await context.store.read(lambda transaction: load_docket(transaction, proposal_id))
        action = docket.plan.actions[position]
        key = ExecutionKey(action.id, docket.plan.digest)
        intent = Intent(
            action_id=action.id,
            plan_id=docket.plan.id,
            plan_digest=docket.plan.digest,
            action_name=action.name,
            target=action.target,
            intended_at=context.clock.now(),
        )
        existing = await context.store.read(lambda transaction: transaction.ledger.find(action.id))
        if existing is None:
            try:
                # The step `check` may lie far back: a process that was down in between finds another world.
                context.halt.refuse()
                await self._refuse_unfit(docket, action)
            except StoreAway:
                raise
            except FermataError as refusal:
                result = _not_started(refusal, context.clock.now())
                return await self._record(docket, execution_id, action, result, intended=False)
        first = await context.store.write(lambda transaction: self._intend(transaction, docket, intent))
        if first:
            result = await self._execute(action, key)
        else:
            result = await self._recover(action, key)
        return await self._record(docket, execution_id, action, result, intended=True)

    def _intend(self, transaction: Transaction, docket: _Docket, intent: Intent) -> bool:
        if not transaction.ledger.intend(intent):
            return False
        data = {"action_id": intent.action_id, "action": intent.action_name, "target": intent.target.ref}
        event = JournalEvent(
            kind="action.intended",
            actor=FERMATA,
            incident_id=docket.incident.id,
            data=data | {"plan_digest": intent.plan_digest},
        )
        transaction.journal.append(event, intent.intended_at)
        return True

    async def _execute(self, action: PlannedAction, key: ExecutionKey) -> ActionResult:
        handler = self._get_action(action)
        began = self._context.clock.now()
        try:
            # Again: a locked store may have kept the intent waiting for as long as a halt takes to be called.
            self._context.halt.refuse()
        except GuardRefused as refusal:
            return _not_started(refusal, began)
        done = await contain(action.name, lambda: handler.execute(action, key))
        if done.value is None:
            # Whatever broke, the effect may have happened: ask the world before saying what it did.
            return await self._probe(action, key, done.failure, since=began)
        return done.value

    async def _recover(self, action: PlannedAction, key: ExecutionKey) -> ActionResult:
        """An intent was there before us: a crash lies between. Settled = that result; else ask the world."""
        intent = await self._context.store.read(lambda transaction: transaction.ledger.find(action.id))
        if intent is None:
            raise InvariantBroken(f"The intent of {action.id} vanished", do="Run `fermata audit verify`")
        if intent.outcome is not None:
            at = intent.settled_at or intent.intended_at
            return ActionResult(outcome=intent.outcome, detail=intent.detail or intent.outcome.value, at=at)
        return await self._probe(action, key, "Fermata or its store stopped in between", since=intent.intended_at)

    async def _probe(self, action: PlannedAction, key: ExecutionKey, why: str, *, since: datetime) -> ActionResult:
        handler = self._get_action(action)
        probed = await contain(action.name, lambda: handler.probe(action, key, since))
        if probed.value is None:
            detail = f"Unknown outcome: {why}; and the target could not be probed: {probed.failure}"
            return ActionResult(outcome=Outcome.UNKNOWN, detail=detail, at=self._context.clock.now())
        return probed.value.model_copy(update={"detail": f"{why.rstrip('.')}. Probed: {probed.value.detail}"})

    async def _record(
        self, docket: _Docket, execution_id: ExecutionId, action: PlannedAction, result: ActionResult, *, intended: bool
    ) -> dict[str, Any]:
        context = self._context
        result = result.model_copy(update={"detail": redact(result.detail).text})
        step = StepResult(action_id=action.id, action_name=action.name, target=action.target, result=result)

        def work(transaction: Transaction) -> None:
            now = context.clock.now()
            known = transaction.ledger.find(action.id) if intended else None
            if known is not None and known.outcome is result.outcome:
                return  # After its commit, or by who took over meanwhile: the journal tells of each result once.
            if intended:
                transaction.ledger.settle(action.id, result.outcome, result.detail, result.at)
            execution = transaction.ledger.find_execution(execution_id)
            if execution is not None:
                steps = (*(other for other in execution.steps if other.action_id != action.id), step)
                transaction.ledger.save_execution(execution.model_copy(update={"steps": steps}))
            data = {"action_id": action.id, "action": action.name, "target": action.target.ref}
            data |= {"outcome": result.outcome.value, "detail": result.detail}
            event = JournalEvent(
                kind=f"action.{_EVENTS[result.outcome]}", actor=FERMATA, incident_id=docket.incident.id, data=data
            )
            transaction.journal.append(event, now)
            if known is not None and known.outcome is not None:
                reason = (
                    f"{action.name} on {action.target.ref} was reported as {known.outcome.value} while its worker was "
                    f"silent. The worker came back: {result.outcome.value}, {result.detail}. Look at the target."
                )
                hand_to_person(transaction, context, docket.incident.id, reason, now, resolves=False)
            refresh_card(transaction, context, docket.incident.id, now)

        await context.store.write(work)
        context.meters.actions.labels(action.name, result.outcome.value).inc()
        return step.to_json()

    async def _verify(self, proposal_id: ProposalId, results: list[dict[str, Any]]) -> dict[str, Any]:
        context = self._context
        docket = await context.store.read(lambda transaction: load_docket(transaction, proposal_id))
        steps = [StepResult.from_json(result) for result in results]
        if not steps or all(step.result.outcome is Outcome.FAILED for step in steps):
            return {"readings": [], "firing": [], "skipped": True}  # Nothing happened, so there is nothing to verify.
        started = context.clock.now()

        def begin(transaction: Transaction) -> None:
            incident = transaction.incidents.get(docket.incident.id)
            if incident.state is IncidentState.EXECUTING:
                transaction.incidents.save(move_incident(incident, IncidentState.VERIFYING, started))
                refresh_card(transaction, context, incident.id, started)

        await context.store.write(begin)
        look = await wait_for_steady_state(context, docket.plan)
        took = (context.clock.now() - started).total_seconds()
        readings = [reading.to_json() for reading in look.readings]
        seen = {"readings": readings, "firing": list(look.firing), "late": list(look.late)}
        seen["reversals"] = await list_reversals(context, docket.plan, steps)
        return seen | {"skipped": False, "took_s": took}

    async def _conclude(
        self,
        proposal_id: ProposalId,
        execution_id: ExecutionId,
        results: list[dict[str, Any]],
        before: list[dict[str, Any]],
        after: dict[str, Any],
    ) -> dict[str, Any]:
        context = self._context
        return await conclude(
            context,
            proposal_id,
            execution_id,
            steps=tuple(StepResult.from_json(result) for result in results),
            before=tuple(HealthReading.from_json(reading) for reading in before),
            after=after,
        )


_EVENTS = {Outcome.DONE: "executed", Outcome.FAILED: "failed", Outcome.UNKNOWN: "outcome_unknown"}


def _tells(entry: JournalEntry, approval: Approval) -> bool:
    """Answer whether an entry is intact and says just what the approval's row says."""
    event = entry.event
    return (
        entry.compute_hash(entry.sequence, entry.at, event, entry.previous) == entry.hash
        and event.kind in {"approval.given", "proposal.approved"}
        and (event.actor.kind, event.actor.id) == ("person", approval.person_id)
        and event.data.get("proposal_id") == approval.proposal_id
        and event.data.get("plan_digest") == approval.plan_digest
        and entry.at == approval.approved_at
    )


def _list_begun(transaction: Transaction, plan: Plan) -> list[Intent]:
    """Return the intents of the plan's actions that have one, in the plan's order."""
    found = (transaction.ledger.find(action.id) for action in plan.actions)
    return [intent for intent in found if intent is not None]


def _measure(begun: Sequence[Intent]) -> timedelta:
    """Return how long a plan's own steps took until now; one without a result counts as nothing."""
    return sum(((intent.settled_at or intent.intended_at) - intent.intended_at for intent in begun), timedelta(0))


def _not_started(refusal: FermataError, now: datetime) -> ActionResult:
    # What a guard says to do next is of a plan of which nothing was done; of one half-done `conclude` says it.
    told = FermataError(refusal.what, why=refusal.why)
    return ActionResult(outcome=Outcome.FAILED, detail=f"Not started. {told}", at=now)


def load_docket(transaction: Transaction, proposal_id: ProposalId) -> _Docket:
    """Read an approved proposal with its plan, approvals and incident.

    Raises:
        GuardRefused: The stored plan is not the one that was approved, or its text is no plan any more.
    """
    proposal = transaction.proposals.get(proposal_id)
    try:
        plan = transaction.proposals.get_plan(proposal.plan_id)
    except InvariantBroken as error:
        raise GuardRefused(
            "plan_edited",
            "The plan is not executed",
            why="its stored text is no valid plan",
            do="Run `fermata audit verify`",
        ) from error
    if plan.digest != proposal.plan_digest:
        raise GuardRefused(
            "plan_edited",
            "The plan is not executed",
            why="it changed after it was held: its digest is another one",
            do="Run `fermata audit verify`, then `fermata investigate` for a new plan",
            approved=proposal.plan_digest,
            found=plan.digest,
        )
    return _Docket(
        proposal=proposal,
        plan=plan,
        approvals=tuple(transaction.proposals.list_approvals(proposal_id)),
        incident=transaction.incidents.get(proposal.incident_id),
    )
