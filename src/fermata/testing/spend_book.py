"""A spend book in memory, with the budgets of the real one."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from fermata.domain.model import Attempt, Spent
from fermata.kit.errors import FermataError
from fermata.rules.budget import Budgets, refuse_over_budget, start_of_day, start_of_month


@dataclass(slots=True)
class MemorySpendBook:
    """`ports.model.SpendBook` for tests: rows by id, reservations among them."""

    budgets: Budgets = field(default_factory=Budgets)
    rows: dict[str, Attempt] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    """Ids that are reserved and not settled."""
    trouble: FermataError | None = None
    """Raised instead of doing anything: a store that is down."""

    async def reserve(self, draft: Attempt) -> None:
        """Write the row of a call that is about to be made, if it fits."""
        self._refuse()
        refuse_over_budget(self.budgets, self._sum(draft), draft)
        self.rows[draft.id] = draft
        self.open.add(draft.id)

    async def settle(self, attempt: Attempt) -> None:
        """Replace the row by what the call really was."""
        self._refuse()
        self.rows[attempt.id] = attempt
        self.open.discard(attempt.id)

    async def withdraw(self, attempt_id: str) -> None:
        """Remove the row of a call that was never sent."""
        self._refuse()
        if attempt_id in self.open:
            self.open.discard(attempt_id)
            del self.rows[attempt_id]

    async def judge(self, attempt: Attempt) -> None:
        """Write into a settled row whether its answer stood."""
        self._refuse()
        self.rows[attempt.id] = attempt

    @property
    def total_usd(self) -> Decimal:
        """Return what was spent and is reserved."""
        return sum((row.cost_usd for row in self.rows.values()), Decimal(0))

    def _refuse(self) -> None:
        if self.trouble is not None:
            raise self.trouble

    def _sum(self, draft: Attempt) -> Spent:
        month = [row for row in self.rows.values() if start_of_month(row.at) == start_of_month(draft.at)]
        day = [row for row in month if start_of_day(row.at) == start_of_day(draft.at)]
        own = [row for row in self.rows.values() if draft.incident_id and row.incident_id == draft.incident_id]
        return Spent(
            incident_usd=_add(own),
            day_usd=_add(day),
            month_usd=_add(month),
            tier_day_usd=_add([row for row in day if row.tier == draft.tier]),
            provider_day_usd=_add([row for row in day if row.provider == draft.provider]),
        )


def _add(rows: list[Attempt]) -> Decimal:
    return sum((row.cost_usd for row in rows), Decimal(0))
