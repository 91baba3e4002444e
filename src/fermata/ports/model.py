"""What a flow may ask of models, and where their cost is kept. A model returns data; it holds no credential of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from fermata.domain.ids import IncidentId
from fermata.domain.model import Attempt, AttemptOutcome, ModelAnswer, ModelRequest, TaskKind, Tier
from fermata.kit.errors import OperationalError


class NoModelAnswered(OperationalError):
    """Every target that could be asked was, or is to be left alone. The caller goes on without a model.

    Args:
        attempts: What was tried, in order; empty when nothing could be.
    """

    def __init__(
        self, what: str, *, attempts: Sequence[Attempt] = (), why: str = "", do: str = "", **facts: object
    ) -> None:
        super().__init__(what, why=why, do=do, **facts)
        self.attempts = tuple(attempts)
        """What was tried."""

    @property
    def outcomes(self) -> tuple[AttemptOutcome, ...]:
        """Return how each attempt ended."""
        return tuple(attempt.outcome for attempt in self.attempts)


class ModelGateway(Protocol):
    """Asks the cheapest capable model that is healthy, affordable and allowed."""

    def can_ask(self, kind: TaskKind) -> bool:
        """Answer, without I/O, whether a target is configured for this kind."""
        ...

    async def ask(self, request: ModelRequest) -> ModelAnswer:
        """Return one answer; failing targets are passed over within the request's deadline.

        The answer is of the schema's shape, and nothing more is known of it: what it says must still prove itself.

        Raises:
            NoModelAnswered: No target answered.
            GuardRefused: `budget`: the reservation does not fit into what is left.
        """
        ...

    def explain(self, kind: TaskKind, tier: Tier | None = None) -> Sequence[str]:
        """Return which target would be asked now and why not the others, one line each."""
        ...

    def describe(self) -> Sequence[Mapping[str, Any]]:
        """Return each target's state as JSON types: circuit, keys and cooldowns, last outcome."""
        ...


@dataclass(frozen=True, slots=True)
class Reservation:
    """Money set aside for one attempt."""

    id: str
    amount_usd: Decimal
    incident_id: IncidentId | None


class SpendBook(Protocol):
    """Budgets and the ledger. Reserving is atomic: concurrent calls can never spend the same dollar."""

    def reserve(
        self, amount_usd: Decimal, *, tier: Tier, provider: str, incident_id: IncidentId | None
    ) -> AbstractAsyncContextManager[Reservation]:
        """Set an amount aside until the block ends; `settle` inside of it turns it into what was really spent.

        A block that ends without `settle` gives the money back only if nothing was sent; otherwise the whole amount
        counts as spent.

        Raises:
            GuardRefused: `budget`: it does not fit; the fact `left_usd` and the budget's name are told.
        """
        ...

    async def settle(self, reservation: Reservation, attempt: Attempt) -> None:
        """Write the attempt's row and release what it did not cost, in one transaction."""
        ...
