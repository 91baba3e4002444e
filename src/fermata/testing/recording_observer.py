"""An observer that keeps what it is told in memory, by the port's contract: idempotent, deletions are final."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from fermata.domain.heard import HeardMessage, HeardPerson
from fermata.domain.record import Instant
from fermata.kit.errors import OperationalError


class RecordingObserver:
    """Observes some rooms."""

    def __init__(self, rooms: Collection[str]) -> None:
        self.rooms = rooms
        """Ids of the rooms that it wants."""
        self.messages: dict[str, HeardMessage] = {}
        """By id, in their last form."""
        self.forgotten: dict[str, Instant] = {}
        """When each deleted message was deleted, by id."""
        self.reactions: dict[str, set[tuple[str, str]]] = {}
        """Name and user of each, by the message's id."""
        self.pinned: set[str] = set()
        self.people: dict[str, HeardPerson] = {}
        """By id."""
        self.calls = 0
        """How often something was to be kept."""
        self.failures = 0
        """So many calls from now on find the store down."""

    def wants(self, platform: str, room: str) -> bool:
        """Answer whether the room is one of its own."""
        del platform
        return room in self.rooms

    async def hear(self, message: HeardMessage) -> None:
        """Keep a message, unless it was deleted or is known in a younger form."""
        self._count()
        held = self.messages.get(message.id)
        if message.id in self.forgotten or (held is not None and _age(held) > _age(message)):
            return
        self.messages[message.id] = message

    async def forget(self, platform: str, room: str, message_id: str, at: Instant) -> None:
        """Drop a message for good."""
        del platform, room
        self._count()
        self.forgotten[message_id] = at
        self.messages.pop(message_id, None)

    async def react(self, platform: str, room: str, message_id: str, *, name: str, user: str, present: bool) -> None:
        """Note or drop a reaction."""
        del platform, room
        self._count()
        held = self.reactions.setdefault(message_id, set())
        (held.add if present else held.discard)((name, user))

    async def pin(self, platform: str, room: str, message_id: str, *, present: bool) -> None:
        """Note or drop a pin."""
        del platform, room
        self._count()
        (self.pinned.add if present else self.pinned.discard)(message_id)

    async def meet(self, person: HeardPerson) -> None:
        """Keep who somebody is."""
        self._count()
        self.people[person.user] = person

    def list_messages(self) -> Sequence[HeardMessage]:
        """Return what was said, in the order of time, with reactions and pins."""
        return [self._complete(one) for one in sorted(self.messages.values(), key=lambda one: (one.at, one.id))]

    def _complete(self, message: HeardMessage) -> HeardMessage:
        names = Counter(name for name, _ in self.reactions.get(message.id, ()))
        is_pinned = message.is_pinned or message.id in self.pinned
        return message.model_copy(update={"reactions": dict(names) or message.reactions, "is_pinned": is_pinned})

    def list_texts(self) -> Sequence[str]:
        """Return what was said, in the order of time."""
        return [message.text for message in self.list_messages()]

    def _count(self) -> None:
        self.calls += 1
        if self.failures > 0:
            self.failures -= 1
            raise OperationalError("The store is not reachable", why="played", do="Try again")


def _age(message: HeardMessage) -> float:
    return message.edited_at.timestamp() if message.edited_at is not None else 0.0
