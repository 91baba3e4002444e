"""A stop, by what there is to stop: a run that goes on, a yes that was not used yet, or the runs of a standing one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from fermata.domain.held_experiment import ExperimentState, HeldExperiment
from fermata.domain.journal import JournalEvent
from fermata.domain.person import Actor
from fermata.domain.record import Record
from fermata.flows.boundary import contain
from fermata.flows.experiments.cards import queue_card
from fermata.flows.experiments.context import ExperimentContext
from fermata.flows.experiments.lease import find_lease, is_dead
from fermata.flows.experiments.stopping import ask_to_stop, forget_request, name_flag
from fermata.kit.clock import format_instant
from fermata.kit.errors import NotFoundError
from fermata.kit.log import get_log
from fermata.kit.redaction import redact_cut
from fermata.kit.units import format_duration
from fermata.ports.store import Transaction
from fermata.rules.sandbox.shape import LEASING

_log = get_log("experiments")


class Stopped(Record):
    """What a request to stop has come to so far."""

    text: str
    """For the one who asked."""
    awaited: tuple[str, ...] = ()
    """Rows whose process was told, and will say in them that they are over."""
    is_in_force: bool = True
    """The file stays: somebody may still have to read it."""


async def stop_experiment(context: ExperimentContext, held_id: str, by: Actor, reason: str) -> Stopped:
    """Stop one: by a file first, then in the store. As `holding.Experiments.stop`."""
    words = redact_cut(reason, 500).text
    because = f"stopped by {by.id}" + (f": {words}" if words else "")
    ask_to_stop(context.folder, held_id, by, words)
    written = await contain(
        "stop",
        lambda: context.flow.store.write(partial(_stop, context=context, held_id=held_id, by=by, because=because)),
    )
    if isinstance(written.error, NotFoundError):
        forget_request(context.folder, held_id)
        raise written.error
    if written.value is None:
        _log.warning("stop.not_journalled", reason=written.failure)
        return Stopped(text=f"{held_id} is told to stop by a file here; the store could not be told")
    for run_id in written.value.awaited:
        ask_to_stop(context.folder, run_id, by, words)
    if not written.value.is_in_force:
        forget_request(context.folder, held_id)
    return written.value


def _stop(transaction: Transaction, context: ExperimentContext, held_id: str, by: Actor, because: str) -> Stopped:
    held = transaction.experiments.get(held_id)
    if held.is_settled:
        text = f"{held_id} is over already ({held.verdict or held.state.value}): nothing was stopped."
        return Stopped(text=text, is_in_force=False)
    if held.state is ExperimentState.RUNNING:
        return _stop_run(transaction, context, held, by, because)
    if not withdraw(transaction, context, held, by, because):
        return _stop(transaction, context, held_id, by, because)  # Somebody was faster: stop what is there now.
    told = withdraw_runs(transaction, context, held, by, because)
    return Stopped(text=f"Withdrawn: {held_id} does not run any more.", awaited=told, is_in_force=False)


def _stop_run(
    transaction: Transaction, context: ExperimentContext, held: HeldExperiment, by: Actor, because: str
) -> Stopped:
    _tell(transaction, context, held, by, because)
    now = context.flow.clock.now()
    lease = find_lease(transaction, now)
    if lease is not None and lease.held_id == held.id:
        return Stopped(text=f"{held.id} is told to stop: its fault is withdrawn within a second.", awaited=(held.id,))
    gone = "has died" if is_dead(held.runner) else "has not been heard of"
    text = (
        f"Nobody carries out a stop of {held.id}: the process that ran it {gone}. Its fault ends by itself, "
        f"{_tell_end(held, now)}; `fermata up` looks at it and closes it."
    )
    return Stopped(text=text, is_in_force=not is_dead(held.runner))


def _tell_end(held: HeldExperiment, now: datetime) -> str:
    """Say when a fault that nobody renews is gone: soon, where its system knows leases."""
    experiment = held.experiment
    if experiment.target.system in LEASING:
        return f"{format_duration(experiment.lease)} after its last renewal"
    end = (held.started_at or now) + experiment.baseline + experiment.duration
    return f"by {format_instant(end)} at the latest"


def withdraw(
    transaction: Transaction, context: ExperimentContext, held: HeldExperiment, by: Actor, reason: str
) -> bool:
    """Close what was proposed or approved and has not begun; False when it is in another state by now."""
    now = context.flow.clock.now()
    closed = held.model_copy(update={"state": ExperimentState.REFUSED, "reason": reason, "ended_at": now})
    if not transaction.experiments.compare_and_set(held.state, closed):
        return False
    data = {"experiment_id": held.id, "digest": held.digest, "reason": reason}
    transaction.journal.append(JournalEvent(kind="experiment.withdrawn", actor=by, data=data), now)
    queue_card(transaction, context, closed)
    return True


def withdraw_runs(
    transaction: Transaction, context: ExperimentContext, standing: HeldExperiment, by: Actor, reason: str
) -> tuple[str, ...]:
    """Close the runs of a standing approval that have not begun, and stop one that has; return those that were told."""
    for run in _list_runs(transaction, standing, ExperimentState.APPROVED):
        withdraw(transaction, context, run, by, reason)
    running = _list_runs(transaction, standing, ExperimentState.RUNNING)
    for run in running:
        _tell(transaction, context, run, by, reason)
    return tuple(run.id for run in running)


def _list_runs(transaction: Transaction, standing: HeldExperiment, state: ExperimentState) -> Sequence[HeldExperiment]:
    rows = transaction.experiments.list_in_state(state)
    return [run for run in rows if run.experiment.id == standing.id and run.id != standing.id]


def _tell(transaction: Transaction, context: ExperimentContext, held: HeldExperiment, by: Actor, because: str) -> None:
    """Tell a runner, wherever it is, that it is to end."""
    transaction.flags.put(name_flag(held.id), {"words": because})
    data = {"experiment_id": held.id, "reason": because}
    event = JournalEvent(kind="experiment.stop_requested", actor=by, data=data)
    transaction.journal.append(event, context.flow.clock.now())
