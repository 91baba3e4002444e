"""The spend book on the store: a call is paid for before it is made, and corrected afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from fermata.domain.model import Attempt, AttemptOutcome
from fermata.flows.meters import Meters
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.kit.log import get_log
from fermata.ports.store import Store, Transaction
from fermata.rules.budget import OVERDUE_AFTER, Budgets, refuse_over_budget

_LOG = get_log("spending")
_DIED = "the process ended before it knew what became of the call; it counts at the most it may have cost"


class Spending:
    """`ports.model.SpendBook`: each method is one transaction, so that two workers cannot spend the same dollar.

    A caller that is cancelled takes nothing with it: what it settles is settled all the same, and what it reserved is
    withdrawn, since it will not make its call.
    """

    def __init__(self, store: Store, clock: Clock, budgets: Budgets, meters: Meters) -> None:
        self._store = store
        self._clock = clock
        self._budgets = budgets
        self._meters = meters
        # A loop holds its tasks weakly; these outlive whoever began them.
        self._going_on: set[asyncio.Task[None]] = set()

    async def reserve(self, draft: Attempt) -> None:
        """Write the row of a call that is about to be made.

        Raises:
            GuardRefused: `budget`: what it may cost does not fit.
            OperationalError: The store cannot be asked.
        """

        def work(transaction: Transaction) -> None:
            # The sum reads every row of the month, with the store's one writer waiting: not for what costs nothing.
            if draft.cost_usd:
                refuse_over_budget(self._budgets, transaction.spending.sum_spent(draft), draft)
            transaction.spending.open(draft)

        writing = self._begin(self._store.write(work))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            self._begin(self._withdraw_after(writing, draft.id)).add_done_callback(_warn)
            raise

    async def settle(self, attempt: Attempt) -> None:
        """Replace the row by what the call really was."""
        settling = self._begin(self._settle(attempt))
        try:
            await asyncio.shield(settling)
        except asyncio.CancelledError:
            settling.add_done_callback(_warn)
            raise

    async def withdraw(self, attempt_id: str) -> None:
        """Remove the row of a call that was surely never sent."""
        await self._store.write(lambda transaction: transaction.spending.withdraw(attempt_id))

    async def judge(self, attempt: Attempt) -> None:
        """Write into the row of a settled call whether its answer stood."""
        await self._store.write(lambda transaction: transaction.spending.settle(attempt))
        verdict = "not_accepted" if attempt.fault else "accepted"
        self._meters.model_answers.labels(attempt.target, verdict).inc()

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

    async def _settle(self, attempt: Attempt) -> None:
        await self._store.write(lambda transaction: transaction.spending.settle(attempt))
        self._count(attempt)

    async def _withdraw_after(self, writing: asyncio.Task[None], attempt_id: str) -> None:
        await asyncio.wait([writing])
        if not writing.cancelled() and writing.exception() is None:
            await self.withdraw(attempt_id)

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Let work go on to its end, whether or not somebody waits for it."""
        task = asyncio.ensure_future(work)
        self._going_on.add(task)
        task.add_done_callback(self._end)
        return task

    def _end(self, task: asyncio.Task[None]) -> None:
        self._going_on.discard(task)
        if not task.cancelled():
            task.exception()  # Read, or the loop would say that nobody did.

    def _count(self, attempt: Attempt) -> None:
        self._meters.model_calls.labels(attempt.target, attempt.outcome.value).inc()
        self._meters.model_cost.labels(attempt.target).inc(float(attempt.cost_usd))


def _warn(task: asyncio.Task[None]) -> None:
    """Tell of trouble that nobody waits for any more: the row counts at its most until a sweep."""
    if not task.cancelled() and isinstance(error := task.exception(), OperationalError):
        _LOG.warning("model.ledger_failed", error=str(error))


def _give_up(attempt: Attempt) -> Attempt:
    return attempt.model_copy(update={"outcome": AttemptOutcome.CANCELLED, "is_estimated": True, "error": _DIED})
