"""A rehearsal looks whose it is that its proxy stands before, and breaks nothing of production."""

import pytest
from tests.unit.flows.experiments.scene import ScriptedInjector

from fermata.domain.sandbox import Bearer
from fermata.flows.experiments.guarded import GuardedInjector
from fermata.flows.experiments.upstream import check_upstream
from fermata.kit.errors import GuardRefused, OperationalError


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

    def __init__(self, name=""):
        self.name = name
        self.asked = []

    async def find_bearers(self, host, port):
        """Say who answers there."""
        self.asked.append((host, port))
        if not self.name:
            raise OperationalError("The engine cannot be reached", do="Start it")
        return (Bearer(name=self.name),)


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
