"""A thousand calls over targets that fail in every way: each is answered while one target that can do it is healthy."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from itertools import cycle

import pytest
from tests.faults.ledger import build_gateway, make_request, make_target, make_till, pick, read_rows, sum_rows, sum_usd

from fermata.flows.meters import Meters
from fermata.flows.spending import Spending
from fermata.kit.clock import SystemClock
from fermata.rules.budget import Budgets
from fermata.testing.clock import FakeClock
from fermata.testing.providers import FakeAnthropic, FakeOpenAi, ModelFault
from fermata.testing.web_server import WebServer

CALLS, IN_FLIGHT = 1000, 50
# What needs a deadline to end has a target of its own, with a short one.
SILENT = [ModelFault.HANG, ModelFault.STALL]
LOUD = [fault for fault in ModelFault if fault not in SILENT]
DEADLINES = {"first_byte_s": 0.5, "stall_s": 0.3, "answer_s": 5, "wait_s": 20}
PATIENT, SHORT = {"slowness": 100}, {"slowness": 1}
# A broken target is asked again every five seconds, or the thousand would meet few of its faults.
PAUSES = dict.fromkeys(
    ("circuit_s", "circuit_most_s", "rate_limited_s", "out_of_credit_s", "unauthorised_s", "retry_after_most_s"), 5
)
OPENAI = {"provider": "openai", "keys": ["k1", "k2"], **PATIENT}
ANTHROPIC = {"provider": "anthropic", "keys": ["k1"], **PATIENT}


class Market:
    """Providers on loopback, each with a till, and the gateway in front of them."""

    def __init__(self, store):
        self.store, self.clock = store, FakeClock()
        self.tills, self.targets, self.servers = {}, [], []
        self.gateway = None

    async def add(self, name, faults=(), make=FakeOpenAi, **more):
        """Add a target that fails in each of these ways in turn, time and again."""
        till = self.tills[name] = make_till(make)
        if faults:
            turns = cycle(faults)
            till.fake.script.plan(next(turns))
            till.fake.script.on_hit = lambda: till.fake.script.plan(next(turns))
        self.servers.append(await WebServer(till).__aenter__())
        self.targets.append(make_target(self.servers[-1].url, model=name, **more))
        return till

    def open(self, **settings):
        """Put the gateway in front of them."""
        book = Spending(self.store, self.clock, Budgets(), Meters())
        self.gateway = build_gateway(self.targets, book, self.clock, deadlines=DEADLINES, **settings)

    async def ask(self, names, after=lambda: None):
        """Ask so many, fifty at once; give the answers and whatever else came."""
        waiting = iter(names)
        done = []

        async def work():
            for name in waiting:
                [result] = await asyncio.gather(self.gateway.ask(make_request(name)), return_exceptions=True)
                done.append(result)
                after()

        await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
        return [each for each in done if not isinstance(each, Exception)], [
            each for each in done if isinstance(each, Exception)
        ]

    def count_hits(self, name):
        """Give how often a target was asked."""
        return len(self.tills[name].bills)

    async def close(self):
        """Close all."""
        await self.gateway.close()
        for server in self.servers:
            await server.__aexit__()
        assert [complaint for server in self.servers for complaint in server.complaints] == []


@pytest.fixture
async def market(sqlite_store):
    """Give an empty market on the real ledger."""
    market = Market(sqlite_store)
    yield market
    await market.close()


async def check_ledger(market):
    """Each confirmed row is its bill; no target's rows fall short of its till."""
    rows, is_open = await read_rows(market.store, market.clock.now())
    assert is_open == set()
    for name, till in market.tills.items():
        own = [row for row in rows if row.target.endswith(f"/{name}")]
        assert sum_rows(own) >= till.total_usd
        answered = {row.prompt_digest: row.cost_usd for row in pick(own) if not row.is_estimated}
        billed = dict(till.bills)
        assert answered == {digest: sum_usd([(digest, billed[digest])]) for digest in answered}


async def test_thousand_calls_are_answered_while_one_target_is_healthy(market):
    """Four that fail in every way there is and one that is gone stand before it, and all are asked again and again."""
    await market.add("loud", LOUD, **OPENAI)
    await market.add("louder", LOUD[::-1], FakeAnthropic, **ANTHROPIC)
    await market.add("loudest", LOUD[::2] + LOUD[1::2], **PATIENT)
    await market.add("silent", SILENT, **SHORT)
    market.targets.append(make_target("http://127.0.0.1:9/v1", model="gone", **PATIENT))
    healthy = await market.add("healthy", **PATIENT | {"tier": "low"})
    market.open(pauses=PAUSES)

    answers, failures = await market.ask(
        (f"call-{number}" for number in range(CALLS)), after=lambda: market.clock.advance(timedelta(seconds=1))
    )

    assert (len(answers), failures) == (CALLS, [])
    assert market.count_hits("healthy") > CALLS / 2
    # All of their ways were met, most of them several times: how often depends on how busy the machine is.
    assert min(market.count_hits(name) for name in ("loud", "louder", "loudest")) >= len(LOUD)
    assert market.count_hits("silent") >= len(SILENT)
    assert healthy.total_usd > 0
    await check_ledger(market)


async def test_thousand_calls_are_answered_whichever_target_is_the_healthy_one(market):
    """Every hundred calls the healthy one breaks and another recovers; what was passed over is found again.

    On the real clock: who waits for the one probe waits as long as it takes.
    """
    market.clock = SystemClock()
    order = [
        await market.add("first", **OPENAI),
        await market.add("second", make=FakeAnthropic, **ANTHROPIC),
        await market.add("third", **PATIENT),
    ]
    market.open(pauses=dict.fromkeys(PAUSES, 0.2))
    answered, failed = 0, []
    for turn in range(10):
        for position, till in enumerate(order):
            till.fake.script.fault = None if position == turn % 3 else LOUD[(5 * turn + position) % len(LOUD)]
        answers, failures = await market.ask(f"turn-{turn}-{number}" for number in range(CALLS // 10))
        answered, failed = answered + len(answers), failed + failures

    assert (answered, failed) == (CALLS, [])
    await check_ledger(market)


@pytest.mark.parametrize(
    "fault",
    [
        ModelFault.SERVER_ERROR, ModelFault.RESET, ModelFault.HANG, ModelFault.STALL, ModelFault.RATE_LIMITED_LONG,
        ModelFault.UNAUTHORISED, ModelFault.NO_CREDIT, ModelFault.EMPTY, ModelFault.BROKEN_BODY,
    ],
)  # fmt: skip
async def test_target_that_broke_under_fifty_calls_is_hit_by_none_of_the_following(fault, market):
    """Fifty were under way when it broke, and all are answered elsewhere; the next fifty leave it alone."""
    broken = await market.add("broken", **SHORT if fault in SILENT else PATIENT)
    broken.fake.script.fault = fault
    await market.add("healthy", **PATIENT | {"tier": "medium"})
    market.open()
    first, failed = await market.ask(f"call-{number}" for number in range(IN_FLIGHT))
    hits = market.count_hits("broken")

    following, failed_later = await market.ask(f"next-{number}" for number in range(IN_FLIGHT))

    assert (len(first), len(following), failed + failed_later) == (IN_FLIGHT, IN_FLIGHT, [])
    assert 0 < hits <= IN_FLIGHT
    assert market.count_hits("broken") == hits
    rows, _ = await read_rows(market.store, market.clock.now())
    assert sum_rows(rows) >= sum((till.total_usd for till in market.tills.values()), Decimal(0))
