"""An experiment that waits for a person, runs, or has run: the row beside what was approved.

Of one experiment at most one row is approved and not yet run. A row that is scheduled is a standing one: its approval
names the day it ends on, and each of its runs is a row of its own.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import Field

from fermata.domain.experiment import Experiment
from fermata.domain.ids import PersonId
from fermata.domain.record import Instant, Record, Text
from fermata.kit.digest import compute_digest


class ExperimentState(StrEnum):
    """Where an experiment is. What is done, refused or stopped stays so."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    RUNNING = "running"
    DONE = "done"
    """It ran to its verdict, whatever that is."""
    REFUSED = "refused"
    """A person said no, a guard did, or nobody decided in time: nothing was injected."""
    STOPPED = "stopped"
    """It was ended before its time: by a person, a halt, a breach of the steady state, or a death."""


class ExperimentApproval(Record):
    """One person's yes to one experiment."""

    person_id: PersonId
    role: Text
    """The role or name under which they were entitled at that moment."""
    channel: Text
    digest: Text
    """Of what they saw."""
    approved_at: Instant
    expires_at: Instant


class HeldExperiment(Record):
    """One row."""

    id: Text
    """The experiment's own id; that of a scheduled run has its day behind it."""
    experiment: Experiment
    digest: Text
    """What a person approves: `compute_held_digest`, kept as it was when it was proposed."""
    state: ExperimentState
    preview: str = ""
    """What would be created, whole, as its system wrote it at the proposal."""
    proposed_by: Text
    proposed_at: Instant
    expires_at: Instant
    """Nobody decides from here on; an approved one that has not started by its approval's end never does."""
    scheduled_until: date | None = None
    """It runs in each of the settings' slots up to this day, included; `None`: once."""
    approvals: tuple[ExperimentApproval, ...] = ()
    reason: str = ""
    """Why it was refused or stopped, in words."""
    started_at: Instant | None = None
    ended_at: Instant | None = None
    runner: str = ""
    """The process that runs it, or waits to: `<host>:<pid>:<nonce>`. Empty: the serving one takes it up."""
    handle: str = ""
    """The injector's name of the fault, once it was asked for."""
    verdict: str = ""
    """Of its result, for lists."""
    affected: int = Field(default=0, ge=0)

    @property
    def is_settled(self) -> bool:
        """Answer whether it is over for good."""
        return self.state in (ExperimentState.DONE, ExperimentState.REFUSED, ExperimentState.STOPPED)

    @property
    def is_standing(self) -> bool:
        """Answer whether it is an approval that is good for each slot, and none of its runs."""
        return self.scheduled_until is not None and self.id == self.experiment.id

    def compute_held_digest(self) -> str:
        """Return the digest of what is here now: another word or another last day is another digest."""
        return compute_held_digest(self.experiment, self.scheduled_until)


def compute_held_digest(experiment: Experiment, scheduled_until: date | None = None) -> str:
    """Return what a person approves by: the experiment's digest, or with a schedule that of both."""
    if scheduled_until is None:
        return experiment.compute_digest()
    return compute_digest({"experiment": experiment.to_json(), "scheduled_until": scheduled_until.isoformat()})
