"""What rehearsals have to do with an incident, in lines for its card and its post-mortem.

One that went on when it began, wherever it was; and what earlier ones of the very place that fails have shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta

from fermata.domain.experiment import Verdict
from fermata.domain.held_experiment import ExperimentState, HeldExperiment
from fermata.domain.record import Instant
from fermata.kit.clock import format_instant

_AFTER = timedelta(minutes=10)
"""How long after a fault an alert may begin that still is of it: rules wait before they fire, and queues drain."""
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


def find_beside(recent: Iterable[HeldExperiment], began: Instant) -> tuple[HeldExperiment, ...]:
    """Return the rehearsals whose fault was there when an incident began, or shortly before; the newest first.

    Wherever it was broken: what a fault reaches is what nobody knows for certain.

    Args:
        recent: Newest first. Without a handle a fault was never asked for.
        began: The incident's beginning.
    """
    return tuple(
        held
        for held in recent
        if held.started_at is not None
        and held.handle
        and _find_fault_since(held) <= began <= (held.ended_at or _find_fault_until(held)) + _AFTER
    )


def _find_fault_since(held: HeldExperiment) -> Instant:
    return (held.started_at or held.proposed_at) + held.experiment.baseline


def _find_fault_until(held: HeldExperiment) -> Instant:
    """Return when a fault is gone at the latest, also where its runner has died and nobody has closed its row."""
    return _find_fault_since(held) + held.experiment.duration + held.experiment.lease


def tell_beside(held: HeldExperiment, began: Instant) -> str:
    """Return the line, true also after the fault's end; it says what it was, and explains nothing with it."""
    experiment, begun, ended = held.experiment, _find_fault_since(held), held.ended_at
    last = format_instant(ended or _find_fault_until(held))
    span = f"from {format_instant(begun)} to {last}{'' if ended is not None else ' at the latest'}"
    what = f"{held.id} broke {experiment.target.place} ({experiment.fault.kind.replace('_', ' ')}) {span}"
    if ended is not None and ended < began:
        return f"This began after a rehearsal: {what}. Whether it left something behind is not known."
    return (
        f"This began beside a rehearsal: {what}. Whether this is its doing is not known: what goes on after it, or "
        "elsewhere, is trouble of its own."
    )
