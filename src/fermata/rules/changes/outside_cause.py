"""One cause that is no change, and how it is quoted."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fermata.domain.entity import Entity
from fermata.rules.changes.symptoms import Moved, Telling
from fermata.rules.claims import Quote

SURGE = 2.5
"""Times the usual load at the door; a daily peak is rarely more than twice the hour before it."""
_HOLLOW = re.compile(r"(?<![\w.-])@?(?:ts|t|time|timestamp|date)=(?:\"\"|'')?(?=\s|$)", re.IGNORECASE)
_LONGEST_SAID = 160


@dataclass(frozen=True, slots=True)
class Outside:
    """One such cause."""

    cause: str
    """Signature id."""
    service: str
    """Where it sits or first shows."""
    text: str
    confidence: float
    quotes: tuple[Quote, ...]
    person_must: str
    spares: bool = False
    """Whether the same code does well with everything else meanwhile, which speaks against any change of it."""

    @property
    def subject(self) -> Entity:
        """Return the entity it is about."""
        name = re.sub(r"[\s/:*?\[\]]+", "-", self.service).strip("-") or "unknown"
        return Entity(kind="service", name=name)


def quote_telling(telling: Telling) -> Quote:
    """Return the first line of a telling as a quote."""
    return Quote(telling.evidence.id, telling.number, telling.text)


def say_telling(telling: Telling) -> str:
    """Return what a telling says on one line, cut to what people read."""
    # Without the keys of times that were taken out: `ts=` alone says nothing.
    text = " ".join(_HOLLOW.sub("", telling.samples[0]).split())
    return text if len(text) <= _LONGEST_SAID else text[: _LONGEST_SAID - 1] + "…"


def quote_metric(item: Moved) -> Quote:
    """Return the line of the evidence that a metric stands in."""
    lines = item.evidence.lines
    line = lines[min(item.position, len(lines)) - 1] if lines else None
    return Quote(item.evidence.id, line.number if line else 1, line.text if line else "")
