"""Configured systems asked for the service graph."""

import asyncio
from datetime import timedelta

import pytest

from fermata.flows.graph_systems import LiveGraph, ask_systems
from fermata.kit.errors import OperationalError, UserError
from fermata.ports.graph import GraphReading, GraphSample
from fermata.ports.system import System
from fermata.rules.servicegraph.partial import Basis
from fermata.testing.clock import FakeClock

WEB = {
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {"template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"image": "web"}]}}},
}


class Told(System):
    """A system with a reading, or something to raise."""

    name = "told"

    def __init__(self, reading=None):
        super().__init__(None, None)
        self.reading = reading
        self.asked = None

    def find_graph_reader(self):
        """Give itself, if it knows anything."""
        return self if self.reading is not None else None

    async def read_graph(self, queries):
        """Tell, fail, or hang."""
        self.asked = queries
        if isinstance(self.reading, Exception):
            raise self.reading
        if self.reading == "hangs":
            await asyncio.Event().wait()
        return self.reading


async def test_metrics_come_before_objects():
    """Each with how it knows; gaps are problems of the system's."""
    row = GraphSample({"client": "web", "server": "cart"}, 2.0)
    cluster, metrics = (
        Told(GraphReading(objects=(WEB,), gaps=("ingresses: forbidden",))),
        Told(GraphReading(samples={"graph.rate": [row]})),
    )

    parts = await ask_systems({"cluster": cluster, "metrics": metrics, "other": Told()}, window="3m")

    assert [(part.source, part.basis) for part in parts] == [("metrics", Basis.MEASURED), ("cluster", Basis.LIVE)]
    assert parts[1].problems == ["ingresses: forbidden"]
    assert set(parts[1].nodes) == {"web"}
    assert "[3m]" in metrics.asked["graph.rate"]


async def test_containers_of_an_engine_are_what_runs():
    """As the objects of a cluster are."""
    web = {"Id": "1", "Name": "/web", "State": {"Status": "running"}, "Config": {"Image": "web"}}

    (part,) = await ask_systems({"docker": Told(GraphReading(containers=(web,), gaps=("container db: refused",)))})

    assert (part.basis, set(part.nodes), part.problems) == (Basis.LIVE, {"web"}, ["container db: refused"])


async def test_system_that_fails_costs_no_other():
    """An expected failure, a bug and a system that hangs are each said."""
    systems = {
        "down": Told(OperationalError("It is down", why="no route")),
        "broken": Told(ZeroDivisionError()),
        "slow": Told("hangs"),
        "good": Told(GraphReading(objects=(WEB,))),
    }

    parts = await ask_systems(systems, deadline=timedelta(milliseconds=50))

    told = {part.source: part.problems for part in parts}
    assert told["down"] == ["It is down: no route"]
    assert told["broken"][0].startswith("it crashed (ZeroDivisionError)")
    assert told["slow"] == ["it did not answer within 0.05 s"]
    assert told["good"] == []


async def test_who_waits_is_told_for_whom():
    """Once, and only of those that have not answered by then."""
    told = []
    systems = {"slow": Told("hangs"), "good": Told(GraphReading(objects=(WEB,)))}

    await ask_systems(
        systems, deadline=timedelta(milliseconds=60), patience=timedelta(milliseconds=20), on_wait=told.append
    )
    await ask_systems({"good": systems["good"]}, on_wait=told.append)

    assert told == [["slow"]]


async def test_nobody_to_ask_is_said():
    """With what is configured."""
    with pytest.raises(UserError, match="other"):
        await ask_systems({"other": Told()})


async def test_calls_that_were_written_down_stand_beside_what_runs():
    """Those that a system tells of, and those of the settings' topology, which are enough alone."""
    proxies = Told(GraphReading(calls=[("web", "cart")]))
    topology = (("cart", "redis"),)

    parts = await ask_systems({"proxies": proxies, "cluster": Told(GraphReading(objects=(WEB,)))}, topology=topology)
    (alone,) = await ask_systems({"other": Told()}, topology=topology)

    written = [(part.source, part.basis, set(part.nodes)) for part in parts if part.basis is Basis.WRITTEN]
    assert written == [
        ("proxies", Basis.WRITTEN, {"web", "cart"}),
        ("topology of the settings", Basis.WRITTEN, {"cart", "redis"}),
    ]
    assert (alone.source, alone.nodes["redis"].facts["kind"].value) == ("topology of the settings", "cache")
    assert len((await LiveGraph({}, FakeClock(), topology).read()).edges) == 1


async def test_page_that_is_reloaded_asks_once_a_minute():
    """Many at once are one question, too."""
    clock, system = FakeClock(), Told(GraphReading(objects=(WEB,)))
    graph = LiveGraph({"cluster": system, "other": Told()}, clock)

    first = await asyncio.gather(graph.read(), graph.read())
    system.reading = GraphReading()
    clock.advance(timedelta(seconds=59))
    again = await graph.read()
    clock.advance(timedelta(seconds=1))
    later = await graph.read()

    assert first[0] is first[1] is again
    assert len(again.nodes) == 1
    assert len(later.nodes) == 0


async def test_house_without_such_a_system_has_no_graph():
    """That is no error on a page."""
    assert await LiveGraph({"other": Told()}, FakeClock()).read() is None
