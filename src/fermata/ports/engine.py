"""Durable execution, as thin as it can be: legs made of steps, started inside a store transaction.

A leg lives for seconds to minutes. Nothing waits for a person in here: the hold is a row (docs/adr/0002).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

from fermata.domain.ids import RunId
from fermata.domain.record import Record
from fermata.ports.store import Transaction


class RunState(StrEnum):
    """Where a run is."""

    ENQUEUED = "enqueued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RunStatus(Record):
    """What the engine knows of a run."""

    run_id: RunId
    leg: str
    state: RunState
    attempts: int = 1
    error: str = ""


class Run(Protocol):
    """One run, seen from inside its leg."""

    @property
    def run_id(self) -> RunId:
        """Return the run's id: stable over restarts."""
        ...

    async def step(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Run `work` and keep its result: a completed step is never run again, an interrupted one is.

        Args:
            name: Constant within the leg; legs are deterministic, so steps come in the same order every time.
            work: Returns JSON types. Must tolerate being run again unless a ledger stands before its effect.
        """
        ...


Leg = Callable[[Run, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""A flow's leg: gets its run and its payload (JSON types), returns JSON types."""


class Engine(Protocol):
    """Starts legs and brings them back after a crash."""

    def register(self, name: str, leg: Leg) -> None:
        """Make a leg known. Before `launch`."""
        ...

    def launch(self) -> None:
        """Start working, and take up every run this executor left unfinished."""
        ...

    def close(self) -> None:
        """Stop working at once. Unfinished runs are taken up at the next launch."""
        ...

    def enqueue(self, transaction: Transaction, leg: str, run_id: RunId, payload: Mapping[str, Any]) -> None:
        """Start a leg when, and only when, `transaction` commits. The same `run_id` again changes nothing."""
        ...

    def find_status(self, run_id: RunId) -> RunStatus | None:
        """Return what is known of a run, or `None`."""
        ...

    def list_unfinished(self, limit: int = 1000) -> Sequence[RunStatus]:
        """Return runs that are enqueued or running, oldest first."""
        ...

    def cancel(self, run_id: RunId) -> None:
        """Stop a run before its next step. A step that runs is not interrupted."""
        ...

    def take_over(self, executor_id: str) -> Sequence[RunId]:
        """Resume the runs of a dead executor here, and return their ids."""
        ...
