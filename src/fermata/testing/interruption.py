"""Named points at which a process may be killed: around every step of a leg, every commit and every card.

`interrupt` is called with the name of each point as it is passed, and may kill the process there. Tests that kill at
each point in turn show that a crash loses nothing and doubles nothing. The names, in the order they come:

- `step:<leg>:<step>:begin`, `:end` (the work is done, its result not recorded yet) and `:after` (it is recorded)
- `commit:<place>:<n>:before` and `:after`, for the n-th write of a step (`<leg>:<step>`) or of a `write_at` block
- `card:before` and `card:after`, from `MessageFile`
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from sqlalchemy import Engine as Database

from fermata.domain.ids import RunId
from fermata.engine.delegating import DelegatingEngine
from fermata.ports.engine import Engine, Leg, Run
from fermata.store.unit_of_work import SqlStore, SqlTransaction

T = TypeVar("T")
Interrupt = Callable[[str], None]


class _Place:
    """Where the running task is, and how many writes it has begun there."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.writes = 0


_place: ContextVar[_Place | None] = ContextVar("place", default=None)


@contextmanager
def write_at(name: str) -> Iterator[None]:
    """Name the place of the writes in this block, so that their commits become points."""
    token = _place.set(_Place(name))
    try:
        yield
    finally:
        _place.reset(token)


class InterruptingStore:
    """A store whose commits are points; writes outside of a step and of a `write_at` block have none."""

    def __init__(self, store: SqlStore, interrupt: Interrupt) -> None:
        self._store = store
        self._interrupt = interrupt

    @property
    def database(self) -> Database:
        """Return the connection pool."""
        return self._store.database

    def begin(self) -> AbstractContextManager[SqlTransaction]:
        """Open a write transaction, without points."""
        return self._store.begin()

    def begin_read(self) -> AbstractContextManager[SqlTransaction]:
        """Open a transaction that only reads."""
        return self._store.begin_read()

    async def write(self, work: Callable[[SqlTransaction], T]) -> T:
        """Run `work` in a write transaction; pass a point when its rows are written, and one when they are kept."""
        place = _place.get()
        if place is None:
            return await self._store.write(work)
        place.writes += 1
        point = f"commit:{place.name}:{place.writes}"

        def interrupted(transaction: SqlTransaction) -> T:
            result = work(transaction)
            self._interrupt(f"{point}:before")
            return result

        result = await self._store.write(interrupted)
        self._interrupt(f"{point}:after")
        return result

    async def read(self, work: Callable[[SqlTransaction], T]) -> T:
        """Run `work` in a read transaction."""
        return await self._store.read(work)

    def close(self) -> None:
        """Close the store beneath."""
        self._store.close()


class _InterruptingRun:
    """A run whose steps pass points."""

    def __init__(self, run: Run, leg: str, interrupt: Interrupt) -> None:
        self._run = run
        self._leg = leg
        self._interrupt = interrupt

    @property
    def run_id(self) -> RunId:
        """Return the run's id: stable over restarts."""
        return self._run.run_id

    async def step(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Run the step; its first two points are passed only when its work is really done, not on a replay."""
        place = f"{self._leg}:{name}"

        async def interrupted() -> Any:
            with write_at(place):
                self._interrupt(f"step:{place}:begin")
                result = await work()
                self._interrupt(f"step:{place}:end")
                return result

        result = await self._run.step(name, interrupted)
        self._interrupt(f"step:{place}:after")
        return result


class InterruptingEngine(DelegatingEngine):
    """An engine whose legs pass points at each step; everything else is the engine beneath."""

    def __init__(self, engine: Engine, interrupt: Interrupt) -> None:
        self._beneath = engine
        self._interrupt = interrupt

    @property
    def _engine(self) -> Engine:
        return self._beneath

    def register(self, name: str, leg: Leg) -> None:
        """Make a leg known, with points around its steps."""

        async def interrupted(run: Run, payload: Mapping[str, Any]) -> Mapping[str, Any]:
            return await leg(_InterruptingRun(run, name, self._interrupt), payload)

        self._engine.register(name, interrupted)
