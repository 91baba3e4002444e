"""A rehearsal looks whose it is that its proxy stands before, and breaks nothing of production."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.flows.experiments.scene import ACTOR, ScriptedAsker, ScriptedInjector

from fermata.domain.experiment import Verdict
from fermata.domain.sandbox import Bearer
from fermata.flows.experiments.guarded import GuardedInjector
from fermata.flows.experiments.running import run_experiment
from fermata.flows.experiments.stopping import ask_to_stop
from fermata.flows.experiments.upstream import Bystanders, check_upstream
from fermata.kit.errors import GuardRefused, OperationalError
from fermata.testing.clock import FakeClock


class Standing(ScriptedInjector):
    """Stands before an address, as a proxy does."""

    upstream = "127.0.0.1:8000"

    async def find_upstream(self, experiment):
        """Say where, or that nobody knows."""
        if not self.upstream:
            raise OperationalError("The proxy gave no answer", do="Start it")
        return self.upstream


class Book:
    """Knows one container, or cannot be asked."""

    def __init__(self, name="", done="was paused", group="other", members=()):
        self.members = members
        self.name, self.done, self.group = name, done, group
        self.asked = []

    async def find_bearers(self, host, port):
        """Say who answers there."""
        self.asked.append((host, port))
        if not self.name:
            raise OperationalError("The engine cannot be reached", do="Start it")
        group = "shop" if host != "checkout" else self.group
        return (Bearer(id=f"{self.name} at {host}", name=self.name, group=group),)

    async def list_members(self, group):
        """Say who belongs to it: one that nobody asks, and those that answer."""
        return tuple(Bearer(id=f"{name} of {group}", name=name, group=group) for name in self.members)

    async def list_disturbances(self, bearers, since):
        """Say what was done, or that nobody knows."""
        self.since = since
        if self.done is None:
            raise OperationalError("The engine cannot be reached")
        return tuple(f"{one.id} {self.done}" for one in bearers)


@pytest.fixture
def look(bench):
    """Give what is found of an experiment through a proxy, with the engine's answer."""
    bench.injector = Standing()

    async def ask(name):
        context = bench.build(address_books={"docker": Book(name)})
        return await check_upstream(context, bench.make())

    return ask


async def test_production_behind_the_proxy_is_refused(look):
    """Whatever the settings call the call that goes through it."""
    (refused,), (fine,) = await look("shop-prod-web-1"), await look("shop-web-1")

    assert (refused.ok, fine.ok) == (False, True)
    assert fine.text == "127.0.0.1:8000 is shop-web-1 of docker"


async def test_engine_or_proxy_that_cannot_be_asked_is_a_condition_not_met(bench, look):
    """Nobody can say that it is not production."""
    (unasked,) = await look("")
    bench.injector.upstream = ""
    (unknown,) = await look("shop-web-1")

    assert (unasked.ok, unasked.text) == (
        False,
        "Whose 127.0.0.1:8000 is could not be looked at: The engine cannot be reached. Start it",
    )
    assert (unknown.ok, unknown.text) == (False, "The proxy gave no answer. Start it")


async def test_address_of_six_groups_is_asked_without_brackets(bench, look):
    """As it stands in an address with a port."""
    bench.injector.upstream = "[::1]:8000"
    book = Book("web")

    await check_upstream(bench.build(address_books={"docker": book}), bench.make())

    assert book.asked == [("::1", 8000)]


async def test_what_stands_before_nothing_is_not_asked(bench):
    """A cluster's faults hit what their labels select, which is looked at elsewhere."""
    assert await check_upstream(bench.context, bench.make()) == ()


async def test_another_container_at_the_address_after_the_baseline_is_not_broken(bench):
    """The address is the approved one, and who answers there is somebody else."""
    bench.injector = Standing()
    bench.context = bench.build(address_books={"docker": Book("shop-web-1")})
    held = await bench.approve()
    later = bench.build(address_books={"docker": Book("shop-prod-web-1")})

    with pytest.raises(GuardRefused, match='carries "prod"'):
        await GuardedInjector(later, held, bench.injector).inject(held.experiment)
    assert bench.injector.injected == 0


