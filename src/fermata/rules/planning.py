"""From the leading hypothesis to a plan, once its actions were validated, dry-run and permitted. Pure assembly.

The investigation flow asks the systems and the policy; what comes in here is already checked, except for the citations,
which are checked again: a plan must not exist on words that nobody wrote.
"""

from __future__ import annotations

from collections.abc import Sequence

from fermata.domain.action import DryRun, EarlierAction, PlannedAction, Risk
from fermata.domain.diagnosis import Diagnosis, Hypothesis, Verdict
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence
from fermata.domain.ids import ActionId, EvidenceId, PlanId
from fermata.domain.incident import Incident
from fermata.domain.plan import ApprovalRule, Plan, SteadyState
from fermata.domain.record import FrozenMap, Instant, Record, Text
from fermata.kit.digest import canonical_json
from fermata.kit.errors import InvariantBroken
from fermata.kit.ids import derive_id
from fermata.rules.citations import refuse_bad_citations

_MOST_LEFT = 10
MOST_STEPS = 5
"""What goes wrong at one replica goes wrong at each: a person looks at so many before the others are touched."""


class Draft(Record):
    """One suggestion that its system validated and dry-ran: a step before it has a plan."""

    name: Text
    target: Entity
    parameters: FrozenMap[str, object]
    """In canonical form, defaults filled in."""
    risk: Risk
    """The effective one, see `effective_risk`."""
    dry_run: DryRun


def select_hypothesis(diagnosis: Diagnosis) -> Hypothesis | None:
    """Return the leading hypothesis if it suggests actions. A runner-up is never acted on, whatever it suggests."""
    leading = diagnosis.leading
    return leading if leading is not None and leading.suggestions else None


def effective_risk(spec_risk: Risk, dry_run: DryRun) -> Risk:
    """Return the catalogue's risk, one step higher when the effect could not be computed beforehand."""
    return spec_risk if dry_run.possible else spec_risk.raised()


def assemble_plan(  # noqa: PLR0913 - a plan is bound to all of these; grouping them would only hide them
    *,
    plan_id: PlanId,
    incident: Incident,
    hypothesis: Hypothesis,
    drafts: Sequence[Draft],
    evidence: Sequence[Evidence],
    steady_state: SteadyState,
    approval: ApprovalRule,
    earlier: Sequence[EarlierAction],
    now: Instant,
    undoes: PlanId | None = None,
) -> Plan:
    """Put a plan together. The same arguments give the same plan with the same digest.

    Args:
        drafts: The steps in order; at least one.
        evidence: All of the incident's; the plan rests on what its hypothesis cites and on the latest look of each
            kind at its targets.
        now: Becomes `created_at`.

    Raises:
        GuardRefused: `citation`: the hypothesis cites what does not stand in the evidence.
        InvariantBroken: There is no step.
    """
    if not drafts:
        raise InvariantBroken("A plan without a step was about to be made", hypothesis=hypothesis.cause)
    refuse_bad_citations(hypothesis.citations, evidence)
    targets = {draft.target.ref for draft in drafts}
    actions = tuple(
        PlannedAction(
            id=ActionId(derive_id("act", plan_id, str(position))),
            name=draft.name,
            target=draft.target,
            parameters=draft.parameters,
            risk=draft.risk,
            dry_run=draft.dry_run,
        )
        for position, draft in enumerate(drafts)
    )
    return Plan(
        id=plan_id,
        incident_id=incident.id,
        created_at=now,
        summary=_summarise(drafts, hypothesis, undoes),
        cause=hypothesis.cause,
        evidence_ids=_choose_evidence(hypothesis, targets, evidence),
        citations=hypothesis.citations,
        actions=actions,
        steady_state=steady_state,
        approval=approval,
        earlier=tuple(earlier),
        undoes=undoes,
    )


def explain_no_plan(diagnosis: Diagnosis | None, reason: str) -> str:
    """Return the words for the card when nothing is proposed.

    Args:
        diagnosis: `None` when analysis itself broke.
        reason: Why a suggested action did not become a plan (the refusing guard's or system's message); empty when
            nothing was suggested.
    """
    if diagnosis is None:
        return f"No plan: there is no diagnosis. {reason}".strip()
    if diagnosis.verdict is Verdict.HEALTHY:
        return "Nothing to do: nothing fires, and everything that was looked at runs."
    leading = diagnosis.leading
    if leading is None:
        return " ".join(["No plan: the cause is undetermined.", *diagnosis.checks, reason]).strip()
    if reason:
        return f"No plan for {leading.cause}: {reason}"
    must = leading.person_must or "Act by hand: no action of the catalogue fits."
    return f"No plan for {leading.cause}. A person must act: {must}"


def _summarise(drafts: Sequence[Draft], hypothesis: Hypothesis, undoes: PlanId | None) -> str:
    steps = ", then ".join(" ".join([draft.name, f"on {draft.target.ref}", *_list_settings(draft)]) for draft in drafts)
    purpose = f"to take back {undoes}" if undoes else f"because of {hypothesis.cause}"
    left = [f"{one.name} on {one.target.ref}" for one in hypothesis.suggestions[len(drafts) :]]
    if not left:
        return f"{steps}, {purpose}"
    further = f" and {len(left) - _MOST_LEFT} more" if len(left) > _MOST_LEFT else ""
    return (
        f"{steps}, {purpose}. Not in this plan, which has {len(drafts)} of {len(hypothesis.suggestions)} steps: "
        f"{', '.join(left[:_MOST_LEFT])}{further}; do these by hand once the first ones are well"
    )


def _list_settings(draft: Draft) -> list[str]:
    settings = [f"{name}={canonical_json(value)}" for name, value in draft.parameters.items()]
    return [f"({', '.join(settings)})"] if settings else []


def _choose_evidence(hypothesis: Hypothesis, targets: set[str], evidence: Sequence[Evidence]) -> tuple[EvidenceId, ...]:
    """Return what is cited, then the latest answer to each question that was asked about the targets."""
    latest: dict[tuple[str, str, str], Evidence] = {}
    for item in sorted(evidence, key=lambda item: item.observed_at):
        if item.entity.ref in targets:
            latest[item.collector, item.entity.ref, item.query] = item
    cited = [citation.evidence_id for citation in hypothesis.citations]
    return tuple(dict.fromkeys([*cited, *(item.id for item in latest.values())]))
