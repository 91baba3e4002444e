"""The part of a card that names what changed, where no cause was found: whoever is woken looks there first. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC
from itertools import islice

from fermata.domain.card import CardRow, CardSection, Quote
from fermata.domain.diagnosis import ChangeVerdict, Diagnosis, Verdict
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import ChangeFacts
from fermata.rules.card_causes import make_section
from fermata.rules.signatures.workloads import Sighting, find_facts

_MOST = 3
"""Changes that are named: the most suspect. More is a list that nobody reads."""
_MOST_LINES = 6
"""Changed lines of each; the rest is with its source, and on the page."""


def write_changes(diagnosis: Diagnosis | None, evidence: Sequence[Evidence]) -> CardSection | None:
    """Return the section of the changes that may have to do with it; `None` where a cause was found, or none may."""
    if diagnosis is None or diagnosis.verdict is not Verdict.UNDETERMINED:
        return None
    changes = [find_facts(item, ChangeFacts) for item in evidence if item.kind is EvidenceKind.CHANGE]
    by_id = {change.facts.id: change for change in changes if change is not None}
    suspects = [verdict for verdict in diagnosis.changes if verdict.blame > 0 and verdict.id in by_id]
    rows = [_write_change(verdict, by_id[verdict.id]) for verdict in suspects[:_MOST]]
    if len(suspects) > _MOST:
        rows.append(CardRow(label="More", text=f"{len(suspects) - _MOST} further changes are less suspect"))
    quotes = [quote for one in suspects[:_MOST] for quote in islice(_quote(by_id[one.id].evidence), _MOST_LINES)]
    return make_section("What changed near it, and is not shown to be the cause", rows=rows, quotes=quotes)


def _write_change(verdict: ChangeVerdict, change: Sighting[ChangeFacts]) -> CardRow:
    by = f", by {change.facts.author}" if change.facts.author else ""
    at = f"{change.facts.changed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return CardRow(label=change.evidence.title, text=f"{at}{by}; suspicion {verdict.blame:.2f} of 1: {verdict.why}")


def _quote(item: Evidence) -> Iterator[Quote]:
    """Yield the lines that say what was changed: of a diff those that went or came."""
    for line in item.lines:
        if line.text.startswith(("+", "-")) and not line.text.startswith(("+++", "---")):
            yield Quote(source=item.title, evidence_id=item.id, line=line.number, text=line.text)
