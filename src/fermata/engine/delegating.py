"""An engine in front of another: passes on what it does not change. Imports no dbos, which takes 0.7 s of CPU."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from fermata.domain.ids import RunId
from fermata.ports.engine import Engine, Leg, RunStatus
from fermata.ports.store import Transaction


class DelegatingEngine(ABC):
    """Does what the engine beneath does; a subclass overrides what it is there for."""

    @property
    @abstractmethod
    def _engine(self) -> Engine:
        """Return the engine beneath."""

    def register(self, name: str, leg: Leg) -> None:
        """Make a leg known."""
        self._engine.register(name, leg)

    def claim(self) -> None:
        """Make sure that nobody else works under this executor id, where the engine beneath has leases."""
        if (claim := getattr(self._engine, "claim", None)) is not None:
            claim()

    def launch(self) -> None:
        """Start working."""
        self._engine.launch()

    def close(self) -> None:
        """Stop working at once."""
        self._engine.close()

    def enqueue(self, transaction: Transaction, leg: str, run_id: RunId, payload: Mapping[str, Any]) -> None:
        """Start a leg when, and only when, `transaction` commits."""
        self._engine.enqueue(transaction, leg, run_id, payload)

    def find_status(self, run_id: RunId) -> RunStatus | None:
        """Return what is known of a run, or `None`."""
        return self._engine.find_status(run_id)

    def list_unfinished(self, limit: int = 1000) -> Sequence[RunStatus]:
        """Return runs that are enqueued or running."""
        return self._engine.list_unfinished(limit)

    def cancel(self, run_id: RunId) -> None:
        """Stop a run before its next step."""
        self._engine.cancel(run_id)

    def take_over(self, executor_id: str) -> Sequence[RunId]:
        """Resume the runs of a dead executor here."""
        return self._engine.take_over(executor_id)

    def reap(self) -> Sequence[RunId]:
        """Take over from workers whose lease ran out, where the engine beneath has leases."""
        reap = getattr(self._engine, "reap", None)
        return reap() if reap is not None else ()
