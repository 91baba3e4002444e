"""Leg 1: gather, diagnose, plan, and hold. It ends with a row that waits, never with an effect.

An idle server knows this much of it. The rules of diagnosis are 11 MB: `diagnose` brings them with the first incident.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fermata.domain.alert import Severity
from fermata.domain.evidence import Gathering
from fermata.domain.ids import IncidentId, PlanId
from fermata.domain.incident import IncidentState
from fermata.domain.journal import JournalEvent
from fermata.domain.person import FERMATA
from fermata.domain.plan import Plan
from fermata.domain.proposal import ProposalState
from fermata.domain.scope import Scope
from fermata.flows.callees import add_callees
from fermata.flows.cards import refresh_card
from fermata.flows.context import FlowContext
from fermata.flows.done import find_kept
from fermata.flows.gather import load_scope
from fermata.flows.hold import derive_proposal_id, hand_to_person, hold_plan, was_held, withdraw_hold
from fermata.flows.known_graph import add_known_graph, add_sharing
from fermata.flows.looking import end_rest
from fermata.flows.plan import NoPlan, propose_plan
from fermata.flows.similar import remember_earlier, tell_earlier
from fermata.flows.unnamed import gather_named, keep_answered
from fermata.kit.ids import derive_id
from fermata.kit.loading import load_aside
from fermata.kit.log import get_log
from fermata.ports.engine import Run
from fermata.ports.store import Transaction
from fermata.rules.lifecycle import move_incident

_log = get_log("investigate")
_INVESTIGABLE = (IncidentState.OPEN, IncidentState.NEEDS_PERSON, IncidentState.HELD, IncidentState.MITIGATED)


class Investigation:
    """Leg 1, with its collaborators."""

    def __init__(self, context: FlowContext) -> None:
        self._context = context

    async def run(self, run: Run, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """Investigate one incident; payload and result are JSON types.

        Returns:
            `{"outcome": "held"|"needs_person"|"skipped", ...}`
        """
        incident_id = IncidentId(payload["incident_id"])
        loading = load_aside("fermata.flows.diagnose")  # While systems are asked: it takes 0.3 s, the first time.
        if not await run.step("begin", lambda: self._begin(incident_id)):
            return {"outcome": "skipped"}
        pieces = await run.step("gather", lambda: self._gather(incident_id))
        await loading
        from fermata.flows.diagnose import Examination

        examination = Examination(self._context, run.run_id, incident_id)
        await run.step("diagnose", examination.diagnose)
        await run.step("hold", lambda: examination.hold_at_once(_derive_plan_id(run)))
        # A step of every run, whoever is configured: a restart with other settings must find the same steps.
        await run.step("analyse", examination.analyse)
        result: Mapping[str, Any] = await run.step("propose", lambda: self._propose(run, incident_id))
        self._context.meters.investigations.labels(result["outcome"]).inc()
        _log.info("investigation.ended", run_id=run.run_id, incident_id=incident_id, **pieces, **result)
        return result

    async def _begin(self, incident_id: IncidentId) -> bool:
        now = self._context.clock.now()

        def work(transaction: Transaction) -> bool:
            incident = transaction.incidents.get(incident_id)
            if asked := transaction.flags.find(f"investigated/{incident_id}"):
                transaction.flags.put(f"investigated/{incident_id}", asked | {"begun": True})
            if incident.state is IncidentState.INVESTIGATING:
                return True  # This step was interrupted after its commit.
            if incident.state not in _INVESTIGABLE:
                return False  # It resolved, was merged, or is being remediated: there is nothing to look for now.
            proposal = transaction.proposals.find_for_incident(incident_id)
            approved = proposal is not None and proposal.state is ProposalState.APPROVED
            if approved and incident.state is IncidentState.HELD:
                return False  # A person was faster: what they approved is about to be executed.
            withdraw_hold(transaction, incident, "the incident is looked at again", now)
            transaction.incidents.save(move_incident(incident, IncidentState.INVESTIGATING, now))
            transaction.flags.remove(f"no-action/{incident_id}")
            transaction.journal.append(
                JournalEvent(kind="investigation.started", actor=FERMATA, incident_id=incident_id), now
            )
            return True

        return await self._context.store.write(work)

    async def _gather(self, incident_id: IncidentId) -> dict[str, Any]:
        context = self._context
        now = context.clock.now()

        def frame(transaction: Transaction) -> Scope:
            end_rest(transaction, incident_id)  # What joined since it began is looked at with the rest.
            return load_scope(transaction, context, incident_id, now)

        scope = await add_sharing(context, await context.store.write(frame))
        critical = any(alert.severity is Severity.CRITICAL for alert in scope.alerts)
        limits = context.limits
        deadline = limits.gather_deadline_critical if critical else limits.gather_deadline
        named = await gather_named(context, scope, deadline)
        gathering = await add_callees(context, scope, named.gathering, deadline)
        gathering = await add_known_graph(context, scope, gathering)

        def keep(transaction: Transaction) -> None:
            self._keep(transaction, incident_id, gathering)
            keep_answered(transaction, incident_id, named)

        await context.store.write(keep)
        return {
            "evidence": len(gathering.evidence),
            "gaps": len(gathering.gaps),
            "took_s": gathering.took.total_seconds(),
        }

    def _keep(self, transaction: Transaction, incident_id: IncidentId, gathering: Gathering) -> None:
        transaction.findings.add_gathering(incident_id, gathering)
        transaction.flags.put(f"gathered/{incident_id}", {"evidence": [item.id for item in gathering.evidence]})
        data = {
            "evidence": [
                {"id": item.id, "collector": item.collector, "digest": item.digest} for item in gathering.evidence
            ],
            "gaps": [{"collector": gap.collector, "reason": gap.reason} for gap in gathering.gaps],
            "took_s": gathering.took.total_seconds(),
        }
        event = JournalEvent(kind="evidence.collected", actor=FERMATA, incident_id=incident_id, data=data)
        transaction.journal.append(event, self._context.clock.now())

    async def _find_plan(self, incident_id: IncidentId, plan_id: PlanId, now: datetime) -> Plan | NoPlan | None:
        """Return the plan or why there is none; `None` when it is held already."""
        context = self._context
        if await context.store.read(lambda transaction: was_held(transaction, plan_id)):
            return None
        return await propose_plan(context, incident_id, plan_id, now)

    async def _propose(self, run: Run, incident_id: IncidentId) -> dict[str, Any]:
        context = self._context
        now = context.clock.now()
        plan_id = _derive_plan_id(run)
        proposed = await self._find_plan(incident_id, plan_id, now)
        seen = await tell_earlier(context, incident_id)

        def work(transaction: Transaction) -> dict[str, Any]:
            if proposed is None or was_held(transaction, plan_id):
                # Held before a model was asked, or interrupted after its commit. Since then it may have been approved.
                remember_earlier(transaction, incident_id, seen)
                refresh_card(transaction, context, incident_id, now)
                return {"outcome": "held", "proposal_id": derive_proposal_id(plan_id)}
            remember_earlier(transaction, incident_id, seen)
            if kept := find_kept(transaction, incident_id, run.run_id):
                return hand_to_person(transaction, context, incident_id, kept, now, resolves=False)
            if isinstance(proposed, NoPlan):
                return hand_to_person(transaction, context, incident_id, proposed.reason, now)
            return hold_plan(transaction, context, proposed, now)

        return await context.store.write(work)


def _derive_plan_id(run: Run) -> PlanId:
    return PlanId(derive_id("plan", run.run_id))
