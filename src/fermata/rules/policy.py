"""What may be done to what, by whose word. Default deny: nothing matched means no.

Called when a plan is made (may it be proposed, and who may approve), again right before its execution, and by
`fermata policy test`. Failure mode: a policy that is too wide permits too much; it can only be read, not guessed, which
is why every answer names the guardrail and the thing that decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Protocol

from pydantic import Field

from fermata.domain.action import Risk
from fermata.domain.alert import Severity
from fermata.domain.entity import Entity
from fermata.domain.incident import IncidentState
from fermata.domain.person import FERMATA, Person
from fermata.domain.policy import FreezeWindow, Guardrail, Policy, PolicyDecision
from fermata.domain.record import FrozenMap, Instant, Record, Text
from fermata.kit.clock import format_instant
from fermata.kit.errors import GuardRefused, UserError
from fermata.rules.conditions import compile_condition
from fermata.rules.slots import WEEKDAYS

MIN_APPROVALS_HIGH_RISK = 2
"""High risk takes two people whatever a guardrail says: the four-eyes rule of `docs/guards.md`."""

NAMED = "named"
"""What stands in for a role when a person is entitled by name."""


class Question(Record):
    """May this action be done to this target, now?"""

    action: Text
    """Catalogue name."""
    risk: Risk
    """After the dry run: one that was not possible has raised it."""
    target: Entity
    parameters: FrozenMap[str, Any] = Field(default_factory=dict, validate_default=True)
    blast_radius: int = 1
    """Objects touched, as the dry run counted them."""
    touched: tuple[str, ...] = ()
    """Refs of those objects, as far as the dry run names them: a freeze of one of them is a freeze of this."""
    severity: Severity
    """The incident's."""
    now: Instant
    state: IncidentState | None = None
    """The incident's, if there is one; a condition that needs it refuses when it is `None`."""
    started_at: Instant | None = None
    """The incident's, if there is one; as `state`."""


class Approvable(Protocol):
    """What says who may approve: an approval rule, a policy decision, a guardrail's approvers."""

    @property
    def roles(self) -> tuple[str, ...]:
        """Return the roles that entitle."""
        ...

    @property
    def people(self) -> tuple[str, ...]:
        """Return the ids of those entitled by name."""
        ...


@dataclass(frozen=True, slots=True)
class _Miss:
    """A guardrail that does not cover the question: how far from it, and the words for it."""

    guardrail: Guardrail
    faults: tuple[str, ...]


def decide(policy: Policy, question: Question) -> PolicyDecision:
    """Answer whether the policy permits it, who may approve, and by which guardrail.

    A freeze window refuses whatever matches. Otherwise the first guardrail **in file order** that covers everything
    (action, resource, risk, blast radius, condition) decides alone: the order in the file is the order a reader sees,
    so stricter guardrails stand above wider ones. Globs match the whole catalogue name and the whole entity ref; `*`
    crosses `/`. High risk needs two approvals at least.

    Returns:
        A permission, or a denial whose reason names the closest guardrail and what did not match. Never raises: a
        condition that cannot be evaluated is one that does not hold.
    """
    for ref in dict.fromkeys([question.target.ref, *question.touched]):
        if freeze := _find_freeze(policy, ref, question.now):
            what = ref if ref == question.target.ref else f"{ref}, which {question.action} touches,"
            until = format_instant(freeze.ends_at)
            return _deny(f"{what} is frozen by {freeze.id} until {until}: {freeze.reason}", freeze.id)
    misses = []
    for guardrail in policy.guardrails:
        if faults := _list_faults(guardrail, question):
            misses.append(_Miss(guardrail, faults))
        else:
            return _permit(guardrail, question)
    return _explain_denial(question, misses)


def _find_freeze(policy: Policy, ref: str, now: Instant) -> FreezeWindow | None:
    active = (freeze for freeze in policy.freezes if freeze.starts_at <= now < freeze.ends_at)
    return next((freeze for freeze in active if _covers(freeze.resources, ref)), None)


def _covers(globs: Sequence[str], text: str) -> bool:
    return any(fnmatchcase(text, glob) for glob in globs)


