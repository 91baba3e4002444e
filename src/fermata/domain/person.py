"""People, their roles, and how a channel's handle becomes a person."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from fermata.domain.ids import PersonId
from fermata.domain.record import FrozenMap, Record, Text

_ID = re.compile(r"[\w.@+-]+")


class Person(Record):
    """Someone who may be allowed to decide. Bots are people who never count."""

    id: PersonId
    """Stable short name, in the settings, the journal and on cards."""
    name: Text
    """As people call them."""
    roles: tuple[str, ...] = ()
    """Role names used by guardrails (`oncall`, `admin`)."""
    handles: FrozenMap[str, str] = Field(default_factory=dict, validate_default=True)
    """Channel -> handle there: `{"console": "alice", "slack": "U0123"}`."""
    bot: bool = False
    """A machine account: answered and journalled, never counted."""

    @field_validator("id")
    @classmethod
    def _refuse_bad_id(cls, value: PersonId) -> PersonId:
        # `decided_by` lists ids with commas between them, and cards show them in lines of their own.
        if not _ID.fullmatch(value):
            message = f"{value!r} cannot be a person's id; use letters, digits and . _ @ + -"
            raise ValueError(message)
        return value


class GroupRole(Record):
    """A role that comes from being in a group of a channel: a Slack user group, a GitHub team."""

    channel: Text
    """Whose group it is: `slack`."""
    id: Text
    """The channel's own id of the group: `S0123ABC`, `acme/payments`."""
    role: Text
    """The role its members have, while they are in it."""


class Actor(Record):
    """Who did something, as the journal keeps it: a person, or Fermata itself."""

    kind: str
    """`person`, `fermata`, `source` (an alert source) or `unknown`."""
    id: str
    channel: str = ""
    """Through which channel they came; empty for Fermata."""


FERMATA = Actor(kind="fermata", id="fermata")
"""Fermata itself: may never approve."""
