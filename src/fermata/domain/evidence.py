"""Observations, and the places where one is missing. An inference is not evidence."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

from pydantic import Field, model_validator

from fermata.domain.entity import Entity
from fermata.domain.ids import EvidenceId, IncidentId
from fermata.domain.record import FrozenMap, Instant, Record, Text
from fermata.kit.digest import compute_digest
from fermata.kit.ids import derive_id


class EvidenceKind(StrEnum):
    """What was observed. Signatures look at kinds, never at collectors."""

    ALERT = "alert"
    STATE = "state"
    """Life-cycle state of a workload: running, exit codes, restarts."""
    LOGS = "logs"
    ENVIRONMENT = "environment"
    RESOURCES = "resources"
    """Usage against limits."""
    CHANGE = "change"
    """Commits, deploys, config edits, with their diffs."""
    DESIRED = "desired"
    """What is declared (files in git, manifests), to compare with what runs."""
    METRICS = "metrics"
    OBJECTS = "objects"
    """Objects of an orchestrator in its own shape, or what its command line printed of them."""
    GRAPH = "graph"
    """Which service calls which."""
    TRACES = "traces"
    PROVIDER_STATUS = "provider_status"
    """A provider's own word about its services."""
    LOG_PATTERNS = "log_patterns"
    """Counts of log templates that a log system worked out."""
    DATABASE_LOAD = "database_load"
    """Top statements and waits."""
    TICKET = "ticket"
    RUNBOOK = "runbook"
    TEXT = "text"
    """Lines nobody knows how to read further."""


class EvidenceLine(Record):
    """One verbatim line (after redaction) that a claim can cite."""

    number: int = Field(ge=1)
    """Line number in the source, from 1; for evidence without lines of its own, its position."""
    text: str


class Evidence(Record):
    """One observation: what was asked, when, of whom, and what came back."""

    incident_id: IncidentId
    kind: EvidenceKind
    collector: Text
    """`<system>.<what>`, such as `supervisor.logs`."""
    entity: Entity
    """What it says something about."""
    title: Text
    """One line for people."""
    query: Text
    """What was asked, so that a person can ask again: a command, a query or a method with its arguments."""
    observed_at: Instant
    fresh_until: Instant
    """After this an action must not rest on it."""
    lines: tuple[EvidenceLine, ...] = ()
    facts: FrozenMap[str, Any] = Field(default_factory=dict, validate_default=True)
    """The same observation as typed values for signatures: one record of `domain/facts.py`, as JSON types."""
    cut: str = ""
    """What was left out and why (`first 4,000 of 91,233 lines: budget`); empty when nothing was."""
    redactions: int = 0
    """Secrets replaced at collection."""

    @model_validator(mode="after")
    def _require_content(self) -> Evidence:
        if not self.lines and not self.facts:
            message = "evidence without lines and facts says nothing; report a gap instead"
            raise ValueError(message)
        if self.fresh_until < self.observed_at:
            message = "evidence cannot be stale before it was observed"
            raise ValueError(message)
        return self

    @property
    def digest(self) -> str:
        """Return the digest of what was observed (content only: not the time it was asked)."""
        content = {"lines": [[line.number, line.text] for line in self.lines], "facts": dict(self.facts)}
        return compute_digest({"collector": self.collector, "query": self.query, "entity": self.entity.ref} | content)

    @property
    def id(self) -> EvidenceId:
        """Return the id: the same observation in the same incident at the same instant is the same evidence."""
        return EvidenceId(derive_id("ev", self.incident_id, self.digest, str(self.observed_at.timestamp())))

    def is_fresh(self, now: Instant) -> bool:
        """Answer whether an action may still rest on this."""
        return now < self.fresh_until


class Gap(Record):
    """Evidence that could not be had: a stated fact, never silence."""

    collector: Text
    entity: Entity | None = None
    reason: Text
    """In words: `timed out after 5 s`, `permission denied for supervisor.readLog`."""
    took: timedelta = timedelta(0)


class Gathering(Record):
    """All that one parallel gathering brought."""

    evidence: tuple[Evidence, ...]
    gaps: tuple[Gap, ...]
    took: timedelta
    """Wall time: the slowest collector, not the sum."""
