"""A rehearsal beside an incident: none begins there, and one ends where trouble begins that it was not to cause."""

from __future__ import annotations

import asyncio
from functools import partial

from fermata.domain.experiment import Experiment
from fermata.domain.held_experiment import HeldExperiment
from fermata.domain.incident import UNFINISHED_STATES, Incident
from fermata.domain.record import Instant
from fermata.domain.sandbox import SandboxFinding
from fermata.flows.boundary import contain
from fermata.flows.experiments.context import ExperimentContext
from fermata.kit.errors import GuardRefused
from fermata.kit.redaction import redact_cut
from fermata.ports.store import Transaction
from fermata.rules.rehearsal import find_hindering

_ASK_S = 0.5
_LONGEST_TITLE = 120


def refuse_beside_incident(transaction: Transaction, held: HeldExperiment, now: Instant) -> None:
    """Refuse to begin while an incident is open; the approval stays good.

    Raises:
        GuardRefused: Rule `open_incident`.
    """
    incident = _find(transaction, held.experiment, now)
    if incident is not None:
        raise GuardRefused(
            "open_incident",
            f"Experiment {held.id} was not started",
            why=f"{_describe(incident)}: who handles it must not look for two causes",
            do="Begin once it is over, or has waited for a person for a day",
        )


async def check_incidents(context: ExperimentContext, experiment: Experiment) -> SandboxFinding:
    """Return whether an incident is open, as a condition; not met where that cannot be told."""
    now = context.flow.clock.now()
    found = await contain(
        "incidents", lambda: context.flow.store.read(lambda transaction: (_find(transaction, experiment, now),))
    )
    if found.value is None:
        text = f"Whether an incident is open is unknown: {found.failure}"
        return SandboxFinding(name="open_incident", ok=False, text=text)
    (incident,) = found.value
    if incident is not None:
        return SandboxFinding(name="open_incident", ok=False, text=_describe(incident))
    return SandboxFinding(name="open_incident", ok=True, text="No incident is open")


async def wait_for_incident(context: ExperimentContext, held: HeldExperiment) -> str:
    """Return why a run must end, once an incident is open that it was not to bring about."""
    # Never later than the fault itself: what began in between counts as its doing, and what it was to hit is all of it.
    fault_since = (held.started_at or context.flow.clock.now()) + held.experiment.baseline
    while True:
        now = context.flow.clock.now()
        asked = await contain(
            "incidents",
            partial(
                context.flow.store.read, partial(_find, experiment=held.experiment, now=now, fault_since=fault_since)
            ),
        )
        if asked.value is not None:
            return _describe(asked.value)
        await asyncio.sleep(_ASK_S)


def _find(
    transaction: Transaction, experiment: Experiment, now: Instant, fault_since: Instant | None = None
) -> Incident | None:
    # What changed last first: of a year's worth that nobody ended, those that are left out hinder nothing any more.
    open_now = transaction.incidents.list_in_states(UNFINISHED_STATES, newest_first=True)
    told = ((incident, transaction.alerts.list_by_ids(incident.alert_ids)) for incident in open_now)
    return find_hindering(told, experiment, now, fault_since)


def _describe(incident: Incident) -> str:
    return f"incident {incident.id} is open ({redact_cut(incident.title, _LONGEST_TITLE).text})"
