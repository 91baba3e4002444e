"""Whether a runbook's passage still fits what runs.

A document is an opinion of the day it was written. What it names is looked up in the live state of the same
investigation: one name that does not exist marks the passage stale, with the reason; a name that was found makes it
verified; a passage that names nothing which could be looked up stays unverified. Only a verified passage may be told to
a model as fact.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.record import Instant, Record, Text
from fermata.kit.clock import format_instant
from fermata.rules.runbooks.live import read_live_state
from fermata.rules.runbooks.mentions import find_mentions

_MOST_REASONS = 3


class Freshness(StrEnum):
    """How far a document can be believed."""

    VERIFIED = "verified"
    STALE = "stale"
    UNVERIFIED = "unverified"


class RunbookCheck(Record):
    """One passage, judged."""

    evidence_id: Text
    title: Text
    freshness: Freshness
    text: Text
    """In words, for the card."""
    found: tuple[str, ...] = ()
    """Names that exist."""
    absent: tuple[str, ...] = ()
    """Names that do not."""
    unknown: tuple[str, ...] = ()
    """Names that what was observed says nothing about."""
    observed_at: Instant | None = None
    """Of the oldest live evidence it was checked against."""


def check_runbooks(evidence: Iterable[Evidence]) -> tuple[RunbookCheck, ...]:
    """Judge every passage among the evidence against the rest of it, in the order they came.

    Args:
        evidence: Of one gathering: older observations would let a stale page pass.
    """
    items = tuple(evidence)
    pages = [item for item in items if item.kind is EvidenceKind.RUNBOOK]
    if not pages:
        return ()
    live = read_live_state(items)
    checks = []
    for page in pages:
        mentions = find_mentions(page.lines)
        told = [(mention, live.has(mention)) for mention in mentions]
        absent = [mention for mention, exists in told if exists is False]
        found = [mention.name for mention, exists in told if exists]
        if absent:
            reasons = [live.explain_absence(mention) for mention in absent[:_MOST_REASONS]]
            more = f"; and {len(absent) - _MOST_REASONS} more" if len(absent) > _MOST_REASONS else ""
            freshness, text = Freshness.STALE, f"stale: {'; '.join(reasons)}{more}"
        elif found and live.oldest is not None:
            freshness = Freshness.VERIFIED
            text = f"verified against live state of {format_instant(live.oldest)}: {', '.join(found[:5])}"
        else:
            freshness = Freshness.UNVERIFIED
            text = "unverified: it names nothing that could be looked up in what was observed"
        checks.append(
            RunbookCheck(
                evidence_id=page.id,
                title=page.title,
                freshness=freshness,
                text=text,
                found=tuple(found),
                absent=tuple(mention.name for mention in absent),
                unknown=tuple(mention.name for mention, exists in told if exists is None),
                observed_at=live.oldest,
            )
        )
    return tuple(checks)
