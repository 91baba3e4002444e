"""What models cost, summed by what people ask for, beside the same tokens at the dearest target's price. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from enum import StrEnum

from fermata.domain.model import Attempt, AttemptOutcome
from fermata.domain.record import Record


class CostsBy(StrEnum):
    """What a line of the report stands for."""

    DAY = "day"
    INCIDENT = "incident"
    KIND = "kind"
    MODEL = "model"


class CostLine(Record):
    """One line of the report."""

    name: str
    """The day in UTC, the incident (`-` for none), the task kind, or the target."""
    calls: int
    failed: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost_usd: Decimal
    estimated_usd: Decimal
    """Of the cost, what no provider has confirmed: cut streams, lost answers, processes that died."""


class CostReport(Record):
    """The whole report."""

    lines: tuple[CostLine, ...]
    """By name for days; otherwise the dearest first."""
    total: CostLine
    frontier_target: str = ""
    """The dearest target that was asked and answered; empty when none did."""
    frontier_usd: Decimal | None = None
    """What all answered calls would have cost there: their own tokens at its mean price for input and output as the
    ledger shows it. `None` where the ledger does not tell."""


_KEYS: Mapping[CostsBy, Callable[[Attempt], str]] = {
    CostsBy.DAY: lambda attempt: f"{attempt.at.astimezone(UTC):%Y-%m-%d}",
    CostsBy.INCIDENT: lambda attempt: attempt.incident_id or "-",
    CostsBy.KIND: lambda attempt: attempt.kind.value,
    CostsBy.MODEL: lambda attempt: attempt.target,
}


def report_costs(attempts: Sequence[Attempt], by: CostsBy) -> CostReport:
    """Sum the ledger's rows.

    Args:
        attempts: Of the time that was asked for, in any order.
    """
    groups: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        groups.setdefault(_KEYS[by](attempt), []).append(attempt)
    lines = [_sum(name, group) for name, group in sorted(groups.items())]
    if by is not CostsBy.DAY:
        lines.sort(key=lambda line: -line.cost_usd)
    frontier, amount = _find_frontier(attempts)
    return CostReport(lines=tuple(lines), total=_sum("total", attempts), frontier_target=frontier, frontier_usd=amount)


def _sum(name: str, attempts: Sequence[Attempt]) -> CostLine:
    return CostLine(
        name=name,
        calls=len(attempts),
        failed=sum(attempt.outcome is not AttemptOutcome.OK for attempt in attempts),
        input_tokens=sum(attempt.usage.input_tokens for attempt in attempts),
        cached_tokens=sum(attempt.usage.cached_tokens for attempt in attempts),
        output_tokens=sum(attempt.usage.output_tokens for attempt in attempts),
        cost_usd=sum((attempt.cost_usd for attempt in attempts), Decimal(0)),
        estimated_usd=sum((attempt.cost_usd for attempt in attempts if attempt.is_estimated), Decimal(0)),
    )


def _find_frontier(attempts: Iterable[Attempt]) -> tuple[str, Decimal | None]:
    """Return the target with the highest price for a token, and all answered tokens at that price.

    One price for input and output alike: the ledger keeps what a call cost, not a price list, and the mix of the calls
    is the same on both sides.
    """
    answered = [attempt for attempt in attempts if attempt.outcome is AttemptOutcome.OK]
    tokens: dict[str, int] = {}
    cost: dict[str, Decimal] = {}
    for attempt in answered:
        tokens[attempt.target] = tokens.get(attempt.target, 0) + _count(attempt)
        cost[attempt.target] = cost.get(attempt.target, Decimal(0)) + attempt.cost_usd
    prices = {target: cost[target] / tokens[target] for target in tokens if tokens[target] and cost[target]}
    if not prices:
        return "", None
    dearest = max(prices, key=lambda target: (prices[target], target))
    return dearest, (prices[dearest] * sum(map(_count, answered))).quantize(Decimal("0.000000001"))


def _count(attempt: Attempt) -> int:
    return attempt.usage.input_tokens + attempt.usage.output_tokens
