"""`graph.json` is one source among others."""

from fermata.rules.servicegraph.partial import Basis
from fermata.rules.servicegraph.written import read_written


def read(services=(), edges=(), journeys=()):
    """Give the graph of some entries."""
    return read_written(services, edges, journeys, source="graph.json")


def test_fields_and_code_facts_are_kept():
    """Empty ones are not said, and unknown ones are nobody's."""
    graph = read(
        [
            {"name": "Cart", "kind": "app", "replicas": 0, "pdb": None, "memory_limit": "", "colour": "red"},
            {"kind": "db"},
        ],
        [{"from": "web", "to": "Cart", "mode": "async", "code": {"timeout_ms": 0, "new": 1}}, {"from": "web"}],
    )

    assert {key: fact.value for key, fact in graph.nodes["cart"].facts.items()} == {"kind": "app", "replicas": 0}
    assert {key: fact.value for key, fact in graph.edges[0].facts.items()} == {
        "mode": "async",
        "code.timeout_ms": 0,
        "code.new": 1,
    }
    assert len(graph.edges) == 1


def test_sources_that_were_written_down_stay():
    """A file of ours merges as its sources would; a basis that is none is the file's own."""
    told = {"rate_rps": {"basis": "measured", "source": "prometheus"}, "mode": {"basis": "dreamt"}}

    (edge,) = read(edges=[{"from": "a", "to": "b", "rate_rps": 2, "mode": "sync", "sources": told}]).edges

    assert (edge.facts["rate_rps"].basis, edge.facts["rate_rps"].source) == (Basis.MEASURED, "prometheus")
    assert (edge.facts["mode"].basis, edge.facts["mode"].source) == (Basis.WRITTEN, "graph.json")


def test_calls_beyond_the_bound_take_no_facts(monkeypatch):
    """A call that was dropped must not give its facts to the one before."""
    monkeypatch.setattr("fermata.rules.servicegraph.partial.MOST_EDGES", 1)

    graph = read(edges=[{"from": "a", "to": "b"}, {"from": "a", "to": "c", "mode": "async"}])

    assert [edge.facts for edge in graph.edges] == [{}]


def test_journeys_name_services_as_the_nodes_do():
    """Whatever else they hold stays."""
    (first, second) = read(
        journeys=[{"name": "Buy", "entry": "Web", "needs": ["Cart", 3]}, {"name": "x", "needs": 1}]
    ).journeys

    assert first == {"name": "Buy", "entry": "web", "needs": ["cart", 3]}
    assert second == {"name": "x", "needs": 1, "entry": ""}
