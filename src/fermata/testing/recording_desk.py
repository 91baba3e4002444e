"""A desk for the tests of a chat: it decides like the house's, in memory, and keeps what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fermata.domain.card import Card
from fermata.domain.ids import IncidentId
from fermata.domain.proposal import Answer, ProposalState, Ruling
from fermata.ports.desk import Guest, Reply
from fermata.testing.channel_contract import build_card


class RecordingDesk:
    """A desk with one plan.

    Args:
        people: Handle -> id of those who may decide. What Bob asks is answered for everybody to read.
        replies: Command -> what it is answered; others are echoed.
    """

    def __init__(self, people: Mapping[str, str], replies: Mapping[str, Reply]) -> None:
        self.card = build_card()
        self.decided: str | None = None
        """What was decided by whom."""
        self.asked: list[tuple[Any, ...]] = []
        self.known: set[tuple[str, str]] = set()
        self.gate = asyncio.Event()
        """Cleared, everything takes until it is set."""
        self.gate.set()
        self.entered = asyncio.Event()
        """Set once something has come as far as the gate."""
        self.failure: Exception | None = None
        """What deciding fails with."""
        self._people = people
        self._replies = replies

    async def decide(
        self, guest: Guest, ruling: Ruling, *, incident_id: IncidentId, nonce: str, reason: str = ""
    ) -> Answer:
        """Take the first click of somebody known; tell the others."""
        self.asked.append((guest, ruling, incident_id, nonce, reason))
        await self._pass_gate()
        if self.failure is not None:
            raise self.failure
        if guest.bot or guest.barred or guest.handle not in self._people:
            why = "machines never count" if guest.bot else guest.barred or f"nobody is {guest.handle}"
            return Answer(accepted=False, state=ProposalState.OPEN, text=f"Not counted: {why}.", rule="unknown_person")
        if self.decided is not None:
            text = f"Not counted: already {self.decided}."
            return Answer(accepted=False, state=ProposalState.APPROVED, text=text, rule="already_decided")
        is_approved = ruling is Ruling.APPROVE
        self.decided = f"{'approved' if is_approved else 'rejected'} by {self._people[guest.handle]}"
        words = f": {reason}" if reason else ""
        state = ProposalState.APPROVED if is_approved else ProposalState.REJECTED
        return Answer(accepted=True, state=state, text=f"{self.decided.capitalize()}{words}.", execution_enqueued=True)

    async def ask_for_more(self, guest: Guest, incident_id: IncidentId, question: str = "") -> Reply:
        """Take as long as a test likes."""
        self.asked.append((guest, "ask", incident_id, question))
        await self._pass_gate()
        return Reply(text="Looked again: nothing new.", public=self._people.get(guest.handle) == "bob")

    async def snooze(self, guest: Guest, incident_id: IncidentId, span: timedelta) -> Reply:
        """Say for how long."""
        self.asked.append((guest, "snooze", incident_id, span))
        return Reply(text=f"Quiet for {span // timedelta(minutes=1)} minutes.")

    async def command(self, guest: Guest, text: str) -> Reply:
        """Answer as the test says, or echo; a halt for everybody to read."""
        self.asked.append((guest, "command", text))
        await self.gate.wait()
        return self._replies.get(text) or Reply(text=f"heard <{text}>", public=text.startswith("halt"))

    async def find_card(self, incident_id: IncidentId) -> Card | None:
        """Give the card as it is now."""
        if incident_id != self.card.incident_id:
            return None
        return self.card.model_copy(update={"can_decide": self.card.can_decide and self.decided is None})

    async def remember(self, channel: str, delivery_id: str) -> bool:
        """Note a delivery."""
        is_new = (channel, delivery_id) not in self.known
        self.known.add((channel, delivery_id))
        return is_new

    async def is_known(self, channel: str, delivery_id: str) -> bool:
        """Answer for a delivery."""
        return (channel, delivery_id) in self.known

    async def _pass_gate(self) -> None:
        self.entered.set()
        await self.gate.wait()
