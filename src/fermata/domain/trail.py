"""The paper trail of an incident: what was said, deployed and measured, and the draft that is made of it.

Slotted dataclasses and no validated models: a channel has a hundred thousand messages, and the reader of each source
has checked every field before it builds one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum

KEY_TIMES = ("started", "detected", "declared", "mitigated", "resolved")
"""Names of the times that figures are computed from, in the order they usually come."""


class MessageKind(StrEnum):
    """What a message does in the story of an incident."""

    MILESTONE = "milestone"
    """It says that the incident was declared, mitigated or resolved, or an alert fired."""
    OBSERVATION = "observation"
    HYPOTHESIS = "hypothesis"
    """A guess: never told as a fact."""
    RETRACTION = "retraction"
    """It takes a guess back, or rules one out."""
    DECISION = "decision"
    ACTION = "action"
    COMMUNICATION = "communication"
    """To people outside the channel: a status page, customers, support."""
    NOISE = "noise"


class Status(StrEnum):
    """How far a line of a timeline can be relied on."""

    CONFIRMED = "confirmed"
    RULED_OUT = "ruled_out"


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody who writes in the channel."""

    handle: str
    role: str = ""
    zone: tzinfo | None = None
    """Where "our time" is; `None` when nobody says."""
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One message in its last form, without secrets. Deleted ones are never built."""

    id: str
    at: datetime
    user: str
    text: str
    channel: str = ""
    thread: str = ""
    """Id of the message that its thread hangs from; empty outside threads. Of a chain of replies, the first."""
    is_bot: bool = False
    reply_to: str = ""
    """Id of the one message that it answers (Discord's replies); empty when it answers none."""
    reactions: Mapping[str, int] = field(default_factory=dict)
    """How many people, by the reaction's name without colons."""
    is_pinned: bool = False
    files: tuple[str, ...] = ()
    """Names only, without secrets."""


@dataclass(frozen=True, slots=True)
class Deploy:
    """A change that reached, or was meant to reach, what runs."""

    id: str
    at: datetime
    title: str = ""
    service: str = ""
    kind: str = ""
    ref: str = ""
    sha: str = ""
    author: str = ""
    state: str = ""
    url: str = ""
    """A link that opens it; empty when none can be told."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One metric over the incident's time."""

    id: str
    name: str
    """Service and metric, in words that people may use in talk."""
    times: Sequence[float]
    """Epoch seconds, rising."""
    values: Sequence[float | None]
    """As long as `times`; `None` where nothing was measured."""
    unit: str = ""
    query: str = ""
    """What its points were asked with, so that anybody can ask again; empty when nobody says."""
    url: str = ""
    """A link that opens it; empty when none can be told."""


@dataclass(frozen=True, slots=True)
class Trail:
    """Everything a draft is made of."""

    title: str
    messages: Sequence[Message]
    """In the order of their time."""
    people: Mapping[str, Participant] = field(default_factory=dict)
    channels: Sequence[str] = ()
    """The incident's own; empty when nobody says, and then all of them."""
    deploys: Sequence[Deploy] = ()
    curves: Sequence[Curve] = ()
    start: datetime | None = None
    """Of the window that is looked at; an onset lies inside it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline."""

    at: datetime
    text: str
    actors: tuple[str, ...]
    """Who wrote or did what is cited; empty for a metric."""
    citations: tuple[str, ...]
    """Never empty; the first is the one that time and actor come from."""
    kind: MessageKind
    status: Status = Status.CONFIRMED


@dataclass(frozen=True, slots=True)
class KeyTime:
    """One of the times that figures are computed from."""

    at: datetime
    citation: str
    why: str
    """What it was taken from, in words."""
    is_inferred: bool = False
    """Nobody says so: it is concluded from what was measured, and may be told of after it."""
    is_corrected: bool = False
    """A person wrote it over what the rules found: nothing is cited."""
    corrects: KeyTime | None = None
    """What the rules had; `None` where they found nothing."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A message that is not in the timeline, so that an editor can take it back."""

    id: str
    why: str


@dataclass(frozen=True, slots=True)
class PostmortemDraft:
    """What the rules make of a trail."""

    entries: tuple[Entry, ...]
    """In the order of their time."""
    key_times: Mapping[str, KeyTime]
    """`started`, `detected`, `declared`, `mitigated`, `resolved`: those that the trail tells."""
    impact: tuple[Entry, ...]
    """Measured or said effects on users, each with what it is cited from."""
    factors: tuple[Entry, ...]
    """Candidates for contributing factors: never more than that."""
    dropped: tuple[Dropped, ...]
    actions: tuple[Entry, ...] = ()
    """Candidates for follow-ups that somebody named."""
