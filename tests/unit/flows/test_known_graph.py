"""The service graph that a serving house remembers, in an incident: with its age, and never in anybody's way."""

import gc
from datetime import timedelta

import pytest
from tests.unit.flows.stage import Scripted, make_alert

from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.facts import GraphFacts, MetricFacts, Series
from fermata.flows.bundle.diagnose import diagnose_bundle
from fermata.flows.bundle.read import read_bundle
from fermata.flows.bundle.write import export_incident
from fermata.flows.graph_systems import LiveGraph
from fermata.flows.known_graph import COLLECTOR, EVERY, USABLE, GraphWatcher
from fermata.kit.errors import OperationalError
from fermata.ports.graph import GraphReading, GraphSample
from fermata.rules.servicegraph.merging import MergedGraph

MINUTE = timedelta(minutes=1)


class Mesh(Scripted):
    """A system that knows who calls whom, and what was measured."""

    def __init__(self, *calls):
        self.seen, self.kinds = [], {}
        super().__init__(collectors=(Latency(self.seen),))
        self.calls, self.asked, self.fails = calls, 0, None

    def find_graph_reader(self):
        """Give itself."""
        return self

    async def read_graph(self, queries):
        """Tell the calls of now, or fail."""
        del queries
        self.asked += 1
        if self.fails:
            raise self.fails
        rows = [
            GraphSample({"client": caller, "server": callee, "connection_type": self.kinds.get(callee, "")}, 2.0)
            for caller, callee in self.calls
        ]
        return GraphReading(samples={"graph.rate": rows})


class Latency:
    """A collector of metrics: billing and stock are slow since ten minutes before the alert, stock first."""

    name = "mesh.metrics"

    def __init__(self, seen):
        self.seen = seen

    def wants(self, scope):
        """Want everything."""
        return True

    async def collect(self, scope):
        """Bring an hour of both."""
        self.seen.append(scope)
        start = scope.window_start.timestamp()
        series = tuple(
            Series(
                labels={"service": service, "__name__": "latency_seconds"},
                points=tuple((start + 60 * at, late if at >= 50 else usual) for at in range(60)),
            )
            for service, usual, late in (("billing", 0.1, 2.0), ("stock", 0.05, 1.9))
        )
        return [
            Evidence(
                incident_id=scope.incident_id,
                kind=EvidenceKind.METRICS,
                collector=self.name,
                entity=scope.entities[0],
                title="latency",
                query="latency_seconds",
                observed_at=scope.window_end,
                fresh_until=scope.window_end + MINUTE,
                lines=(EvidenceLine(number=1, text="billing"), EvidenceLine(number=2, text="stock")),
                facts=MetricFacts(expression="latency_seconds", purpose="latency", step_s=60, series=series).to_json(),
            )
        ]


@pytest.fixture
def mesh():
    """Give a mesh of web -> billing -> stock."""
    return Mesh(("web", "billing"), ("billing", "stock"))


@pytest.fixture
def stage(build_stage, mesh):
    """Give a house with the mesh."""
    return build_stage(mesh)


@pytest.fixture
def watcher(stage):
    """Give what a serving house asks with, half a minute after its start."""
    watcher = GraphWatcher(stage.house.graphs, stage.store, stage.clock)
    stage.clock.advance(MINUTE)
    return watcher


async def _hold(stage):
    view = await stage.hold(make_alert("BillingSlow", "billing"))
    return view, [item for item in view.evidence if item.kind is EvidenceKind.GRAPH]


async def test_remembered_graph_names_the_callee_in_a_live_incident(stage, watcher, mesh):
    """An alert on a caller is tied to what it calls, as a bundle's graph.json does it; the age is told."""
    await watcher.look()
    stage.clock.advance(20 * MINUTE)

    view, (graph,) = await _hold(stage)

    assert "The trouble of billing begins at stock" in view.diagnosis.leading.text
    assert graph.collector == COLLECTOR
    assert ", 20m before this look" in graph.title
    assert "(scripted-0): 3 services, 2 calls" in graph.title
    assert [line.text for line in graph.lines] == ["billing -> stock", "web -> billing"]
    assert GraphFacts.from_json(graph.facts).edges[0].callee == "stock"
    assert mesh.asked == 1  # The incident itself asked nobody.


