"""What a channel may ask of the house on behalf of somebody: the one counter where clicks and commands are taken."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from fermata.domain.card import Card
from fermata.domain.ids import IncidentId
from fermata.domain.proposal import Answer, Ruling
from fermata.domain.record import Record, Text

NONCE_DIGITS = 16
"""Hex digits of the plan's digest that a button or a comment carries: it names the plan that was seen."""


class Guest(Record):
    """Who is at the counter, as the channel authenticated them. Who that is to Fermata, the desk finds out."""

    channel: Text
    handle: Text
    """The channel's own stable id: `U0123ABC`, never a display name that people can change. Of the channel `page` it is
    the person's own id, proved by their session."""
    name: str = ""
    """As the channel shows them; for words only, never compared."""
    room: str = ""
    """The channel's own id of where they asked; empty where it is of no meaning, or not told."""
    about: str = ""
    """Id of the incident at whose card they ask; empty where they ask anywhere else."""
    overheard: bool = False
    """The channel can answer nobody alone: whoever reads an issue reads what is written below it."""
    bot: bool = False
    """A machine account: answered and journalled, never counted."""
    barred: str = ""
    """Why the channel itself lets them decide nothing ("no write permission on the repository"); empty: it does."""
    is_unsure: bool = False
    """Whether they are barred only because the channel cannot say now who may decide: they may halt all the same."""


class Reply(Record):
    """What is answered to a command, in words."""

    text: Text
    """Plain lines; the channel may set them off, never shorten them silently."""
    ok: bool = True
    public: bool = False
    """True when the room should see it too (a halt); otherwise only who asked."""
    card: Card | None = None
    """To be shown with it."""


class Desk(Protocol):
    """The counter. Every method answers; none raises for something the guest did."""

    async def decide(
        self, guest: Guest, ruling: Ruling, *, incident_id: IncidentId, nonce: str, reason: str = ""
    ) -> Answer | Reply:
        """Judge one click in one transaction; a second of the same changes nothing and is told what was decided.

        Args:
            nonce: First hex digits (at least 8) of the digest of the plan on the card that was clicked.
            reason: Words for a rejection.

        Returns:
            The answer to tell; a `Reply` when there is nothing to decide (an incident nobody knows, no plan).

        Raises:
            OperationalError: The store cannot take it: nothing was decided, and the guest must be told so.
        """
        ...

    async def ask_for_more(self, guest: Guest, incident_id: IncidentId, question: str = "") -> Reply:
        """Look again, or with a question answer it from live state. May take a minute: acknowledge first."""
        ...

    async def snooze(self, guest: Guest, incident_id: IncidentId, span: timedelta) -> Reply:
        """Keep still about an incident for a while: no escalation and no reminder. The card stays and changes."""
        ...

    async def command(self, guest: Guest, text: str) -> Reply:
        """Carry out what follows `/fermata`: `status`, `incidents`, `ask ..`, `halt ..`, `resume`, `link CODE`, `help`.

        Also `generate-postmortem [INCIDENT] [share]`. It and `ask` may take a minute: acknowledge first.
        """
        ...

    async def find_card(self, incident_id: IncidentId) -> Card | None:
        """Return the newest card of an incident, redacted; `None` when nobody knows it."""
        ...

    async def remember(self, channel: str, delivery_id: str) -> bool:
        """Note that a delivery (an event, a comment) has been dealt with; answer whether it was new.

        Deal with it first, then remember it: a crash between the two repeats the work, which must bear that.
        """
        ...

    async def is_known(self, channel: str, delivery_id: str) -> bool:
        """Answer whether a delivery was dealt with. Kept for at least 7 days."""
        ...
