"""What every store must do with rehearsals; a part of `store_contract`."""
# ruff: noqa: S101 - a suite of tests asserts; pytest is told to rewrite it

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from fermata.domain.experiment import Verdict
from fermata.domain.held_experiment import ExperimentState
from fermata.kit.errors import NotFoundError
from fermata.ports.store import Store
from fermata.testing.experiments import make_held, make_result
from fermata.testing.records import NOON


class ExperimentContract:
    """Experiments: rows that move by compare-and-set, and a result that is written once."""

    def test_experiment_is_added_once(self, store: Store) -> None:
        """The same id again changes nothing, whatever it brings."""
        held = make_held()
        with store.begin() as transaction:
            assert transaction.experiments.add(held)
            assert not transaction.experiments.add(make_held(proposed_by="mallory"))

        with store.begin_read() as transaction:
            assert transaction.experiments.get("exp-1") == held

    def test_unknown_experiment_is_not_found(self, store: Store) -> None:
        """`get` raises; a result is simply not there."""
        missing = True
        with store.begin_read() as transaction:
            with suppress(NotFoundError):
                missing = transaction.experiments.get("exp-none") is None
            assert missing
            assert transaction.experiments.find_result("exp-none") is None

    def test_experiment_moves_only_from_where_it_is(self, store: Store) -> None:
        """Of two that move a row from one state, one does."""
        running = make_held(state=ExperimentState.RUNNING, runner="host:1:a")
        with store.begin() as transaction:
            transaction.experiments.add(make_held(state=ExperimentState.APPROVED))

            assert transaction.experiments.compare_and_set(ExperimentState.APPROVED, running)
            assert not transaction.experiments.compare_and_set(ExperimentState.APPROVED, make_held())
            assert not transaction.experiments.compare_and_set(ExperimentState.APPROVED, make_held("exp-none"))
            assert transaction.experiments.get("exp-1") == running

    def test_experiments_are_listed_by_state_and_by_age(self, store: Store) -> None:
        """Those of a state the oldest first, all of them the newest first; limits hold."""
        ages = (2, 0, 1)
        with store.begin() as transaction:
            for number, minutes in enumerate(ages):
                at = NOON + timedelta(minutes=minutes)
                state = ExperimentState.DONE if number == 0 else ExperimentState.PROPOSED
                transaction.experiments.add(make_held(f"exp-{number}", proposed_at=at, state=state))

        with store.begin_read() as transaction:
            rows = transaction.experiments
            assert [held.id for held in rows.list_in_state(ExperimentState.PROPOSED)] == ["exp-1", "exp-2"]
            assert [held.id for held in rows.list_in_state(ExperimentState.PROPOSED, limit=1)] == ["exp-1"]
            assert rows.list_in_state(ExperimentState.RUNNING) == []
            assert [held.id for held in rows.list_recent()] == ["exp-0", "exp-2", "exp-1"]
            assert [held.id for held in rows.list_recent(limit=2)] == ["exp-0", "exp-2"]

    def test_first_result_stays(self, store: Store) -> None:
        """A runner that was taken for dead does not write over what was concluded of its death."""
        result = make_result()
        with store.begin() as transaction:
            transaction.experiments.add(make_held())
            transaction.experiments.save_result("exp-1", result)
            transaction.experiments.save_result("exp-1", make_result(verdict=Verdict.GRACEFUL))

        with store.begin_read() as transaction:
            assert transaction.experiments.find_result("exp-1") == result
