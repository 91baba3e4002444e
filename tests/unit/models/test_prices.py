import sys
from decimal import Decimal

import pytest

from fermata.domain.model import Usage
from fermata.models.prices import find_model
from fermata.models.settings import TargetSettings
from fermata.rules.pricing import FREE, compute_cost


def target(**values):
    """Give a target."""
    return TargetSettings.model_validate(values)


def test_local_model_is_free():
    """Whatever it is called."""
    assert find_model(target(base_url="http://127.0.0.1:1", model="gpt-5.6-terra")).price == FREE


@pytest.mark.parametrize(
    "values",
    [
        {"provider": "openai", "model": "gpt-5.6-terra"},
        {"provider": "anthropic", "model": "claude-sonnet-5"},
        {"model": "gpt-5.6-terra"},
        {"model": "openai/gpt-5.6-terra"},
        {"model": "anthropic/claude-sonnet-5"},
    ],
)
def test_proxy_at_a_near_address_costs_what_it_passes_on(values):
    """A budget that does not bind is none: a provider's model with a key is no model of one's own."""
    known = find_model(target(base_url="http://litellm:4000", keys=["k"], **values))

    assert known.price not in (None, FREE)
    assert not known.is_local


@pytest.mark.parametrize(
    "values",
    [
        {"provider": "openai", "model": "gpt-5.6-terra", "keys": ["k"], "local": True},
        {"provider": "openai", "model": "house-model", "keys": ["k"]},
        {"model": "openai/gpt-oss-20b", "keys": ["k"]},
        {"model": "qwen3:8b", "keys": ["k"]},
        {"model": "gpt-5.6-terra"},
        {"model": "", "keys": ["k"]},
    ],
)
def test_model_of_ones_own_is_free(values):
    """Said to be, open to everybody, unknown to any list, or without a key: nobody bills it."""
    known = find_model(target(base_url="http://127.0.0.1:8000", **values))

    assert (known.price, known.is_local) == (FREE, True)


def test_declared_price_beats_the_list():
    """Who has a contract knows better."""
    price = {"input_per_mtok": "1.5", "output_per_mtok": 4}
    known = find_model(target(provider="openai", model="gpt-5.6-terra", keys=["k"], price=price))

    assert compute_cost(known.price, Usage(input_tokens=1_000_000)) == Decimal("1.5")


@pytest.mark.parametrize(
    ("provider", "model", "more"),
    [
        ("openai", "gpt-5.6-terra", {"keys": ["k"]}),
        ("openai", "gpt-6.1-sol", {"keys": ["k"]}),
        ("anthropic", "claude-sonnet-5", {"keys": ["k"]}),
        ("bedrock", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", {"region": "eu-central-1"}),
    ],
)
@pytest.mark.parametrize("tokens", [100_000, 272_000, 272_001, 400_000])
def test_listed_price_is_the_lists_own_sum(provider, model, more, tokens):
    """Our arithmetic over its rates gives what the list itself computes, long prompts and cache included."""
    from genai_prices import Usage as ListUsage
    from genai_prices import calc_price

    known = find_model(target(provider=provider, model=model, **more))
    usage = Usage(input_tokens=tokens, cached_tokens=30_000, cache_write_tokens=20_000, output_tokens=1_000)
    listed = calc_price(
        ListUsage(input_tokens=tokens, cache_read_tokens=30_000, cache_write_tokens=20_000, output_tokens=1_000),
        model,
        provider_id="aws" if provider == "bedrock" else provider,
    )

    assert compute_cost(known.price, usage) == listed.total_price
    assert known.context_tokens >= 200_000


def test_known_address_has_its_lists_prices():
    """OpenRouter and others are on the list by their address."""
    known = find_model(target(base_url="https://openrouter.ai/api/v1", model="anthropic/claude-sonnet-5"))

    assert known.price is not None


@pytest.mark.parametrize(
    "values",
    [
        {"provider": "openai", "model": "house-model", "keys": ["k"]},
        {"base_url": "https://llm.example.com/v1", "model": "house-model"},
    ],
)
def test_unknown_price_is_refused_with_words(values):
    """Never counted as nothing: it says what to declare."""
    known = find_model(target(**values))

    assert known.price is None
    assert "declare it" in known.refusal


def test_without_the_extra_no_price_is_known(monkeypatch):
    """The core is installed alone."""
    monkeypatch.setitem(sys.modules, "genai_prices", None)

    assert find_model(target(provider="openai", model="gpt-5.6-terra", keys=["k"])).price is None
