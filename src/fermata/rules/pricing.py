"""What a call costs, from its tokens: exact decimals, cache reads and writes apart, dearer rates for long prompts.

The tokens are what somebody else told. One nonsense figure must not end a month's budget, nor a low or negative one
fill it up again, so what cannot be true is not believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from fermata.domain.model import Usage

_MOST = 4
"""A token of ours is about four bytes, and no text has more tokens than bytes."""
_UNSEEN = 4_000
"""What a provider may add to a prompt (how to call tools: hundreds), or think beyond what was asked for: a guess."""
_LEAST = 8
"""No vocabulary is known that needs an eighth of what we count; ours is high for scripts other than Latin."""
_WRAPPING = 100
"""Of our own estimate of a prompt: what it adds for roles and parts, which are cheaper with some."""
_LONG_TOKEN = 32
"""Bytes: eight times the usual; an answer in longer ones would be white space."""
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


@dataclass(frozen=True, slots=True)
class Believed:
    """What is believed of the usage that a provider told."""

    usage: Usage | None
    """Within what can be true; `None` where a figure is too low to say anything."""
    doubt: str = ""
    """In words, what was told and is not believed; empty when all is."""


def believe_usage(usage: Usage, *, input_tokens: int, output_tokens: int, said_bytes: int = 0) -> Believed:
    """Return what can be true of the usage that a provider told: too much is cut to the most, too little is nothing.

    Args:
        usage: As told.
        input_tokens: Our upper estimate of the prompt.
        output_tokens: The most that was asked for.
        said_bytes: Length of the answer's text; 0 where none came.
    """
    told_in, told_out = usage.input_tokens, usage.output_tokens
    parts = (usage.cached_tokens, usage.cache_write_tokens)
    least_in, least_out = max(input_tokens - _WRAPPING, 0) // _LEAST, -(-said_bytes // _LONG_TOKEN)
    # Some count the cached parts beside the input and not within it.
    if max(told_in, sum(parts)) < least_in or told_out < least_out or min(told_in, *parts) < 0:
        return Believed(None, _doubt(usage, "too few", input_tokens, output_tokens))
    most_in, most_out = _MOST * input_tokens + _UNSEEN, max(_MOST * output_tokens + _UNSEEN, said_bytes)
    if max(told_in, *parts) <= most_in and told_out <= most_out:
        return Believed(usage)
    bounded = Usage(
        input_tokens=min(told_in, most_in),
        cached_tokens=min(parts[0], most_in),
        cache_write_tokens=min(parts[1], most_in),
        output_tokens=min(told_out, most_out),
    )
    return Believed(bounded, _doubt(usage, "counted as the most it can be", input_tokens, output_tokens))


def _doubt(usage: Usage, verdict: str, input_tokens: int, output_tokens: int) -> str:
    parts = f"{usage.cached_tokens:,} cached, {usage.cache_write_tokens:,} written"
    return (
        f"it told {usage.input_tokens:,} tokens in ({parts}) and {usage.output_tokens:,} out, "
        f"where {input_tokens:,} and at most {output_tokens:,} were reckoned with: {verdict}"
    )


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
