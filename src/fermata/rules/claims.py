"""A cause that somebody claims, before it becomes a hypothesis: light enough to make hundreds and keep three.

Signatures over objects, logs, metrics and changes return claims; ranking orders them; `to_hypothesis` gives the ones
that are kept their citations. A claim that cannot be cited never becomes a hypothesis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fermata.domain.diagnosis import ActionSuggestion, Citation, Hypothesis
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence
from fermata.kit.errors import GuardRefused
from fermata.rules.citations import MAX_QUOTE, cite


@dataclass(frozen=True, slots=True)
class Quote:
    """A line of a document."""

    document: str
    """The document's key: in an investigation, the id of the evidence."""
    line: int
    """Its number in the source, from 1."""
    text: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One cause, where it sits, what it explains and what it rests on."""

    cause: str
    """Signature id."""
    subject: Entity
    """Where the cause sits, which may not be where it hurts."""
    text: str
    """One or two sentences for people."""
    confidence: float
    """0 to 1; shown to people, opens no gate."""
    quotes: tuple[Quote, ...]
    """What it rests on, the most telling first; without any it is dropped."""
    explains: frozenset[str] = frozenset()
    """Refs of the entities whose trouble follows from it; the subject's own is always meant."""
    suggestions: tuple[ActionSuggestion, ...] = ()
    """Actions by catalogue name; those that nobody offers are dropped later."""
    person_must: str = ""
    """What a person has to do when no action fits."""
    change: str | None = None
    """The change it blames, by its id."""


def to_hypothesis(
    claim: Claim,
    evidence: Mapping[str, Evidence],
    *,
    known_actions: frozenset[str] = frozenset(),
    lost_because: str = "",
) -> Hypothesis | None:
    """Return the claim with its quotes as citations, or `None` when none of them holds.

    Args:
        evidence: By the key that quotes name.
        known_actions: Names of the catalogue; other suggestions are left out.
    """
    citations = tuple(
        dict.fromkeys(
            citation for quote in claim.quotes if (citation := _cite(quote, evidence.get(quote.document))) is not None
        )
    )
    if not citations:
        return None
    suggestions = tuple(item for item in claim.suggestions if item.name in known_actions)
    return Hypothesis(
        cause=claim.cause,
        text=claim.text,
        confidence=claim.confidence,
        entity=claim.subject,
        citations=citations,
        suggestions=suggestions,
        person_must="" if suggestions else claim.person_must,
        lost_because=lost_because,
    )


def _cite(quote: Quote, evidence: Evidence | None) -> Citation | None:
    if evidence is None:
        return None
    try:
        return cite(evidence, quote.line, quote=quote.text.strip()[:MAX_QUOTE].strip() or None)
    except GuardRefused:
        return None  # What was redacted or cut after it was read cannot be quoted any more.
