"""Rehearsals: experiments as they were approved, and what came of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, update

from fermata.domain.experiment import ExperimentResult
from fermata.domain.held_experiment import ExperimentState, HeldExperiment
from fermata.kit.errors import NotFoundError
from fermata.store.statements import insert_new, read_record, write_record
from fermata.store.tables import experiment_results, experiments


@dataclass(frozen=True, slots=True)
class SqlExperimentRows:
    """`ports.experiments.ExperimentRows` over SQL."""

    connection: Connection

    def add(self, held: HeldExperiment) -> bool:
        """Add a row; False, and nothing is changed, when there is one of that id."""
        return insert_new(self.connection, experiments, {"id": held.id, **_write(held)}, ["id"])

    def get(self, held_id: str) -> HeldExperiment:
        """Return a row.

        Raises:
            NotFoundError: No such experiment.
        """
        found = _read(self.connection.execute(select(experiments).where(experiments.c.id == held_id)))
        if not found:
            raise NotFoundError(f"There is no experiment {held_id}", do="Run `fermata chaos list`", held_id=held_id)
        return found[0]

    def compare_and_set(self, expected: ExperimentState, held: HeldExperiment) -> bool:
        """Replace the row of that id if it is still in `expected`; answer whether this call did it."""
        row = update(experiments).where(experiments.c.id == held.id, experiments.c.state == expected.value)
        return self.connection.execute(row.values(**_write(held))).rowcount == 1

    def list_in_state(self, state: ExperimentState, limit: int = 100) -> Sequence[HeldExperiment]:
        """Return those in a state, the one proposed first at the front."""
        own = select(experiments).where(experiments.c.state == state.value)
        return _read(self.connection.execute(own.order_by(experiments.c.proposed_at, experiments.c.id).limit(limit)))

    def list_recent(self, limit: int = 50) -> Sequence[HeldExperiment]:
        """Return those of any state, newest first."""
        newest = select(experiments).order_by(experiments.c.proposed_at.desc(), experiments.c.id.desc()).limit(limit)
        return _read(self.connection.execute(newest))

    def save_result(self, held_id: str, result: ExperimentResult) -> None:
        """Keep the result of a row. The first one stays: a run ends once."""
        values = {"experiment_id": held_id, "verdict": result.verdict.value, "record": write_record(result)}
        insert_new(self.connection, experiment_results, values, ["experiment_id"])

    def find_result(self, held_id: str) -> ExperimentResult | None:
        """Return the result of a row, or `None`."""
        own = select(experiment_results.c.record).where(experiment_results.c.experiment_id == held_id)
        text = self.connection.execute(own).scalar_one_or_none()
        return read_record(ExperimentResult, text, f"result of experiment {held_id}") if text is not None else None


def _write(held: HeldExperiment) -> dict[str, Any]:
    return {
        "digest": held.digest,
        "state": held.state.value,
        "proposed_at": held.proposed_at,
        "approved_by": ",".join(approval.person_id for approval in held.approvals),
        "record": write_record(held),
    }


def _read(rows: Iterable[Row[Any]]) -> list[HeldExperiment]:
    return [read_record(HeldExperiment, row.record, f"experiment {row.id}") for row in rows]
