"""What the channel remembers of a card that it posted: enough to change it without looking for it."""

from __future__ import annotations

from pydantic import ValidationError

from fermata.domain.record import Record, Text


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


class DiscordReceipt(Record):
    """Where a card stands, and what it shows."""

    channel: Text
    card: Shown
    thread: str = ""
    """Id of the card's thread; empty when it is not known to be there."""
    detail: Shown | None = None
    """The message in the thread with what only explains."""

    def write(self) -> str:
        """Return it as the outbox keeps it."""
        return self.model_dump_json(exclude_defaults=True)

    @classmethod
    def find(cls, text: str | None, channel: str) -> DiscordReceipt | None:
        """Read one back; `None` for none, for another channel's and for what is not ours."""
        if not text:
            return None
        try:
            receipt = cls.model_validate_json(text)
        except ValidationError:
            return None
        return receipt if receipt.channel == channel else None
