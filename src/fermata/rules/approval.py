"""What a click is worth, and whether what was approved may still be executed.

`judge_click` is called by every channel's handler inside the transaction that settles the proposal; `refuse_unapproved`
by leg 2 right before anything is executed. The first is polite and never raises: whoever clicked gets an answer. The
second trusts nothing of the first: state, digest, expiry and entitlement are checked again, on what is stored, under
the policy as it is then.

Rules refuse by id: `self_approval`, `unknown_person`, `bot`, `already_decided`, `expired`, `wrong_role`, `barred`,
`digest_mismatch`, `plan_edited`, `already_said`; at execution also `not_approved`, `policy`, `not_enough_approvals`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fermata.domain.action import Risk
from fermata.domain.ids import ApprovalId, PersonId
from fermata.domain.person import FERMATA, Person
from fermata.domain.plan import Plan
from fermata.domain.policy import PolicyDecision
from fermata.domain.proposal import Answer, Approval, Proposal, ProposalState, Ruling
from fermata.domain.record import Instant, Record, Text
from fermata.kit.clock import CLOCK_SKEW, format_instant
from fermata.kit.digest import shorten
from fermata.kit.errors import GuardRefused
from fermata.rules.policy import MIN_APPROVALS_HIGH_RISK, describe_approvers, find_entitlement

_LONGEST_NAME = 60
_TERMINAL = "console"
"""The channel of whoever runs the commands."""


class Click(Record):
    """What someone pressed, typed or commented, after the channel proved where it came from."""

    ruling: Ruling
    person: Person | None
    """Who it is by the settings; `None` for a handle nobody has."""
    handle: Text
    """The channel's own stable id of them."""
    name: str = ""
    """As the channel shows them; for words only, never compared."""
    channel: Text
    bot: bool = False
    """The channel says that it is a machine account, whoever it is linked to."""
    barred: str = ""
    """Why the channel itself lets them decide nothing; empty: it does."""
    doubts: tuple[str, ...] = ()
    """Groups that could not be asked for their roles, in words: `person` has none of them."""
    shown_digest: str
    """Plan digest of the card that was clicked, whole; empty when the channel lost it, which refuses."""
    reason: str = ""
    """Their words; kept with a rejection."""
    at: Instant

    @property
    def called(self) -> str:
        """Return how to name them to people: an id is a number on many channels."""
        return " ".join(self.name.split())[:_LONGEST_NAME] or self.handle


class Judgement(Record):
    """What a click comes to. The caller writes it down in one transaction, or nothing of it."""

    answer: Answer
    approval: Approval | None
    """To be added; `None` when the click is no counted yes."""
    new_state: ProposalState | None
    """What the open proposal becomes; `None` when it stays as it is."""
    completes: bool
    """True when this was the last approval needed: the execution is enqueued in the same transaction."""


@dataclass(frozen=True, slots=True)
class _Refusal:
    rule: str
    text: str
    state: ProposalState | None = None


def judge_click(
    click: Click, proposal: Proposal, plan: Plan, approvals: Sequence[Approval], approval_id: ApprovalId
) -> Judgement:
    """Say what a click changes, and what the one who clicked is told. Never raises for a bad click.

    An approval counts once per person, and only for the very plan that was shown. One entitled person's rejection is
    enough; it is accepted even when the stored plan was edited, because a no is always safe. At the instant of expiry
    it is too late for either.

    Args:
        plan: The plan as it is stored now: its digest is computed again here.
        approvals: Those kept for this proposal so far, in any order.
        approval_id: The id the approval gets if this click becomes one.
    """
    person = click.person
    if person is None:
        return _refuse(_check_guest(click) or _describe_stranger(click), proposal)
    refusal = (
        _check_guest(click)
        or _check_person(person)
        or _check_open(click, proposal, approvals)
        or _check_entitlement(person, plan, click.doubts)
        or _check_digest(click, proposal, plan)
    )
    if refusal is not None:
        return _refuse(refusal, proposal)
    if click.ruling is Ruling.REJECT:
        return _reject(click, person)
    approval = Approval(
        id=approval_id,
        proposal_id=proposal.id,
        plan_digest=proposal.plan_digest,
        person_id=person.id,
        role=find_entitlement(plan.approval, person) or "",  # Never empty: `_check_entitlement` has passed.
        channel=click.channel,
        approved_at=click.at,
        expires_at=click.at + plan.approval.valid_for,
    )
    return _approve(click, approval, plan, _list_counted(approvals, proposal, click.at))


