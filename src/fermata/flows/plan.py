"""From a hypothesis to a plan: validate, dry run, ask the policy, look back. Reads the world, changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fermata.domain.action import DryRun, EarlierAction, Outcome, PlannedAction
from fermata.domain.alert import Severity
from fermata.domain.diagnosis import ActionSuggestion, Diagnosis, Hypothesis
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence
from fermata.domain.ids import IncidentId, PlanId
from fermata.domain.incident import Incident, IncidentState
from fermata.domain.manifest import ManifestPatch
from fermata.domain.plan import ApprovalRule, Plan, SteadyState
from fermata.domain.policy import PolicyDecision
from fermata.flows.context import FlowContext
from fermata.flows.unnamed import doubt_unnamed
from fermata.kit.errors import FermataError, GuardRefused
from fermata.kit.units import format_duration
from fermata.ports.action import ManagedElsewhere, ManifestProposer
from fermata.ports.store import Transaction
from fermata.rules.loopbreaker import refuse_loop
from fermata.rules.planning import (
    MOST_STEPS,
    Draft,
    assemble_plan,
    effective_risk,
    explain_no_plan,
    select_hypothesis,
)
from fermata.rules.policy import Question, combine, decide

INSTEAD = "Act by hand, or change `policy:` in the settings (docs/policy.md)"
"""What is left to people where the policy denies."""
_UNSETTLED_MEMORY = timedelta(days=365)
"""How far back an unknown outcome is looked for."""


@dataclass(frozen=True, slots=True)
class NoPlan:
    """There is no plan, and why, in words for the card."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Groundwork:
    """What planning reads from the store."""

    incident: Incident
    diagnosis: Diagnosis | None
    evidence: tuple[Evidence, ...]


async def propose_plan(context: FlowContext, incident_id: IncidentId, plan_id: PlanId, now: datetime) -> Plan | NoPlan:
    """Return the plan for the leading hypothesis, or why there is none. Expected failures are reasons, not errors."""

    def read(transaction: Transaction) -> _Groundwork:
        return _Groundwork(
            incident=transaction.incidents.get(incident_id),
            diagnosis=transaction.findings.find_diagnosis(incident_id),
            evidence=tuple(transaction.findings.list_evidence(incident_id)),
        )

    ground = await context.store.read(read)
    if ground.diagnosis is None:
        return NoPlan("There is no diagnosis yet.")
    hypothesis = select_hypothesis(ground.diagnosis)
    if hypothesis is None:
        return NoPlan(explain_no_plan(ground.diagnosis, ""))
    if doubt := await context.store.read(lambda transaction: doubt_unnamed(transaction, incident_id, hypothesis)):
        return NoPlan(explain_no_plan(ground.diagnosis, doubt))
    try:
        return await build_plan(context, ground.incident, hypothesis, ground.evidence, plan_id, now)
    except FermataError as error:
        return NoPlan(explain_no_plan(ground.diagnosis, str(error)))


async def build_plan(  # noqa: PLR0913 - the records a plan is bound to; grouping them would only hide them
    context: FlowContext,
    incident: Incident,
    hypothesis: Hypothesis,
    evidence: Sequence[Evidence],
    plan_id: PlanId,
    now: datetime,
    *,
    undoes: PlanId | None = None,
) -> Plan:
    """Build a plan from a hypothesis that suggests actions, of its first `MOST_STEPS` at most.

    Raises:
        GuardRefused: The policy does not permit it, or the loop breaker stops it.
        UserError: An action's parameters or target do not hold.
        OperationalError: A target system could not be asked for its dry run.
    """
    drafts = [await draft_step(context, suggestion) for suggestion in hypothesis.suggestions[:MOST_STEPS]]
    decisions = [_ask_policy(context, incident, draft, now) for draft in drafts]
    combined = combine(decisions, context.people.values())
    if not combined.permitted:
        raise GuardRefused("policy", "The policy does not permit this plan", why=combined.reason, do=INSTEAD)
    earlier = await look_back(context, [draft.target for draft in drafts], now)
    for draft, decision in zip(drafts, decisions, strict=True):
        own = [item for item in earlier if item.target == draft.target]
        refuse_loop(draft.name, draft.target, own, decision.cooldown, now, is_undo=undoes is not None)
    return assemble_plan(
        plan_id=plan_id,
        incident=incident,
        hypothesis=hypothesis,
        drafts=drafts,
        evidence=evidence,
        steady_state=_choose_steady_state(context, hypothesis.entity, drafts),
        approval=_write_rule(combined),
        earlier=tuple(earlier),
        now=now,
        undoes=undoes,
    )


