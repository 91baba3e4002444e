"""The post-mortems as a page asks for them: one object with everything that people do to one."""

from __future__ import annotations

from fermata.domain.entity import Entity
from fermata.domain.ids import IncidentId
from fermata.domain.person import Actor
from fermata.domain.postmortem import Postmortem
from fermata.flows.context import FlowContext
from fermata.flows.postmortem.editing import Saved, keep_message, save_text
from fermata.flows.postmortem.keeping import Generated, find_postmortem, generate_postmortem
from fermata.flows.postmortem.ticking import (
    Ticked,
    link_ticket,
    make_ticket,
    prepare_ticket,
)
from fermata.flows.tickets import TicketDraft, list_targets


class Editors:
    """What people do to post-mortems. Every method may touch the store; errors are those of the flows behind it."""

    def __init__(self, context: FlowContext) -> None:
        self._context = context

    async def find(self, incident_id: IncidentId) -> Postmortem | None:
        """Return an incident's post-mortem without what was deleted since, or `None` when none was drafted yet."""
        return await find_postmortem(self._context, incident_id)

    async def draft(self, incident_id: IncidentId, by: Actor) -> Generated:
        """Draft it, for the first time or again; edits stay. Takes up to a minute."""
        return await generate_postmortem(self._context, incident_id, by)

    async def save(self, incident_id: IncidentId, text: str, read: str, by: Actor) -> Saved:
        """Save a person's text; what others saved since they read it is merged in, or shown to them first."""
        return await save_text(self._context, incident_id, text, read, by)

    async def keep(self, incident_id: IncidentId, message_id: str, by: Actor) -> Generated:
        """Take a dropped message back into the timeline."""
        return await keep_message(self._context, incident_id, message_id, by)

    def list_places(self) -> tuple[Entity, ...]:
        """Return where tickets can be made."""
        return list_targets(self._context)

    async def prepare(self, incident_id: IncidentId, item: str, place: str) -> TicketDraft:
        """Return the ticket of an action item as it would be made."""
        return await prepare_ticket(self._context, incident_id, item, place)

    async def make(self, incident_id: IncidentId, item: str, place: str, shown: str, by: Actor) -> Ticked | None:
        """Make the ticket that was shown; `None` when it would be another one now.

        Args:
            shown: What was shown of it.
        """
        draft = await prepare_ticket(self._context, incident_id, item, place)
        if draft.words != shown:
            return None
        return await make_ticket(self._context, draft, by)

    async def link(self, incident_id: IncidentId, item: str, url: str, by: Actor) -> Postmortem:
        """Tick an action item with a ticket that a person made elsewhere."""
        return await link_ticket(self._context, incident_id, item, url, by)
