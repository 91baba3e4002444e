"""An unplanned disruption being handled, and why its alerts were put together."""

from __future__ import annotations

from enum import StrEnum

from pydantic import model_validator

from fermata.domain.alert import Severity
from fermata.domain.entity import Entity
from fermata.domain.ids import AlertId, IncidentId
from fermata.domain.record import Instant, Record, Text


class IncidentState(StrEnum):
    """Where an incident is. `rules.lifecycle` says which steps between them exist."""

    OPEN = "open"
    """Recorded; nothing has looked at it yet."""
    INVESTIGATING = "investigating"
    HELD = "held"
    """A plan waits for a person."""
    NEEDS_PERSON = "needs_person"
    """No plan could be made, or one was refused, failed or expired: a person must act."""
    EXECUTING = "executing"
    VERIFYING = "verifying"
    MITIGATED = "mitigated"
    """Users stopped hurting (verified); the source still has to resolve its alerts."""
    RESOLVED = "resolved"
    """Every alert of it is resolved."""
    MERGED = "merged"
    """A person folded it into another incident; see `merged_into`."""


UNFINISHED_STATES = tuple(
    state
    for state in IncidentState
    if state not in (IncidentState.MITIGATED, IncidentState.RESOLVED, IncidentState.MERGED)
)
"""In which somebody, or Fermata, has something left to do."""


class MergeReason(Record):
    """Why an alert belongs to an incident, in words a person can check."""

    alert_id: AlertId
    rule: Text
    """The grouping rule: `first`, `fingerprint`, `source_group`, `entity`, `labels`, `words`, `topology`, `by_hand`."""
    text: Text
    """The reason in words, with the values it rests on."""
    at: Instant
    shadow: bool = False
    """True when the merge was only computed (shadow mode) and the alert got its own incident."""


class Incident(Record):
    """One disruption, made of alerts."""

    id: IncidentId
    title: Text
    state: IncidentState
    severity: Severity
    opened_at: Instant
    """When Fermata learned of it."""
    started_at: Instant
    """The earliest `starts_at` of its alerts: MTTR is measured from here."""
    updated_at: Instant
    resolved_at: Instant | None = None
    alert_ids: tuple[AlertId, ...]
    merges: tuple[MergeReason, ...]
    """One reason for each alert, in the order they joined."""
    entities: tuple[Entity, ...]
    """What it is about, most specific first; decides what is collected."""
    merged_into: IncidentId | None = None
    split_from: IncidentId | None = None
    truncated_alerts: int = 0
    """Alerts its source cut from a body: known to exist, never seen."""

    @model_validator(mode="after")
    def _require_reasons(self) -> Incident:
        if not self.alert_ids:
            message = "an incident needs at least one alert"
            raise ValueError(message)
        unexplained = set(self.alert_ids) - {merge.alert_id for merge in self.merges}
        if unexplained:
            message = f"alerts without a reason to belong here: {sorted(unexplained)}"
            raise ValueError(message)
        if (self.state is IncidentState.MERGED) != (self.merged_into is not None):
            message = "a merged incident names where it went, and only a merged one does"
            raise ValueError(message)
        return self

    @property
    def is_live(self) -> bool:
        """Answer whether new alerts may still join."""
        return self.state not in (IncidentState.RESOLVED, IncidentState.MERGED)

    def mentions(self, word: str) -> bool:
        """Answer whether its id, title, severity, state or the ref of an entity holds a word, whatever its case."""
        said = (self.id, self.title, self.severity.value, self.state.value, *(entity.ref for entity in self.entities))
        return any(word.casefold() in text.casefold() for text in said)
