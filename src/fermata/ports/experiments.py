"""The rows of rehearsals. Part of `ports.store`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fermata.domain.experiment import ExperimentResult
from fermata.domain.held_experiment import ExperimentState, HeldExperiment


class ExperimentRows(Protocol):
    """Experiments with what became of them; results stand apart, since their samples are most of them."""

    def add(self, held: HeldExperiment) -> bool:
        """Add a row; False, and nothing is changed, when there is one of that id."""
        ...

    def get(self, held_id: str) -> HeldExperiment:
        """Return a row, built again from what is stored.

        Raises:
            NotFoundError: No such experiment.
            InvariantBroken: The stored text is no valid one any more.
        """
        ...

    def compare_and_set(self, expected: ExperimentState, held: HeldExperiment) -> bool:
        """Replace the row of that id if it is still in `expected`; answer whether this call did it."""
        ...

    def list_in_state(self, state: ExperimentState, limit: int = 100) -> Sequence[HeldExperiment]:
        """Return those in a state, the one proposed first at the front."""
        ...

    def list_recent(self, limit: int = 50) -> Sequence[HeldExperiment]:
        """Return those of any state, newest first."""
        ...

    def save_result(self, held_id: str, result: ExperimentResult) -> None:
        """Keep the result of a row. The first one stays: a run ends once."""
        ...

    def find_result(self, held_id: str) -> ExperimentResult | None:
        """Return the result of a row, or `None`."""
        ...
