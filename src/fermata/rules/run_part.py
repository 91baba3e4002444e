"""Which part of its run a rehearsal is in, and since when: told from its row and its part of the journal.

A run tells the store when it begins, when its fault is there and when it is over; what lies between is told from the
times that were approved with it, and said to be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fermata.domain.held_experiment import ExperimentState, HeldExperiment
from fermata.domain.journal import JournalEntry


class RunPart(StrEnum):
    """Parts of a run, in their order."""

    PREFLIGHT = "preflight"
    """Everything is looked at once more."""
    BASELINE = "baseline"
    INJECTING = "injecting"
    WATCHING = "watching"
    """The fault is there."""
    UNDOING = "undoing"
    """The fault is withdrawn, and the steady state is waited for."""
    JUDGED = "judged"


@dataclass(frozen=True, slots=True)
class PartNow:
    """The part a run is in."""

    part: RunPart
    since: datetime
    is_planned: bool = False
    """Nobody has seen it begin: it should have by now."""


def find_part(held: HeldExperiment, journal: Sequence[JournalEntry], now: datetime) -> PartNow | None:
    """Return the part, or `None` for what waits for a person or never ran.

    Args:
        journal: Its entries, oldest first.
    """
    if held.scheduled_until is not None and held.id == held.experiment.id:
        return None  # A standing approval: its runs are rows of their own.
    if held.state is ExperimentState.APPROVED:
        return PartNow(RunPart.PREFLIGHT, max((item.approved_at for item in held.approvals), default=held.proposed_at))
    if held.started_at is None:
        return None
    if held.is_settled:
        return PartNow(RunPart.JUDGED, held.ended_at or held.started_at)
    told = {entry.event.kind: entry.at for entry in journal}
    if stopped := told.get("experiment.stop_requested"):
        return PartNow(RunPart.UNDOING, stopped)
    if injected := told.get("experiment.injected"):
        ends = injected + held.experiment.duration
        return PartNow(RunPart.WATCHING, injected) if now < ends else PartNow(RunPart.UNDOING, ends, is_planned=True)
    begins = held.started_at + held.experiment.baseline
    if now < begins:
        return PartNow(RunPart.BASELINE, held.started_at)
    return PartNow(RunPart.INJECTING, begins, is_planned=True)
