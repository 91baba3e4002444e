"""The decision: one click, one transaction, one answer. Every click is answered and journalled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fermata.domain.ids import ApprovalId, PersonId, ProposalId
from fermata.domain.incident import IncidentState
from fermata.domain.journal import JournalEvent
from fermata.domain.person import Actor, Person
from fermata.domain.plan import Plan
from fermata.domain.proposal import Answer, Approval, Proposal, ProposalState, Ruling
from fermata.domain.record import Record, Text
from fermata.flows.cards import refresh_card
from fermata.flows.context import FlowContext
from fermata.flows.halt import describe_halt
from fermata.flows.identity import find_person, read_person
from fermata.flows.legs import enqueue_execution
from fermata.flows.standing import find_standing
from fermata.kit.errors import InvariantBroken, NotFoundError
from fermata.kit.ids import new_id
from fermata.kit.log import get_log
from fermata.kit.redaction import redact_cut
from fermata.ports.store import Transaction
from fermata.rules.approval import Click, Judgement, judge_click
from fermata.rules.lifecycle import move_incident

_log = get_log("decide")


@dataclass(frozen=True, slots=True)
class _Hold:
    """A proposal with all that a judgement needs."""

    proposal: Proposal
    plan: Plan
    approvals: Sequence[Approval]


class Clicker(Record):
    """Who clicked, as their channel authenticated them, and who that is."""

    channel: Text
    handle: Text
    name: str = ""
    """As the channel shows them, for words."""
    person: Person | None
    bot: bool = False
    barred: str = ""
    """Why the channel lets them decide nothing."""
    is_signed_in: bool = False
    """The channel names the person itself (a page session), whatever the handle."""


async def find_clicker(context: FlowContext, channel: str, handle: str, person_id: PersonId | None) -> Clicker:
    """Return who clicked: the person where the channel knows one (a page session); otherwise found by `handle`."""
    person = context.people.get(person_id) if person_id else await find_person(context, channel, handle)
    return Clicker(channel=channel, handle=handle, person=person, is_signed_in=person_id is not None)


async def build_click(
    context: FlowContext, clicker: Clicker, ruling: Ruling, *, shown_digest: str, reason: str
) -> Click:
    """Return a click with what its person may do. Outside of any transaction: a directory may take seconds."""
    standing = await find_standing(context, clicker.person) if clicker.person else None
    return Click(
        ruling=ruling,
        person=standing.person if standing else None,
        doubts=standing.doubts if standing else (),
        handle=clicker.handle,
        name=clicker.name,
        channel=clicker.channel,
        bot=clicker.bot,
        barred=clicker.barred,
        shown_digest=shown_digest,
        reason=redact_cut(reason, 500).text,
        at=context.clock.now(),
    )


def confirm_person(transaction: Transaction, context: FlowContext, clicker: Clicker, click: Click) -> Click:
    """Return the click, as nobody's where its handle is not that person's any more: a link was taken back meanwhile."""
    if clicker.person is None or clicker.is_signed_in:
        return click
    person = read_person(transaction, context, clicker.channel, clicker.handle)
    return click if person == clicker.person else click.model_copy(update={"person": None})


class Decisions:
    """Takes approvals and rejections, from any channel."""

    def __init__(self, context: FlowContext) -> None:
        self._context = context

    async def decide(  # noqa: PLR0913 - a click is what it is
        self,
        proposal_id: ProposalId,
        ruling: Ruling,
        *,
        channel: str,
        handle: str,
        person_id: PersonId | None = None,
        shown_digest: str,
        reason: str = "",
    ) -> Answer:
        """Judge one click and, when it completes the approval, enqueue the execution in the same commit.

        Args:
            handle: The channel's own name for whoever clicked, authenticated by the channel.
            person_id: The person, when the channel knows one (a page session); otherwise found by `handle`.
            shown_digest: The digest of the plan on the card that was clicked.
            reason: Words for a rejection.

        Raises:
            NotFoundError: There is no such proposal.
            OperationalError: The store cannot take the decision; nothing was decided.
        """
        clicker = await find_clicker(self._context, channel, handle, person_id)
        return await self.decide_for(clicker, proposal_id, ruling, shown_digest=shown_digest, reason=reason)

    async def decide_for(
        self, clicker: Clicker, proposal_id: ProposalId, ruling: Ruling, *, shown_digest: str, reason: str = ""
    ) -> Answer:
        """Judge the click of somebody who is known, or known not to count. As `decide`."""
        context = self._context
        click = await build_click(context, clicker, ruling, shown_digest=shown_digest, reason=reason)

        def work(transaction: Transaction) -> Answer:
            return self._decide(transaction, proposal_id, confirm_person(transaction, context, clicker, click))

        answer = await context.store.write(work)
        context.meters.clicks.labels(ruling.value, answer.rule or "accepted").inc()
        _log.info(
            "decision.answered",
            proposal_id=proposal_id,
            ruling=ruling.value,
            accepted=answer.accepted,
            rule=answer.rule,
        )
        return answer

    def _decide(self, transaction: Transaction, proposal_id: ProposalId, click: Click) -> Answer:
        proposal = transaction.proposals.get(proposal_id)
        halt = self._context.halt.find()
        if halt is not None and click.ruling is Ruling.APPROVE:
            answer = Answer(
                accepted=False,
                state=proposal.state,
                text=f"Not approved: Fermata is {describe_halt(halt)}.",
                rule="halt",
            )
            return self._journal_refusal(transaction, proposal, click, answer)
        try:
            plan = transaction.proposals.get_plan(proposal.plan_id)
        except (InvariantBroken, NotFoundError) as error:
            text = f"Not approved: the stored plan cannot be read ({error.why or error.what}). It will not run."
            answer = Answer(accepted=False, state=proposal.state, text=text, rule="plan_edited")
            return self._journal_refusal(transaction, proposal, click, answer)
        hold = _Hold(proposal, plan, transaction.proposals.list_approvals(proposal_id))
        judgement = judge_click(click, hold.proposal, hold.plan, hold.approvals, ApprovalId(new_id("appr", click.at)))
        if not judgement.answer.accepted:
            return self._journal_refusal(transaction, proposal, click, judgement.answer)
        if judgement.new_state is not None:
            moved = transaction.proposals.compare_and_set(
                proposal_id,
                ProposalState.OPEN,
                judgement.new_state,
                at=click.at,
                by=_list_deciders(hold, click),
                reason=click.reason,
            )
            if not moved:
                # Someone was faster between our read and our write: judge again on what is there now.
                return self._decide(transaction, proposal_id, click)
        return self._accept(transaction, hold, click, judgement)

    def _accept(self, transaction: Transaction, hold: _Hold, click: Click, judgement: Judgement) -> Answer:
        context = self._context
        incident_id = hold.proposal.incident_id
        data = {"proposal_id": hold.proposal.id, "plan_digest": hold.proposal.plan_digest, "channel": click.channel}
        if judgement.approval is not None:
            transaction.proposals.add_approval(judgement.approval)
            data |= {"approval_id": judgement.approval.id, "role": judgement.approval.role}
        if judgement.new_state is ProposalState.REJECTED:
            incident = transaction.incidents.get(incident_id)
            if incident.state is IncidentState.HELD:
                transaction.incidents.save(move_incident(incident, IncidentState.NEEDS_PERSON, click.at))
            transaction.flags.put(
                f"no-action/{incident_id}", {"reason": f"The plan was rejected: {click.reason or 'no reason given'}."}
            )
            data["reason"] = click.reason
        kinds = {ProposalState.APPROVED: "proposal.approved", ProposalState.REJECTED: "proposal.rejected"}
        kind = kinds.get(judgement.new_state, "approval.given") if judgement.new_state else "approval.given"
        event = JournalEvent(kind=kind, actor=_name_actor(click.person, click), incident_id=incident_id, data=data)
        transaction.journal.append(event, click.at)
        if judgement.completes:
            enqueue_execution(transaction, context, incident_id, hold.proposal.id, click.at)
        refresh_card(transaction, context, incident_id, click.at)
        return judgement.answer

    def _journal_refusal(self, transaction: Transaction, proposal: Proposal, click: Click, answer: Answer) -> Answer:
        event = JournalEvent(
            kind="approval.refused",
            actor=_name_actor(click.person, click),
            incident_id=proposal.incident_id,
            data={"proposal_id": proposal.id, "ruling": click.ruling.value, "rule": answer.rule, "text": answer.text},
        )
        transaction.journal.append(event, click.at)
        return answer


def _name_actor(person: Person | None, click: Click) -> Actor:
    if person is None:
        return Actor(kind="unknown", id=redact_cut(click.handle, 80).text or "unknown", channel=click.channel)
    return Actor(kind="person", id=person.id, channel=click.channel)


def _list_deciders(hold: _Hold, click: Click) -> str:
    people = [approval.person_id for approval in hold.approvals] if click.ruling is Ruling.APPROVE else []
    if click.person is not None:
        people.append(click.person.id)
    return ",".join(dict.fromkeys(people))
