"""What models cost, summed by what people ask for, beside the same tokens at the dearest target's price. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, timedelta
from decimal import Decimal
from enum import StrEnum

from fermata.domain.model import Attempt, AttemptOutcome
from fermata.domain.record import Record

_NOTHING = Decimal(0)
# Days without a call are shown within a quarter; over years they would be all that is seen.
_MOST_DAYS = 92


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
    """All that were begun, those under way among them."""
    failed: int
    """Of the calls, those that ended without an answer."""
    pending: int = 0
    """Of the calls, those whose end is not known: under way, or of a process that died and that no sweep has found
    yet."""
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost_usd: Decimal
    estimated_usd: Decimal
    """Of the cost, what no provider has confirmed: cut streams, lost answers, processes that died."""
    reserved_usd: Decimal = Decimal(0)
    """Of the cost, what is reserved for pending calls, at the most they may cost. Not among the estimated."""


class CostReport(Record):
    """The whole report."""

    lines: tuple[CostLine, ...]
    """By name for days, with those between on which no model was asked; otherwise the dearest first."""
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
    if by is CostsBy.DAY:
        _fill_days(groups)
    lines = [_sum(name, group) for name, group in sorted(groups.items())]
    if by is not CostsBy.DAY:
        lines.sort(key=lambda line: -line.cost_usd)
    frontier, amount = _find_frontier(attempts)
    return CostReport(lines=tuple(lines), total=_sum("total", attempts), frontier_target=frontier, frontier_usd=amount)


def is_pending(attempt: Attempt) -> bool:
    """Answer whether a row is still as it was reserved: whoever settles a call without an answer says why."""
    return attempt.outcome is AttemptOutcome.CANCELLED and not attempt.error


def _fill_days(groups: dict[str, list[Attempt]]) -> None:
    """Add the days without a call: without them three bad days of a month look like three in a row."""
    if not groups:
        return
    first, last = (date.fromisoformat(day) for day in (min(groups), max(groups)))
    days = (last - first).days
    if days <= _MOST_DAYS:
        for passed in range(days):
            groups.setdefault((first + timedelta(days=passed)).isoformat(), [])


def _sum(name: str, attempts: Sequence[Attempt]) -> CostLine:
    pending = [attempt for attempt in attempts if is_pending(attempt)]
    estimated = [attempt for attempt in attempts if attempt.is_estimated and not is_pending(attempt)]
    return CostLine(
        name=name,
        calls=len(attempts),
        failed=sum(attempt.outcome is not AttemptOutcome.OK for attempt in attempts) - len(pending),
        pending=len(pending),
        input_tokens=sum(attempt.usage.input_tokens for attempt in attempts),
        cached_tokens=sum(attempt.usage.cached_tokens for attempt in attempts),
        output_tokens=sum(attempt.usage.output_tokens for attempt in attempts),
        cost_usd=_add(attempts),
        estimated_usd=_add(estimated),
        reserved_usd=_add(pending),
    )


def _add(attempts: Iterable[Attempt]) -> Decimal:
    return sum((attempt.cost_usd for attempt in attempts), _NOTHING)


def _find_frontier(attempts: Iterable[Attempt]) -> tuple[str, Decimal | None]:
    """Return the target with the highest price for a token, and all answered tokens at that price.

    One price for input and output alike: the ledger keeps what a call cost, not a price list, and the mix of the calls
    is the same on both sides. What no provider confirmed tells no price: it stands in the ledger at its dearest.
    """
    answered = [attempt for attempt in attempts if attempt.outcome is AttemptOutcome.OK]
    tokens: dict[str, int] = {}
    cost: dict[str, Decimal] = {}
    for attempt in answered:
        if attempt.is_estimated:
            continue
        tokens[attempt.target] = tokens.get(attempt.target, 0) + _count(attempt)
        cost[attempt.target] = cost.get(attempt.target, _NOTHING) + attempt.cost_usd
    prices = {target: cost[target] / tokens[target] for target in tokens if tokens[target] and cost[target]}
    if not prices:
        return "", None
    dearest = max(prices, key=lambda target: (prices[target], target))
    return dearest, (prices[dearest] * sum(map(_count, answered))).quantize(Decimal("0.000000001"))


def _count(attempt: Attempt) -> int:
    return attempt.usage.input_tokens + attempt.usage.output_tokens
