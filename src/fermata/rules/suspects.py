"""The changes that may have to do with what has no known cause: a card names them, and so does an answer. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fermata.domain.diagnosis import ChangeVerdict, Diagnosis
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import ChangeFacts
from fermata.rules.sightings import Sighting, find_facts

MOST_SUSPECTS = 3
"""Changes that are named: the most suspect. More is a list that nobody reads."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A change that was weighed and not ruled out, as it is in the evidence."""

    verdict: ChangeVerdict
    change: Sighting[ChangeFacts]


def list_suspects(diagnosis: Diagnosis, evidence: Sequence[Evidence]) -> list[Suspect]:
    """Return the suspect changes of which there is evidence, the most suspect first, as the diagnosis has them."""
    changes = [find_facts(item, ChangeFacts) for item in evidence if item.kind is EvidenceKind.CHANGE]
    by_id = {change.facts.id: change for change in changes if change is not None}
    return [
        Suspect(verdict, by_id[verdict.id])
        for verdict in diagnosis.changes
        if verdict.blame > 0 and verdict.id in by_id
    ]
