"""The spend book on the store: a call is paid for before it is made, and corrected afterwards."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.domain.model import Attempt, AttemptOutcome
from fermata.flows.meters import Meters
from fermata.kit.clock import Clock
from fermata.ports.store import Store, Transaction
from fermata.rules.budget import OVERDUE_AFTER, Budgets, refuse_over_budget

_DIED = "the process ended before it knew what became of the call; it counts at the most it may have cost"


class Spending:
    """`ports.model.SpendBook`: each method is one transaction, so that two workers cannot spend the same dollar."""

    def __init__(self, store: Store, clock: Clock, budgets: Budgets, meters: Meters) -> None:
        self._store = store
        self._clock = clock
        self._budgets = budgets
        self._meters = meters

    async def reserve(self, draft: Attempt) -> None:
        """Write the row of a call that is about to be made.

        Raises:
            GuardRefused: `budget`: what it may cost does not fit.
            OperationalError: The store cannot be asked.
        """

        def work(transaction: Transaction) -> None:
            refuse_over_budget(self._budgets, transaction.spending.sum_spent(draft), draft)
            transaction.spending.open(draft)

        await self._store.write(work)

    async def settle(self, attempt: Attempt) -> None:
        """Replace the row by what the call really was."""
        await self._store.write(lambda transaction: transaction.spending.settle(attempt))
        self._count(attempt)

    async def withdraw(self, attempt_id: str) -> None:
        """Remove the row of a call that was surely never sent."""
        await self._store.write(lambda transaction: transaction.spending.withdraw(attempt_id))

    async def settle_overdue(self) -> Sequence[Attempt]:
        """Settle what a process that died left open, in full, and return it. Called by the sweep."""
        before = self._clock.now() - OVERDUE_AFTER

        def work(transaction: Transaction) -> Sequence[Attempt]:
            left = [_give_up(attempt) for attempt in transaction.spending.list_open(before)]
            for attempt in left:
                transaction.spending.settle(attempt)
            return left

        settled = await self._store.write(work)
        for attempt in settled:
            self._count(attempt)
        return settled

    def _count(self, attempt: Attempt) -> None:
        self._meters.model_calls.labels(attempt.target, attempt.outcome.value).inc()
        self._meters.model_cost.labels(attempt.target).inc(float(attempt.cost_usd))


def _give_up(attempt: Attempt) -> Attempt:
    return attempt.model_copy(update={"outcome": AttemptOutcome.CANCELLED, "is_estimated": True, "error": _DIED})