def _deny(reason: str, guardrail: str = "") -> PolicyDecision:
    return PolicyDecision(permitted=False, guardrail=guardrail, reason=reason)


def _permit(guardrail: Guardrail, question: Question) -> PolicyDecision:
    least = MIN_APPROVALS_HIGH_RISK if question.risk is Risk.HIGH else 1
    approvals = max(guardrail.approvals, least)
    raised = ", raised because the risk is high" if approvals > guardrail.approvals else ""
    return _require_enough_people(
        PolicyDecision(
            permitted=True,
            guardrail=guardrail.id,
            reason=f"guardrail {guardrail.id} covers {question.action} on {question.target.ref}; "
            f"approvals needed: {approvals}{raised}",
            roles=guardrail.approvers.roles,
            people=guardrail.approvers.people,
            approvals=approvals,
            valid_for=guardrail.valid_for,
            cooldown=guardrail.cooldown,
        )
    )


def _require_enough_people(decision: PolicyDecision) -> PolicyDecision:
    """Deny what could never be approved: more approvals than people named. How many hold a role is not known here."""
    if decision.roles or len(set(decision.people)) >= decision.approvals:
        return decision
    return _deny(
        f"{decision.guardrail} needs {decision.approvals} approvals and names only {describe_approvers(decision)}",
        decision.guardrail,
    )


def _list_faults(guardrail: Guardrail, question: Question) -> tuple[str, ...]:
    """Return what does not match, as the end of the sentence `guardrail X covers ..., but`; empty when all does."""
    faults = []
    if not _covers(guardrail.actions, question.action):
        faults.append(f"only the actions {', '.join(guardrail.actions)}")
    if not _covers(guardrail.resources, question.target.ref):
        faults.append(f"only on {', '.join(guardrail.resources)}")
    if question.risk.rank > guardrail.max_risk.rank:
        faults.append(f"only up to risk {guardrail.max_risk}, and this is {question.risk}")
    limit = guardrail.max_blast_radius
    if limit is not None and question.blast_radius > limit:
        faults.append(f"only up to a blast radius of {limit}, and this is {question.blast_radius}")
    if not faults and (fault := _find_condition_fault(guardrail, question)):
        faults.append(fault)
    return tuple(faults)


def _find_condition_fault(guardrail: Guardrail, question: Question) -> str:
    if not guardrail.condition:
        return ""
    try:
        holds = compile_condition(guardrail.condition).holds(_list_variables(question))
    except (GuardRefused, UserError) as error:
        return f"its condition {guardrail.condition!r} cannot be used: {error.why}"
    return "" if holds else f"only while {guardrail.condition}"


def _list_variables(question: Question) -> Mapping[str, Any]:
    target = question.target
    incident: dict[str, Any] = {"severity": question.severity.value}
    if question.state is not None:
        incident["state"] = question.state.value
    if question.started_at is not None:
        incident["started_at"] = question.started_at
    return {
        "action": {"name": question.action, "risk": question.risk.value},
        "target": {
            "ref": target.ref,
            "system": target.system,
            "kind": target.kind,
            "namespace": target.namespace,
            "name": target.name,
        },
        "parameters": dict(question.parameters),
        "incident": incident,
        "blast_radius": question.blast_radius,
        "now": question.now,
        "hour": question.now.hour,
        "weekday": WEEKDAYS[question.now.weekday()],
    }


def _explain_denial(question: Question, misses: Sequence[_Miss]) -> PolicyDecision:
    asked = f"{question.action} on {question.target.ref}"
    # Only a guardrail that speaks of the action or of the resource is close; min keeps the first of equals.
    near = [miss for miss in misses if _is_near(miss.guardrail, question)]
    if not near:
        rest = {0: "the policy is empty", 1: "the only one covers other things"}
        others = rest.get(len(misses), f"the {len(misses)} there are cover other things")
        return _deny(f"no guardrail covers {asked}; {others}")
    closest = min(near, key=lambda miss: (len(miss.faults), not _covers(miss.guardrail.actions, question.action)))
    name = closest.guardrail.id
    covered = question.action if _covers(closest.guardrail.actions, question.action) else question.target.ref
    return _deny(
        f"no guardrail covers {asked}: guardrail {name} covers {covered}, but {' and '.join(closest.faults)}", name
    )


