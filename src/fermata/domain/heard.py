"""What the observer heard in a chat, as it is stored: redacted, in its last form, and gone when its author deletes it.

A draft is made of `domain.trail`; `flows/postmortem` turns these into that.
"""

from __future__ import annotations

from pydantic import Field

from fermata.domain.record import FrozenMap, Instant, Record, Text


class HeardMessage(Record):
    """One message, or one comment at a forge."""

    platform: Text
    """The system it came from: `slack`, `discord`, `github`, `gitlab`."""
    room: Text
    """The platform's own id of the channel; for a forge, `owner/name#12`."""
    id: Text
    """Slack's `ts`, Discord's snowflake, the comment's id: unique in its room."""
    at: Instant
    user: str = ""
    """The platform's stable id of the author; empty where it does not say."""
    text: str = ""
    """Redacted before it is stored."""
    thread: str = ""
    """Id of the message that its thread hangs from; empty outside threads."""
    reply_to: str = ""
    """Id of the message that it answers (Discord's replies); empty when it answers none."""
    is_bot: bool = False
    edited_at: Instant | None = None
    """When it got this form; an older form never replaces a younger one."""
    files: tuple[str, ...] = ()
    """Names only, redacted; contents are never fetched."""
    url: str = ""
    """A link that opens it, where one can be told."""
    reactions: FrozenMap[str, int] = Field(default_factory=dict, validate_default=True)
    """How many people, by the reaction's name without colons."""
    is_pinned: bool = False

    @property
    def key(self) -> str:
        """Return what it is stored under: unique among all platforms."""
        return f"{self.platform}:{self.room}/{self.id}"


class HeardPerson(Record):
    """Who a stable id is, as far as a draft must know."""

    platform: Text
    user: Text
    name: str = ""
    """As shown, redacted."""
    zone: str = ""
    """IANA name, for "14:42 our time"; empty when nobody says."""
    is_bot: bool = False
