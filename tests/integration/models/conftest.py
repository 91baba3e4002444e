"""A gateway in front of a provider that may fail and an endpoint that does not."""

from contextlib import asynccontextmanager

import pytest

from fermata.domain.model import ModelRequest, TaskKind
from fermata.models.gateway import Gateway
from fermata.models.settings import ModelSettings
from fermata.testing.clock import FakeClock
from fermata.testing.providers import FakeAnthropic, FakeBedrock, FakeOpenAi, ModelFault, Script
from fermata.testing.spend_book import MemorySpendBook
from fermata.testing.web_server import WebServer

SCHEMA = {"type": "object", "properties": {"cause": {"type": "string"}}, "required": ["cause"]}
PRICE = {"input_per_mtok": 3, "output_per_mtok": 15}
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
REQUEST = ModelRequest(
    kind=TaskKind.DIAGNOSE,
    prompt_name="diagnose",
    prompt_digest="d1",
    instructions="Say what is wrong.",
    content="checkout was killed",
    output_schema=SCHEMA,
)


class Pair:
    """What a test asks, and what it looks at afterwards."""

    def __init__(self, first, second, gateway, clock, book):
        self.first, self.second, self.gateway, self.clock, self.book = first, second, gateway, clock, book
        self.order = []

    async def ask(self, **changes):
        """Ask once."""
        return await self.gateway.ask(REQUEST.model_copy(update=changes))


@pytest.fixture
def open_pair():
    """Give a maker of pairs, by the first one's provider."""

    @asynccontextmanager
    async def make(provider, fault=None, **changes):
        make_fake, target = PROVIDERS[provider]
        is_silent = fault in SILENT
        order = []
        first = make_fake(Script(say='{"cause": "first"}', on_hit=lambda: order.append("first")))
        second = FakeOpenAi(Script(say='{"cause": "second"}', on_hit=lambda: order.append("second")))
        first.script.fault = fault
        clock, book = FakeClock(), MemorySpendBook()
        # Without a stream silence is told by the deadline of the whole answer.
        answer_s = 0.5 if is_silent and not changes.get("stream", True) else 20
        deadlines = {"first_byte_s": 0.5, "stall_s": 0.3, "answer_s": answer_s, "wait_s": 0}
        async with WebServer(first) as one, WebServer(second) as two:
            own = {**target, "base_url": one.url, "price": PRICE, "slowness": 1 if is_silent else 40, **changes}
            spare = {"base_url": two.url, "model": "spare", "slowness": 40}
            settings = ModelSettings.model_validate({"targets": [own, spare], "deadlines": {"high": deadlines}})
            gateway = Gateway(settings, book, clock)
            await gateway.warm()
            pair = Pair(first.script, second.script, gateway, clock, book)
            pair.order = order
            try:
                yield pair
            finally:
                await gateway.close()
        assert one.complaints + two.complaints == []

    return make


@pytest.fixture
async def pair(open_pair, request):
    """Give a pair whose first part is the provider of the test's parameter."""
    callspec = getattr(request.node, "callspec", None)
    fault = callspec.params.get("fault") if callspec else None
    async with open_pair(getattr(request, "param", "openai"), fault if fault in SILENT else None) as made:
        made.first.fault = None
        yield made
