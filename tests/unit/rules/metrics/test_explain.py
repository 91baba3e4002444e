"""Whose excess it is."""

import pytest
from tests.unit.rules.metrics.conftest import ONSET

from fermata.rules.metrics.callgraph import CallGraph
from fermata.rules.metrics.explain import blame_nodes, find_surges
from fermata.rules.metrics.shift import Frame
from fermata.rules.metrics.symptoms import Signal, read_nodes

FRAME = Frame(0, ONSET - 1, ONSET)
CHAIN = CallGraph.build([("web", "cart"), ("cart", "db")])


@pytest.fixture
def blame(build):
    """Give each node's part by latencies and requests: node -> (latency before, after, requests before, after)."""

    def make(told, graph=CHAIN, signal=Signal.SLOW):
        return blame_nodes(read(build, told), graph, signal)

    return make


def read(build, told):
    """Give the nodes' states."""
    series = []
    for node, (before, after, *requests) in told.items():
        series.append(build(f"{node}:latency", before, after))
        if requests:
            series.append(build(f"{node}:requests", *requests))
    return read_nodes(series, FRAME)


def test_excess_rests_at_the_deepest_node_that_shows_it(blame):
    """What a caller waits for is not its own."""
    blames = blame({"web": (0.5, 0.9, 100.0), "cart": (0.2, 0.6, 100.0), "db": (0.01, 0.4, 100.0)})

    assert max(blames, key=lambda node: blames[node].own) == "db"
    assert blames["web"].explained_by == ("cart",)
    assert blames["web"].own < 0.1 * blames["web"].amount


def test_callee_that_cannot_account_for_it_leaves_it_with_the_caller(blame):
    """A slight and rare slowness below is no reason for a great one above."""
    blames = blame({"web": (0.5, 0.9, 100.0), "cart": (0.2, 0.25, 10.0)})

    assert blames["web"].own > 0.9 * blames["web"].amount


def test_callee_that_slowed_by_a_greater_factor_leaves_little(blame):
    """Part of the time between them is the network's, which no callee sees."""
    plain = blame({"web": (0.5, 0.9, 100.0), "cart": (0.9, 1.2, 50.0)})
    greater = blame({"web": (0.5, 0.9, 100.0), "cart": (0.01, 0.31, 50.0)})

    assert greater["web"].own < 0.5 * plain["web"].own


def test_shared_callee_accounts_to_each_caller_by_its_calls(blame):
    """The caller with more traffic sent more of the calls."""
    graph = CallGraph.build([("web", "db"), ("jobs", "db"), ("rare", "db")])
    blames = blame(
        {"web": (0.5, 0.7, 90.0), "jobs": (0.5, 0.7, 10.0), "db": (0.1, 0.3, 101.0)},
        graph,
    )

    assert blames["web"].own < 1
    assert blames["jobs"].own < 1


def test_idle_callers_share_nothing(blame):
    """A callee whose callers have no traffic at all owes none of them."""
    graph = CallGraph.build([("web", "db")])

    assert blame({"web": (0.5, 0.7, 0.0), "db": (0.1, 0.3, 5.0)}, graph)["web"].explained_by == ()


def test_nobody_feels_what_nobody_waits_for(blame):
    """Slowness does not come back over a queue."""
    graph = CallGraph.build([("web", "mail")], asynchronous=[("web", "mail")])
    blames = blame({"web": (0.5, 0.9, 100.0), "mail": (0.1, 0.9, 100.0)}, graph)

    assert blames["web"].explained_by == ()


def test_callee_called_since_the_onset_is_its_callers_doing(blame):
    """Something in the caller began to call it."""
    blames = blame({"web": (0.5, 0.9, 100.0), "cart": (0.1, 0.9, 0.0, 50.0)})

    assert blames["web"].explained_by == ()


def test_without_a_graph_the_greatest_factor_stands_out(blame):
    """One delay weighs most where least was normal."""
    blames = blame({"web": (0.5, 0.9, 100.0), "db": (0.01, 0.4, 1.0)}, CallGraph.build([]))

    assert blames["db"].own > blames["web"].own


def test_callee_that_fell_silent_takes_over_what_nobody_explains(build):
    """It cannot show failures any more; its neighbour still hears from the caller."""
    series = [
        build("web:errors", 0.0, 50.0),
        build("web:requests", 100.0),
        build("cart:requests", 80.0, 0.0),
        build("mail:requests", 80.0),
    ]
    graph = CallGraph.build([("web", "cart"), ("web", "mail"), ("web", "unseen")])

    blames = blame_nodes(read_nodes(series, FRAME), graph, Signal.FAILING)

    assert blames["cart"].own > blames["web"].own
    assert blames["web"].explained_by == ("cart",)


def test_callee_that_fell_silent_with_all_others_takes_over_nothing(build):
    """Where nothing below hears from a failing node any more, the node itself stopped calling."""
    series = [
        build("web:errors", 0.0, 50.0),
        build("web:requests", 100.0),
        build("cart:requests", 80.0, 0.0),
        build("mail:requests", 80.0, 0.0),
    ]

    blames = blame_nodes(read_nodes(series, FRAME), CallGraph.build([("web", "cart"), ("web", "mail")]), Signal.FAILING)

    assert set(blames) == {"web"}


def find(build, told, allowed=("web", "cart", "db")):
    """Give node -> what the surge that enters there reaches, and whether it is from outside."""
    surges = find_surges(read(build, told), CHAIN, allowed)
    return {node: (set(surge.reached), surge.is_external) for node, surge in surges.items()}


BUSY = {"web": (0.1, 0.1, 100.0, 400.0), "cart": (0.1, 0.1, 50.0, 200.0), "db": (0.1, 0.1, 0.0, 50.0)}


def test_surge_enters_where_no_caller_sends_more(build):
    """Load travels down: the topmost busy node is where it came in; what had no traffic before is no surge."""
    assert find(build, BUSY) == {"web": ({"web", "cart"}, True)}


def test_surge_from_beside_enters_at_the_first_node_looked_at(build):
    """A caller that is no suspect itself is outside."""
    assert find(build, BUSY, ("cart", "db")) == {"cart": ({"cart"}, True)}


def test_node_called_more_often_by_calm_callers_is_their_doing(build):
    """Retries, or a cache that no longer answers."""
    told = {"web": (0.1, 0.1, 100.0), "cart": (0.1, 0.1, 50.0, 200.0)}

    assert find(build, told) == {"cart": ({"cart"}, False)}


@pytest.mark.parametrize("after", [120.0, 20.0])
def test_little_more_or_less_traffic_is_no_surge(build, after):
    """Services are sized for some more."""
    assert find(build, {"web": (0.1, 0.1, 100.0, after)}) == {}