def _is_near(guardrail: Guardrail, question: Question) -> bool:
    return _covers(guardrail.actions, question.action) or _covers(guardrail.resources, question.target.ref)


def combine(decisions: Sequence[PolicyDecision], people: Iterable[Person] = ()) -> PolicyDecision:
    """Fold the decisions on a plan's steps into one: every step must be permitted, and approved by someone who may.

    Approvals and cooldown are the highest, validity the shortest; roles are those common to all steps.

    Args:
        people: With the roles they have now. Whoever may approve each step, by whatever entitles them to it, is named.

    Returns:
        A denial when a step is denied, when nobody may approve all of them, or when there is no step.
    """
    if not decisions:
        return _deny("there is no action to decide on")
    if denied := [decision for decision in decisions if not decision.permitted]:
        names = dict.fromkeys(decision.guardrail for decision in denied if decision.guardrail)
        return _deny("; ".join(dict.fromkeys(decision.reason for decision in denied)), ",".join(names))
    first, *others = decisions
    roles = dict.fromkeys(role for role in first.roles if all(role in other.roles for other in others)).keys()
    common = [person for person in first.people if all(person in other.people for other in others)]
    rest = [person.id for person in people if roles.isdisjoint(person.roles) and _may_approve_all(decisions, person)]
    named = tuple(dict.fromkeys([*common, *rest]))
    guardrails = ",".join(dict.fromkeys(decision.guardrail for decision in decisions))
    if not roles and not named:
        who = "; ".join(
            dict.fromkeys(f"{decision.guardrail}: {describe_approvers(decision)}" for decision in decisions)
        )
        return _deny(f"nobody may approve every step ({who}); give somebody both, or name them in both", guardrails)
    return _require_enough_people(
        PolicyDecision(
            permitted=True,
            guardrail=guardrails,
            reason="; ".join(dict.fromkeys(decision.reason for decision in decisions)),
            roles=tuple(roles),
            people=named,
            approvals=max(decision.approvals for decision in decisions),
            valid_for=min(decision.valid_for for decision in decisions),
            cooldown=max(decision.cooldown for decision in decisions),
        )
    )


def _may_approve_all(decisions: Sequence[PolicyDecision], person: Person) -> bool:
    return all(find_entitlement(decision, person) for decision in decisions)


def describe_approvers(rule: Approvable) -> str:
    """Write who may approve: `role oncall or admin, or alice`; `nobody` when nobody may."""
    parts = [f"role {' or '.join(rule.roles)}"] if rule.roles else []
    parts += [" or ".join(rule.people)] if rule.people else []
    return ", or ".join(parts) or "nobody"


def find_entitlement(rule: Approvable, person: Person) -> str | None:
    """Return the role under which a person may approve, or `named`; `None` for everybody else.

    Bots and Fermata itself may never, whatever roles they were given.
    """
    if person.bot or person.id == FERMATA.id:
        return None
    if role := next((role for role in rule.roles if role in person.roles), None):
        return role
    return NAMED if person.id in rule.people else None


def explain_for_person(policy: Policy, question: Question, person: Person) -> PolicyDecision:
    """Answer `fermata policy test`: may this person approve this, now?

    Returns:
        The policy's own denial, a denial that says who may instead, or the permission with the entitlement named.
    """
    decision = decide(policy, question)
    if not decision.permitted:
        return decision
    if entitlement := find_entitlement(decision, person):
        as_whom = "by name" if entitlement == NAMED else f"as {entitlement}"
        return decision.model_copy(update={"reason": f"{decision.reason}; {person.id} may approve {as_whom}"})
    bot = "is a bot and " if person.bot else ""
    return _deny(
        f"{person.id} {bot}may not approve: {decision.guardrail} asks for {describe_approvers(decision)}",
        decision.guardrail,
    )
