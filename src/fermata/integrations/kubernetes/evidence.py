"""How this system's collectors make a piece of evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceLine
from fermata.domain.record import Record
from fermata.domain.scope import Scope
from fermata.integrations.kubernetes.scope import SYSTEM
from fermata.kit.clock import Clock

FRESH_FOR = timedelta(hours=1)
"""Twice as long as an approval is valid by default, so that one given at the last minute still stands on its evidence.
What changes in the target meanwhile is the drift check's business."""


def find_namespace_entity(namespace: str) -> Entity:
    """Return a namespace as an entity."""
    return Entity(system=SYSTEM, kind="namespace", name=namespace)


def build_evidence(scope: Scope, clock: Clock, *, lines: Sequence[str], facts: Record, **about: Any) -> Evidence:
    """Return evidence observed now.

    Args:
        lines: Without secrets.
        about: `kind`, `collector`, `entity`, `title`, `query`, and optionally `first_line`, `cut` and `redactions`.
    """
    now = clock.now()
    first = about.pop("first_line", 1)
    numbered = (line for text in lines for line in text.split("\n"))
    return Evidence(
        incident_id=scope.incident_id,
        observed_at=now,
        fresh_until=now + FRESH_FOR,
        lines=tuple(EvidenceLine(number=first + index, text=text) for index, text in enumerate(numbered)),
        facts=facts.to_json(),
        **about,
    )
