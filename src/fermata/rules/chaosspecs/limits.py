"""How much a spec may ask for, whoever wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class SpecLimits:
    """Caps. The sandbox has its own, over what is really there; these are over what is written."""

    longest: timedelta = timedelta(minutes=5)
    """Of a fault, and of each part of a workflow that holds one. As `domain.sandbox.RunLimits` has it."""
    longest_workflow: timedelta = timedelta(minutes=15)
    """Of a whole workflow: a baseline and a recovery are around the fault. 15 minutes is the longest lease."""
    max_percent: int = 50
    """Of the selected replicas, where a share is written instead of a count."""


DEFAULT_LIMITS = SpecLimits()
