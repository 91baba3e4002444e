"""What the channel remembers of a card that it posted: enough to change it without looking for it."""

from __future__ import annotations

from fermata.domain.record import Record, Text
from fermata.ports.chat.receipt import Receipt


class DiscordFile(Record):
    """A file that a message has."""

    name: Text
    """Holds the digest of its content."""
    id: Text
    """Discord's: an edit that leaves it out would drop the file."""


class Shown(Record):
    """One message of ours."""

    id: Text
    revision: str = ""
    """Digest of what it shows; empty when that is not known."""
    files: tuple[DiscordFile, ...] = ()


class DiscordReceipt(Receipt):
    """Where a card stands, and what it shows."""

    channel: Text
    card: Shown
    thread: str = ""
    """Id of the card's thread; empty when it is not known to be there."""
    detail: Shown | None = None
    """The message in the thread with what only explains."""
    announced: str = ""
    """Key of the news that people were told of last: of a plan, the first digits of its digest."""

    @property
    def place(self) -> str:
        """Return the channel."""
        return self.channel
