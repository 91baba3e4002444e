"""The counter: clicks and commands of every channel are taken here, answered, and journalled. `ports.desk.Desk`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from fermata.domain.card import Card
from fermata.domain.ids import IncidentId
from fermata.domain.incident import IncidentState
from fermata.domain.person import Person
from fermata.domain.proposal import Answer, ProposalState, Ruling
from fermata.flows.cards import build_card
from fermata.flows.context import FlowContext
from fermata.flows.counter_answers import Request, answer
from fermata.flows.curate import Curation
from fermata.flows.decide import Clicker, Decisions
from fermata.flows.desk_commands import Commands, answer_question
from fermata.flows.experiments.cards import PREFIX as EXPERIMENT
from fermata.flows.experiments.cards import build_card as build_experiment_card
from fermata.flows.experiments.holding import Experiments
from fermata.flows.identity import find_person, name_guest
from fermata.flows.snooze import snooze_incident
from fermata.flows.standing import guard_plan
from fermata.kit.errors import NotFoundError
from fermata.kit.units import format_duration
from fermata.ports.desk import Guest, Reply
from fermata.ports.store import Transaction
from fermata.rules.approval import NONCE_LEAST, find_shown

LONGEST_QUESTION = 2_000
_REMEMBERED = timedelta(days=14)
"""Twice what the contract promises: a forge can be told to deliver again for days."""
_LOOKED_AT = (IncidentState.OPEN, IncidentState.INVESTIGATING)


class Counter:
    """The desk of a house."""

    def __init__(
        self, context: FlowContext, decisions: Decisions, commands: Commands, experiments: Experiments | None = None
    ) -> None:
        self._experiments = experiments
        self._context = context
        self._decisions = decisions
        self._commands = commands

    async def decide(
        self, guest: Guest, ruling: Ruling, *, incident_id: IncidentId, nonce: str, reason: str = ""
    ) -> Answer | Reply:
        """Judge one click; see `ports.desk.Desk.decide`.

        Raises:
            OperationalError: The store cannot take it: nothing was decided.
        """
        context = self._context
        if self._experiments is not None and incident_id.startswith(EXPERIMENT):
            return await self._decide_experiment(self._experiments, guest, ruling, (incident_id, nonce, reason))
        holds = await context.store.read(lambda transaction: transaction.proposals.list_for_incident(incident_id))
        if not holds:
            request = Request(guest, ruling.value, words=f"{incident_id} {nonce} {reason}", known_only=False)
            return await answer(context, request, lambda person: self._find_nothing(person, incident_id))
        held, shown_digest = find_shown(holds, nonce)
        person = await find_person(context, guest.channel, guest.handle)
        clicker = _name_clicker(guest, person)
        return await self._decisions.decide_for(clicker, held.id, ruling, shown_digest=shown_digest, reason=reason)

    async def _decide_experiment(
        self, experiments: Experiments, guest: Guest, ruling: Ruling, said: tuple[str, str, str]
    ) -> Reply:
        """Judge a click on a rehearsal's card, which carries the experiment where others carry their incident."""
        held_id, nonce, reason = said
        person = await find_person(self._context, guest.channel, guest.handle)
        clicker = _name_clicker(guest, person)
        try:
            held = await experiments.find(held_id)
        except NotFoundError as error:
            return Reply(text=str(error), ok=False)
        digits = nonce.strip().lower().removeprefix("sha256:")
        is_named = len(digits) >= NONCE_LEAST and held.digest.removeprefix("sha256:").startswith(digits)
        shown = held.digest if is_named else digits
        word = await experiments.decide_for(clicker, held.id, ruling, shown_digest=shown, reason=reason)
        return Reply(text=word.text, ok=word.accepted)

    async def ask_for_more(self, guest: Guest, incident_id: IncidentId, question: str = "") -> Reply:
        """Look again; with a question, answer it from what was observed of the incident. May take a minute."""
        words = question.strip()
        request = Request(guest, "more", words=words)

        async def work(person: Person | None) -> Reply:
            await self._context.store.read(lambda transaction: transaction.incidents.get(incident_id))
            if words:
                return await self._answer_question(incident_id, words)
            return await self._look_again(guest, person, incident_id)

        return await answer(self._context, request, work)

    async def snooze(self, guest: Guest, incident_id: IncidentId, span: timedelta) -> Reply:
        """Keep still about an incident for a while: no escalation and no reminder."""

        async def work(person: Person | None) -> Reply:
            by = name_guest(guest, person)
            wall = await guard_plan(self._context, guest, incident_id, "Not snoozed: a plan waits for others")
            until = await snooze_incident(self._context, incident_id, span, by, wall)
            card = await self.find_card(incident_id)
            stays = "The card stays, and can be decided." if card and card.can_decide else "The card stays."
            return Reply(text=f"Snoozed for {format_duration(span)}, until {until:%H:%M} UTC. {stays}")

        return await answer(self._context, Request(guest, "snooze", words=f"{incident_id} {span}"), work)

    async def command(self, guest: Guest, text: str) -> Reply:
        """Carry out what follows `/fermata`."""
        return await self._commands.run(guest, text)

    async def find_card(self, incident_id: IncidentId) -> Card | None:
        """Return the newest card of an incident, redacted; `None` when nobody knows it."""
        now = self._context.clock.now()
        try:
            if self._experiments is not None and incident_id.startswith(EXPERIMENT):
                view = await self._experiments.show(incident_id)
                return build_experiment_card(view.held, view.result)
            return await self._context.store.read(
                lambda transaction: build_card(transaction, self._context, incident_id, now)
            )
        except NotFoundError:
            return None

    async def remember(self, channel: str, delivery_id: str) -> bool:
        """Note that a delivery has been dealt with; answer whether it was new."""
        now = self._context.clock.now()

        def work(transaction: Transaction) -> bool:
            transaction.deliveries.forget(now - _REMEMBERED)
            return transaction.deliveries.add(channel, delivery_id, now)

        return await self._context.store.write(work)

    async def is_known(self, channel: str, delivery_id: str) -> bool:
        """Answer whether a delivery was dealt with. Kept for 14 days."""
        return await self._context.store.read(lambda transaction: transaction.deliveries.has(channel, delivery_id))

    async def _find_nothing(self, person: Person | None, incident_id: IncidentId) -> Reply:
        del person
        named = incident_id[:80]
        try:
            await self._context.store.read(lambda transaction: transaction.incidents.get(incident_id))
        except NotFoundError:
            text = (
                f"Nothing was decided: this store knows no incident {named}. Its card is of another Fermata, or newer "
                "than the backup that was restored here. What still fires comes in again; see `/fermata incidents`."
            )
            return Reply(text=text, ok=False)
        return Reply(text=f"There is no plan of {named} to decide on. See `/fermata incidents`.", ok=False)

    async def _answer_question(self, incident_id: IncidentId, words: str) -> Reply:
        return await answer_question(self._context, words[:LONGEST_QUESTION], incident_id)

    async def _look_again(self, guest: Guest, person: Person | None, incident_id: IncidentId) -> Reply:
        def read(transaction: Transaction) -> tuple[IncidentState, Sequence[str]]:
            return transaction.incidents.get(incident_id).state, _list_approvers(transaction, incident_id)

        state, approvers = await self._context.store.read(read)
        if state in _LOOKED_AT:
            return Reply(text="It is being looked at already; the card changes when that ends.")
        undone = "Not looked at again: a plan waits, which that would withdraw"
        wall = await guard_plan(self._context, guest, incident_id, undone)
        await Curation(self._context).investigate_again(incident_id, name_guest(guest, person), wall)
        # An approval is bound to the plan it was given for: whoever gave it must hear of it from whoever asks.
        lost = f" What {' and '.join(approvers)} approved ends with it: a new plan needs every approval anew."
        return Reply(text=f"Looking again; the card changes when that ends.{lost if approvers else ''}")


def _name_clicker(guest: Guest, person: Person | None) -> Clicker:
    return Clicker(
        channel=guest.channel,
        handle=guest.handle,
        name=guest.name,
        person=person,
        bot=guest.bot,
        barred=guest.barred,
    )


def _list_approvers(transaction: Transaction, incident_id: IncidentId) -> Sequence[str]:
    """Return the ids of those who approved the plan that is held; none where nothing is."""
    held = transaction.proposals.find_for_incident(incident_id)
    if held is None or held.state is not ProposalState.OPEN:
        return ()
    return [approval.person_id for approval in transaction.proposals.list_approvals(held.id)]
