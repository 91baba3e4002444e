"""A window that is known to be too small is as good as one that says so itself, once the prompt is shorter."""

from decimal import Decimal

import pytest

from fermata.kit.errors import GuardRefused
from fermata.ports.model import NoModelAnswered
from fermata.rules.budget import Budgets
from fermata.testing.providers import FakeOpenAi, ModelFault, Script
from fermata.testing.web_server import WebServer

DEAR = {"model": "dear", "tier": "high", "price": {"input_per_mtok": 1_000, "output_per_mtok": 1_000}}


@pytest.fixture
async def endpoint(texts):
    """Give an OpenAI-compatible endpoint."""
    async with WebServer(FakeOpenAi(Script(say=texts.good))) as server:
        yield server


@pytest.mark.parametrize(("content", "is_too_long"), [("x y " * 1000, True), ("short", False)])
async def test_failover_to_a_smaller_window_asks_for_a_shorter_prompt(
    endpoint, build, make_request, content, is_too_long
):
    """Nobody was asked with it, so nobody said that it is too long; a shorter one cures no server's error."""
    endpoint.respond.script.fault = ModelFault.SERVER_ERROR
    small = {"base_url": endpoint.url, "model": "small-1", "tier": "low", "context_tokens": 3000}
    gateway = build({"base_url": endpoint.url, **DEAR}, small)

    with pytest.raises(NoModelAnswered) as caught:
        await gateway.ask(make_request(content=content))

    assert caught.value.is_too_long is is_too_long


async def test_small_window_is_left_where_a_budget_does_not_bear_the_large_one(endpoint, build, make_request, book):
    """A used-up budget is an end only where a shorter prompt finds nobody either; who was refused once stays so."""
    book.budgets = Budgets(day_usd=Decimal(0))
    small = {"base_url": endpoint.url, "model": "small-1", "tier": "low", "context_tokens": 3000}

    with pytest.raises(NoModelAnswered) as caught:
        await build({"base_url": endpoint.url, **DEAR}, small).ask(make_request(content="x y " * 1000))
    with pytest.raises(GuardRefused):
        await build({"base_url": endpoint.url, **DEAR}, small).ask(
            make_request(content="x y " * 1000, passed_over=["openai-compatible/small-1"])
        )

    assert caught.value.is_too_long
    assert "the budget of the day does not bear it" in caught.value.why
