"""One rehearsal from its first look to its verdict, for any injector.

Baseline, injection, proof on the wire, watch, withdrawal, proof that it is gone, recovery, verdict. The fault lives by
its lease: whoever dies here, it ends by itself. Approval, sandbox, store and journal are the caller's: this asks nobody
and keeps nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any

from fermata.domain.experiment import Experiment, ExperimentResult, Measured, Phase, Sample, Verdict
from fermata.flows.rehearsal.asking import Asker
from fermata.flows.rehearsal.lease import LeaseKeeper
from fermata.flows.rehearsal.metering import Meter
from fermata.flows.rehearsal.probing import Prober
from fermata.flows.rehearsal.watching import Watcher
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.ports.faults import Injection, Injector, Witness
from fermata.rules.rehearsal import (
    Evidence,
    Judgement,
    compare,
    find_breach,
    find_unreached,
    has_recovered,
    judge,
    judge_baseline,
    list_failing,
    list_samples,
    measure,
    sum_up,
)

SAMPLE_S = 1.0
_TICK_S = 0.1
_STOP_POLL_S = 0.2
_LAST_WORDS_S = 5.0
"""What callbacks may take after the run, and an interrupted run for its withdrawal."""
_UNSEEN_SHARE = 0.5
"""Of the duration: a fault that has hit nothing by then is not waited for."""

Stop = Callable[[], Awaitable[str]]
"""Says why the run must end now, or nothing. Asked five times a second; must not wait for anything that may be dead."""
OnPhase = Callable[[Phase], Awaitable[None]]
OnSample = Callable[[Sample], Awaitable[None]]


async def rehearse(  # noqa: PLR0913 - the run's whole surroundings, each of them another's
    experiment: Experiment,
    injector: Injector,
    *,
    clock: Clock,
    http: Asker,
    stop: Stop,
    on_phase: OnPhase,
    on_sample: OnSample,
) -> ExperimentResult:
    """Run an experiment and return how it went. When this returns or raises, the fault was withdrawn.

    Args:
        http: What asks the journeys: `HttpAsker()`.
        stop: See `Stop`.
        on_phase: Told when a phase begins; for the fault, once it was injected. Never waited for: a store that hangs
            must not keep a fault alive.
        on_sample: Told what was seen of each journey in each second, as far as it is known then.

    Raises:
        UserError: The injector refused; nothing was created.
    """
    return await _Run(experiment, injector, clock, http).play(stop, on_phase, on_sample)


class _Run:
    """The state of one run."""

    def __init__(self, experiment: Experiment, injector: Injector, clock: Clock, http: Asker) -> None:
        self._experiment = experiment
        self._injector = injector
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._watcher = Watcher(experiment, http, clock)
        self._prober = Prober(experiment, http, clock)
        self._meter = Meter(experiment, injector, clock)
        self._keeper: LeaseKeeper | None = None
        self._began_at = clock.now()
        self._injected_at: datetime | None = None
        self._withdrawn_at: datetime | None = None
        self._stopped = ""
        self._breach = ""
        self._recovered: bool | None = None
        self._measured: dict[str, float] = {}
        self._news: asyncio.Queue[Phase | Sample | None] = asyncio.Queue()
        self._told_s = 0.0
        self._limits = {check.journey: check.max_p95_ms for check in experiment.checks}

    async def play(self, stop: Stop, on_phase: OnPhase, on_sample: OnSample) -> ExperimentResult:
        """Run it to its verdict."""
        self._stopped = await stop()
        if self._stopped:
            return self._conclude(Judgement(Verdict.INCONCLUSIVE, f"nothing was injected: {self._stopped}"))
        teller = self._loop.create_task(self._tell(on_phase, on_sample))
        try:
            async with self._watcher, self._beside(self._heed(stop), self._meter.keep_looking()):
                judgement = await self._perform()
        finally:
            self._news.put_nowait(None)
            await asyncio.wait((teller,), timeout=_LAST_WORDS_S)
            teller.cancel()
            await asyncio.gather(teller, return_exceptions=True)
        return self._conclude(judgement)

    async def _perform(self) -> Judgement:
        experiment = self._experiment
        self._enter(Phase.BASELINE)
        await self._watch(experiment.baseline)
        if self._stopped:
            return Judgement(Verdict.INCONCLUSIVE, f"nothing was injected: {self._stopped}")
        if unreachable := self._watcher.find_unreachable():
            return Judgement(Verdict.INCONCLUSIVE, f"nothing was injected: {unreachable}")
        unsteady = judge_baseline(experiment.checks, self._watcher.list_answers(Phase.BASELINE))
        if unsteady:
            return Judgement(Verdict.INCONCLUSIVE, f"nothing was injected: {unsteady}")
        self._leave()
        try:
            injection = await self._injector.inject(experiment)
        except OperationalError as error:
            return await self._give_up(error)
        except asyncio.CancelledError:
            await self._take_back(self._injector.withdraw(self._make_unknown()))
            raise
        self._keeper = LeaseKeeper(self._injector, injection, experiment.lease, self._clock)
        is_gone = await self._break(self._keeper)
        if is_gone:
            self._enter(Phase.RECOVERY)
            await self._recover()
        await self._watcher.settle(Phase.FAULT)
        disturbed = await self._injector.list_disturbances() if isinstance(self._injector, Witness) else ()
        return judge(
            experiment,
            Evidence(
                self._watcher.list_answers(),
                affected=self._keeper.affected,
                probes=self._prober.asked,
                felt=self._prober.felt,
                is_gone=is_gone,
                recovered=self._recovered,
                unreached=find_unreached(experiment, self._meter.samples),
                disturbed=disturbed,
                breach=self._breach,
                stopped=self._stopped,
            ),
        )

    async def _give_up(self, error: OperationalError) -> Judgement:
        """The answer to the injection was lost: end what may have begun, and claim nothing."""
        await self._take_back(self._injector.withdraw(self._make_unknown()))
        lease_s = self._experiment.lease.total_seconds()
        return Judgement(
            Verdict.INCONCLUSIVE,
            f"whether the fault began is not known ({error}); if it did, it was gone {lease_s:g} s later by its lease",
        )

    def _make_unknown(self) -> Injection:
        return Injection(experiment_id=self._experiment.id, handle=self._experiment.id)

    async def _take_back(self, ending: Coroutine[Any, Any, object]) -> None:
        """End the fault on the way out, as far as it can be done now; the lease does the rest."""
        task = self._loop.create_task(ending)
        await asyncio.wait((task,), timeout=_LAST_WORDS_S)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _break(self, keeper: LeaseKeeper) -> bool:
        """Watch under the fault, end it, and answer whether it was seen to be gone."""
        self._injected_at = self._clock.now()
        began, is_watched = self._loop.time(), False
        try:
            self._enter(Phase.FAULT)
            async with self._beside(keeper.keep(), keeper.keep_looking(SAMPLE_S / 2), self._prober.keep_asking()):
                await self._watch(self._experiment.duration, keeper)
            is_watched = True
        finally:
            if not is_watched:
                await self._take_back(keeper.end())
        latency_s = (self._experiment.fault.latency_ms or 0.0) / 1000
        # The first calls under a latency end only after it; until then nothing in flight is as it will be.
        settled = began + min(latency_s, self._experiment.duration.total_seconds() / 3)
        self._measured = keeper.measure(settled, self._loop.time(), call_s=latency_s)
        self._leave()
        is_gone = await keeper.end()
        if is_gone and self._prober.can_tell:
            is_gone = await self._confirm()
        if is_gone:
            self._withdrawn_at = self._clock.now()
        return is_gone

    async def _confirm(self) -> bool:
        """Answer whether the probe gets through again; it may be unlucky twice."""
        for _ in range(3):
            if not await self._prober.feels():
                return True
        return False

    async def _recover(self) -> None:
        limit = self._experiment.recovery
        if limit <= timedelta(0):
            return
        await self._watch(limit)
        if not self._stopped:
            self._recovered = self._is_recovered()

    def _is_recovered(self) -> bool:
        answers = self._watcher.list_answers(Phase.RECOVERY)
        return has_recovered(self._experiment.checks, answers, self._watcher.now_s)

    async def _watch(self, span: timedelta, keeper: LeaseKeeper | None = None) -> None:
        """Let time pass until the span is over or something ends it; with a keeper, under its fault."""
        began = self._loop.time()
        is_recovering = self._withdrawn_at is not None
        while (spent := self._loop.time() - began) < span.total_seconds() and not self._stopped:
            await self._clock.sleep(_TICK_S)
            if self._injected_at is None and self._watcher.find_unreachable():
                return
            if keeper is not None and keeper.gone:
                self._end(keeper.gone)
            if not self._sample():
                continue
            if keeper is not None and self._must_end(keeper, spent / span.total_seconds()):
                return
            if is_recovering and self._is_recovered():
                return

    def _must_end(self, keeper: LeaseKeeper, spent: float) -> bool:
        """Look each second whether the fault may go on."""
        answers = self._watcher.list_answers(Phase.FAULT)
        self._breach = find_breach(self._experiment.checks, answers, self._watcher.now_s)
        if not self._breach and keeper.is_lost:
            self._stopped = "the lease could not be renewed, so the fault ended by itself"
        return bool(self._breach or self._stopped) or (spent > _UNSEEN_SHARE and keeper.affected == 0)

    def _sample(self) -> bool:
        """Tell what the last whole second brought, once it is over; false within a second."""
        now_s = self._watcher.now_s // SAMPLE_S * SAMPLE_S
        if now_s <= self._told_s:
            return False
        at, limits = self._began_at + timedelta(seconds=self._told_s), self._limits
        for sample in sum_up(self._watcher.list_all(), limits, at=at, since_s=self._told_s, until_s=now_s):
            self._news.put_nowait(sample)
        self._told_s = now_s
        return True

    def _enter(self, phase: Phase) -> None:
        self._watcher.enter(phase)
        self._meter.enter(phase)
        self._news.put_nowait(phase)

    def _leave(self) -> None:
        """Be in no phase, while the fault comes or goes."""
        self._watcher.enter(None)
        self._meter.enter(None)

    @contextlib.asynccontextmanager
    async def _beside(self, *work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
        """Run coroutines beside a block. One that fails stops the run, and its error is raised behind the block."""
        tasks = [self._loop.create_task(item) for item in work]
        for task in tasks:
            task.add_done_callback(self._notice)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end

    def _notice(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self._end("a part of the run failed")

    def _end(self, why: str) -> None:
        """End the run; the first reason counts."""
        self._stopped = self._stopped or why

    async def _heed(self, stop: Stop) -> None:
        while not self._stopped:
            try:
                self._stopped = await stop()
            except OperationalError as error:
                # Whether somebody wants it to stop cannot be known: then it stops.
                self._stopped = f"it could not be found out whether to stop: {error}"
            await self._clock.sleep(_STOP_POLL_S)

    async def _tell(self, on_phase: OnPhase, on_sample: OnSample) -> None:
        while (news := await self._news.get()) is not None:
            # What could not be written down is no reason to end a run, nor to leave its fault alone.
            with contextlib.suppress(OperationalError):
                await (on_phase(news) if isinstance(news, Phase) else on_sample(news))

    def _conclude(self, judgement: Judgement) -> ExperimentResult:
        experiment, answers = self._experiment, self._watcher.list_answers()
        phases = [phase for phase in Phase if any(answer.phase is phase for answer in answers)]
        measured = tuple(measure(check.journey, phase, answers) for check in experiment.checks for phase in phases)
        return ExperimentResult(
            experiment_id=experiment.id,
            digest=experiment.compute_digest(),
            verdict=judgement.verdict,
            why=judgement.why,
            started_at=self._began_at,
            injected_at=self._injected_at,
            withdrawn_at=self._withdrawn_at,
            ended_at=self._clock.now(),
            affected=self._keeper.affected if self._keeper else 0,
            aborted=self._breach or self._stopped,
            measured=measured,
            samples=list_samples(answers, self._began_at, SAMPLE_S),
            wire=tuple(self._meter.samples),
            comparison=self._compare(judgement.verdict, measured),
            fix_first=judgement.fix_first,
        )

    def _compare(self, verdict: Verdict, measured: Sequence[Measured]) -> tuple[str, ...]:
        if self._injected_at is None:
            return ()
        failing = list_failing(self._experiment.checks, measured)
        wire = self._meter.samples
        return compare(self._experiment.prediction, verdict, self._measured, failing=failing, wire=wire)
