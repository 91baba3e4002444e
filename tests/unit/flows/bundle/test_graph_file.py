"""The service graph, as somebody wrote it down."""

import json

import pytest

from fermata.flows.bundle.files import SourceFile, Unreadable
from fermata.flows.bundle.graph_file import read_graph, read_graph_file

SHOP = {
    "services": [{"name": "web", "kind": "Gateway", "replicas": 2}, "cart", {"kind": "db"}, 7],
    "edges": [
        {"from": "web", "to": "cart", "mode": "sync"},
        {"from": "web", "to": "mail", "mode": "async"},
        {"from": "web"},
        {"to": "web"},
    ],
    "journeys": [{"name": "buy", "entry": "web", "needs": ["cart"]}],
}


def test_services_and_calls_are_read(tmp_path):
    """A plain name is a service too, and what stands at an edge is known."""
    path = tmp_path / "graph.json"
    path.write_text(json.dumps(SHOP))

    graph = read_graph_file(SourceFile("graph.json", path, path.stat().st_size))

    assert [(service.name, service.kind) for service in graph.services] == [("web", "gateway"), ("cart", "")]
    assert graph.services[0].facts["replicas"] == 2
    assert graph.names == {"web", "cart", "mail"}
    assert graph.call_graph.callees == {"web": ("cart", "mail")}
    assert not graph.call_graph.waits("web", "mail")
    assert graph.journeys[0]["name"] == "buy"


def test_entries_that_cannot_be_used_are_named():
    """The rest is used."""
    assert read_graph(json.dumps(SHOP)).problems == (
        'entries of "services" that are no objects: 4',
        'entry 3 of "services" has no "name"',
        'entry 3 of "edges" has no "to"',
        'entry 4 of "edges" has no "from"',
    )


def test_list_that_is_none_is_named():
    """An absent list is fine: the source does not say."""
    graph = read_graph('{"services": [], "journeys": {}}')

    assert (graph.problems, graph.calls) == (('"journeys" is no list',), ())


@pytest.mark.parametrize("text", ["[]", "{}", "{", '{"nodes": []}'])
def test_what_is_no_graph_is_refused(text):
    """It needs services or edges."""
    with pytest.raises(Unreadable):
        read_graph(text)


def test_many_wrong_entries_are_counted():
    """The first of them by number."""
    (problem,) = read_graph(json.dumps({"services": list(range(9))})).problems

    assert problem == 'entries of "services" that are no objects: 1, 2, 3, 4, 5 and 4 more'
