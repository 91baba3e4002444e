"""The table of faults, measured on other routers before this one was written: each row, on each provider's own SDK."""

import asyncio
from datetime import timedelta

import pytest

from fermata.domain.model import AttemptOutcome, ModelRequest, TaskKind, Usage
from fermata.models.gateway import Gateway
from fermata.models.settings import ModelSettings
from fermata.testing.clock import FakeClock
from fermata.testing.providers import FakeAnthropic, FakeBedrock, FakeOpenAi, ModelFault, Script
from fermata.testing.spend_book import MemorySpendBook
from fermata.testing.web_server import WebServer

O = AttemptOutcome  # noqa: E741 - the table below is read by its columns
SCHEMA = {"type": "object", "properties": {"cause": {"type": "string"}}, "required": ["cause"]}
PRICE = {"input_per_mtok": 3, "output_per_mtok": 15}
DEADLINES = {"first_byte_s": 0.5, "stall_s": 0.3, "answer_s": 20, "wait_s": 0}
# Faults that only a deadline ends. Everything else gets forty times as long: the machine of a test may be busy.
SILENT = (ModelFault.HANG, ModelFault.STALL)
PROVIDERS = {
    "openai": (FakeOpenAi, {"provider": "openai", "model": "gpt-x", "keys": ["key-1"]}),
    "anthropic": (FakeAnthropic, {"provider": "anthropic", "model": "claude-x", "keys": ["key-1"]}),
    "bedrock": (
        FakeBedrock,
        {"provider": "bedrock", "model": "eu.amazon.x", "keys": ["AKID:secret"], "region": "eu-central-1"},
    ),
    "openai-compatible": (FakeOpenAi, {"model": "x", "local": False, "structure": "native"}),
}
ROWS = {
    ModelFault.RATE_LIMITED: O.RATE_LIMITED,
    ModelFault.RATE_LIMITED_LONG: O.RATE_LIMITED,
    ModelFault.RATE_LIMITED_SILENT: O.RATE_LIMITED,
    ModelFault.NO_CREDIT: O.OUT_OF_CREDIT,
    ModelFault.PAYMENT: O.OUT_OF_CREDIT,
    ModelFault.SERVER_ERROR: O.OVERLOADED,
    ModelFault.UNAVAILABLE: O.OVERLOADED,
    ModelFault.HANG: O.TIMED_OUT,
    ModelFault.STALL: O.TIMED_OUT,
    ModelFault.RESET: O.UNREACHABLE,
    ModelFault.UNAUTHORISED: O.UNAUTHORISED,
    ModelFault.NO_MODEL: O.REFUSED,
    ModelFault.TOO_LONG: O.CONTEXT_TOO_LONG,
    ModelFault.BROKEN_BODY: O.BAD_ANSWER,
    ModelFault.NO_CHOICES: O.BAD_ANSWER,
    ModelFault.EMPTY: O.BAD_ANSWER,
    ModelFault.BAD_TOOL_JSON: O.BAD_ANSWER,
    ModelFault.UNKNOWN_TOOL: O.BAD_ANSWER,
}
REQUEST = ModelRequest(
    kind=TaskKind.DIAGNOSE,
    prompt_name="diagnose",
    prompt_digest="d1",
    instructions="Say what is wrong.",
    content="checkout was killed",
    output_schema=SCHEMA,
)


class Pair:
    """A gateway in front of a provider that may fail and an endpoint that does not."""

    def __init__(self, first, second, gateway, clock, book):
        self.first, self.second, self.gateway, self.clock, self.book = first, second, gateway, clock, book

    async def ask(self):
        """Ask once."""
        return await self.gateway.ask(REQUEST)


@pytest.fixture
async def pair(request):
    """Give a pair whose first part is the provider of the test's parameter."""
    make, target = PROVIDERS[getattr(request, "param", "openai")]
    callspec = getattr(request.node, "callspec", None)
    is_silent = callspec is not None and callspec.params.get("fault") in SILENT
    order = []
    first = make(Script(say='{"cause": "first"}', on_hit=lambda: order.append("first")))
    second = FakeOpenAi(Script(say='{"cause": "second"}', on_hit=lambda: order.append("second")))
    clock, book = FakeClock(), MemorySpendBook()
    async with WebServer(first) as one, WebServer(second) as two:
        settings = ModelSettings.model_validate(
            {
                "targets": [
                    {**target, "base_url": one.url, "price": PRICE, "slowness": 1 if is_silent else 40},
                    {"base_url": two.url, "model": "spare", "slowness": 40},
                ],
                "deadlines": {"high": DEADLINES},
            }
        )
        gateway = Gateway(settings, book, clock)
        await gateway.warm()
        made = Pair(first.script, second.script, gateway, clock, book)
        made.order = order
        yield made
        await gateway.close()
    assert one.complaints + two.complaints == []


@pytest.mark.parametrize("fault", ROWS)
@pytest.mark.parametrize("pair", PROVIDERS, indirect=True)
async def test_failing_target_is_passed_over_and_then_left_alone(pair, fault):
    """The answer comes from the next target, and the broken one is not asked in five following calls."""
    pair.first.fault = fault

    answer = await pair.ask()
    following = [await pair.ask() for _ in range(5)]

    assert answer.value == {"cause": "second"}
    assert [attempt.outcome for attempt in answer.attempts] == [ROWS[fault], O.OK]
    assert answer.attempts[0].error
    assert pair.order == ["first", *["second"] * 6]
    assert [len(each.attempts) for each in following] == [1] * 5
    assert pair.book.open == set()


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
    short = await pair.gateway.ask(REQUEST.model_copy(update={"content": "x"}))

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
