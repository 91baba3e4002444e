"""How a run ends in the rows: with its verdict, or as inconclusive when its process died in the middle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from fermata.domain.experiment import ExperimentResult, Verdict
from fermata.domain.held_experiment import ExperimentState, HeldExperiment
from fermata.domain.journal import JournalEvent
from fermata.domain.person import FERMATA
from fermata.flows.boundary import contain
from fermata.flows.experiments.cards import queue_card
from fermata.flows.experiments.context import ExperimentContext
from fermata.flows.experiments.keepsake import forget_result, keep_result, list_kept
from fermata.flows.experiments.lease import find_lease, is_dead, release_lease
from fermata.flows.experiments.stopping import EVERYTHING, forget_request, name_flag
from fermata.kit.clock import format_instant
from fermata.kit.errors import NotFoundError
from fermata.kit.log import get_log
from fermata.ports.faults import Injection, InjectionState
from fermata.ports.store import Transaction

_log = get_log("experiments")
_UNSEEN_FOR = timedelta(minutes=1)
"""How long after its latest possible end a fault that cannot be looked at is still waited for."""


def make_inconclusive(held: HeldExperiment, why: str, began: datetime, now: datetime) -> ExperimentResult:
    """Return the result of a run that nobody can conclude anything from."""
    return ExperimentResult(
        experiment_id=held.experiment.id,
        digest=held.digest,
        verdict=Verdict.INCONCLUSIVE,
        why=why,
        started_at=began,
        ended_at=max(began, now),
        aborted=why,
    )


def conclude(held: HeldExperiment, result: ExperimentResult) -> HeldExperiment:
    """Return a row as it is once its run is over."""
    return held.model_copy(
        update={
            "state": ExperimentState.STOPPED if result.aborted else ExperimentState.DONE,
            "reason": result.aborted,
            "ended_at": result.ended_at,
            "verdict": result.verdict.value,
            "affected": result.affected,
        }
    )


async def finish(context: ExperimentContext, held: HeldExperiment, runner: str, result: ExperimentResult) -> bool:
    """Keep the result and give the lease back; answer whether the store took it. Otherwise a file has it."""
    keep_result(context.folder, held.id, result)
    written = await contain(
        "result",
        lambda: context.flow.store.write(
            partial(_settle, context=context, held_id=held.id, result=result, runner=runner)
        ),
    )
    forget_request(context.folder, held.id, EVERYTHING)  # One runs at a time: it was meant.
    if written.failed:
        _log.warning("result.not_stored", experiment_id=held.id, reason=written.failure)
        return False
    forget_result(context.folder, held.id)
    _log.info("experiment.finished", experiment_id=held.id, verdict=result.verdict.value, aborted=result.aborted)
    return True


def _settle(
    transaction: Transaction, context: ExperimentContext, held_id: str, result: ExperimentResult, runner: str
) -> bool:
    """Move a running row to its end; False when something else has been concluded of it meanwhile."""
    now = context.flow.clock.now()
    if runner:
        release_lease(transaction, runner)
    transaction.flags.remove(name_flag(held_id))
    held = transaction.experiments.get(held_id)
    settled = conclude(held, result)
    if not transaction.experiments.compare_and_set(ExperimentState.RUNNING, settled):
        return False
    transaction.experiments.save_result(held_id, result)
    data = {
        "experiment_id": held_id,
        "verdict": result.verdict.value,
        "why": result.why[:500],
        "aborted": result.aborted[:500],
        "affected": result.affected,
    }
    transaction.journal.append(JournalEvent(kind="experiment.finished", actor=FERMATA, data=data), now)
    queue_card(transaction, context, settled, result)
    return True


async def store_kept(context: ExperimentContext) -> int:
    """Bring results that a file has into the store; return how many."""
    count = 0
    for held_id, result in list_kept(context.folder):
        work = partial(_settle, context=context, held_id=held_id, result=result, runner="")
        written = await contain("result", lambda work=work: context.flow.store.write(work))  # type: ignore[misc]  # a default binds the loop variable
        if not written.failed or isinstance(written.error, NotFoundError):
            forget_result(context.folder, held_id)
            count += not written.failed
    return count


async def close_orphans(context: ExperimentContext) -> int:
    """Close runs whose process has died, once their fault is seen to be gone; return how many.

    A fault that is still there is told to end, and looked at again at the next call: its lease ends it all the same.
    """
    now = context.flow.clock.now()
    orphans = await context.flow.store.read(lambda transaction: _list_orphans(transaction, now))
    return sum([await _close(context, held, now) for held in orphans])


def _list_orphans(transaction: Transaction, now: datetime) -> Sequence[HeldExperiment]:
    lease = find_lease(transaction, now)
    alive = lease.held_id if lease is not None else ""
    return [held for held in transaction.experiments.list_in_state(ExperimentState.RUNNING) if held.id != alive]


async def _close(context: ExperimentContext, held: HeldExperiment, now: datetime) -> bool:
    began = held.started_at or now
    injection = Injection(experiment_id=held.experiment.id, handle=held.handle or held.experiment.id)

    async def observe() -> InjectionState:
        return await context.get_injector(held.experiment).observe(injection)

    seen = await contain("orphan", observe)
    if seen.value is not None:
        # Also where nothing is felt: what was asked for just before the runner died may still be put in.
        gone = await contain("orphan", lambda: context.get_injector(held.experiment).withdraw(injection))
        if seen.value.active or gone.failure:
            return False
    ended = began + held.experiment.baseline + held.experiment.duration + held.experiment.lease
    if seen.value is None and now < ended + _UNSEEN_FOR:
        return False
    # One that a full machine keeps from renewing may still be there; it finds its row closed.
    runner = "the runner died" if is_dead(held.runner) else "the runner was not heard of any more"
    if seen.value is not None:
        # Of one that was asked for and of which nobody heard, neither is known.
        began_it = held.handle or seen.value.affected
        seen_gone = "the lease dropped the fault, and it was seen to be gone" if began_it else "no fault is there"
        why = f"{runner}; {seen_gone}"
    else:
        why = (
            f"{runner}, and the fault could not be looked at ({seen.failure}); by its lease it ended at "
            f"{format_instant(ended)} at the latest"
        )
    result = make_inconclusive(held, why, began, now)
    if seen.value is not None:
        result = result.model_copy(update={"affected": seen.value.affected, "withdrawn_at": now})
    return await finish(context, held, held.runner, result)
