"""What failed calls teach: pauses, probes, windows, and what they cost. The table of faults is beside this file."""

import asyncio
from datetime import timedelta

import pytest
from tests.integration.models.conftest import PRICE, REQUEST
from tests.integration.models.conftest import PROVIDERS as FAKES

from fermata.domain.model import AttemptOutcome, Usage
from fermata.kit.clock import SystemClock
from fermata.models.gateway import Gateway
from fermata.models.settings import ModelSettings
from fermata.ports.model import NoModelAnswered
from fermata.testing.providers import ModelFault, Script
from fermata.testing.spend_book import MemorySpendBook
from fermata.testing.web_server import WebServer, make_tls

O = AttemptOutcome  # noqa: E741 - short for comparisons
PROVIDERS = ("openai", "anthropic", "bedrock", "openai-compatible")


@pytest.mark.parametrize("pair", PROVIDERS, indirect=True)
async def test_one_probe_is_let_through_when_the_pause_is_over(pair):
    """Of twenty calls at once one asks the broken target; its failure doubles the pause, its answer closes."""
    pair.first.fault = ModelFault.SERVER_ERROR
    await pair.ask()

    pair.clock.advance(timedelta(seconds=10))
    await asyncio.gather(*(pair.ask() for _ in range(20)))
    assert pair.order.count("first") == 2

    pair.clock.advance(timedelta(seconds=19))
    await pair.ask()
    assert pair.order.count("first") == 2

    pair.first.fault = None
    pair.clock.advance(timedelta(seconds=1))
    answer = await pair.ask()
    assert answer.value == {"cause": "first"}
    assert pair.gateway.describe()[0]["circuit"]["state"] == "closed"


@pytest.mark.parametrize(("fault", "pause_s"), [(ModelFault.RATE_LIMITED, 2), (ModelFault.RATE_LIMITED_LONG, 120)])
@pytest.mark.parametrize("pair", ["openai", "anthropic"], indirect=True)
async def test_key_is_left_alone_until_it_is_due(pair, fault, pause_s):
    """Nothing before the provider's own time, one request after it, and the reason can be seen meanwhile."""
    pair.first.plan(fault)
    await pair.ask()

    pair.clock.advance(timedelta(seconds=pause_s - 0.1))
    await pair.ask()
    [key] = pair.gateway.describe()[0]["keys"]
    assert (key["state"], key["reason"]) == ("open", "rate_limited")
    assert pair.order.count("first") == 1

    pair.clock.advance(timedelta(seconds=0.1))
    answers = await asyncio.gather(*(pair.ask() for _ in range(10)))
    assert pair.order.count("first") == 2
    assert sum(answer.value == {"cause": "first"} for answer in answers) == 1


async def test_longer_prompt_goes_elsewhere_and_a_shorter_one_does_not(pair):
    """A window that is too small is no outage: requests that fit still go there."""
    pair.first.plan(ModelFault.TOO_LONG)

    await pair.ask()
    short = await pair.ask(content="x")

    assert short.value == {"cause": "first"}
    assert pair.gateway.describe()[0]["circuit"]["state"] == "closed"
    assert pair.gateway.describe()[0]["too_long_tokens"] > 0


@pytest.mark.parametrize("pair", ["openai", "anthropic", "bedrock"], indirect=True)
async def test_ledger_is_what_the_server_counted(pair):
    """Cached and written tokens are parts of the input, and each is billed once."""
    written = 0 if pair.gateway.describe()[0]["provider"] == "openai" else 200
    pair.first.usage = Usage(input_tokens=1000, cached_tokens=300, cache_write_tokens=written, output_tokens=50)

    answer = await pair.ask()

    assert answer.attempts[0].usage == pair.first.usage
    assert not answer.attempts[0].is_estimated
    assert answer.cost_usd == sum(row.cost_usd for row in pair.book.rows.values())


@pytest.mark.parametrize("fault", [ModelFault.STALL, ModelFault.RESET, ModelFault.HANG])
async def test_lost_answer_counts_at_the_most_it_may_have_cost(pair, fault):
    """Nobody told its usage, so it is marked as estimated and never too small."""
    pair.first.plan(fault)

    answer = await pair.ask()

    lost = answer.attempts[0]
    assert lost.is_estimated
    assert lost.cost_usd >= 2000 * 15 / 10**6


@pytest.mark.parametrize("fault", [ModelFault.SERVER_ERROR, ModelFault.RATE_LIMITED, ModelFault.UNAUTHORISED])
async def test_refused_call_costs_nothing(pair, fault):
    """An error with a status was not billed; its row says so."""
    pair.first.plan(fault)

    answer = await pair.ask()

    assert (answer.attempts[0].cost_usd, answer.attempts[0].is_estimated) == (0, False)


async def test_answer_cut_off_at_its_limit_gets_a_larger_one(pair):
    """A model that thinks spends its limit on thoughts: it is asked once more, with room."""
    pair.first.plan(ModelFault.CUT_OFF)

    answer = await pair.ask()

    limits = [hit.body["max_completion_tokens"] for hit in pair.first.hits]
    assert (answer.value, limits) == ({"cause": "first"}, [2000, 8000])


async def test_content_filter_is_a_refusal_of_this_request_alone(pair):
    """The next request goes there again."""
    pair.first.plan(ModelFault.FILTERED)

    refused, answered = await pair.ask(), await pair.ask()

    assert refused.attempts[0].outcome is O.REFUSED
    assert answered.value == {"cause": "first"}


@pytest.mark.parametrize("provider", ["openai", "anthropic", "bedrock"])
async def test_certificate_that_is_not_accepted_is_met_once_and_costs_nothing(provider, tmp_path):
    """Nothing was sent, so no key was shown; and it is no better in a moment, with another key or without."""
    make_fake, target = FAKES[provider]
    async with WebServer(make_fake(Script(say="never")), make_tls(tmp_path)) as server:
        own = {**target, "base_url": server.url, "price": PRICE}
        pauses, deadlines = {"circuit_s": 0.01}, {"high": {"wait_s": 5}}
        settings = ModelSettings.model_validate({"targets": [own], "pauses": pauses, "deadlines": deadlines})
        gateway = Gateway(settings, MemorySpendBook(), SystemClock())
        with pytest.raises(NoModelAnswered) as raised:
            await gateway.ask(REQUEST)
        await gateway.close()

    (attempt,) = raised.value.attempts
    assert (attempt.outcome, attempt.cost_usd) == (O.UNREACHABLE, 0)
    assert "its certificate is not accepted" in attempt.error
