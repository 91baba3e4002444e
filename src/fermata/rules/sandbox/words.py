"""Who may say yes to an experiment, and whether enough of them have. Pure.

The policy is the one of actions: a guardrail must cover the fault (`faultproxy.add_latency`) and the service
(`faultproxy:service/checkout`). `judge_word` answers whoever clicked and never raises; `refuse_unapproved` is asked
when the experiment starts, and trusts nothing that was said before.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta

from fermata.domain.action import Risk
from fermata.domain.alert import Severity
from fermata.domain.entity import Entity
from fermata.domain.experiment import Experiment, FaultKind, FaultTarget
from fermata.domain.held_experiment import ExperimentApproval, ExperimentState, HeldExperiment
from fermata.domain.ids import PersonId
from fermata.domain.person import FERMATA, Person
from fermata.domain.policy import PolicyDecision
from fermata.domain.proposal import Ruling
from fermata.domain.record import Instant, Record, Text
from fermata.kit.clock import format_instant
from fermata.kit.digest import shorten
from fermata.kit.errors import GuardRefused
from fermata.rules.approval import Click
from fermata.rules.policy import Question, describe_approvers, find_entitlement

_VERBS: Mapping[FaultKind, str] = {
    FaultKind.LATENCY: "add_latency",
    FaultKind.ERROR: "return_errors",
    FaultKind.BLACKHOLE: "drop_calls",
    FaultKind.RESET: "reset_connections",
    FaultKind.SLOW_BODY: "slow_answers",
    FaultKind.BANDWIDTH: "limit_bandwidth",
    FaultKind.KILL: "kill_replicas",
    FaultKind.CPU: "load_cpu",
    FaultKind.MEMORY: "fill_memory",
}
_WORKLOADS = ("service", "deployment", "statefulset", "daemonset")
"""Kinds that a service of a cluster may be frozen as under `kubernetes:`; which of them it is, is not known here."""
LONGEST_SCHEDULE = timedelta(days=92)
"""A standing approval ends within a quarter: by then nobody remembers what was approved."""


class Word(Record):
    """What a click comes to. The caller writes it down in one transaction, or nothing of it."""

    accepted: bool
    text: Text
    """For the one who clicked."""
    rule: str = ""
    """The guard that refused; empty when accepted."""
    held: HeldExperiment | None = None
    """What the row becomes; `None` when it stays as it is."""


class _Refusal(Exception):
    def __init__(self, rule: str, text: str) -> None:
        self.rule, self.text = rule, text
        super().__init__(text)


def name_fault(experiment: Experiment) -> str:
    """Return the fault as guardrails name it: `chaosmesh.kill_replicas`."""
    return f"{experiment.target.system}.{_VERBS[experiment.fault.kind]}"


def make_question(experiment: Experiment, now: Instant) -> Question:
    """Return the question to the policy.

    A kill of everything is of high risk, and takes two people; all else is of medium risk: it ends by its lease.
    A fault on calls touches both ends, and in a cluster what it touches is Kubernetes' as well as its injector's.

    Raises:
        ValueError: The target's service, callee or namespace cannot be the name of anything.
    """
    target, fault = experiment.target, experiment.fault
    replicas = target.replicas or 1
    hit = max(1, math.ceil(replicas * fault.percent / 100))
    return Question(
        action=name_fault(experiment),
        risk=Risk.HIGH if fault.kind is FaultKind.KILL and hit == replicas else Risk.MEDIUM,
        target=Entity(system=target.system, kind="service", namespace=target.namespace, name=target.service),
        parameters={
            "callee": target.callee,
            "percent": fault.percent,
            "duration_s": experiment.duration.total_seconds(),
        },
        blast_radius=hit,
        touched=tuple(_list_touched(target)),
        severity=Severity.INFO,
        now=now,
    )


def _list_touched(target: FaultTarget) -> Iterator[str]:
    for namespace, name in _list_ends(target):
        yield Entity(system=target.system, kind="service", namespace=namespace, name=name).ref
        for kind in _WORKLOADS if namespace else ():
            yield Entity(system="kubernetes", kind=kind, namespace=namespace, name=name).ref


def _list_ends(target: FaultTarget) -> Iterator[tuple[str, str]]:
    """Return namespace and name of both ends of a call; of a callee by its name in the cluster's DNS, in its own, too.

    `payment.billing` and `payment.billing.svc.cluster.local` are payment of the namespace billing, a bare name is of
    the caller's (kubernetes.io, "DNS for Services and Pods", read 2026-11).
    """
    yield target.namespace, target.service
    if target.callee:
        yield target.namespace, target.callee
        name, _, rest = target.callee.partition(".")
        if target.namespace and rest:
            yield rest.partition(".")[0], name


def judge_word(click: Click, held: HeldExperiment, decision: PolicyDecision) -> Word:
    """Say what a click changes, and what the one who clicked is told. Never raises for a bad click.

    A no of one entitled person is enough, also when the stored experiment was edited, and after a yes for as long as it
    has not begun. At the instant of expiry it is too late for either.

    Args:
        decision: What the policy says of it now.
    """
    try:
        person = _check_person(click)
        _check_open(click, held)
        role = _check_entitlement(person, click, decision)
        if click.ruling is Ruling.REJECT:
            return _reject(click, person, held)
        _check_digest(click, held)
        return _approve(click, person, role, (held, decision))
    except _Refusal as refusal:
        return Word(accepted=False, text=f"Not counted: {refusal.text}.", rule=refusal.rule)


def _check_person(click: Click) -> Person:
    person = click.person
    if FERMATA.id in (click.handle, person.id if person else ""):
        raise _Refusal("self_approval", "Fermata never decides on its own experiments")
    if click.bot or (person is not None and person.bot):
        raise _Refusal("bot", f"{click.called} is a machine account; a person must decide")
    if click.barred:
        raise _Refusal("barred", f"{click.channel} lets you decide nothing: {click.barred}")
    if person is None:
        do = f"whoever that is carries `handles: {{{click.channel}: {click.handle}}}` under `people`"
        raise _Refusal("unknown_person", f"nobody in the settings is {click.handle} on {click.channel}; {do}")
    return person


def _check_open(click: Click, held: HeldExperiment) -> None:
    if held.state is ExperimentState.APPROVED and click.ruling is Ruling.REJECT:
        return  # What has not begun can be taken back, a standing approval until its last day.
    if held.state is not ExperimentState.PROPOSED:
        by = " and ".join(approval.person_id for approval in held.approvals)
        why = (
            f" by {by}" if by and held.state is ExperimentState.APPROVED else f": {held.reason}" if held.reason else ""
        )
        if held.state is ExperimentState.RUNNING:
            why = f"; `fermata chaos stop {held.id}` ends it"
        raise _Refusal("already_decided", f"it is {held.state.value} already{why}")
    if click.at >= held.expires_at:
        raise _Refusal("expired", f"this expired at {format_instant(held.expires_at)}; propose it anew")


def _check_entitlement(person: Person, click: Click, decision: PolicyDecision) -> str:
    if not decision.permitted:
        raise _Refusal("policy", f"the policy permits it to nobody: {decision.reason}")
    role = find_entitlement(decision, person)
    if role is None:
        has = f"has role {', '.join(person.roles)}" if person.roles else "has no role"
        doubts = f"; {'; '.join(click.doubts)}" if click.doubts else ""
        raise _Refusal("wrong_role", f"this needs {describe_approvers(decision)}; {person.id} {has}{doubts}")
    return role


def _check_digest(click: Click, held: HeldExperiment) -> None:
    found = held.compute_held_digest()
    if found != held.digest:
        text = f"the stored experiment is not the one that was proposed ({shorten(held.digest)} proposed, "
        raise _Refusal("plan_edited", f"{text}{shorten(found)} found); propose it anew")
    if click.shown_digest != held.digest:
        shown = shorten(click.shown_digest) or "none"
        raise _Refusal("digest_mismatch", f"what was shown ({shown}) is not what is held ({shorten(held.digest)})")


def _reject(click: Click, person: Person, held: HeldExperiment) -> Word:
    because = f": {click.reason}" if click.reason else ""
    was_approved = held.state is ExperimentState.APPROVED
    text = f"{'Withdrawn' if was_approved else 'Rejected'} by {person.id}{because}"
    then = "It does not run any more" if held.scheduled_until else "Nothing was injected"
    changes = {"state": ExperimentState.REFUSED, "reason": text, "ended_at": click.at}
    return Word(accepted=True, text=f"{text}. {then}.", held=held.model_copy(update=changes))


def _approve(click: Click, person: Person, role: str, asked: tuple[HeldExperiment, PolicyDecision]) -> Word:
    held, decision = asked
    counted = [approval for approval in held.approvals if _counts(approval, held, click.at)]
    if any(approval.person_id == person.id for approval in counted):
        raise _Refusal("already_said", f"{person.id} said yes already; {decision.approvals - len(counted)} more needed")
    given = ExperimentApproval(
        person_id=person.id,
        role=role,
        channel=click.channel,
        digest=held.digest,
        approved_at=click.at,
        expires_at=find_end(held, click.at + decision.valid_for),
    )
    approvals = (*counted, given)
    is_complete = len(approvals) >= decision.approvals
    state = ExperimentState.APPROVED if is_complete else ExperimentState.PROPOSED
    progress = f"{len(approvals)} of {decision.approvals} approvals"
    until = f", until {held.scheduled_until}" if held.scheduled_until else ""
    text = f"Approved by {person.id}{until}. {progress}{'' if is_complete else '; it waits for more'}."
    changed = held.model_copy(update={"state": state, "approvals": approvals})
    return Word(accepted=True, text=text, held=changed)


def find_end(held: HeldExperiment, usual: datetime) -> datetime:
    """Return when a yes given now runs out: as the guardrail says, or at the end of the day the schedule ends on."""
    if held.scheduled_until is None:
        return usual
    return datetime.combine(held.scheduled_until + timedelta(days=1), time(), UTC)


def _counts(approval: ExperimentApproval, held: HeldExperiment, at: datetime) -> bool:
    return approval.digest == held.digest and at < approval.expires_at and approval.person_id != FERMATA.id


def refuse_unapproved(
    held: HeldExperiment, people: Mapping[PersonId, Person], decision: PolicyDecision, now: datetime
) -> None:
    """Refuse to start what is not approved now: exactly this, by enough people who may still approve it.

    Args:
        people: Those who said yes, with the roles they have now; one who is gone no longer counts.
        decision: What the policy says of it now.

    Raises:
        GuardRefused: Rule `not_approved`, `plan_edited`, `policy`, `expired` or `not_enough_approvals`.
    """
    what = f"Experiment {held.id} was not started"
    do = "Propose it anew, and have it approved"
    if held.state is not ExperimentState.APPROVED:
        raise GuardRefused("not_approved", what, why=f"It is {held.state.value}, not approved", do=do)
    found = held.compute_held_digest()
    if found != held.digest:
        why = f"It changed after approval ({shorten(held.digest)} approved, {shorten(found)} found)"
        raise GuardRefused("plan_edited", what, why=why, do=do)
    if not decision.permitted:
        raise GuardRefused("policy", what, why=f"The policy does not permit it now: {decision.reason}", do=do)
    entitled = [
        approval
        for approval in held.approvals
        if approval.digest == held.digest
        and (person := people.get(approval.person_id)) is not None
        and find_entitlement(decision, person)
    ]
    counted = {approval.person_id for approval in entitled if now < approval.expires_at}
    if len(counted) >= decision.approvals:
        return
    if len({approval.person_id for approval in entitled}) >= decision.approvals:
        raise GuardRefused("expired", what, why="Its approval has run out", do=do)
    why = f"It has {len(counted)} of {decision.approvals} approvals of people who may still give them"
    raise GuardRefused("not_enough_approvals", what, why=why, do=do)
