"""Keeping still about an incident for a while: no escalation and no reminder. The card stays, and says so."""

from __future__ import annotations

from datetime import datetime, timedelta

from fermata.domain.ids import IncidentId
from fermata.domain.journal import JournalEvent
from fermata.domain.person import Actor
from fermata.flows.cards import refresh_card
from fermata.flows.context import FlowContext
from fermata.flows.quiet import name_snooze
from fermata.flows.standing import Wall, write_behind
from fermata.kit.errors import UserError
from fermata.ports.store import Transaction

SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(hours=24)
"""As long as an approval may ever be open: what sleeps longer is forgotten."""


async def snooze_incident(
    context: FlowContext, incident_id: IncidentId, span: timedelta, by: Actor, wall: Wall | None = None
) -> datetime:
    """Keep still about an incident; return until when. A second snooze replaces the first.

    Raises:
        GuardRefused: The wall keeps it from whoever asked.
        NotFoundError: No such incident.
        UserError: It has ended, or the span is out of bounds.
    """
    if not SHORTEST <= span <= LONGEST:
        raise UserError("That is no time to keep still for", why="at least a minute, at most 24 hours")
    now = context.clock.now()
    until = now + span

    def work(transaction: Transaction) -> None:
        incident = transaction.incidents.get(incident_id)
        if not incident.is_live:
            raise UserError(f"{incident_id} is {incident.state.value}", why="there is nothing to keep still about")
        value = {"until": until.isoformat(), "by": by.id, "at": now.isoformat()}
        transaction.flags.put(name_snooze(incident_id), value)
        event = JournalEvent(
            kind="incident.snoozed", actor=by, incident_id=incident_id, data={"until": until.isoformat()}
        )
        transaction.journal.append(event, now)
        refresh_card(transaction, context, incident_id, now)

    await write_behind(context, wall, work)
    return until
