"""What a flow may ask of models, and where their cost is kept. A model returns data; it holds no credential of ours."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Protocol, runtime_checkable

from fermata.domain.model import Attempt, AttemptOutcome, ModelAnswer, ModelRequest, TaskKind, Tier
from fermata.kit.errors import OperationalError

ATTEMPTED: ContextVar[list[Attempt] | None] = ContextVar("fermata_model_attempts", default=None)
"""Where a gateway writes each attempt of this task as it ends. A wait that is cut from outside would otherwise take
along who was asked, what it cost and why it failed: whoever waits reads it here."""


class NoModelAnswered(OperationalError):
    """Every target that could be asked was, or is to be left alone. The caller goes on without a model.

    Args:
        attempts: What was tried, in order; empty when nothing could be.
        is_too_long: A window is known to be too small, and was not asked for that.
    """

    def __init__(
        self,
        what: str,
        *,
        attempts: Sequence[Attempt] = (),
        is_too_long: bool = False,
        why: str = "",
        do: str = "",
        **facts: object,
    ) -> None:
        super().__init__(what, why=why, do=do, **facts)
        self.attempts = tuple(attempts)
        """What was tried."""
        self.is_too_long = is_too_long or AttemptOutcome.CONTEXT_TOO_LONG in self.outcomes
        """A shorter prompt may find somebody who answers."""

    @property
    def outcomes(self) -> tuple[AttemptOutcome, ...]:
        """Return how each attempt ended."""
        return tuple(attempt.outcome for attempt in self.attempts)


class ModelGateway(Protocol):
    """Asks the cheapest capable model that is healthy, affordable and allowed."""

    def can_ask(self, kind: TaskKind, passed_over: Collection[str] = ()) -> bool:
        """Answer, without I/O, whether a target is configured for this kind, other than those that are passed over."""
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


@runtime_checkable
class StateSharing(ModelGateway, Protocol):
    """A gateway that tells other workers of one store what it learnt of targets, and is told."""

    def share(self) -> Mapping[str, Mapping[str, Any]]:
        """Return what it knows as JSON types by place, as `rules.routing.sharing` has it."""
        ...

    def adopt(self, notices: Mapping[str, Mapping[str, Any]]) -> None:
        """Take over what others know better; again changes nothing."""
        ...


@runtime_checkable
class Judged(ModelGateway, Protocol):
    """A gateway that is told what became of its answers: whether a model invents things is in no status of a call."""

    async def note_judgement(self, attempt: Attempt) -> None:
        """Keep in the ledger whether an answer stood; `attempt.fault` says so. Fails nobody."""
        ...


class SpendBook(Protocol):
    """Budgets and the ledger. A reservation is the attempt's own row, at the price of the worst case.

    So what is reserved and what was spent are one sum, concurrent calls can never spend the same dollar, and a process
    that dies in between leaves a row that counts in full.
    """

    async def reserve(self, draft: Attempt) -> None:
        """Write the row of a call that is about to be made, if what it may cost fits into every budget.

        One transaction.

        Args:
            draft: Its `cost_usd` is the most it may cost, 0 for a local model; `is_estimated` is true.

        Raises:
            GuardRefused: `budget`: it does not fit; the facts `budget`, `limit_usd` and `left_usd` say where.
            OperationalError: The store cannot be asked: nothing that costs may be called.
        """
        ...

    async def settle(self, attempt: Attempt) -> None:
        """Replace the row by what the call really was. Again changes nothing but the row."""
        ...

    async def withdraw(self, attempt_id: str) -> None:
        """Remove the row of a call that was surely never sent."""
        ...

    async def judge(self, attempt: Attempt) -> None:
        """Replace a settled row by itself with its `fault`. Counts as no call."""
        ...
