"""What the channel remembers of a card that it posted: enough to change it without looking for it."""

from __future__ import annotations

from pydantic import ValidationError

from fermata.domain.record import Record, Text


class SlackReceipt(Record):
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
    """First digits of the digest of the plan that people were told of."""
    searched: bool = True
    """Whether the thread holds nothing that is not noted here."""

    def write(self) -> str:
        """Return it as the outbox keeps it."""
        return self.model_dump_json(exclude_defaults=True)

    @classmethod
    def find(cls, text: str | None, channel: str) -> SlackReceipt | None:
        """Read one back; `None` for none, for another channel's and for what is not ours."""
        if not text:
            return None
        try:
            receipt = cls.model_validate_json(text)
        except ValidationError:
            return None
        return receipt if receipt.channel == channel else None
