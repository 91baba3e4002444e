"""Which runs of Fermata an incident had, as its journal and its executions tell. Pure.

A run is one execution of a flow: an investigation, or the carrying out of an approved plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from fermata.domain.journal import JournalEntry
from fermata.flows.readings import IncidentView

_STEPS = {
    "investigation.started": "begun",
    "evidence.collected": "evidence is collected",
    "incident.diagnosed": "diagnosed",
    "model.answered": "a model's answer was accepted",
    "model.refused": "no model's answer was accepted",
    "proposal.opened": "a plan is held",
    "incident.handed_over": "handed to a person",
}
"""Journal kind -> how far an investigation has come."""
_UNDER_WAY = ("investigation.started", "evidence.collected")


@dataclass(frozen=True, slots=True)
class Run:
    """One run."""

    id: str
    flow: str
    """`Investigation` or `Execution`."""
    why: str
    began_at: datetime
    ended_at: datetime | None
    """`None` while it goes on."""
    outcome: str


def list_runs(view: IncidentView) -> tuple[Run, ...]:
    """Return the runs in the order they began."""
    executions = (
        Run(
            id=execution.id,
            flow="Execution",
            why=f"approved: {execution.proposal_id}",
            began_at=execution.started_at,
            ended_at=execution.ended_at,
            outcome=execution.outcome.value if execution.ended_at else "under way",
        )
        for execution in view.executions
    )
    return tuple(sorted([*_list_investigations(view.journal), *executions], key=lambda run: run.began_at))


def _list_investigations(journal: tuple[JournalEntry, ...]) -> Iterator[Run]:
    run: Run | None = None
    for entry in journal:
        kind, data = entry.event.kind, entry.event.data
        if kind == "investigation.enqueued":
            if run is not None:
                yield run
            why = str(data.get("why", ""))
            run = Run(str(data.get("run_id", "")), "Investigation", why, entry.at, None, "enqueued")
        elif run is not None and kind in _STEPS:
            ended_at = None if kind in _UNDER_WAY else entry.at
            run = replace(run, outcome=_STEPS[kind], ended_at=ended_at)
    if run is not None:
        yield run