def _describe_stranger(click: Click) -> _Refusal:
    if click.handle == FERMATA.id:
        return _Refusal("self_approval", "Fermata never decides on its own plans")
    return _Refusal(
        "unknown_person",
        f"nobody in the settings is {_name_stranger(click)} on {click.channel}; an admin can add that handle, or link "
        "it by a code (`fermata link`)",
    )


def _name_stranger(click: Click) -> str:
    """Return the handle that the settings would have to name, with whose it is where that is another word."""
    return click.handle if click.called == click.handle else f"{click.handle} ({click.called})"


NONCE_LEAST = 8
"""Hex digits that name one of the few plans of an incident: 32 bits. The whole digest is what is compared."""


def find_shown(holds: Sequence[Proposal], nonce: str) -> tuple[Proposal, str]:
    """Find the hold whose plan was seen by the first digits of its digest.

    Args:
        holds: Of one incident, newest first; at least one.
        nonce: Hex digits, with the algorithm before or not.

    Returns:
        The newest hold whose digest begins with it, and its whole digest. Without such a one the newest hold and the
        nonce as it came, which `judge_click` then refuses; a nonce too short to name anything counts as none.
    """
    digits = nonce.strip().lower().removeprefix("sha256:")
    if len(digits) < NONCE_LEAST:
        return holds[0], ""
    for hold in holds:
        if hold.plan_digest.removeprefix("sha256:").startswith(digits):
            return hold, hold.plan_digest
    return holds[0], digits


def _check_guest(click: Click) -> _Refusal | None:
    """Refuse whom the channel itself does not take for somebody who may decide."""
    if click.bot:
        return _Refusal("bot", f"{click.called} is a machine account on {click.channel}; a person must decide")
    return _Refusal("barred", f"{click.channel} lets you decide nothing: {click.barred}") if click.barred else None


def _check_person(person: Person) -> _Refusal | None:
    if person.id == FERMATA.id:
        return _Refusal("self_approval", "Fermata never decides on its own plans")
    return _Refusal("bot", f"{person.id} is a bot; a person must decide") if person.bot else None


_DECIDED = {
    ProposalState.APPROVED: "already approved",
    ProposalState.EXECUTED: "already executed; approved",
    ProposalState.REJECTED: "already rejected",
    ProposalState.EXPIRED: "expired",
    ProposalState.STALE: "already settled: the target changed and the plan went stale",
    ProposalState.REFUSED: "already settled: a guard refused the execution",
    ProposalState.SUPERSEDED: "already withdrawn",
}
"""What someone is told who comes too late."""

# States whose approvals say who decided and when: leg 2 may have written its own name into the row since.
_APPROVED_STATES = frozenset({ProposalState.APPROVED, ProposalState.EXECUTED})
_DECIDED_BY_PEOPLE = _APPROVED_STATES | {ProposalState.REJECTED}


def _check_open(click: Click, proposal: Proposal, approvals: Sequence[Approval]) -> _Refusal | None:
    if proposal.state is ProposalState.OPEN:
        if proposal.opened_at - click.at > CLOCK_SKEW:
            # It would stay open, and what it rests on fresh, for as long as the clock was wrong.
            at = _write_time(proposal.opened_at, click.at)
            words = f"this was proposed at {at}, which is still to come: a clock was set back since; ask for a new plan"
            return _Refusal("expired", words, ProposalState.EXPIRED)
        if click.at < proposal.expires_at:
            return None
        at = _write_time(proposal.expires_at, click.at)
        return _Refusal("expired", f"this expired at {at}; ask for a new plan", ProposalState.EXPIRED)
    by, at_instant = proposal.decided_by.replace(",", " and "), proposal.decided_at
    said = sorted(approvals, key=lambda approval: approval.approved_at)
    if proposal.state in _APPROVED_STATES and said:
        by, at_instant = " and ".join(approval.person_id for approval in said), said[-1].approved_at
    words = _DECIDED[proposal.state]
    words += f" by {by}" if by and proposal.state in _DECIDED_BY_PEOPLE else ""
    words += f" at {_write_time(at_instant, click.at)}" if at_instant else ""
    words += f": {proposal.reason.rstrip('.')}" if proposal.reason else ""
    # Whoever pressed saw an older card: without this they would take the incident for settled, or by asking for a new
    # plan withdraw the one that waits.
    newer = "the incident's card, as it is now, shows whether another plan waits"
    if proposal.state is ProposalState.EXPIRED:
        return _Refusal("expired", f"{words}; {newer}, and if none does, ask for a new one")
    if proposal.state is ProposalState.SUPERSEDED:
        words += f"; {newer}"
    return _Refusal("already_decided", words)