async def test_stop_that_is_said_while_the_engine_is_asked_keeps_the_fault_from_beginning(bench):
    """Those looks take long where it hangs; what begins after them begins after the stop."""
    bench.injector = Standing()
    bench.context = bench.build()
    held = await bench.approve()

    class Slow(Book):
        async def find_bearers(self, host, port):
            """Answer once somebody has said stop."""
            ask_to_stop(bench.context.folder, held.id, ACTOR, "")
            return await super().find_bearers(host, port)

    later = bench.build(address_books={"docker": Slow("shop-web-1")})

    with pytest.raises(GuardRefused, match="stopped by dana"):
        await GuardedInjector(later, held, bench.injector).inject(held.experiment)
    assert bench.injector.injected == 0


@pytest.mark.parametrize(
    ("book", "told"),
    [
        (Book("web"), ("web at 127.0.0.1 was paused",)),
        (Book("web", group="shop"), ("web at 127.0.0.1 was paused", "web at checkout was paused")),
        (Book("web", members=("stock",)), ("web at 127.0.0.1 was paused", "stock of shop was paused")),
        (Book("web", done=None), ("what was done to web is not known: The engine cannot be reached",)),
        (Book(""), ()),
    ],
)
async def test_what_was_done_beside_the_fault_is_told(bench, book, told):
    """To who is behind the proxy or asked by a check, and to all that belongs to the same, the target as well."""
    bench.injector = Standing()
    bench.context = bench.build()
    held = await bench.approve()
    bystanders = Bystanders(bench.build(address_books={"docker": book}), held.experiment)

    await bystanders.note()

    assert await bystanders.list_disturbances() == told


@pytest.mark.parametrize("hours", [-1, 0, 1])
async def test_clock_that_is_set_meanwhile_moves_no_beginning(bench, hours):
    """The engine is asked about the seconds since, by the clock of now: an engine of before would have begun anew."""
    bench.injector, book, clock = Standing(), Book("web"), FakeClock()
    context = bench.build(flow=replace(bench.flow, clock=clock), address_books={"docker": book})
    bystanders = Bystanders(context, bench.make())
    await bystanders.note()

    clock.advance(timedelta(hours=hours))
    await bystanders.list_disturbances()

    assert timedelta(0) <= clock.now() - book.since < timedelta(minutes=1)


async def test_place_that_several_checks_ask_is_looked_up_once(bench):
    """The fault waits for each of them, and longest where the engine hangs."""
    bench.injector, book = Standing(), Book("web")

    await Bystanders(bench.build(address_books={"docker": book}), bench.make()).note()

    assert book.asked == [("127.0.0.1", 1), ("127.0.0.1", 8000), ("checkout", 0)]


async def test_checks_are_asked_at_the_port_of_their_scheme(bench):
    """An address without a port means 443 by https: what answers there is watched as well."""
    bench.injector, book = Standing(), Book("web")
    experiment = bench.make()
    checks = tuple(
        check.model_copy(update={"url": f"{scheme}://shop.test/pay"})
        for check, scheme in zip(experiment.checks, ("http", "https"), strict=True)
    )

    await Bystanders(
        bench.build(address_books={"docker": book}), experiment.model_copy(update={"checks": checks})
    ).note()

    assert {("shop.test", 80), ("shop.test", 443)} <= set(book.asked)


async def test_bad_end_of_a_run_beside_which_somebody_deployed_is_inconclusive(bench):
    """The injector of a run is the one who tells."""
    bench.injector = Standing()
    bench.context = bench.build(
        address_books={"docker": Book("web")}, asker=ScriptedAsker(bench.injector, "/pay", "/refund")
    )
    held = await bench.approve()

    result = await run_experiment(bench.context, held.id, "here")

    assert result.verdict is Verdict.INCONCLUSIVE
    assert "beside the fault web at 127.0.0.1 was paused" in result.why
