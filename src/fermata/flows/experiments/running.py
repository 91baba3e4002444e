"""Running an approved experiment: checked again, one at a time, stoppable at any moment, remembered whatever dies."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial

from fermata.domain.experiment import ExperimentResult
from fermata.domain.held_experiment import ExperimentState, HeldExperiment
from fermata.domain.journal import JournalEvent
from fermata.domain.person import FERMATA
from fermata.flows.boundary import contain
from fermata.flows.experiments.cards import queue_card
from fermata.flows.experiments.context import ExperimentContext
from fermata.flows.experiments.ending import finish, make_inconclusive
from fermata.flows.experiments.guarded import GuardedInjector, refuse_other_preview
from fermata.flows.experiments.incidents import refuse_beside_incident, wait_for_incident
from fermata.flows.experiments.lease import LASTS, RENEW_S, find_lease, take_lease
from fermata.flows.experiments.preflight import check_everything, refuse_unready, refuse_withdrawn
from fermata.flows.experiments.stopping import EVERYTHING, forget_request, wait_for_stop
from fermata.flows.rehearse import OnPhase, OnSample, rehearse
from fermata.kit.errors import FermataError, GuardRefused
from fermata.ports.store import Transaction
from fermata.rules.sandbox import refuse_outside_sandbox

_PASSING = ("halt", "one_experiment", "open_incident")
"""Guards that say "not now": the approval stays good for another try, where the serving process has one."""


class Stop:
    """Says to a run that it is to end, and why."""

    def __init__(self, outer: Stop | None = None) -> None:
        self._reason = ""
        self._outer = outer

    @property
    def reason(self) -> str:
        """Return the reason, of this one or of the one that it listens to as well; empty: go on."""
        return self._reason or (self._outer.reason if self._outer is not None else "")

    def tell(self, reason: str) -> None:
        """End the run; the first reason counts."""
        self._reason = self.reason or reason

    async def ask(self) -> str:
        """Return the reason, or nothing."""
        return self.reason


async def _ignore(news: object) -> None:
    del news


async def run_experiment(
    context: ExperimentContext,
    held_id: str,
    runner: str,
    *,
    stop: Stop | None = None,
    on_phase: OnPhase = _ignore,
    on_sample: OnSample = _ignore,
) -> ExperimentResult:
    """Run an approved experiment in this process, to its verdict.

    Args:
        stop: To end it from here; a halt and a request end it without.

    Raises:
        GuardRefused: It may not start; nothing was injected, and the row says why.
        OperationalError: The store or the injector cannot be asked; nothing was injected.
    """
    stop = Stop(stop)  # Its own: what ends this run must not end the next one of whoever runs several.
    held = await _take(context, held_id, runner)
    injector = GuardedInjector(context, held, context.get_injector(held.experiment))
    began = context.flow.clock.now()
    try:
        async with _watch(context, held, runner, stop):
            result = await rehearse(
                held.experiment,
                injector,
                clock=context.flow.clock,
                http=context.asker,
                stop=stop.ask,
                on_phase=on_phase,
                on_sample=on_sample,
            )
    except FermataError as error:
        result = make_inconclusive(held, f"it could not be carried out: {error}", began, context.flow.clock.now())
    except asyncio.CancelledError:
        died = make_inconclusive(held, "its process was told to end", began, context.flow.clock.now())
        await asyncio.shield(finish(context, held, runner, died))
        raise
    result = result.model_copy(update={"digest": held.digest, "aborted": result.aborted or stop.reason})
    await finish(context, held, runner, result)
    return result


async def _take(context: ExperimentContext, held_id: str, runner: str) -> HeldExperiment:
    """Move an approved row to running under this process's lease, after looking at everything again."""
    held = await context.flow.store.read(lambda transaction: transaction.experiments.get(held_id))
    try:
        await refuse_unready(context, held)
        await context.flow.store.read(lambda transaction: _refuse_not_now(transaction, context, held))
        # Nothing runs: a request for whatever runs that is still here was meant for one that is over, or has died.
        forget_request(context.folder, EVERYTHING)
        refuse_outside_sandbox(await check_everything(context, held.experiment))
        injector = context.get_injector(held.experiment)
        await refuse_other_preview(held, injector, f"Experiment {held.id} was not started")
        return await context.flow.store.write(lambda transaction: _start(transaction, context, held, runner))
    except GuardRefused as refusal:
        # A terminal ends with the refusal, and nobody else would take it up.
        if refusal.rule not in _PASSING or held.runner:
            await context.flow.store.write(partial(_refuse, context=context, held_id=held_id, reason=str(refusal)))
        raise