def _write_time(instant: Instant, today: Instant) -> str:
    return f"{instant:%H:%M} UTC" if instant.date() == today.date() else f"{instant:%Y-%m-%d %H:%M} UTC"


def refuse_unentitled(person: Person, plan: Plan, doubts: Sequence[str] = ()) -> str:
    """Return in words why somebody may neither approve nor reject a plan; nothing where they may."""
    refusal = _check_entitlement(person, plan, doubts)
    return refusal.text if refusal else ""


def _check_entitlement(person: Person, plan: Plan, doubts: Sequence[str]) -> _Refusal | None:
    if find_entitlement(plan.approval, person):
        return None
    has = f"has role {', '.join(person.roles)}" if person.roles else "has no role"
    unknown = f"; {'; '.join(doubts)}, so that nobody has a role by them now" if doubts else ""
    return _Refusal("wrong_role", f"this needs {describe_approvers(plan.approval)}; {person.id} {has}{unknown}")


def _is_edited(plan: Plan, proposal: Proposal) -> bool:
    held = (proposal.plan_id, proposal.plan_digest, proposal.incident_id)
    return (plan.id, plan.digest, plan.incident_id) != held


def _check_digest(click: Click, proposal: Proposal, plan: Plan) -> _Refusal | None:
    if _is_edited(plan, proposal):
        if click.ruling is Ruling.REJECT:
            return None
        was, found = shorten(proposal.plan_digest), shorten(plan.digest)
        return _Refusal(
            "plan_edited",
            f"the stored plan is not the one that was proposed ({was} proposed, {found} found); reject it and ask anew",
        )
    if not click.shown_digest:
        return _Refusal(
            "digest_mismatch", f"{click.channel} did not say which plan the card showed; decide on a card that does"
        )
    if click.shown_digest != proposal.plan_digest:
        return _Refusal(
            "digest_mismatch",
            f"the card showed another plan ({shorten(click.shown_digest)}) than the one that is held "
            f"({shorten(proposal.plan_digest)}); look at the newest card",
        )
    return None


def _list_counted(approvals: Sequence[Approval], proposal: Proposal, at: Instant) -> list[Approval]:
    return [
        approval
        for approval in approvals
        if approval.proposal_id == proposal.id
        and approval.plan_digest == proposal.plan_digest
        and approval.person_id != FERMATA.id
        and at < approval.expires_at
    ]


def _count_needed(plan: Plan) -> int:
    return max(plan.approval.needed, MIN_APPROVALS_HIGH_RISK if plan.risk is Risk.HIGH else 1)


def _refuse(refusal: _Refusal, proposal: Proposal) -> Judgement:
    state = refusal.state or proposal.state
    answer = Answer(accepted=False, state=state, text=f"Not counted: {refusal.text}.", rule=refusal.rule)
    return Judgement(answer=answer, approval=None, new_state=None, completes=False)


def _reject(click: Click, person: Person) -> Judgement:
    because = f": {click.reason}" if click.reason else ""
    answer = Answer(
        accepted=True, state=ProposalState.REJECTED, text=f"Rejected by {person.id}{because}. Nothing was executed."
    )
    return Judgement(answer=answer, approval=None, new_state=ProposalState.REJECTED, completes=False)


def _approve(click: Click, approval: Approval, plan: Plan, counted: Sequence[Approval]) -> Judgement:
    needed = _count_needed(plan)
    said = {earlier.person_id: earlier.approved_at for earlier in counted}
    if approval.person_id in said:
        at = _write_time(said[approval.person_id], click.at)
        progress = _describe_progress(len(said), needed, plan)
        text = f"Not counted: {approval.person_id} said yes at {at} already. {progress}."
        answer = Answer(accepted=False, state=ProposalState.OPEN, text=text, rule="already_said")
        return Judgement(answer=answer, approval=None, new_state=None, completes=False)
    count = len(said) + 1
    completes = count >= needed
    progress = (
        f"{count} of {needed} approvals; {_tell_next(click)}" if completes else _describe_progress(count, needed, plan)
    )
    state = ProposalState.APPROVED if completes else ProposalState.OPEN
    answer = Answer(
        accepted=True,
        state=state,
        text=f"Approved by {approval.person_id}. {progress}.",
        execution_enqueued=completes,
    )
    return Judgement(answer=answer, approval=approval, new_state=state if completes else None, completes=completes)


