"""What a system can tell of an incident's time after the fact: messages to fill gaps, deploys, metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from fermata.domain.alert import Alert
from fermata.domain.entity import Entity
from fermata.domain.heard import HeardMessage, HeardPerson
from fermata.domain.record import Instant, Record
from fermata.domain.trail import Curve, Deploy


class TrailScope(Record):
    """What is asked for."""

    start: Instant
    end: Instant
    rooms: tuple[str, ...] = ()
    """Rooms of this system that belong to the incident; empty: none of them is known, so no chat is read."""
    entities: tuple[Entity, ...] = ()
    """What the incident is about: metrics and deploys of others are left out where there are many."""
    alerts: tuple[Alert, ...] = ()
    """Its alerts: what they watch is the first metric to look at."""
    words: tuple[str, ...] = ()
    """Services and titles, for systems that find by words."""
    known_from: Instant | None = None
    """The observer has heard these rooms since then: only what is older must be fetched. `None`: it heard nothing."""


@dataclass(frozen=True, slots=True)
class TrailPart:
    """What one system tells."""

    messages: Sequence[HeardMessage] = ()
    people: Sequence[HeardPerson] = ()
    deploys: Sequence[Deploy] = ()
    """Deployments, releases, merges and workflow runs; time and actor as the system has them."""
    curves: Sequence[Curve] = ()
    gaps: Sequence[str] = ()
    """In words, what could not be read and why: `slack C012: history not read, missing scope channels:history`."""


class TrailSource(Protocol):
    """Reads one system's part.

    Contract: read-only; bounded in pages and bytes; waits as long as a rate limit asks, up to its own deadline, and
    then says what is missing.
    """

    @property
    def name(self) -> str:
        """Return the system's name."""
        ...

    async def read_trail(self, scope: TrailScope) -> TrailPart:
        """Return what it knows of the time. Never raises for an expected failure: that is a gap in words."""
        ...


@dataclass(frozen=True, slots=True)
class Missing:
    """What is left of messages that were read before."""

    keys: frozenset[str] = frozenset()
    """Of those that are gone, or were hidden from those who could read them."""
    gaps: Sequence[str] = ()
    """In words, which of them could not be looked at, and why."""


@runtime_checkable
class Rereads(Protocol):
    """A source that can be asked for messages by their ids, where none tells when one is deleted.

    Contract: as of `TrailSource`.
    """

    async def find_missing(self, messages: Sequence[HeardMessage]) -> Missing:
        """Return which of them are there no longer. Never raises for an expected failure: that is a gap in words."""
        ...
