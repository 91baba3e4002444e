"""What a model answers when it is asked for a diagnosis: untrusted data of a known shape, before anything is believed.

Nothing here is a hypothesis yet. `rules.acceptance` makes one of it, when everything it says can be shown to stand.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from fermata.domain.diagnosis import Verdict
from fermata.domain.record import FrozenMap, Record, Text


class Wanted(StrEnum):
    """What a model may ask to see: a closed list, all of it read-only."""

    LOGS = "logs"
    STATE = "state"
    """Life cycle, resources and environment."""
    OBJECTS = "objects"
    METRICS = "metrics"
    TRACES = "traces"
    CHANGES = "changes"
    DATABASE = "database"
    TICKETS = "tickets"
    LINES = "lines"
    """More of one piece of evidence: `E3:120-180`."""


class EvidenceRequest(Record):
    """One read-only question; code decides who is asked, and how."""

    what: Wanted
    of: str = Field(min_length=1, max_length=200)
    """A name that stands in the brief; for `lines`, a piece of evidence with its lines."""


class AnsweredCitation(Record):
    """Where a claim stands, as the model wrote it."""

    evidence: str = Field(min_length=1, max_length=80)
    """The brief's name for it: `E3`."""
    lines: str = Field(min_length=1, max_length=40)
    """`12` or `12-14`."""
    quote: str = Field(min_length=1, max_length=1000)


class AnsweredSuggestion(Record):
    """An action of the catalogue, as the model wrote it."""

    action: str = Field(min_length=1, max_length=120)
    target: str = Field(min_length=1, max_length=300)
    parameters: FrozenMap[str, Any] = Field(default_factory=dict, validate_default=True)


class AnsweredHypothesis(Record):
    """One explanation, as the model wrote it."""

    cause: str = Field(min_length=1, max_length=120)
    """A signature's id, or `other: <words>`."""
    text: str = Field(min_length=1, max_length=800)
    confidence: float = Field(ge=0, le=1)
    entity: str = Field(min_length=1, max_length=300)
    citations: tuple[AnsweredCitation, ...] = Field(min_length=1, max_length=8)
    suggestion: AnsweredSuggestion | None = None
    person_must: str = Field(default="", max_length=300)
    """What a person has to do where no action of the catalogue fits; empty otherwise."""


class AnsweredPlan(Record):
    """What would mitigate an accepted diagnosis, as the model wrote it."""

    actions: tuple[AnsweredSuggestion, ...] = Field(max_length=2)
    """In order; empty when no action of the catalogue fits."""


class Answer(Record):
    """A whole answer."""

    verdict: Verdict
    hypotheses: tuple[AnsweredHypothesis, ...] = Field(default=(), max_length=3)
    guilty_change: str | None = Field(default=None, max_length=200)
    checks: tuple[Text, ...] = Field(default=(), max_length=4)
    requests: tuple[EvidenceRequest, ...] = Field(default=(), max_length=6)
    """One batch: all of it is asked at once."""
