"""What a rehearsal of the very place that fails showed, in a line for the incident's card and its post-mortem."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from fermata.domain.experiment import Verdict
from fermata.domain.held_experiment import ExperimentState, HeldExperiment

_TELLING = (Verdict.GRACEFUL, Verdict.CONTAINED, Verdict.COLLAPSED)
"""The others say nothing of what happens."""


def find_rehearsed(recent: Iterable[HeldExperiment], names: Collection[str], most: int) -> tuple[HeldExperiment, ...]:
    """Return the newest rehearsals that broke one of these services, or the calls to it; of each place and fault one.

    Those of what a service itself calls are not told: they say something of other trouble.

    Args:
        recent: Newest first.
        names: Of the services that an incident is about.
        most: So many at most.
    """
    found: dict[tuple[str, str], HeldExperiment] = {}
    for held in recent:
        target, fault = held.experiment.target, held.experiment.fault.kind
        is_told = held.state is ExperimentState.DONE and held.verdict in _TELLING
        if is_told and (target.callee or target.service) in names:
            found.setdefault((target.place, fault), held)
    return tuple(found.values())[:most]


def tell_rehearsed(held: HeldExperiment) -> str:
    """Return the line. With its day and not its age: the card keeps it."""
    experiment = held.experiment
    at = held.ended_at or held.proposed_at
    fault = experiment.fault.kind.replace("_", " ")
    return f"{at:%Y-%m-%d} rehearsed {fault} at {experiment.target.place} ({held.id}): {held.verdict}."
