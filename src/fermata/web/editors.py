"""What the page of a post-mortem asks of the house: Protocols, so that this floor names no flow."""

from __future__ import annotations

from typing import Protocol

from fermata.domain.action import ActionResult
from fermata.domain.entity import Entity
from fermata.domain.ids import IncidentId
from fermata.domain.person import Actor
from fermata.domain.postmortem import Postmortem


class Merge(Protocol):
    """How a new draft was put into what people wrote."""

    @property
    def diff(self) -> str:
        """Return from the text to what the draft has where an edit stands in the way; empty where none does."""
        ...


class Generated(Protocol):
    """A post-mortem that was just drafted."""

    @property
    def postmortem(self) -> Postmortem:
        """Return it as it is stored."""
        ...

    @property
    def merged(self) -> Merge | None:
        """Return how it was merged; `None` when nobody had edited."""
        ...


class Saved(Protocol):
    """What became of an edit."""

    @property
    def postmortem(self) -> Postmortem:
        """Return it as it is stored."""
        ...

    @property
    def is_saved(self) -> bool:
        """Answer whether it was stored; otherwise somebody else changed the same place."""
        ...

    @property
    def is_merged(self) -> bool:
        """Answer whether somebody else saved meanwhile."""
        ...

    @property
    def is_redacted(self) -> bool:
        """Answer whether what looks like a secret was hidden in it."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """Return in words what of it cannot be used."""
        ...

    @property
    def text(self) -> str:
        """Return what the editor goes on with."""
        ...

    @property
    def diff(self) -> str:
        """Return from the text to the other person's, where they collide."""
        ...


class Prepared(Protocol):
    """A ticket as it would be made."""

    @property
    def target(self) -> Entity:
        """Return where."""
        ...

    @property
    def words(self) -> str:
        """Return its whole text as a diff, or that it was begun before."""
        ...


class Ticked(Protocol):
    """What became of a ticket."""

    @property
    def result(self) -> ActionResult:
        """Return what the tracker said."""
        ...


class Editors(Protocol):
    """What people do to post-mortems."""

    async def find(self, incident_id: IncidentId) -> Postmortem | None:
        """Return an incident's post-mortem, or `None` when none was drafted yet."""
        ...

    async def draft(self, incident_id: IncidentId, by: Actor) -> Generated:
        """Draft it, for the first time or again; edits stay. Takes up to a minute.

        Raises:
            NotFoundError: No such incident.
        """
        ...

    async def save(self, incident_id: IncidentId, text: str, read: str, by: Actor) -> Saved:
        """Save a person's text; what others saved since they read it is merged in, or shown to them first."""
        ...

    async def keep(self, incident_id: IncidentId, message_id: str, by: Actor) -> Generated:
        """Take a dropped message back into the timeline.

        Raises:
            NotFoundError: The draft dropped no such message.
        """
        ...

    def list_places(self) -> tuple[Entity, ...]:
        """Return where tickets can be made; empty without a tracker."""
        ...

    async def prepare(self, incident_id: IncidentId, item: str, place: str) -> Prepared:
        """Return the ticket of an action item as it would be made. Changes nothing."""
        ...

    async def make(self, incident_id: IncidentId, item: str, place: str, shown: str, by: Actor) -> Ticked | None:
        """Make the ticket that was shown; `None` when it would be another one now."""
        ...

    async def link(self, incident_id: IncidentId, item: str, url: str, by: Actor) -> Postmortem:
        """Tick an action item with a ticket that a person made elsewhere.

        Raises:
            UserError: That is no web address, or there is no such item.
        """
        ...