async def draft_step(context: FlowContext, suggestion: ActionSuggestion) -> Draft:
    """Validate and dry-run one suggestion. What something else manages becomes a pull request to its source.

    Raises:
        GuardRefused: `catalogue`: no configured system offers the action.
        UserError: The parameters or the target do not hold; or the object is managed elsewhere, and no configured
            repository holds its manifest.
        OperationalError: A system could not be asked.
    """
    try:
        return await _draft_as_suggested(context, suggestion)
    except ManagedElsewhere as error:
        instead = await _find_pull_request(context, error.patch)
        if instead is None:
            raise
        draft = await _draft_as_suggested(context, instead)
        why = f"A pull request instead of {suggestion.name}: {error.what}. {draft.dry_run.note}".strip()
        return draft.model_copy(update={"dry_run": draft.dry_run.model_copy(update={"note": why})})


async def _draft_as_suggested(context: FlowContext, suggestion: ActionSuggestion) -> Draft:
    action = context.actions.get(suggestion.name)
    if action is None:
        raise GuardRefused(
            "catalogue",
            f"{suggestion.name} is not in the catalogue",
            why="no configured system offers it",
            do="Configure the system, or act by hand",
        )
    parameters = action.validate(suggestion.target, suggestion.parameters)
    dry_run: DryRun = await action.dry_run(suggestion.target, parameters)
    return Draft(
        name=suggestion.name,
        target=suggestion.target,
        parameters=parameters,
        risk=effective_risk(action.spec.risk, dry_run),
        dry_run=dry_run,
    )


async def _find_pull_request(context: FlowContext, patch: ManifestPatch) -> ActionSuggestion | None:
    for action in context.actions.values():
        if isinstance(action, ManifestProposer) and (found := await action.find_suggestion(patch)) is not None:
            return found
    return None


def _ask_policy(context: FlowContext, incident: Incident, draft: Draft, now: datetime) -> PolicyDecision:
    return decide(context.policy, ask(draft, incident, now))


def ask(step: Draft | PlannedAction, incident: Incident, now: datetime) -> Question:
    """Build the question that the policy answers about one step, as a draft or already planned."""
    return pose(step, now, severity=incident.severity, state=incident.state, started_at=incident.started_at)


def pose(
    step: Draft | PlannedAction, now: datetime, *, severity: Severity, state: IncidentState, started_at: datetime
) -> Question:
    """Build the question as `ask` does, of an incident that need not exist."""
    return Question(
        action=step.name,
        risk=step.risk,
        target=step.target,
        parameters=step.parameters,
        blast_radius=step.dry_run.blast_radius.count,
        touched=step.dry_run.blast_radius.entities,
        severity=severity,
        state=state,
        started_at=started_at,
        now=now,
    )


async def look_back(context: FlowContext, targets: Sequence[Entity], now: datetime) -> list[EarlierAction]:
    """Return what was done on these targets within the loop breaker's memory, newest first."""
    recent = now - context.limits.loop_memory

    def read(transaction: Transaction) -> list[EarlierAction]:
        # An outcome that nobody settled stays in the way, however old it is.
        found = [
            item
            for target in dict.fromkeys(targets)
            for item in transaction.ledger.list_earlier(target, now - _UNSETTLED_MEMORY)
            if item.at >= recent or item.outcome is Outcome.UNKNOWN
        ]
        return sorted(found, key=lambda item: item.at, reverse=True)

    return await context.store.read(read)


def _choose_steady_state(context: FlowContext, entity: Entity, drafts: Sequence[Draft]) -> SteadyState:
    """Verify what the incident is about; where no probe can read that, the last target that one can read.

    What another step touches as well, as a pod of the workload that is changed first, is watched by watching that.
    """
    targets = [draft.target for draft in reversed(drafts)]
    candidates = [entity, *sorted(targets, key=lambda target: _is_part(target, drafts))]
    watched = next((candidate for candidate in candidates if context.find_probe(candidate)), entity)
    limits = context.limits
    if context.find_probe(watched) is None:
        text = f"the incident's alerts resolve within {format_duration(limits.verify_within)}"
    else:
        text = (
            f"{watched.ref} is healthy for {format_duration(limits.stable_for)} and the incident's alerts resolve, "
            f"within {format_duration(limits.verify_within)}"
        )
    return SteadyState(entity=watched, text=text, stable_for=limits.stable_for, within=limits.verify_within)


def _is_part(target: Entity, drafts: Sequence[Draft]) -> bool:
    return any(target.ref in one.dry_run.blast_radius.entities for one in drafts if one.target != target)


def _write_rule(decision: PolicyDecision) -> ApprovalRule:
    return ApprovalRule(
        guardrails=tuple(decision.guardrail.split(",")),
        roles=decision.roles,
        people=decision.people,
        needed=decision.approvals,
        valid_for=decision.valid_for,
    )