def _tell_next(click: Click) -> str:
    # In a terminal the process that serves may be another one, or none; every other channel is a part of it.
    if click.channel == _TERMINAL:
        return "`fermata up` runs what was approved, after its guards look again"
    return "it runs once its guards have looked again"


def _describe_progress(count: int, needed: int, plan: Plan) -> str:
    missing = needed - count
    who = describe_approvers(plan.approval)
    more = f"one more of {who} is" if missing == 1 else f"{missing} more of {who} are"
    return f"{count} of {needed} approvals; {more} needed"


def refuse_unapproved(
    plan: Plan,
    proposal: Proposal,
    approvals: Sequence[Approval],
    people: Mapping[PersonId, Person],
    decision: PolicyDecision,
    now: Instant,
) -> None:
    """Refuse to execute what is not approved now: this plan, by enough people who may still approve it.

    An approval ends at its own expiry or when the guardrail's validity has passed since it was given, whichever comes
    first, so that a row with a moved expiry gains nothing. That the hold itself has run out meanwhile changes nothing.

    Failure mode: whoever can write the plan, the proposal, the approvals and the policy can approve anything; only the
    journal would show it.

    Args:
        approvals: Those kept for the proposal, in any order.
        people: The settings' people as they are now; one who is gone no longer counts.
        decision: What the policy says now of all the plan's actions (`rules.policy.combine`).
        now: Aware UTC instant the execution would start.

    Raises:
        GuardRefused: Rule `not_approved`, `plan_edited`, `digest_mismatch`, `policy`, `expired` or
            `not_enough_approvals`; its facts hold the plan's id, and the counted and needed approvals.
    """
    if proposal.state is not ProposalState.APPROVED:
        raise _refuse_execution(plan, "not_approved", f"Its proposal {proposal.id} is {proposal.state}, not approved")
    if _is_edited(plan, proposal):
        was, found = shorten(proposal.plan_digest), shorten(plan.digest)
        raise _refuse_execution(plan, "plan_edited", f"It changed after approval ({was} approved, {found} found)")
    mine = [approval for approval in approvals if approval.proposal_id == proposal.id]
    for approval in mine:
        if approval.plan_digest != plan.digest:
            why = f"{approval.person_id} approved another plan ({shorten(approval.plan_digest)})"
            raise _refuse_execution(plan, "digest_mismatch", why)
    if not decision.permitted:
        raise _refuse_execution(plan, "policy", f"The policy does not permit it now: {decision.reason}")
    entitled = {
        approval.person_id: _compute_end(approval, plan, decision)
        for approval in mine
        if _is_entitled(people.get(approval.person_id), plan, decision)
    }
    needed = max(_count_needed(plan), decision.approvals)
    early = [item.approved_at for item in mine if item.person_id in entitled and item.approved_at - now > CLOCK_SKEW]
    if early:
        why = f"Its approval is of {format_instant(max(early))}, which is still to come: a clock was set back since"
        raise _refuse_execution(plan, "expired", why, 0, needed)
    counted = sum(now < end for end in entitled.values())
    if counted >= needed:
        return
    if len(entitled) >= needed:
        first = min(entitled.values())
        raise _refuse_execution(plan, "expired", f"Its approval ended at {format_instant(first)}", counted, needed)
    lost = sorted({approval.person_id for approval in mine} - set(entitled))
    gone = f"; no longer entitled: {', '.join(lost)}" if lost else ""
    why = f"It has {len(entitled)} of {needed} approvals{gone}"
    raise _refuse_execution(plan, "not_enough_approvals", why, counted, needed)


def _is_entitled(person: Person | None, plan: Plan, decision: PolicyDecision) -> bool:
    """Answer whether someone may approve both by the rule on the card and by the policy as it is now."""
    if person is None:
        return False
    return find_entitlement(plan.approval, person) is not None and find_entitlement(decision, person) is not None


def _compute_end(approval: Approval, plan: Plan, decision: PolicyDecision) -> Instant:
    return min(approval.expires_at, approval.approved_at + min(plan.approval.valid_for, decision.valid_for))


def _refuse_execution(plan: Plan, rule: str, why: str, counted: int = 0, needed: int = 0) -> GuardRefused:
    return GuardRefused(
        rule,
        f"Plan {shorten(plan.digest)} was not executed",
        why=why,
        do="Look at the newest card; without a plan there, Ask for more, or `fermata investigate`, brings one",
        plan_id=plan.id,
        counted=counted,
        needed=needed,
    )
