"""An engine without threads: runs happen when a test says so, and crash where it says so.

Runs and the results of their steps are rows in the store, written in the caller's transaction, so that commit, rollback
and restart mean what they mean in the real engine. A "restart" is another `InlineEngine` over the same store.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import Column, Integer, MetaData, Row, Table, Text, func, insert, select, update

from fermata.domain.ids import RunId
from fermata.engine.outcome import capture, release, to_json
from fermata.kit.digest import canonical_json
from fermata.kit.errors import FermataError, InvariantBroken, UserError
from fermata.ports.engine import Leg, RunState, RunStatus
from fermata.ports.store import Store, Transaction

_metadata = MetaData()
_runs = Table(
    "inline_runs",
    _metadata,
    Column("run_id", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("leg", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("executor_id", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
)
_steps = Table(
    "inline_steps",
    _metadata,
    Column("run_id", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("outcome", Text, nullable=False),
)
_UNFINISHED = (RunState.ENQUEUED, RunState.RUNNING)


class SimulatedCrash(BaseException):
    """The process died here. Not an `Exception`, so that no leg can survive it by catching too much."""


CrashPoint = Callable[[str, str], None]
"""Told of each moment of each step, `before`, `after` or `recorded`; raises `SimulatedCrash` where the process dies."""


class InlineEngine:
    """`ports.engine.Engine` for tests: `drain` runs everything, one leg after the other, in order of enqueueing."""

    def __init__(self, store: Store, *, executor_id: str = "local") -> None:
        self._store = store
        self._executor_id = executor_id
        self._legs: dict[str, Leg] = {}
        self._is_launched = False
        with store.begin() as transaction:
            _metadata.create_all(transaction.connection)

    def register(self, name: str, leg: Leg) -> None:
        """Make a leg known. Before `launch`, or its unfinished runs fail."""
        if self._legs.setdefault(name, leg) is not leg:
            raise InvariantBroken(f"Two legs are called {name}", why="A run finds its leg by name", do="Report this")

    def launch(self) -> None:
        """Allow `drain` to run legs."""
        if self._is_launched:
            raise InvariantBroken("The engine was launched twice", do="Launch it once")
        self._is_launched = True

    def close(self) -> None:
        """Stop working. Closing twice changes nothing."""
        self._is_launched = False

    def enqueue(self, transaction: Transaction, leg: str, run_id: RunId, payload: Mapping[str, Any]) -> None:
        """Start a leg when, and only when, `transaction` commits. The same `run_id` again changes nothing."""
        connection = transaction.connection
        if connection.execute(select(_runs.c.run_id).where(_runs.c.run_id == run_id)).first() is not None:
            return
        values = {
            "run_id": run_id,
            "number": connection.execute(select(func.count()).select_from(_runs)).scalar_one(),
            "leg": leg,
            "payload": canonical_json(to_json(dict(payload), f"payload of run {run_id}")),
            "state": RunState.ENQUEUED,
            "executor_id": self._executor_id,
            "attempts": 0,
            "error": "",
        }
        connection.execute(insert(_runs), values)

    def find_status(self, run_id: RunId) -> RunStatus | None:
        """Return what is known of a run, or `None`."""
        with self._store.begin_read() as transaction:
            row = transaction.connection.execute(select(_runs).where(_runs.c.run_id == run_id)).one_or_none()
        return _describe(row) if row is not None else None

    def list_unfinished(self, limit: int = 1000) -> Sequence[RunStatus]:
        """Return runs that are enqueued or running, oldest first."""
        return [_describe(row) for row in self._list_unfinished()][:limit]

    def cancel(self, run_id: RunId) -> None:
        """Stop a run before its next step; a finished run stays finished."""
        with self._store.begin() as transaction:
            unfinished = update(_runs).where(_runs.c.run_id == run_id, _runs.c.state.in_(_UNFINISHED))
            transaction.connection.execute(unfinished.values(state=RunState.CANCELLED))

    def take_over(self, executor_id: str) -> Sequence[RunId]:
        """Resume the runs of a dead executor here, and return their ids."""
        if executor_id == self._executor_id:
            raise UserError(f"{executor_id} cannot take over from itself", do="Name the executor that died")
        with self._store.begin() as transaction:
            left = (_runs.c.executor_id == executor_id) & (_runs.c.state == RunState.RUNNING)
            run_ids = transaction.connection.execute(
                select(_runs.c.run_id).where(left).order_by(_runs.c.number)
            ).scalars()
            taken = [RunId(run_id) for run_id in run_ids]
            moved = update(_runs).where(left).values(executor_id=self._executor_id, state=RunState.ENQUEUED)
            transaction.connection.execute(moved)
        return taken

    async def drain(
        self, *, crash_at: str | None = None, when: Literal["before", "after", "recorded"] = "before"
    ) -> None:
        """Run until nothing is enqueued. An error that is not ours leaves through here: it is a bug of the leg.

        Args:
            crash_at: Name of the step at which to die, once; the next `drain` goes on from what was recorded.
            when: `before` the step's work, `after` it and before its result is recorded, or when that is `recorded`.

        Raises:
            SimulatedCrash: The chosen point was reached.
            InvariantBroken: The engine was not launched.
        """
        if not self._is_launched:
            raise InvariantBroken("The engine is not launched", do="Call launch() first")

        def crash(step: str, moment: str) -> None:
            if (step, moment) == (crash_at, when):
                raise SimulatedCrash(f"{when} step {step}")

        while mine := [row for row in self._list_unfinished() if row.executor_id == self._executor_id]:
            await self._run(mine[0], crash)

    async def _run(self, row: Row[Any], crash: CrashPoint) -> None:
        run_id = RunId(row.run_id)
        self._change(run_id, state=RunState.RUNNING, attempts=row.attempts + 1)
        try:
            leg = self._legs.get(row.leg)
            if leg is None:
                raise UserError(f"There is no leg called {row.leg}", do="Register it before the launch")
            to_json(dict(await leg(InlineRun(self._store, run_id, crash), json.loads(row.payload))), "result")
        except FermataError as error:
            self._change(run_id, state=RunState.FAILED, error=str(error))
        except _Cancelled:
            return
        else:
            self._change(run_id, state=RunState.SUCCEEDED)

    def _change(self, run_id: RunId, **values: Any) -> None:
        with self._store.begin() as transaction:
            transaction.connection.execute(update(_runs).where(_runs.c.run_id == run_id).values(**values))

    def _list_unfinished(self) -> Sequence[Row[Any]]:
        with self._store.begin_read() as transaction:
            unfinished = select(_runs).where(_runs.c.state.in_(_UNFINISHED)).order_by(_runs.c.number)
            rows: Sequence[Row[Any]] = transaction.connection.execute(unfinished).all()
            return rows


class _Cancelled(BaseException):
    """Leaves a leg whose run was cancelled."""


class InlineRun:
    """`ports.engine.Run` with its steps in the store."""

    def __init__(self, store: Store, run_id: RunId, crash: CrashPoint) -> None:
        self._store = store
        self._run_id = run_id
        self._crash = crash
        self._position = 0

    @property
    def run_id(self) -> RunId:
        """Return the run's id: stable over restarts."""
        return self._run_id

    async def step(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Run `work` and keep its result: a completed step is never run again, an interrupted one is.

        Raises:
            InvariantBroken: On a replay, another step came at this position: the leg is not deterministic.
        """
        self._position += 1
        position = self._position
        recorded = self._find(position, name)
        if recorded is not None:
            return release(recorded)
        self._crash(name, "before")
        outcome = await capture(name, work)
        self._crash(name, "after")
        values = {"run_id": self._run_id, "position": position, "name": name, "outcome": canonical_json(outcome)}
        with self._store.begin() as transaction:
            transaction.connection.execute(insert(_steps), values)
        self._crash(name, "recorded")
        return release(outcome)

    def _find(self, position: int, name: str) -> dict[str, Any] | None:
        with self._store.begin_read() as transaction:
            connection = transaction.connection
            state = connection.execute(select(_runs.c.state).where(_runs.c.run_id == self._run_id)).scalar_one()
            at_position = select(_steps).where(_steps.c.run_id == self._run_id, _steps.c.position == position)
            row = connection.execute(at_position).one_or_none()
        if state == RunState.CANCELLED:
            raise _Cancelled
        if row is None:
            return None
        if row.name != name:
            raise InvariantBroken(
                f"Run {self._run_id} took another way than before its restart",
                why=f"Step {position} is {name!r} now and was {row.name!r}",
                do="Make the leg's order of steps depend on its payload and its steps' results only",
            )
        outcome: dict[str, Any] = json.loads(row.outcome)
        return outcome


def _describe(row: Row[Any]) -> RunStatus:
    return RunStatus(
        run_id=RunId(row.run_id), leg=row.leg, state=RunState(row.state), attempts=row.attempts, error=row.error
    )
