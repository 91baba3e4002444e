"""A piece of evidence with its facts as a record: what reads evidence starts with it. Pure.

Apart from the signatures, which take a quarter of a second and 11 MB to load: a card needs this and none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import ValidationError

from fermata.domain.evidence import Evidence
from fermata.domain.record import Record

F = TypeVar("F", bound=Record)


@dataclass(frozen=True, slots=True)
class Sighting(Generic[F]):
    """One piece of evidence with its facts as a record."""

    evidence: Evidence
    facts: F


def find_facts(evidence: Evidence, kind: type[F]) -> Sighting[F] | None:
    """Return the evidence with its facts, or `None` when they are not of this kind."""
    try:
        return Sighting(evidence, kind.from_json(evidence.facts))
    except ValidationError:
        return None
