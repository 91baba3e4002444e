"""What an investigation makes of what was gathered: a diagnosis, and a model's opinion where one is to be asked.

Loaded with the first incident, since all rules of diagnosis come along; see `investigate`.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from fermata.domain.analysis import AnalysisOutcome
from fermata.domain.diagnosis import Diagnosis
from fermata.domain.evidence import Gathering
from fermata.domain.ids import IncidentId, PlanId, RunId
from fermata.domain.journal import JournalEvent
from fermata.domain.person import FERMATA
from fermata.domain.scope import Scope
from fermata.flows.cards import refresh_card
from fermata.flows.context import FlowContext
from fermata.flows.done import find_kept, keeps_cause
from fermata.flows.gather import load_scope
from fermata.flows.hold import hold_plan
from fermata.flows.own_changes import gather_scope
from fermata.flows.plan import NoPlan, propose_plan
from fermata.flows.verdicts import uphold_if_other_cause
from fermata.kit.loading import load_aside
from fermata.ports.store import Transaction
from fermata.rules.citations import refuse_bad_citations
from fermata.rules.signatures import Case, diagnose

if TYPE_CHECKING:
    from fermata.flows.analyse import Analyst, Opinion


class Examination:
    """One run's look at one incident. Its methods are steps: they return JSON types."""

    def __init__(self, context: FlowContext, run_id: RunId, incident_id: IncidentId) -> None:
        self._context = context
        self._run_id = run_id
        self._incident_id = incident_id
        self._paid: tuple[Diagnosis, Opinion] | None = None
        """What a model said, and of which diagnosis: it is not asked again because the store was away after that."""

    async def diagnose(self) -> dict[str, Any]:
        """Keep what the signatures make of it, and give a verdict back that it shows to have been right."""
        context = self._context
        now = context.clock.now()

        def work(transaction: Transaction) -> dict[str, Any]:
            case = load_case(transaction, context, self._incident_id, now)
            diagnosis = diagnose(case)
            for hypothesis in diagnosis.hypotheses:
                refuse_bad_citations(hypothesis.citations, case.evidence)
            if not keeps_cause(transaction, self._incident_id, self._run_id, diagnosis):
                transaction.findings.save_diagnosis(self._incident_id, diagnosis)
            data = _summarise(diagnosis)
            transaction.journal.append(
                JournalEvent(kind="incident.diagnosed", actor=FERMATA, incident_id=self._incident_id, data=data), now
            )
            uphold_if_other_cause(transaction, self._incident_id, diagnosis, now, case.evidence)
            return data

        return await context.store.write(work)

    async def analyse(self) -> dict[str, Any]:
        """Ask a model, where one is configured and it is due. Repeated after a crash, it asks again: it only reads."""
        context = self._context
        analyst = await self._find_analyst()
        if analyst is None:
            return {}
        due = await self._find_due(analyst)
        if due is None:
            return {}
        case, diagnosis = due
        now = context.clock.now()
        # People see what signatures found while a model is thinking.
        await context.store.write(lambda transaction: refresh_card(transaction, context, self._incident_id, now))
        if self._paid is None or self._paid[0] != diagnosis:
            asked = await analyst.ask(case, diagnosis, self._gather_more, charged_to=self._incident_id)
            self._paid = diagnosis, asked
        opinion = self._paid[1]
        return await context.store.write(lambda transaction: self._keep_opinion(transaction, diagnosis, opinion))

    async def _find_analyst(self) -> Analyst | None:
        """Return whoever asks models, with what that takes; without models it is not loaded either."""
        if self._context.models is None:
            return None
        await load_aside("fermata.flows.analyse")
        from fermata.flows.analyse import find_analyst

        return find_analyst(self._context)

    async def _find_due(self, analyst: Analyst) -> tuple[Case, Diagnosis] | None:
        """Return what a model is to be asked about; `None` when it is not to be asked."""
        now = self._context.clock.now()

        def read(transaction: Transaction) -> tuple[Case, Diagnosis | None]:
            case = load_case(transaction, self._context, self._incident_id, now)
            if find_kept(transaction, self._incident_id, self._run_id):
                return case, None
            return case, transaction.findings.find_diagnosis(self._incident_id)

        case, diagnosis = await self._context.store.read(read)
        return (case, diagnosis) if diagnosis is not None and analyst.wants(case, diagnosis) else None

    async def hold_at_once(self, plan_id: PlanId) -> dict[str, Any]:
        """Hold the plan that signatures found before a model is asked: none that a model names could take its place.

        A model that hangs must not keep a plan from people. Without one to ask, `propose` comes next anyway.
        """
        context = self._context
        analyst = await self._find_analyst()
        if analyst is None or await self._find_due(analyst) is None:
            return {}
        now = context.clock.now()
        proposed = await propose_plan(context, self._incident_id, plan_id, now)
        if isinstance(proposed, NoPlan):
            return {}  # Perhaps a model knows more; if not, `propose` says why there is none.
        return await context.store.write(lambda transaction: hold_plan(transaction, context, proposed, now))

    async def _gather_more(self, scope: Scope) -> Gathering:
        return await gather_scope(self._context, scope, self._context.limits.gather_deadline_critical)

    def _keep_opinion(self, transaction: Transaction, asked_about: Diagnosis, opinion: Opinion) -> dict[str, Any]:
        if transaction.findings.find_diagnosis(self._incident_id) != asked_about:
            # The plan was held meanwhile, and even carried out; a later look has found what is so now.
            return {"outcome": "outdated"}
        for gathering in opinion.gathered:
            transaction.findings.add_gathering(self._incident_id, gathering)
        if opinion.gathered:
            ids = [item.id for item in opinion.case.evidence]
            transaction.flags.put(f"gathered/{self._incident_id}", {"evidence": ids})
        diagnosis, analysis = opinion.diagnosis, opinion.diagnosis.analysis
        transaction.findings.save_diagnosis(self._incident_id, diagnosis)
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
        event = JournalEvent(kind=kind, actor=FERMATA, incident_id=self._incident_id, data=data)
        transaction.journal.append(event, self._context.clock.now())
        return {"outcome": analysis.outcome.value, "target": analysis.target}


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
