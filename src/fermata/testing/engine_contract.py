"""What every engine must do, as tests: subclass `EngineContract` and give it a `rig`."""
# ruff: noqa: S101 - a suite of tests asserts; pytest is told to rewrite it

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from fermata.domain.ids import RunId
from fermata.kit.errors import GuardRefused, InvariantBroken, OperationalError, UserError
from fermata.ports.engine import Engine, Run, RunState
from fermata.ports.store import Store


class EngineRig(ABC):
    """How a suite handles one kind of engine."""

    store: Store
    """The store the engines of this rig share."""

    @abstractmethod
    def make(self, executor_id: str = "local") -> Engine:
        """Build an engine over the store; nothing is launched."""

    @abstractmethod
    async def settle(self, engine: Engine) -> None:
        """Wait until a launched engine has nothing left to do, and fail when that takes long."""


class Recorder:
    """A leg of three steps that notes what really ran."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        """Names of the steps whose work ran, in order, over all runs."""
        self.before_step: Callable[[str], Awaitable[None]] | None = None
        """Awaited inside each step's work."""

    async def leg(self, run: Run, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """Run `one`, `two`, `three`; each returns the payload's number and its own name."""
        results = [await run.step(name, self._work(name, payload)) for name in ("one", "two", "three")]
        return {"results": results}

    def _work(self, name: str, payload: Mapping[str, Any]) -> Callable[[], Awaitable[Any]]:
        async def work() -> Any:
            self.ran.append(name)
            if self.before_step is not None:
                await self.before_step(name)
            return {"step": name, "payload": dict(payload)}

        return work


class EngineContract:
    """The suite. A fixture `rig` gives a fresh `EngineRig`, and closes what it made."""

    @staticmethod
    def enqueue(rig: EngineRig, engine: Engine, run_id: str, leg: str = "leg", **payload: Any) -> RunId:
        """Enqueue a run in a transaction of its own."""
        with rig.store.begin() as transaction:
            engine.enqueue(transaction, leg, RunId(run_id), payload)
        return RunId(run_id)

    @staticmethod
    def get_state(engine: Engine, run_id: RunId) -> RunState:
        """Return a run's state; it must be known."""
        status = engine.find_status(run_id)
        assert status is not None
        return status.state

    async def test_committed_run_runs_every_step_once(self, rig: EngineRig) -> None:
        """A run enqueued in a committed transaction is run to its end."""
        recorder, engine = Recorder(), rig.make()
        engine.register("leg", recorder.leg)
        engine.launch()

        run_id = self.enqueue(rig, engine, "run-1", number=7)
        await rig.settle(engine)

        status = engine.find_status(run_id)
        assert status is not None
        assert (status.leg, status.state, status.attempts, status.error) == ("leg", RunState.SUCCEEDED, 1, "")
        assert recorder.ran == ["one", "two", "three"]
        assert engine.list_unfinished() == []

    async def test_rolled_back_enqueue_starts_nothing(self, rig: EngineRig) -> None:
        """A run enqueued in a transaction that fails never existed."""
        recorder, engine = Recorder(), rig.make()
        engine.register("leg", recorder.leg)
        engine.launch()

        with suppress(ZeroDivisionError), rig.store.begin() as transaction:
            transaction.flags.put("beside", {})
            engine.enqueue(transaction, "leg", RunId("run-1"), {})
            raise ZeroDivisionError
        await rig.settle(engine)

        with rig.store.begin_read() as transaction:
            assert transaction.flags.find("beside") is None
        assert engine.find_status(RunId("run-1")) is None
        assert recorder.ran == []

    async def test_same_run_again_changes_nothing(self, rig: EngineRig) -> None:
        """The run id deduplicates: in one transaction, in two, and after the run has ended."""
        recorder, engine = Recorder(), rig.make()
        engine.register("leg", recorder.leg)
        engine.launch()

        with rig.store.begin() as transaction:
            engine.enqueue(transaction, "leg", RunId("run-1"), {"number": 1})
            engine.enqueue(transaction, "leg", RunId("run-1"), {"number": 2})
        self.enqueue(rig, engine, "run-1", number=3)
        await rig.settle(engine)
        self.enqueue(rig, engine, "run-1", number=4)
        await rig.settle(engine)

        assert recorder.ran == ["one", "two", "three"]

    async def test_enqueued_beside_a_closed_engine_runs_at_the_next_launch(self, rig: EngineRig) -> None:
        """A process that never launches can enqueue; whoever launches next runs it."""
        recorder, beside = Recorder(), rig.make()

        run_id = self.enqueue(rig, beside, "run-1")

        assert self.get_state(beside, run_id) is RunState.ENQUEUED
        assert [status.run_id for status in beside.list_unfinished()] == [run_id]
        engine = rig.make()
        engine.register("leg", recorder.leg)
        engine.launch()
        await rig.settle(engine)
        assert self.get_state(beside, run_id) is RunState.SUCCEEDED

    async def test_unknown_leg_fails_its_run_and_no_other(self, rig: EngineRig) -> None:
        """A run of a leg nobody registered fails with words; the others go on."""
        recorder, engine = Recorder(), rig.make()
        engine.register("leg", recorder.leg)
        lost = self.enqueue(rig, engine, "run-1", leg="gone")
        found = self.enqueue(rig, engine, "run-2")

        engine.launch()
        await rig.settle(engine)

        status = engine.find_status(lost)
        assert status is not None
        assert status.state is RunState.FAILED
        assert "no leg called gone" in status.error
        assert self.get_state(engine, found) is RunState.SUCCEEDED

    async def test_error_of_a_leg_fails_its_run(self, rig: EngineRig) -> None:
        """What a leg raises is on its run's status."""

        async def leg(_run: Run, _payload: Mapping[str, Any]) -> Mapping[str, Any]:
            raise UserError("The plan is gone", do="Investigate again")

        engine = rig.make()
        engine.register("leg", leg)
        engine.launch()

        run_id = self.enqueue(rig, engine, "run-1")
        await rig.settle(engine)

        status = engine.find_status(run_id)
        assert status is not None
        assert (status.state, status.error) == (RunState.FAILED, "The plan is gone. Investigate again.")

    async def test_error_of_a_step_reaches_the_leg_as_itself(self, rig: EngineRig) -> None:
        """A leg can catch what its step raised, with its parts; the step is not tried again."""
        caught: list[Exception] = []
        tries: list[str] = []

        async def refuse() -> None:
            tries.append("refuse")
            raise GuardRefused("drift", "The target moved", why="It is at 2", found=2)

        async def leg(run: Run, _payload: Mapping[str, Any]) -> Mapping[str, Any]:
            try:
                await run.step("check", refuse)
            except GuardRefused as error:
                caught.append(error)
            return {}

        engine = rig.make()
        engine.register("leg", leg)
        engine.launch()

        run_id = self.enqueue(rig, engine, "run-1")
        await rig.settle(engine)

        assert self.get_state(engine, run_id) is RunState.SUCCEEDED
        (error,) = caught
        assert isinstance(error, GuardRefused)
        assert (error.rule, error.what, error.why, error.facts) == (
            "drift",
            "The target moved",
            "It is at 2",
            {"found": 2},
        )
        assert tries == ["refuse"]

    async def test_step_gives_what_a_replay_would_give(self, rig: EngineRig) -> None:
        """Already the first run sees JSON types: a tuple comes back as a list."""
        seen: list[Any] = []

        async def pair() -> Any:
            return {"pair": (1, RunState.RUNNING)}

        async def leg(run: Run, payload: Mapping[str, Any]) -> Mapping[str, Any]:
            seen.extend((await run.step("pair", pair), payload["given"]))
            return {}

        engine = rig.make()
        engine.register("leg", leg)
        engine.launch()

        self.enqueue(rig, engine, "run-1", given=(1, 2))
        await rig.settle(engine)

        assert seen == [{"pair": [1, "running"]}, [1, 2]]

    async def test_step_that_returns_no_json_fails(self, rig: EngineRig) -> None:
        """A result that could not be read back is refused at once, not after the next crash."""

        async def leg(run: Run, _payload: Mapping[str, Any]) -> Mapping[str, Any]:
            async def work() -> Any:
                return object()

            return {"result": await run.step("bad", work)}

        engine = rig.make()
        engine.register("leg", leg)
        engine.launch()

        run_id = self.enqueue(rig, engine, "run-1")
        await rig.settle(engine)

        status = engine.find_status(run_id)
        assert status is not None
        assert status.state is RunState.FAILED
        assert "cannot be recorded" in status.error

    async def test_cancelled_before_its_start_never_runs(self, rig: EngineRig) -> None:
        """A cancelled run does nothing, and stays cancelled when it is enqueued again."""
        recorder, engine = Recorder(), rig.make()
        engine.register("leg", recorder.leg)
        run_id = self.enqueue(rig, engine, "run-1")

        engine.cancel(run_id)
        self.enqueue(rig, engine, "run-1")
        engine.launch()
        await rig.settle(engine)

        assert self.get_state(engine, run_id) is RunState.CANCELLED
        assert recorder.ran == []

    async def test_cancelled_in_a_step_ends_before_the_next(self, rig: EngineRig) -> None:
        """A step that runs is not interrupted; the one after it does not begin."""
        recorder, engine = Recorder(), rig.make()

        async def cancel_in_two(name: str) -> None:
            if name == "two":
                engine.cancel(RunId("run-1"))

        recorder.before_step = cancel_in_two
        engine.register("leg", recorder.leg)
        engine.launch()

        run_id = self.enqueue(rig, engine, "run-1")
        await rig.settle(engine)

        assert self.get_state(engine, run_id) is RunState.CANCELLED
        assert recorder.ran == ["one", "two"]

    async def test_cancelling_a_finished_run_changes_nothing(self, rig: EngineRig) -> None:
        """What succeeded stays so."""
        recorder, engine = Recorder(), rig.make()
        engine.register("leg", recorder.leg)
        engine.launch()
        run_id = self.enqueue(rig, engine, "run-1")
        await rig.settle(engine)

        engine.cancel(run_id)

        assert self.get_state(engine, run_id) is RunState.SUCCEEDED

    def test_unfinished_runs_come_oldest_first(self, rig: EngineRig) -> None:
        """The list is in order of enqueueing, and no longer than asked."""
        engine = rig.make()
        run_ids = [self.enqueue(rig, engine, f"run-{number}") for number in (3, 1, 2)]

        assert [status.run_id for status in engine.list_unfinished()] == run_ids
        assert len(engine.list_unfinished(limit=2)) == 2

    def test_same_name_for_two_legs_is_refused(self, rig: EngineRig) -> None:
        """A run must find the leg it was started with."""
        engine = rig.make()
        engine.register("leg", Recorder().leg)

        assert _raises(InvariantBroken, lambda: engine.register("leg", Recorder().leg))

    def test_taking_over_from_itself_is_refused(self, rig: EngineRig) -> None:
        """An executor that asks is alive: its runs would run twice."""
        assert _raises(UserError, lambda: rig.make("worker-1").take_over("worker-1"))

    def test_taking_over_from_nobody_takes_nothing(self, rig: EngineRig) -> None:
        """An executor without runs leaves none; enqueued runs belong to nobody yet."""
        engine = rig.make("worker-1")
        self.enqueue(rig, engine, "run-1")

        assert list(engine.take_over("worker-2")) == []

    async def test_engine_closes_and_opens_again(self, rig: EngineRig) -> None:
        """Closing and launching anew in one process works as often as one likes."""
        recorder = Recorder()
        for number in range(3):
            engine = rig.make()
            engine.register("leg", recorder.leg)
            engine.launch()
            run_id = self.enqueue(rig, engine, f"run-{number}")
            await rig.settle(engine)
            engine.close()
            engine.close()
            assert self.get_state(engine, run_id) is RunState.SUCCEEDED

    def test_second_launch_is_refused(self, rig: EngineRig) -> None:
        """A launched engine is launched."""
        engine = rig.make()
        engine.launch()

        assert _raises(InvariantBroken, engine.launch)

    async def test_step_errors_of_every_family_survive(self, rig: EngineRig) -> None:
        """Each family keeps its type on the way through the record."""
        caught: list[type] = []

        def fail(error: Exception) -> Callable[[], Awaitable[None]]:
            async def work() -> None:
                raise error

            return work

        async def leg(run: Run, _payload: Mapping[str, Any]) -> Mapping[str, Any]:
            for error in (UserError("a"), OperationalError("b"), InvariantBroken("c")):
                try:
                    await run.step(error.what, fail(error))
                except (UserError, OperationalError, InvariantBroken) as raised:
                    caught.append(type(raised))
            return {}

        engine = rig.make()
        engine.register("leg", leg)
        engine.launch()

        self.enqueue(rig, engine, "run-1")
        await rig.settle(engine)

        assert caught == [UserError, OperationalError, InvariantBroken]


def _raises(kind: type[Exception], call: Callable[[], Sequence[object] | None]) -> bool:
    """Answer whether a call raises this; the suite is importable without pytest."""
    try:
        call()
    except kind:
        return True
    return False
