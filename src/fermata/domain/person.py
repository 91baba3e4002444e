"""People, their roles, and how a channel's handle becomes a person."""

from __future__ import annotations

from pydantic import Field

from fermata.domain.ids import PersonId
from fermata.domain.record import FrozenMap, Record, Text


class Person(Record):
    """Someone who may be allowed to decide. Bots are people who never count."""

    id: PersonId
    name: Text
    roles: tuple[str, ...] = ()
    """Role names used by guardrails (`oncall`, `admin`)."""
    handles: FrozenMap[str, str] = Field(default_factory=dict, validate_default=True)
    """Channel -> handle there: `{"console": "alice", "slack": "U0123"}`."""
    bot: bool = False
    """A machine account: answered and journalled, never counted."""


class Actor(Record):
    """Who did something, as the journal keeps it: a person, or Fermata itself."""

    kind: str
    """`person`, `fermata`, `source` (an alert source) or `unknown`."""
    id: str
    channel: str = ""
    """Through which channel they came; empty for Fermata."""


FERMATA = Actor(kind="fermata", id="fermata")
"""Fermata itself: may never approve."""
