"""Whether a call may be afforded: what it may cost at most, against what is left of every budget it falls under. Pure.

The sums that come in hold what was spent and what is reserved alike. A call that costs nothing fits into any budget: a
model on one's own machine goes on answering when the money is used up.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from pydantic import Field

from fermata.domain.model import Attempt, Spent, Tier
from fermata.domain.record import FrozenMap, Instant, Record
from fermata.kit.errors import GuardRefused

OVERDUE_AFTER = timedelta(minutes=15)
"""A reservation this old belongs to a process that died: no deadline of a call is longer."""

_PLACES, _MOST_PLACES = (2, 4, 6), 9


class Budgets(Record):
    """The most that may be spent, in US dollars. `None` sets no limit."""

    incident_usd: Decimal | None = None
    day_usd: Decimal | None = None
    """A calendar day in UTC."""
    month_usd: Decimal | None = None
    """A calendar month in UTC."""
    tiers_per_day: FrozenMap[Tier, Decimal] = Field(default_factory=dict, validate_default=True)
    providers_per_day: FrozenMap[str, Decimal] = Field(default_factory=dict, validate_default=True)


class Left(Record):
    """What is left of one budget."""

    budget: str
    """In words: `of this incident`, `of the day`."""
    setting: str
    """Where it is set: `budgets.day_usd`."""
    until: Instant | None
    """When it begins anew; `None` for an incident's, which never does."""
    limit_usd: Decimal
    spent_usd: Decimal

    @property
    def left_usd(self) -> Decimal:
        """Return what may still be spent, never below zero."""
        return max(self.limit_usd - self.spent_usd, Decimal(0))


def start_of_day(now: datetime) -> datetime:
    """Return midnight in UTC."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def start_of_month(now: datetime) -> datetime:
    """Return midnight of the month's first day in UTC."""
    return start_of_day(now).replace(day=1)


def start_of_next_day(now: datetime) -> datetime:
    """Return the next midnight in UTC."""
    return start_of_day(now) + timedelta(days=1)


def start_of_next_month(now: datetime) -> datetime:
    """Return midnight of the next month's first day in UTC."""
    return start_of_month(start_of_month(now) + timedelta(days=31))


def list_left(budgets: Budgets, spent: Spent, attempt: Attempt) -> list[Left]:
    """Return what is left of every budget that a call falls under, the narrowest first."""
    return list(_list_left(budgets, spent, attempt))


def refuse_over_budget(budgets: Budgets, spent: Spent, draft: Attempt) -> None:
    """Refuse a call that does not fit into what is left.

    Args:
        draft: Its `cost_usd` is the most it may cost.

    Raises:
        GuardRefused: `budget`, naming the first budget it does not fit into.
    """
    if not draft.cost_usd:
        return
    for left in _list_left(budgets, spent, draft):
        if draft.cost_usd > left.left_usd:
            cost, rest, limit = _write_apart(draft.cost_usd, left.left_usd, left.limit_usd)
            raise GuardRefused(
                "budget",
                f"{draft.target} is not asked: the budget {left.budget} does not bear it",
                why=f"it may cost {cost}, and {rest} of {limit} are left{tell_until(left)}",
                do=f"Raise {left.setting}, or wait until then" if left.until else f"Raise {left.setting}",
                budget=left.budget,
                limit_usd=left.limit_usd,
                left_usd=left.left_usd,
            )


def tell_until(left: Left) -> str:
    """Return when a budget begins anew, in words that go on from what is left; empty for one that never does."""
    return f" until {left.until.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if left.until else ""


def tell_left(left: Left) -> str:
    """Return what is left of one budget, in a sentence."""
    rest, limit = _write_apart(left.left_usd, left.limit_usd)
    return f"Left {left.budget}: {rest} of {limit}{tell_until(left)}."


def write_usd(amount: Decimal) -> str:
    """Write an amount for people: cents, or as many places as show that it is something."""
    if not amount:
        return "$0"
    return _write(amount, next((n for n in _PLACES if abs(amount) >= Decimal(1).scaleb(-n)), _MOST_PLACES))


def _write_apart(*amounts: Decimal) -> list[str]:
    """Write amounts that are compared: different ones differ, where that takes more places than cents, too."""
    told = [write_usd(amount) for amount in amounts]
    for places in (*_PLACES[1:], _MOST_PLACES):
        if len(set(told)) == len(set(amounts)):
            break
        told = [_write(amount, places) for amount in amounts]
    return told


def _write(amount: Decimal, places: int) -> str:
    return f"${amount:,.{places}f}"


def _list_left(budgets: Budgets, spent: Spent, attempt: Attempt) -> Iterator[Left]:
    tier, provider = attempt.tier, attempt.provider
    day, month = start_of_next_day(attempt.at), start_of_next_month(attempt.at)
    own = budgets.incident_usd if attempt.incident_id else None
    of_provider, of_tier = budgets.providers_per_day.get(provider), budgets.tiers_per_day.get(tier)
    rows = (
        ("of this incident", "incident_usd", None, own, spent.incident_usd),
        (f"of {provider} for the day", f"providers_per_day.{provider}", day, of_provider, spent.provider_day_usd),
        (f"of the {tier.value} tier for the day", f"tiers_per_day.{tier.value}", day, of_tier, spent.tier_day_usd),
        ("of the day", "day_usd", day, budgets.day_usd, spent.day_usd),
        ("of the month", "month_usd", month, budgets.month_usd, spent.month_usd),
    )
    for name, setting, until, limit, used in rows:
        if limit is not None:
            yield Left(budget=name, setting=f"budgets.{setting}", until=until, limit_usd=limit, spent_usd=used)
