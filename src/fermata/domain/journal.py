"""The append-only, hash-chained story that every reading is made from."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from pydantic import Field

from fermata.domain.ids import IncidentId
from fermata.domain.person import Actor
from fermata.domain.record import FrozenMap, Instant, Record, Text
from fermata.kit.digest import compute_digest

GENESIS = "sha256:" + "0" * 64
"""What the first entry names as its predecessor."""


class JournalEvent(Record):
    """Something that happened, before it has a place in the chain."""

    kind: Text
    """Constant `noun.past_verb`, listed in `docs/journal.md`: `proposal.approved`."""
    actor: Actor
    incident_id: IncidentId | None = None
    data: FrozenMap[str, Any] = Field(default_factory=dict, validate_default=True)
    """Facts: ids, digests, words. Never payloads or secrets. JSON types only."""


class JournalEntry(Record):
    """An event in its place. `hash` covers everything else in the entry, and `previous` the entry before."""

    sequence: int = Field(ge=1)
    at: Instant
    event: JournalEvent
    previous: Text
    hash: Text

    @staticmethod
    def compute_hash(sequence: int, at: Instant, event: JournalEvent, previous: str) -> str:
        """Return the hash an entry with this content must carry; the same for the same instant in any time zone."""
        # In UTC, as the entry keeps it: otherwise an entry chained in local time would never verify.
        instant = at.astimezone(UTC).isoformat()
        body = {"sequence": sequence, "at": instant, "event": event.to_json(), "previous": previous}
        return compute_digest(body)

    @classmethod
    def chain(cls, sequence: int, at: Instant, event: JournalEvent, previous: str) -> JournalEntry:
        """Build the entry that follows `previous`."""
        digest = cls.compute_hash(sequence, at, event, previous)
        return cls(sequence=sequence, at=at, event=event, previous=previous, hash=digest)


class AuditFault(Record):
    """One place where the chain does not hold."""

    sequence: int
    kind: Text
    """`edited`, `removed`, `reordered`, `inserted` or `truncated`."""
    text: Text


class AuditReport(Record):
    """What `fermata audit verify` found."""

    entries: int
    head: str
    """Hash of the last entry: keep it elsewhere, and a rewritten chain can be told from the real one."""
    faults: tuple[AuditFault, ...]

    @property
    def holds(self) -> bool:
        """Answer whether the chain is whole."""
        return not self.faults
