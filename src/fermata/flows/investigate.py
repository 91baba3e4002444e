"""Leg 1: gather, diagnose, plan, and hold. It ends with a row that waits, never with an effect."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fermata.domain.alert import Severity
from fermata.domain.analysis import AnalysisOutcome
from fermata.domain.diagnosis import Diagnosis
from fermata.domain.evidence import Gathering
from fermata.domain.ids import IncidentId, PlanId
from fermata.domain.incident import IncidentState
from fermata.domain.journal import JournalEvent
from fermata.domain.person import FERMATA
from fermata.domain.plan import Plan
from fermata.domain.proposal import ProposalState
from fermata.domain.scope import Scope
from fermata.flows.analyse import Analyst, Opinion, find_analyst
from fermata.flows.cards import refresh_card
from fermata.flows.context import FlowContext
from fermata.flows.done import find_kept, keeps_cause
from fermata.flows.hold import derive_proposal_id, hand_to_person, hold_plan, was_held, withdraw_hold
from fermata.flows.looking import end_rest
from fermata.flows.own_changes import gather_scope
from fermata.flows.plan import NoPlan, propose_plan
from fermata.flows.similar import remember_earlier, tell_earlier
from fermata.flows.verdicts import uphold_if_other_cause
from fermata.kit.ids import derive_id
from fermata.kit.log import get_log
from fermata.ports.engine import Run
from fermata.ports.store import Transaction
from fermata.rules.citations import refuse_bad_citations
from fermata.rules.lifecycle import move_incident
from fermata.rules.scope import build_scope
from fermata.rules.signatures import Case, diagnose

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
        if not await run.step("begin", lambda: self._begin(incident_id)):
            return {"outcome": "skipped"}
        pieces = await run.step("gather", lambda: self._gather(incident_id))
        await run.step("diagnose", lambda: self._diagnose(run, incident_id))
        await run.step("hold", lambda: self._hold_at_once(run, incident_id))
        # A step of every run, whoever is configured: a restart with other settings must find the same steps.
        await run.step("analyse", lambda: self._analyse(run, incident_id))
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

        scope = await context.store.write(frame)
        critical = any(alert.severity is Severity.CRITICAL for alert in scope.alerts)
        limits = context.limits
        deadline = limits.gather_deadline_critical if critical else limits.gather_deadline
        gathering = await gather_scope(context, scope, deadline)
        await context.store.write(lambda transaction: self._keep(transaction, incident_id, gathering))
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

    async def _diagnose(self, run: Run, incident_id: IncidentId) -> dict[str, Any]:
        context = self._context
        now = context.clock.now()

        def work(transaction: Transaction) -> dict[str, Any]:
            case = load_case(transaction, context, incident_id, now)
            diagnosis = diagnose(case)
            for hypothesis in diagnosis.hypotheses:
                refuse_bad_citations(hypothesis.citations, case.evidence)
            if not keeps_cause(transaction, incident_id, run.run_id, diagnosis):
                transaction.findings.save_diagnosis(incident_id, diagnosis)
            data = _summarise(diagnosis)
            transaction.journal.append(
                JournalEvent(kind="incident.diagnosed", actor=FERMATA, incident_id=incident_id, data=data), now
            )
            uphold_if_other_cause(transaction, incident_id, diagnosis, now, case.evidence)
            return data

        return await context.store.write(work)

    async def _analyse(self, run: Run, incident_id: IncidentId) -> dict[str, Any]:
        """Ask a model, where one is configured and it is due. Repeated after a crash, it asks again: it only reads."""
        context = self._context
        analyst = find_analyst(context)
        if analyst is None:
            return {}
        due = await self._find_due(analyst, run, incident_id)
        if due is None:
            return {}
        case, diagnosis = due
        now = context.clock.now()
        # People see what signatures found while a model is thinking.
        await context.store.write(lambda transaction: refresh_card(transaction, context, incident_id, now))
        opinion = await analyst.ask(case, diagnosis, self._gather_more, charged_to=incident_id)
        return await context.store.write(
            lambda transaction: self._keep_opinion(transaction, incident_id, diagnosis, opinion)
        )

    async def _find_due(self, analyst: Analyst, run: Run, incident_id: IncidentId) -> tuple[Case, Diagnosis] | None:
        """Return what a model is to be asked about; `None` when it is not to be asked."""
        now = self._context.clock.now()

        def read(transaction: Transaction) -> tuple[Case, Diagnosis | None]:
            case = load_case(transaction, self._context, incident_id, now)
            if find_kept(transaction, incident_id, run.run_id):
                return case, None
            return case, transaction.findings.find_diagnosis(incident_id)

        case, diagnosis = await self._context.store.read(read)
        return (case, diagnosis) if diagnosis is not None and analyst.wants(case, diagnosis) else None

    async def _hold_at_once(self, run: Run, incident_id: IncidentId) -> dict[str, Any]:
        """Hold the plan that signatures found before a model is asked: none that a model names could take its place.

        A model that hangs must not keep a plan from people. Without one to ask, `propose` comes next anyway.
        """
        context = self._context
        analyst = find_analyst(context)
        if analyst is None or await self._find_due(analyst, run, incident_id) is None:
            return {}
        now = context.clock.now()
        proposed = await propose_plan(context, incident_id, _derive_plan_id(run), now)
        if isinstance(proposed, NoPlan):
            return {}  # Perhaps a model knows more; if not, `propose` says why there is none.
        return await context.store.write(lambda transaction: hold_plan(transaction, context, proposed, now))

    async def _gather_more(self, scope: Scope) -> Gathering:
        return await gather_scope(self._context, scope, self._context.limits.gather_deadline_critical)

    def _keep_opinion(
        self, transaction: Transaction, incident_id: IncidentId, asked_about: Diagnosis, opinion: Opinion
    ) -> dict[str, Any]:
        if transaction.findings.find_diagnosis(incident_id) != asked_about:
            # The plan was held meanwhile, and even carried out; a later look has found what is so now.
            return {"outcome": "outdated"}
        for gathering in opinion.gathered:
            transaction.findings.add_gathering(incident_id, gathering)
        if opinion.gathered:
            ids = [item.id for item in opinion.case.evidence]
            transaction.flags.put(f"gathered/{incident_id}", {"evidence": ids})
        diagnosis, analysis = opinion.diagnosis, opinion.diagnosis.analysis
        transaction.findings.save_diagnosis(incident_id, diagnosis)
        if analysis is None:
            return {}
        accepted = analysis.outcome is AnalysisOutcome.ACCEPTED
        data = {
            "prompt": analysis.prompt_digest,
            "target": analysis.target,
            "outcomes": [outcome.value for outcome in analysis.outcomes],
            "cost_usd": str(analysis.cost_usd),
            "text": analysis.text,
            "causes": [hypothesis.cause for hypothesis in diagnosis.hypotheses],
        }
        kind = "model.answered" if accepted else "model.refused"
        event = JournalEvent(kind=kind, actor=FERMATA, incident_id=incident_id, data=data)
        transaction.journal.append(event, self._context.clock.now())
        return {"outcome": analysis.outcome.value, "target": analysis.target}

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


def load_scope(transaction: Transaction, context: FlowContext, incident_id: IncidentId, now: datetime) -> Scope:
    """Build the frame of a gathering from the incident's alerts as they are now."""
    incident = transaction.incidents.get(incident_id)
    alerts = transaction.alerts.list_by_ids(incident.alert_ids)
    return build_scope(incident, alerts, now, context.limits.lookback)


def load_case(transaction: Transaction, context: FlowContext, incident_id: IncidentId, now: datetime) -> Case:
    """Build what signatures look at: the latest observation of each kind, from the rows."""
    scope = load_scope(transaction, context, incident_id, now)
    # An earlier investigation's evidence stays for the record; a diagnosis rests on the latest look only.
    gathered = transaction.flags.find(f"gathered/{incident_id}")
    evidence = transaction.findings.list_evidence(incident_id)
    return Case(
        scope=scope,
        alerts=scope.alerts,
        evidence=tuple(item for item in evidence if gathered is None or item.id in gathered["evidence"]),
        gaps=tuple(transaction.findings.list_gaps(incident_id)),
        known_actions=context.cures,
    )


def _summarise(diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "verdict": diagnosis.verdict.value,
        "causes": [hypothesis.cause for hypothesis in diagnosis.hypotheses],
        "guilty_change": diagnosis.guilty_change,
    }
