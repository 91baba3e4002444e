"""The part of a card that names what changed, where no cause was found: whoever is woken looks there first. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC
from itertools import islice

from fermata.domain.card import CardRow, CardSection, Quote
from fermata.domain.diagnosis import Diagnosis, Verdict
from fermata.domain.evidence import Evidence
from fermata.kit.diffs import is_changed
from fermata.rules.card_causes import make_section
from fermata.rules.suspects import MOST_SUSPECTS, Suspect, list_suspects

_MOST_LINES = 6
"""Changed lines of each; the rest is with its source, and on the page."""


def write_changes(diagnosis: Diagnosis | None, evidence: Sequence[Evidence]) -> CardSection | None:
    """Return the section of the changes that may have to do with it; `None` where a cause was found, or none may."""
    if diagnosis is None or diagnosis.verdict is not Verdict.UNDETERMINED:
        return None
    suspects = list_suspects(diagnosis, evidence)
    named, more = suspects[:MOST_SUSPECTS], len(suspects) - MOST_SUSPECTS
    rows = [_write_change(suspect) for suspect in named]
    if more > 0:
        rows.append(
            CardRow(label="More", text=f"{more} further {'change is' if more == 1 else 'changes are'} less suspect")
        )
    quotes = [quote for suspect in named for quote in islice(_quote(suspect.change.evidence), _MOST_LINES)]
    return make_section("What changed near it, and is not shown to be the cause", rows=rows, quotes=quotes)


def _write_change(suspect: Suspect) -> CardRow:
    verdict, change = suspect.verdict, suspect.change
    by = f", by {change.facts.author}" if change.facts.author else ""
    at = f"{change.facts.changed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if change.facts.is_dated else "time unknown"
    return CardRow(label=change.evidence.title, text=f"{at}{by}; suspicion {verdict.blame:.2f} of 1: {verdict.why}")


def _quote(item: Evidence) -> Iterator[Quote]:
    """Yield the lines that say what was changed: of a diff those that went or came."""
    for line in item.lines:
        if is_changed(line.text):
            yield Quote(source=item.title, evidence_id=item.id, line=line.number, text=line.text)
