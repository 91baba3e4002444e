"""A chat in one JSON file: a channel that finds a message by its key, or posts it, like the real ones.

It counts what was posted, so that a test can tell one message that changed from two messages. Limits: one writer at a
time; nobody can answer in it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from fermata.domain.card import Card
from fermata.domain.record import Record
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.ports.system import System
from fermata.testing.interruption import Interrupt


class Message(Record):
    """One message, as it is now."""

    receipt: str
    key: str
    room: str = ""
    text: str
    """The card as plain text."""


class MessageFile:
    """The channel. `deliver` passes the points `card:before` and `card:after`."""

    name = "messages"

    def __init__(self, path: Path, interrupt: Interrupt) -> None:
        self._path = path
        self._interrupt = interrupt

    def read(self) -> list[Message]:
        """Return the messages in the order they were posted."""
        if not self._path.exists():
            return []
        return [Message.from_json(message) for message in json.loads(self._path.read_text())]

    async def deliver(self, card: Card, *, key: str, receipt: str | None, room: str = "") -> str:
        """Change the message of this receipt or key, or post one; return its receipt.

        Raises:
            OperationalError: The file cannot be written.
        """
        self._interrupt("card:before")
        messages = self.read()
        known = next(
            (
                message
                for message in messages
                if receipt in (message.receipt, None) and (message.key, message.room) == (key, room)
            ),
            None,
        )
        number = known.receipt if known else f"m-{len(messages) + 1}"
        changed = Message(receipt=number, key=key, room=room, text=card.to_text())
        if known is None:
            messages.append(changed)
        else:
            messages[messages.index(known)] = changed
        self._write(messages)
        self._interrupt("card:after")
        return changed.receipt

    def _write(self, messages: Sequence[Message]) -> None:
        partial = self._path.with_suffix(".partial")
        try:
            partial.write_text(json.dumps([message.to_json() for message in messages]))
            partial.replace(self._path)
        except OSError as error:
            raise OperationalError(
                "The message file cannot be written", why=error.strerror or "", do="Make its folder writable"
            ) from error


class MessageFileSettings(BaseModel):
    """Settings of the channel."""

    model_config = ConfigDict(extra="forbid")

    path: Path
    """The file with the messages."""


def _go_on(point: str) -> None:
    """Do nothing at a point."""
    del point


class MessageSystem(System):
    """The channel as the house takes it."""

    name: ClassVar[str] = "messages"
    Settings: ClassVar[type[BaseModel]] = MessageFileSettings

    def __init__(self, settings: MessageFileSettings, clock: Clock, *, interrupt: Interrupt = _go_on) -> None:
        super().__init__(settings, clock)
        self.channel = MessageFile(settings.path, interrupt)

    def find_channel(self) -> MessageFile:
        """Return the channel."""
        return self.channel