async def test_without_a_graph_nothing_is_said_of_calls(stage):
    """Whom it calls is not known, and not guessed."""
    view, graphs = await _hold(stage)

    assert graphs == []
    assert "begins at stock" not in view.diagnosis.leading.text


def _tell(stage, *edges):
    stage.restart(topology=edges)


async def test_calls_that_the_settings_tell_are_known_without_a_system(stage):
    """Who wrote them down wants them used, as alerts are grouped by them."""
    _tell(stage, ("billing", "stock"), ("web", "billing"))

    view, (graph,) = await _hold(stage)

    assert "The trouble of billing begins at stock" in view.diagnosis.leading.text
    assert "(topology of the settings): 3 services, 2 calls" in graph.title


async def test_calls_that_the_settings_tell_stand_beside_the_kept_ones(stage, watcher, mesh):
    """What measures does not see everything."""
    mesh.calls = (("web", "billing"),)
    _tell(stage, ("billing", "stock"))
    await watcher.look()

    _, (graph,) = await _hold(stage)

    assert "(scripted-0, topology of the settings)" in graph.title
    assert [line.text for line in graph.lines] == ["billing -> stock", "web -> billing"]


async def test_export_holds_the_graph(stage, watcher, tmp_path):
    """What is read back is diagnosed the same."""
    await watcher.look()
    view, (graph,) = await _hold(stage)

    await export_incident(stage.context, view.incident.id, tmp_path / "out")
    diagnosed = diagnose_bundle(read_bundle(tmp_path / "out"))

    assert graph in diagnosed.bundle.evidence
    assert diagnosed.diagnosis == view.diagnosis


async def test_graph_of_yesterday_is_not_shown(stage, watcher):
    """Releases change who calls whom: an old one would mislead."""
    await watcher.look()
    stage.clock.advance(USABLE)

    _, graphs = await _hold(stage)

    assert graphs == []


async def test_graph_that_does_not_know_the_service_is_not_shown(stage, watcher):
    """It would make every other service look unrelated."""
    await watcher.look()

    view = await stage.hold(make_alert("LakeDown", "lake"))

    assert all(item.kind is not EvidenceKind.GRAPH for item in view.evidence)


async def test_graph_is_asked_for_once_an_hour(stage, watcher, mesh):
    """By one worker for all: another finds it kept."""
    await watcher.look()
    await watcher.look()
    another = GraphWatcher(stage.house.graphs, stage.store, stage.clock)
    stage.clock.advance(MINUTE)
    await another.look()
    assert mesh.asked == 1

    stage.clock.advance(EVERY)
    await watcher.look()

    assert mesh.asked == 2


async def test_start_has_other_things_to_do(stage, mesh):
    """The first look comes half a minute later."""
    await GraphWatcher(stage.house.graphs, stage.store, stage.clock).look()

    assert mesh.asked == 0


async def test_system_that_is_down_does_not_take_what_it_told_before(stage, watcher, mesh):
    """In an outage of the metrics the graph of before is the better one."""
    await watcher.look()
    stage.clock.advance(EVERY)
    mesh.fails = OperationalError("The mesh is down")

    await watcher.look()

    assert (await stage.find_flag("graph/known"))["sources"] == ["scripted-0"]
    stage.clock.advance(5 * MINUTE)
    await watcher.look()
    assert mesh.asked == 3  # It is tried again sooner.


async def test_clock_that_was_set_back_does_not_stop_the_looks(stage, watcher, mesh):
    """What is due in a far time to come was noted by another clock."""
    await watcher.look()
    stage.clock.advance(-timedelta(days=30))

    await watcher.look()

    assert mesh.asked == 2


