"""The document that `fermata chaos plan` reads."""

import json

from fermata.rules.servicegraph.merging import merge
from fermata.rules.servicegraph.partial import Basis
from fermata.rules.servicegraph.writing import write_graph
from fermata.rules.servicegraph.written import read_written


def build(part):
    """Give a graph of two sources that disagree."""
    one, two = part("declared", nodes=["web"], source="k8s/"), part("live", "web>db", ["web"], source="kubernetes")
    one.add_node("web", replicas=3)
    two.add_node("web", replicas=1, error="x")
    two.nodes["web"].aliases = frozenset({"web-v1"})
    one.add_edge("web", "db", why="DB_HOST", protocol="mysql", **{"code.timeout_ms": 300})
    one.journeys.append({"name": "look", "entry": "web"})
    return merge([one, two])


def test_every_fact_has_its_source(part):
    """And the whole is JSON."""
    document = json.loads(json.dumps(write_graph(build(part))))

    web = document["services"][0]
    assert (web["name"], web["replicas"], web["kind"], web["error"]) == ("web", 1, None, "x")
    assert web["sources"]["replicas"] == {"source": "kubernetes", "basis": "live"}
    assert web["aliases"] == ["web-v1"]
    edge = document["edges"][0]
    assert (edge["from"], edge["to"], edge["protocol"], edge["code"]) == ("web", "db", "mysql", {"timeout_ms": 300})
    assert edge["standing"] == "declared"
    assert edge["told_by"][0] == {"source": "k8s/", "basis": "declared", "why": "DB_HOST"}
    assert document["journeys"] == [{"name": "look", "entry": "web"}]
    assert document["sources"][0] == {"source": "k8s/", "basis": "declared", "services": 2, "edges": 1}
    assert document["conflicts"] == [
        {
            "where": "web",
            "field": "replicas",
            "kept": {"value": 1, "basis": "live", "source": "kubernetes"},
            "others": [{"value": 3, "basis": "declared", "source": "k8s/"}],
        }
    ]
    assert document["lookalikes"] == []


def test_document_reads_back_as_the_same_facts(part):
    """With the sources that it names, and not as something written down."""
    document = write_graph(build(part))

    again = merge([read_written(document["services"], document["edges"], document["journeys"], source="graph.json")])

    assert again.nodes[0].facts["replicas"].basis is Basis.LIVE
    assert again.edges[0].facts["code.timeout_ms"].source == "k8s/"


def test_call_without_code_has_none(merged):
    """An empty object would say that somebody read the code."""
    assert "code" not in write_graph(merged("a>b"))["edges"][0]