def _refuse_not_now(transaction: Transaction, context: ExperimentContext, held: HeldExperiment) -> None:
    """Refuse what may begin later, before anything that would refuse it for good is looked at."""
    _refuse_second(transaction, context, held.id)
    refuse_beside_incident(transaction, held, context.flow.clock.now())


def _refuse_second(transaction: Transaction, context: ExperimentContext, held_id: str) -> None:
    lease = find_lease(transaction, context.flow.clock.now())
    if lease is not None:
        raise GuardRefused(
            "one_experiment",
            f"Experiment {held_id} was not started",
            why=f"{lease.held_id} runs: with two nobody can say which of them did it",
            do=f"Wait for it, or stop it: `fermata chaos stop {lease.held_id}`",
        )


def _start(transaction: Transaction, context: ExperimentContext, held: HeldExperiment, runner: str) -> HeldExperiment:
    now = context.flow.clock.now()
    _refuse_second(transaction, context, held.id)
    refuse_withdrawn(transaction, held)
    refuse_beside_incident(transaction, held, now)
    take_lease(transaction, held.id, runner, now)
    started = held.model_copy(update={"state": ExperimentState.RUNNING, "started_at": now, "runner": runner})
    if not transaction.experiments.compare_and_set(ExperimentState.APPROVED, started):
        found = transaction.experiments.get(held.id).state.value
        raise GuardRefused("not_approved", f"Experiment {held.id} was not started", why=f"It is {found}, not approved")
    data = {"experiment_id": held.id, "digest": held.digest, "runner": runner}
    transaction.journal.append(JournalEvent(kind="experiment.started", actor=FERMATA, data=data), now)
    queue_card(transaction, context, started)
    return started


def _refuse(transaction: Transaction, context: ExperimentContext, held_id: str, reason: str) -> None:
    now = context.flow.clock.now()
    held = transaction.experiments.get(held_id)
    refused = held.model_copy(update={"state": ExperimentState.REFUSED, "reason": reason[:2000], "ended_at": now})
    if transaction.experiments.compare_and_set(ExperimentState.APPROVED, refused):
        data = {"experiment_id": held_id, "digest": held.digest, "reason": reason[:2000]}
        transaction.journal.append(JournalEvent(kind="experiment.refused", actor=FERMATA, data=data), now)
        queue_card(transaction, context, refused)


@contextlib.asynccontextmanager
async def _watch(context: ExperimentContext, held: HeldExperiment, runner: str, stop: Stop) -> AsyncIterator[None]:
    """Renew the lease, and listen for a stop and for an incident while the run goes on."""

    async def listen() -> None:
        stop.tell(await wait_for_stop(context, held.id))

    async def look_beside() -> None:
        stop.tell(await wait_for_incident(context, held))

    async def renew() -> None:
        stop.tell(await _renew(context, held.id, runner))

    tasks = [asyncio.create_task(work) for work in (listen(), look_beside(), renew())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _renew(context: ExperimentContext, held_id: str, runner: str) -> str:
    """Renew the lease until that fails for as long as it lasts; return why the run must end then."""
    loop = asyncio.get_running_loop()
    good_until = loop.time() + LASTS.total_seconds()
    while loop.time() < good_until:
        await asyncio.sleep(RENEW_S)
        began = loop.time()
        now = context.flow.clock.now()
        renewing = asyncio.ensure_future(
            contain("lease", lambda now=now: context.flow.store.write(lambda tx: take_lease(tx, held_id, runner, now)))  # type: ignore[misc]  # a default binds the loop variable
        )
        await asyncio.wait([renewing], timeout=max(0.0, good_until - began))
        if renewing.done() and renewing.result().value is False:
            return "another process has taken the lease"
        if renewing.done() and renewing.result().value:
            good_until = began + LASTS.total_seconds()
    return f"the store has not renewed the lease for {LASTS.total_seconds():g} s, and another experiment could begin"