async def test_scope_is_told_who_shares_a_store_with_it(stage, watcher, mesh):
    """What such a service changed may be felt by who reads what it writes."""
    mesh.calls, mesh.kinds = (("billing", "ledger"), ("orders", "ledger"), ("web", "billing")), {"ledger": "database"}
    await watcher.look()

    await _hold(stage)

    assert mesh.seen[-1].beside == ("orders",)


@pytest.fixture
def second():
    """Give a second system that knows of calls."""
    return Mesh(("stock", "orders"))


async def _look_for(stage, watcher, span):
    for _ in range(int(span / (5 * MINUTE))):
        stage.clock.advance(5 * MINUTE)
        await watcher.look()


async def test_system_that_knows_of_no_call_is_asked_once_an_hour(stage, watcher, mesh):
    """A Prometheus without a mesh has answered: there is nothing to try again."""
    mesh.calls = ()

    await _look_for(stage, watcher, 6 * EVERY)

    assert mesh.asked <= 7
    assert await stage.find_flag("graph/known") is None


async def test_quiet_night_takes_no_call_and_is_no_reason_to_ask_more(stage, mesh, second):
    """Nobody shops, and nothing is measured: who calls whom is what it was."""
    graphs = LiveGraph({"first": mesh, "second": second}, stage.clock)
    watcher = GraphWatcher(graphs, stage.store, stage.clock)
    stage.clock.advance(MINUTE)
    await watcher.look()
    second.calls = ()

    await _look_for(stage, watcher, 6 * EVERY)

    assert (await stage.find_flag("graph/known"))["sources"] == ["first", "second"]
    assert mesh.asked <= 7
    await _look_for(stage, watcher, USABLE)
    assert (await stage.find_flag("graph/known"))["sources"] == ["first"]


async def test_system_that_was_taken_out_of_the_settings_keeps_nothing_old(stage, mesh, second):
    """Nobody waits for what is not asked any more."""
    watcher = GraphWatcher(LiveGraph({"first": mesh, "second": second}, stage.clock), stage.store, stage.clock)
    stage.clock.advance(MINUTE)
    await watcher.look()

    watcher = GraphWatcher(LiveGraph({"first": mesh}, stage.clock), stage.store, stage.clock)
    await _look_for(stage, watcher, 2 * EVERY)

    assert (await stage.find_flag("graph/known"))["sources"] == ["first"]


def _count_graphs():
    gc.collect()
    return sum(isinstance(one, MergedGraph) for one in gc.get_objects())


async def test_graph_is_let_go_between_the_looks(stage, watcher):
    """An idle server does not hold a cluster's worth of it for an hour."""
    before = _count_graphs()
    await watcher.look()
    assert _count_graphs() == before + 1

    stage.clock.advance(2 * MINUTE)
    await watcher.look()

    assert _count_graphs() == before


async def test_alerts_of_who_calls_whom_are_one_incident(stage, watcher):
    """As with `topology` in the settings: what passes another's failure on is no second one."""
    await watcher.look()

    opened = [await stage.send(make_alert("Errors", name)) for name in ("web", "billing", "stock", "mail")]

    owners = [one.incidents for one in opened]
    assert owners[0] == owners[1] == owners[2] != owners[3]
    view = await stage.show(owners[0][0])
    assert view.incident.merges[1].text.startswith("billing is a direct neighbour of web as alert Errors")


async def test_old_graph_groups_nothing(stage, watcher):
    """Releases change who calls whom; what a minute ago was too old is so still."""
    await watcher.look()
    stage.clock.advance(USABLE + MINUTE)

    opened = [await stage.send(make_alert("Errors", name)) for name in ("web", "billing")]

    assert opened[0].incidents != opened[1].incidents


async def test_call_that_nobody_waits_for_groups_nothing(stage, watcher, mesh):
    """A sender of messages does not fail with who takes them."""
    mesh.kinds = {"billing": "messaging_system"}
    await watcher.look()

    opened = [await stage.send(make_alert("Errors", name)) for name in ("web", "billing")]

    assert opened[0].incidents != opened[1].incidents
