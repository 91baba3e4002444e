"""An injector that looks once more before it begins, and tells the journal what it did."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fermata.domain.experiment import Experiment
from fermata.domain.held_experiment import ExperimentState, HeldExperiment
from fermata.domain.journal import JournalEvent
from fermata.domain.person import FERMATA
from fermata.domain.sandbox import SandboxFinding
from fermata.flows.boundary import contain
from fermata.flows.experiments.context import ExperimentContext
from fermata.flows.experiments.stopping import look_for_stop
from fermata.flows.experiments.upstream import Bystanders, check_upstream
from fermata.kit.errors import GuardRefused
from fermata.ports.faults import CallMeter, Injection, InjectionState, Injector
from fermata.ports.store import Transaction
from fermata.rules.sandbox import refuse_outside_sandbox


class GuardedInjector:
    """`ports.faults.Injector` around another, for one approved experiment and no other."""

    def __init__(self, context: ExperimentContext, held: HeldExperiment, inner: Injector) -> None:
        self._context = context
        self._held = held
        self._inner = inner
        self._bystanders = Bystanders(context, held.experiment)
        self._writing: set[asyncio.Task[Any]] = set()

    @property
    def name(self) -> str:
        """Return the system's name."""
        return self._inner.name

    @property
    def lease_kept_by(self) -> str:
        """Say who ends the fault when nobody renews it."""
        return self._inner.lease_kept_by

    async def preview(self, experiment: Experiment) -> str:
        """Return what would be created."""
        return await self._inner.preview(experiment)

    async def check_sandbox(self, experiment: Experiment) -> tuple[SandboxFinding, ...]:
        """Look whether the target is a sandbox now."""
        return await self._inner.check_sandbox(experiment)

    async def inject(self, experiment: Experiment) -> Injection:
        """Begin the fault, unless somebody has said stop since, or this is not what was approved, or not there.

        Raises:
            GuardRefused: Rule `halt`, `plan_edited` or `sandbox`; nothing was created.
        """
        if experiment != self._held.experiment:
            raise GuardRefused("plan_edited", "Nothing was injected", why="It is not the experiment that was approved")
        # The baseline took its time, and whoever starts a proxy anew meanwhile may have pointed it elsewhere.
        await refuse_other_preview(self._held, self._inner, "Nothing was injected")
        if findings := await check_upstream(self._context, experiment):
            refuse_outside_sandbox(findings)
        await self._bystanders.note()
        # Last: an engine that hangs keeps those looks for long, and somebody may say stop meanwhile.
        if stop := look_for_stop(self._context, self._held.id):
            raise GuardRefused("halt", "Nothing was injected", why=stop, do="Start it again when that is over")
        injection = await self._inner.inject(experiment)
        # Beside the run: a store that hangs must not keep the fault from being watched, renewed and withdrawn.
        self._write(injection.handle)
        return injection

    async def renew(self, injection: Injection, lease: timedelta) -> None:
        """Renew the lease."""
        await self._inner.renew(injection, lease)

    async def observe(self, injection: Injection) -> InjectionState:
        """Look at the fault."""
        return await self._inner.observe(injection)

    async def measure(self, experiment: Experiment) -> Mapping[str, float]:
        """Return what it sees of the target's calls; nothing where it sees none."""
        return await self._inner.measure(experiment) if isinstance(self._inner, CallMeter) else {}

    async def list_disturbances(self) -> tuple[str, ...]:
        """Return what else befell those around the target since the fault began."""
        return await self._bystanders.list_disturbances()

    async def withdraw(self, injection: Injection) -> None:
        """End the fault."""
        await self._inner.withdraw(injection)

    def _write(self, handle: str) -> None:
        now = self._context.flow.clock.now()

        def work(transaction: Transaction) -> None:
            held = transaction.experiments.get(self._held.id).model_copy(update={"handle": handle})
            transaction.experiments.compare_and_set(ExperimentState.RUNNING, held)
            data = {"experiment_id": held.id, "handle": handle}
            transaction.journal.append(JournalEvent(kind="experiment.injected", actor=FERMATA, data=data), now)

        task = asyncio.ensure_future(contain("experiment", lambda: self._context.flow.store.write(work)))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)


async def refuse_other_preview(held: HeldExperiment, injector: Injector, lead: str) -> None:
    """Refuse what its system would do in another way now: another proxy, or another service behind it, stands there.

    Args:
        lead: What did not happen, for the refusal.

    Raises:
        GuardRefused: Rule `plan_edited`.
    """
    if await injector.preview(held.experiment) != held.preview:
        raise GuardRefused(
            "plan_edited",
            lead,
            why="What would be created is not what was approved: the settings of its system have changed since, or its "
            "proxy passes calls on to somebody else",
            do="Look where it leads, propose it anew, and have it approved",
        )
