"""No dollar is spent twice: the real gateway, real stores and a provider that keeps a till of its own."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from tests.faults.company import Company
from tests.faults.ledger import (
    ask_all,
    build_gateway,
    make_request,
    make_target,
    make_till,
    pick,
    read_rows,
    sum_rows,
    sum_usd,
)

from fermata.domain.ids import IncidentId
from fermata.domain.model import AttemptOutcome
from fermata.flows.meters import Meters
from fermata.flows.spending import Spending
from fermata.kit.clock import SystemClock
from fermata.ports.model import NoModelAnswered
from fermata.rules.budget import OVERDUE_AFTER, Budgets
from fermata.store.connect import open_store
from fermata.testing.clock import FakeClock
from fermata.testing.providers import FakeAnthropic, FakeOpenAi, ModelFault
from fermata.testing.web_server import Answer, WebServer

O = AttemptOutcome  # noqa: E741 - as in the table of faults
FIFTY = [f"call-{number}" for number in range(50)]
# What a call of `make_request` is billed here when its answer is as long as it may be: some 0.0033 dollars. This bears
# several of fifty, and no whole number of them.
EDGE = Decimal("0.0251")
INCIDENT = IncidentId("inc_edge")
BUDGETS = {
    "of this incident": {"incident_usd": EDGE},
    "of the day": {"day_usd": EDGE},
    "of the month": {"month_usd": EDGE},
    "of the high tier for the day": {"tiers_per_day": {"high": EDGE}},
    "of openai-compatible for the day": {"providers_per_day": {"openai-compatible": EDGE}},
}


@pytest.fixture
def clock():
    """Give a clock that stands still."""
    return FakeClock()


@pytest.fixture
async def build(store, clock):
    """Give a maker of gateways on the real ledger; their connections are closed at the end."""
    made = []

    def build_one(*targets, **budgets):
        made.append(build_gateway(targets, Spending(store, clock, Budgets(**budgets), Meters()), clock))
        return made[-1]

    yield build_one
    for gateway in made:
        await gateway.close()


@pytest.fixture
async def serve():
    """Give a function that puts a till on loopback and gives its address; none may have had to complain."""
    servers = []

    async def start(till):
        servers.append(await WebServer(till).__aenter__())
        return servers[-1].url

    yield start
    for server in servers:
        await server.__aexit__()
    assert [complaint for server in servers for complaint in server.complaints] == []


@pytest.fixture(scope="session")
def bookkeepers():
    """Give the parent of the processes that ask and are killed."""
    company = Company("ledger_driver.py")
    yield company
    company.close()


@pytest.mark.parametrize("budget", BUDGETS)
async def test_fifty_calls_at_the_edge_of_a_budget_never_overspend_it(budget, build, serve, store, clock):
    """All at once, then one by one until no more fits: the provider's own sum stays within, and is the ledger's."""
    till = make_till()
    gateway = build(make_target(await serve(till)), **BUDGETS[budget])

    answers, refused = await ask_all(gateway, FIFTY, incident_id=INCIDENT)
    while not (await ask_all(gateway, [f"late-{len(till.bills)}"], incident_id=INCIDENT))[1]:
        pass

    dearest = max(pico for _, pico in till.bills) / Decimal(10**12)
    rows, is_open = await read_rows(store, clock.now())
    assert 0 < len(answers) < 50
    assert len(answers) + len(refused) == 50
    assert {error.facts["budget"] for error in refused} == {budget}
    assert till.total_usd <= EDGE
    # It was not left unused either: a call is reserved some percent above what it is billed.
    assert EDGE - till.total_usd < dearest * Decimal("1.1")
    assert sum_rows(rows) == till.total_usd
    assert (len(rows), is_open) == (len(till.bills), set())


@pytest.mark.parametrize("spends_all", [True, False])
async def test_ledger_is_the_servers_own_sum(spends_all, build, serve, store, clock):
    """To the last of twelve places, call by call, with cached input and answers of any length."""
    till = make_till(spends_all=spends_all)
    gateway = build(make_target(await serve(till)))

    await ask_all(gateway, FIFTY)

    rows, _ = await read_rows(store, clock.now())
    assert {row.prompt_digest: row.cost_usd for row in rows} == {
        name: sum_usd([(name, pico)]) for name, pico in till.bills
    }
    assert sum_rows(rows) == till.total_usd
    assert not any(row.is_estimated for row in rows)


async def test_budget_of_one_incident_is_no_others(build, serve, clock):
    """One that used its money up leaves a second one, and questions of people, alone."""
    gateway = build(make_target(await serve(make_till())), incident_usd=EDGE)
    await ask_all(gateway, FIFTY, incident_id=INCIDENT)

    other, _ = await ask_all(gateway, FIFTY[:5], incident_id=IncidentId("inc_other"))
    people, _ = await ask_all(gateway, FIFTY[:20])

    assert (len(other), len(people)) == (5, 20)


async def test_day_ends_at_midnight_and_the_month_goes_on(build, serve, store):
    """Yesterday's money is not today's; the month counts both days."""
    clock = FakeClock(datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC))
    till, book = make_till(), Spending(store, clock, Budgets(day_usd=EDGE, month_usd=2 * EDGE), Meters())
    gateway = build_gateway([make_target(await serve(till))], book, clock)
    clock.advance(timedelta(days=-2))
    spent = []
    for days in (0, 1, 1, 1):
        clock.advance(timedelta(days=days))
        before = till.total_usd
        _, refused = await ask_all(gateway, [f"{clock.now():%d}-{number}" for number in range(50)])
        spent.append((till.total_usd - before, {error.facts["budget"] for error in refused}))
    await gateway.close()

    (first, first_said), (second, _), (third, third_said), (fourth, fourth_said) = spent
    assert max(first, second, third, fourth) <= EDGE
    assert first + second + third <= 2 * EDGE
    assert (first_said, third_said) == ({"of the day"}, {"of the month"})
    # The first of December begins a month and a day.
    assert (fourth > 0, fourth_said) == (True, {"of the day"})


@pytest.mark.parametrize(
    ("budgets", "second"),
    [
        ({"tiers_per_day": {"high": EDGE}}, {"tier": "medium"}),
        ({"providers_per_day": {"openai-compatible": EDGE}}, {"provider": "anthropic", "keys": ["k"]}),
    ],
    ids=["tier", "provider"],
)
async def test_used_up_tier_or_provider_makes_room_for_the_next(budgets, second, build, serve):
    """Money that is used up in one place is no reason to stop where there is some."""
    first, other = make_till(), make_till(FakeAnthropic if "provider" in second else type(make_till().fake))
    gateway = build(make_target(await serve(first)), make_target(await serve(other), model="next", **second), **budgets)

    answers, refused = await ask_all(gateway, FIFTY)

    assert (len(answers), len(refused)) == (50, 0)
    assert 0 < first.total_usd <= EDGE
    assert len(first.bills) + len(other.bills) == 50


async def test_local_model_goes_on_when_the_money_is_used_up(build, serve, store, clock):
    """It costs none; its rows say so."""
    till, own = make_till(), make_till()
    local = {"base_url": await serve(own), "model": "own", "tier": "low"}
    gateway = build(make_target(await serve(till)), local, day_usd=EDGE, incident_usd=EDGE, month_usd=EDGE)

    answers, refused = await ask_all(gateway, FIFTY, incident_id=INCIDENT)

    rows, _ = await read_rows(store, clock.now())
    assert (len(answers), refused) == (50, [])
    assert 0 < till.total_usd <= EDGE
    assert {row.cost_usd for row in rows if row.target.endswith("/own")} == {Decimal(0)}
    assert sum_rows(rows) == till.total_usd


async def test_unknown_price_is_never_asked_until_it_is_declared(build, serve):
    """Whatever the budgets: what it would cost cannot be reserved."""
    till = make_till()
    url = await serve(till)
    unknown = {"base_url": url, "model": "nobody-sells-this", "local": False}

    with pytest.raises(NoModelAnswered, match="the price of nobody-sells-this is not known; declare it"):
        await build(unknown).ask(make_request("call-1"))
    hits = len(till.bills)
    answers, _ = await ask_all(build(make_target(url, model="nobody-sells-this")), ["call-2"])

    assert (hits, len(answers), [name for name, _ in till.bills]) == (0, 1, ["call-2"])


async def test_failed_calls_are_counted_as_the_server_billed_them(build, serve, store, clock):
    """Refused calls cost nothing; answers that were no good cost their tokens; lost ones count at their most."""
    till, spare = make_till(), make_till()
    faults = [ModelFault.SERVER_ERROR, ModelFault.EMPTY, ModelFault.FILTERED, ModelFault.RESET, ModelFault.BROKEN_BODY]
    till.fake.script.plan(*faults)
    local = {"base_url": await serve(spare), "model": "own"}
    gateway = build(make_target(await serve(till)), local)
    for number in range(len(faults)):
        await ask_all(gateway, [f"call-{number}"])
        clock.advance(timedelta(hours=1))

    rows, is_open = await read_rows(store, clock.now())
    paid = [row for row in rows if row.target.endswith("/dear")]
    billed = [sum_usd([bill]) for bill in till.bills]
    assert [row.outcome for row in paid] == [O.OVERLOADED, O.BAD_ANSWER, O.REFUSED, O.UNREACHABLE, O.BAD_ANSWER]
    assert [row.is_estimated for row in paid] == [False, False, False, True, True]
    assert [row.cost_usd for row in paid[:3]] == billed[:3]
    assert all(row.cost_usd >= bill for row, bill in zip(paid, billed, strict=True))
    assert is_open == set()


@pytest.mark.parametrize(
    ("make", "target", "error"),
    [
        (FakeOpenAi, {}, 'data: {"error": {"message": "overloaded", "type": "server_error", "code": 502}}\n\n'),
        (
            FakeAnthropic,
            {"provider": "anthropic", "keys": ["k"]},
            'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}\n\n',
        ),
    ],
)
async def test_error_within_an_answer_counts_at_its_most(make, target, error, build, serve, *, store, clock):
    """It has a status, and what was said until then is billed all the same: by some providers, so by all."""
    till, spare = make_till(make), make_till()

    def cut(request):
        answer = till(request)
        events = answer.body.decode().split("\n\n")
        return Answer("\n\n".join([*events[:4], error]).encode(), headers=answer.headers)

    local = {"base_url": await serve(spare), "model": "own"}
    await ask_all(build(make_target(await serve(cut), **target), local), ["call-1"])

    rows, _ = await read_rows(store, clock.now())
    [row] = [row for row in rows if row.target.endswith("/dear")]
    assert (row.outcome, row.is_estimated) == (O.OVERLOADED, True)
    assert row.cost_usd >= till.total_usd > 0


async def test_stopped_caller_leaves_a_row_at_its_most(build, serve, store, clock):
    """We stop waiting; the provider does not stop billing."""
    arrived = asyncio.Event()
    till = make_till(on_bill=lambda _: arrived.set(), delay_s=30)
    gateway = build(make_target(await serve(till)))
    asking = asyncio.ensure_future(gateway.ask(make_request("call-1")))
    await arrived.wait()

    asking.cancel()
    await asyncio.wait([asking])

    [row], is_open = await read_rows(store, clock.now())
    assert (row.outcome, row.is_estimated, is_open) == (O.CANCELLED, True, set())
    assert row.cost_usd >= till.total_usd > 0


class Killed:
    """What is left after a process died in the middle of its calls: till, rows, and which are open."""

    def __init__(self, till, rows, is_open):
        self.bills = dict(till.bills)
        self.total_usd = till.total_usd
        self.rows = {row.prompt_digest: row for row in rows}
        self.open = {row.prompt_digest for row in rows if row.id in is_open}
        self.settled = set(self.rows) - self.open

    def check(self):
        """Equal where the answer was settled, an upper bound where it was not, nothing missing."""
        bill = {name: sum_usd([(name, pico)]) for name, pico in self.bills.items()}
        assert set(bill) <= set(self.rows), "a call was billed that has no row"
        assert {name: self.rows[name].cost_usd for name in self.settled} == {name: bill[name] for name in self.settled}
        assert not any(self.rows[name].is_estimated for name in self.settled)
        assert all(self.rows[name].cost_usd >= bill.get(name, Decimal(0)) for name in self.open)
        assert all(self.rows[name].is_estimated for name in self.open)
        assert sum_rows(self.rows.values()) >= self.total_usd


@pytest.fixture
def strike(bookkeepers, serve, store_url, tmp_path):
    """Give a function that lets a process ask fifty at once until it dies, and returns what is left."""

    async def run(point, kill_at):
        actors = []

        def kill(count):
            if point == "provider" and count == kill_at:
                actors[0].send_signal(9)

        till = make_till(spends_all=False, delay_s=0.03, on_bill=kill)
        how = {"targets": [make_target(await serve(till))], "names": FIFTY, "kill": point, "kill_at": kill_at}
        # It begins once it can be killed.
        actors.append(bookkeepers.start(tmp_path, store_url, await_file="go", **how))
        (tmp_path / "go").touch()
        assert await asyncio.to_thread(actors[0].wait) == -9
        store = open_store(store_url)
        rows, is_open = await read_rows(store, SystemClock().now())
        return Killed(till, rows, is_open), store

    return run


@pytest.mark.kill
@pytest.mark.parametrize(
    ("point", "kill_at"),
    [
        ("reserve:after", 1), ("reserve:after", 45),
        ("provider", 1), ("provider", 20), ("provider", 45),
        ("settle:before", 1), ("settle:before", 30),
        ("settle:after", 1), ("settle:after", 30),
    ],
)  # fmt: skip
async def test_kill_leaves_a_ledger_that_never_falls_short(point, kill_at, strike):
    """Kill -9 at any point: what was settled is the server's own sum, the rest is open at the most it may have cost.

    Afterwards the sweep closes the open rows at that bound, and says that nobody knows what became of them.
    """
    left, store = await strike(point, kill_at)
    left.check()
    assert left.open

    later = FakeClock(SystemClock().now() + OVERDUE_AFTER + timedelta(seconds=1))
    book = Spending(store, later, Budgets(), Meters())
    closed = await book.settle_overdue()

    rows, is_open = await read_rows(store, later.now())
    store.close()
    assert ({row.prompt_digest for row in closed}, is_open) == (left.open, set())
    assert sum_rows(rows) == sum_rows(left.rows.values())
    assert {row.prompt_digest for row in pick(rows, O.CANCELLED)} == left.open
    assert all(row.is_estimated and "the process ended" in row.error for row in closed)


@pytest.mark.kill
async def test_process_after_a_kill_respects_what_the_dead_one_reserved(bookkeepers, serve, store_url, tmp_path):
    """A budget outlives the process: two of them, one killed in between, spend no more than it bears."""
    actors = []
    till = make_till(delay_s=0.03, on_bill=lambda count: count == 4 and actors[0].send_signal(9))
    how = {"targets": [make_target(await serve(till))], "budgets": {"day_usd": str(EDGE)}}
    actors.append(bookkeepers.start(tmp_path, store_url, await_file="go", names=FIFTY, **how))
    (tmp_path / "go").touch()
    assert await asyncio.to_thread(actors[0].wait) == -9

    second = bookkeepers.start(tmp_path, store_url, names=[f"again-{number}" for number in range(50)], **how)

    assert await asyncio.to_thread(second.wait) == 0, (tmp_path / "log").read_text()
    assert second.report["answered"] + second.report["refused"] == 50
    assert till.total_usd <= EDGE
    store = open_store(store_url)
    rows, _ = await read_rows(store, SystemClock().now())
    store.close()
    assert till.total_usd <= sum_rows(rows) <= EDGE


@pytest.mark.kill
async def test_two_processes_share_one_budget(bookkeepers, serve, store_url, tmp_path):
    """Twenty-five calls of each at once: together they spend what one of them might have."""
    till = make_till(delay_s=0.01)
    how = {"targets": [make_target(await serve(till))], "budgets": {"day_usd": str(EDGE)}, "await_file": "go"}
    open_store(store_url).close()  # Two that begin at once would both want to make the tables.
    actors = [
        bookkeepers.start(tmp_path, store_url, executor_id=name, names=[f"{name}-{n}" for n in range(25)], **how)
        for name in ("first", "second")
    ]
    while not all(actor.has("serving") for actor in actors):  # noqa: ASYNC110 - made by other processes
        await asyncio.sleep(0.02)

    (tmp_path / "go").touch()

    for actor in actors:
        assert await asyncio.to_thread(actor.wait) == 0, (tmp_path / "log").read_text()
    store = open_store(store_url)
    rows, is_open = await read_rows(store, SystemClock().now())
    store.close()
    answered = sum(actor.report["answered"] for actor in actors)
    assert answered == len(till.bills) > 0
    assert sum(actor.report["refused"] for actor in actors) == 50 - answered
    assert sum_rows(rows) == till.total_usd <= EDGE
    assert is_open == set()
