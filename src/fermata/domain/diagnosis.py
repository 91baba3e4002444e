"""What may have happened, each claim bound to lines of evidence."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field, model_validator

from fermata.domain.analysis import Analysis
from fermata.domain.entity import Entity
from fermata.domain.evidence import Gap
from fermata.domain.ids import EvidenceId
from fermata.domain.record import FrozenMap, Record, Text

_SIGNATURES = "signatures"


class Citation(Record):
    """Lines of one piece of evidence, with the words quoted from them."""

    evidence_id: EvidenceId
    first_line: int = Field(ge=1)
    last_line: int = Field(ge=1)
    quote: Text
    """Verbatim text that stands in those lines; code checks it."""

    @model_validator(mode="after")
    def _require_order(self) -> Citation:
        if self.last_line < self.first_line:
            message = "a citation's last line comes before its first"
            raise ValueError(message)
        return self


class ActionSuggestion(Record):
    """A catalogue action with its parameters: what a signature or a model may propose, and nothing more."""

    name: Text
    """Catalogue name: `supervisor.set_memory_limit`."""
    target: Entity
    parameters: FrozenMap[str, Any] = Field(default_factory=dict, validate_default=True)


class Hypothesis(Record):
    """An unproven explanation that cites what it rests on."""

    cause: Text
    """Signature id in snake_case from the published catalogue."""
    text: Text
    """One or two sentences for people."""
    confidence: float = Field(ge=0, le=1)
    """Shown to people; never opens a gate."""
    tier: Text = _SIGNATURES
    """What made it: `signatures`, or a model's name."""
    entity: Entity
    """Where the cause sits, which may not be where the alert fired."""
    citations: tuple[Citation, ...] = Field(min_length=1)
    suggestions: tuple[ActionSuggestion, ...] = ()
    """Actions that would mitigate it, in order; empty when a person must act."""
    person_must: str = ""
    """What a person has to do when no action of the catalogue fits; empty otherwise."""
    guilty_change: str | None = None
    """The change that this one blames, where it is not the diagnosis' own to say: a model's, or one that lost to it."""
    lost_because: str = ""
    """Why this one is not the first; empty for the first."""

    @property
    def is_by_model(self) -> bool:
        """Answer whether a model made it: what it names was not observed for being named."""
        return self.tier != _SIGNATURES


class ChangeVerdict(Record):
    """How far one change is to blame: every change that was weighed has one, the innocent too."""

    id: Text
    """The change, as its source calls it."""
    blame: float = Field(ge=0, le=1)
    """0: nothing speaks for it; shown to people, never opens a gate."""
    why: Text
    """In words: what links it to the failure, or what rules it out."""


class Verdict(StrEnum):
    """The outcome of a diagnosis."""

    IDENTIFIED = "identified"
    UNDETERMINED = "undetermined"
    HEALTHY = "healthy"


class Diagnosis(Record):
    """Hypotheses in order, or an honest "undetermined"."""

    verdict: Verdict
    hypotheses: tuple[Hypothesis, ...] = ()
    checks: tuple[str, ...] = ()
    """When undetermined: the one or two checks that would settle it."""
    guilty_change: str | None = None
    """The change to blame, when one is (a commit id); `None` when no change is guilty."""
    changes: tuple[ChangeVerdict, ...] = ()
    """Every change that was weighed, the most suspect first; empty when none was known."""
    gaps: tuple[Gap, ...] = ()
    """What could not be looked at."""
    analysis: Analysis | None = None
    """What became of asking a model; `None` when none was asked."""

    @model_validator(mode="after")
    def _require_agreement(self) -> Diagnosis:
        if (self.verdict is Verdict.IDENTIFIED) != bool(self.hypotheses):
            message = "identified means at least one hypothesis, and only then may there be one"
            raise ValueError(message)
        return self

    @property
    def leading(self) -> Hypothesis | None:
        """Return the first hypothesis, or `None`."""
        return self.hypotheses[0] if self.hypotheses else None
