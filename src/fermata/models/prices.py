"""The price of each target: declared in the settings, or from the list that genai-prices carries. Never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fermata.models.settings import TargetSettings
from fermata.rules.pricing import FREE, Price, Rate

_LISTS = {"openai": "openai", "anthropic": "anthropic", "bedrock": "aws"}
# Lists of makers that serve their models alone, but for those that anybody may run.
_CLOSED_LISTS = ("openai", "anthropic")
_OPEN_WEIGHTS = ("gpt-oss",)
_FIELDS = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok")


@dataclass(frozen=True, slots=True)
class KnownModel:
    """What is known of a target's model."""

    price: Price | None
    """`None`: not known, so it must not be asked."""
    context_tokens: int | None = None
    refusal: str = ""
    """In words, when the price is not known."""
    is_local: bool = False
    """It costs no money, whatever the budgets say."""


def find_model(target: TargetSettings) -> KnownModel:
    """Return price and window of a target's model. Reads a list that lies on this disk; fetches nothing."""
    listed = _look_up_hosted(target) if target.is_local and target.local is None else None
    if target.is_local and listed is None:
        return KnownModel(FREE, is_local=True)
    if target.price is not None:
        return KnownModel(target.price.build())
    listed = listed or _look_up(target)
    price = _read_price(listed.model_price) if listed is not None else None
    if price is None:
        return KnownModel(
            None,
            refusal=f"the price of {target.model or target.base_url} is not known; declare it (price: "
            "{input_per_mtok: ..., output_per_mtok: ...}), or say local: true if it costs nothing",
        )
    window = getattr(listed.model, "context_window", None)
    return KnownModel(price, window if isinstance(window, int) else None)


def _look_up_hosted(target: TargetSettings) -> Any:
    """Return the price of a model that a near address only passes on, as LiteLLM's proxy does; `None` of a local one.

    Told by the provider that is named, or by a key beside the name of a model that its maker alone serves: a name by
    itself says nothing, for whoever serves a model calls it what they like.
    """
    if listed := _LISTS.get(target.provider):
        return _calculate(target.model, provider_id=listed)
    name = target.model.rpartition("/")[2]
    if not target.keys or name.startswith(_OPEN_WEIGHTS):
        return None
    return next(filter(None, (_calculate(name, provider_id=listed) for listed in _CLOSED_LISTS)), None)


def _look_up(target: TargetSettings) -> Any:
    if listed := _LISTS.get(target.provider):
        return _calculate(target.model, provider_id=listed)
    # An endpoint that is somebody's known address (OpenRouter, Groq, ...) has that list's prices.
    return _calculate(target.model, provider_api_url=target.base_url)


def _calculate(model: str, *, provider_id: str | None = None, provider_api_url: str | None = None) -> Any:
    try:
        from genai_prices import Usage, data_snapshot
    except ImportError:  # The extra is not installed; whoever asks a model says so.
        return None
    try:
        return data_snapshot.get_snapshot().calc(
            Usage(input_tokens=1, output_tokens=1),
            model,
            genai_request_timestamp=None,
            price_context=None,
            provider_id=provider_id,
            provider_api_url=provider_api_url,
        )
    except (LookupError, ValueError):
        return None


def _read_price(listed: Any) -> Price | None:
    """Turn a listed price into rates, one for each length of prompt from which another holds."""
    fields = {name: getattr(listed, name, None) for name in _FIELDS}
    if fields["input_mtok"] is None or fields["output_mtok"] is None:
        return None  # By the image or the minute: nothing we could reserve.
    starts = {0} | {tier.start for value in fields.values() for tier in getattr(value, "tiers", ())}
    rates = []
    for start in sorted(starts):
        values = {name: _at(value, start) for name, value in fields.items()}
        rates.append(
            Rate(
                input_per_mtok=values["input_mtok"] or Decimal(0),
                output_per_mtok=values["output_mtok"] or Decimal(0),
                cached_per_mtok=values["cache_read_mtok"],
                cache_write_per_mtok=values["cache_write_mtok"],
                above_tokens=start,
            )
        )
    return Price(tuple(rates))


def _at(value: Any, start: int) -> Decimal | None:
    """Return a listed value for prompts longer than `start`."""
    if value is None or isinstance(value, Decimal):
        return value
    found: Decimal = value.base
    for tier in value.tiers:
        if tier.start <= start:
            found = tier.price
    return found
