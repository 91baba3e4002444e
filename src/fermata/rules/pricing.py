"""What a call costs, from its tokens: exact decimals, cache reads and writes apart, dearer rates for long prompts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from fermata.domain.model import Usage

_MTOK = Decimal(1_000_000)
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Rate:
    """US dollars per million tokens, from some length of the prompt on."""

    input_per_mtok: Decimal
    output_per_mtok: Decimal
    cached_per_mtok: Decimal | None = None
    """`None`: as other input, which is never too little."""
    cache_write_per_mtok: Decimal | None = None
    """`None`: as other input."""
    above_tokens: int = 0
    """The rate holds for prompts longer than this, and then for all their tokens."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs."""

    rates: tuple[Rate, ...]
    """By `above_tokens`, rising; at least one, which begins at 0."""

    def find_rate(self, input_tokens: int) -> Rate:
        """Return the rate for a prompt of some length."""
        found = self.rates[0]
        for rate in self.rates[1:]:
            if input_tokens > rate.above_tokens:
                found = rate
        return found


FREE = Price((Rate(_NOTHING, _NOTHING),))
"""Of a model on one's own machine."""


def compute_cost(price: Price, usage: Usage) -> Decimal:
    """Return what a call cost, in US dollars.

    Cached and written tokens are parts of the input (`Usage`), so each token is paid once. A provider that counts more
    of them than there is input is taken at the larger number.
    """
    rate = price.find_rate(usage.input_tokens)
    plain = max(usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens, 0)
    total = plain * rate.input_per_mtok + usage.output_tokens * rate.output_per_mtok
    if usage.cached_tokens:
        total += usage.cached_tokens * _or_input(rate.cached_per_mtok, rate)
    if usage.cache_write_tokens:
        total += usage.cache_write_tokens * _or_input(rate.cache_write_per_mtok, rate)
    return total / _MTOK


def compute_worst(price: Price, input_tokens: int, output_tokens: int) -> Decimal:
    """Return the most a call may cost: all of its input at the dearest kind and rate, and the longest answer.

    Args:
        price: Of the model.
        input_tokens: An upper estimate.
        output_tokens: The most that was asked for.
    """
    worst = _NOTHING
    ends = (*(rate.above_tokens for rate in price.rates[1:]), input_tokens)
    for rate, end in zip(price.rates, ends, strict=True):
        # A prompt that turns out shorter than the estimate may fall under an earlier rate, and that be dearer.
        if rate.above_tokens and input_tokens <= rate.above_tokens:
            break
        cost = min(end, input_tokens) * _find_dearest(rate) + output_tokens * rate.output_per_mtok
        worst = max(worst, cost)
    return worst / _MTOK


def _find_dearest(rate: Rate) -> Decimal:
    return max(rate.input_per_mtok, _or_input(rate.cached_per_mtok, rate), _or_input(rate.cache_write_per_mtok, rate))


def _or_input(own: Decimal | None, rate: Rate) -> Decimal:
    return rate.input_per_mtok if own is None else own
