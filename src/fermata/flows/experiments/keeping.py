"""What the serving process does for rehearsals: takes up what was approved, closes what died, keeps the schedule."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from fermata.domain.held_experiment import ExperimentState, HeldExperiment
from fermata.domain.journal import JournalEvent
from fermata.domain.person import FERMATA
from fermata.flows.boundary import contain
from fermata.flows.experiments.context import ExperimentContext
from fermata.flows.experiments.ending import close_orphans, store_kept
from fermata.flows.experiments.holding import expire_proposals
from fermata.flows.experiments.lease import find_lease, name_runner
from fermata.flows.experiments.running import Stop, run_experiment
from fermata.kit.errors import GuardRefused
from fermata.kit.log import get_log
from fermata.ports.store import Transaction
from fermata.rules.slots import find_open

_log = get_log("experiments")
_EVERY_S = 1.0
_ENDING_S = 10.0
"""How long a run may take to withdraw its fault when the process is told to end."""


class ExperimentKeeper:
    """Looks after rehearsals every second, while the process serves. Safe to run in several processes at once."""

    def __init__(self, context: ExperimentContext) -> None:
        self._context = context
        self._runner = name_runner()
        self._stop = Stop()
        self._loop: asyncio.Task[None] | None = None
        self._run: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin. On a running event loop."""
        self._loop = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """End, and stop what runs: its fault is withdrawn before this returns, or ends by its lease."""
        self._stop.tell("the process that ran it was told to end")
        tasks = [task for task in (self._loop, self._run) if task is not None]
        if self._loop is not None:
            self._loop.cancel()
        if self._run is not None:
            await asyncio.wait([self._run], timeout=_ENDING_S)
            self._run.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._loop = self._run = None

    async def _keep(self) -> None:
        while True:
            await contain("experiments", self.look)
            await asyncio.sleep(_EVERY_S)

    async def look(self) -> None:
        """Do once what is due."""
        context = self._context
        for what, work in (
            ("results", partial(store_kept, context)),
            ("orphans", partial(close_orphans, context)),
            ("expiry", partial(expire_proposals, context)),
            ("schedule", self._begin_scheduled),
        ):
            await contain(f"experiments: {what}", work)  # One that fails must not keep the others from being done.
        if self._run is None or self._run.done():
            waiting = await context.flow.store.read(partial(_list_startable, now=context.flow.clock.now()))
            if waiting:
                self._run = asyncio.create_task(self._carry_out(waiting[0]))

    async def _carry_out(self, held: HeldExperiment) -> None:
        work = partial(run_experiment, self._context, held.id, self._runner, stop=self._stop)
        done = await contain(f"experiment {held.id}", work)
        if done.failed and not isinstance(done.error, GuardRefused):
            _log.warning("experiment.failed", experiment_id=held.id, reason=done.failure)
        if done.failed:
            await asyncio.sleep(_EVERY_S)  # What cannot start now is tried again, and not at once.

    async def _begin_scheduled(self) -> None:
        """Add the run of each standing approval whose slot is open; one row for each slot."""
        context = self._context
        now = context.flow.clock.now()
        opened = find_open(context.slot, now) if context.slot is not None else None
        for missed in await context.flow.store.read(partial(_list_missed, opened=opened)):
            await context.flow.store.write(partial(_close_missed, held=missed, now=now))
        if opened is not None:
            standing = await context.flow.store.read(list_standing)
            for held in standing:
                await context.flow.store.write(partial(_add_run, held=held, opened=opened, now=now))


def _list_startable(transaction: Transaction, now: datetime) -> Sequence[HeldExperiment]:
    if find_lease(transaction, now) is not None:
        return ()
    approved = transaction.experiments.list_in_state(ExperimentState.APPROVED)
    return [held for held in approved if not held.runner and not held.is_standing]


def list_standing(transaction: Transaction) -> Sequence[HeldExperiment]:
    """Return the approvals that are good for each slot until a day, the one proposed first at the front."""
    return [held for held in transaction.experiments.list_in_state(ExperimentState.APPROVED) if held.is_standing]


def _list_missed(transaction: Transaction, opened: datetime | None) -> Sequence[HeldExperiment]:
    """Return runs of a slot that is over, which never began."""
    approved = transaction.experiments.list_in_state(ExperimentState.APPROVED)
    runs = [held for held in approved if held.scheduled_until is not None and not held.is_standing]
    return [held for held in runs if opened is None or held.id != _name_run(held, opened)]


def _close_missed(transaction: Transaction, held: HeldExperiment, now: datetime) -> None:
    reason = "it could not begin within its slot"
    closed = held.model_copy(update={"state": ExperimentState.REFUSED, "reason": reason, "ended_at": now})
    if transaction.experiments.compare_and_set(ExperimentState.APPROVED, closed):
        data = {"experiment_id": held.id, "reason": reason}
        transaction.journal.append(JournalEvent(kind="experiment.expired", actor=FERMATA, data=data), now)


def _name_run(held: HeldExperiment, opened: datetime) -> str:
    return f"{held.experiment.id}-{opened:%Y%m%d}"


def _add_run(transaction: Transaction, held: HeldExperiment, opened: datetime, now: datetime) -> bool:
    if transaction.experiments.get(held.id).state is not ExperimentState.APPROVED:
        return False  # Withdrawn since it was looked for.
    run = held.model_copy(update={"id": _name_run(held, opened), "proposed_at": now})
    if opened < held.proposed_at or not transaction.experiments.add(run):
        return False
    data = {"experiment_id": run.id, "digest": run.digest, "scheduled_until": str(held.scheduled_until)}
    transaction.journal.append(JournalEvent(kind="experiment.scheduled", actor=FERMATA, data=data), now)
    return True
