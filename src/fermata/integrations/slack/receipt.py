"""What the channel remembers of a card that it posted: enough to change it without looking for it."""

from __future__ import annotations

from fermata.domain.record import Text
from fermata.ports.chat.receipt import Receipt


class SlackReceipt(Receipt):
    """Where a card stands, and what it shows."""

    channel: Text
    ts: Text
    """The message's id within its channel."""
    shown: str = ""
    """Digest of its blocks; empty when that is not known."""
    detail_ts: str = ""
    """The message in its thread with what only explains; empty when there is none yet."""
    detail_shown: str = ""
    files: tuple[str, ...] = ()
    """SHA-256 of what is attached in its thread."""
    announced: str = ""
    """Key of the news that people were told of last: of a plan, the first digits of its digest."""
    searched: bool = True
    """Whether the thread holds nothing that is not noted here."""

    @property
    def place(self) -> str:
        """Return the channel."""
        return self.channel
