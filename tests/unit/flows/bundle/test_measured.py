"""Metrics and the service graph as evidence: series n is line n, calls are edges."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import GraphFacts, MetricFacts
from fermata.flows.bundle import measured

GRAPH = {
    "services": [{"name": "edge", "kind": "gateway", "replicas": 2}, {"name": "lone", "kind": "app"}],
    "edges": [{"from": "edge", "to": "cart", "mode": "sync", "code": {"retries": 3}}],
    "journeys": [{"name": "buy", "entry": "edge", "needs": ["cart"]}],
}


def test_series_are_lines_and_facts(folder, texts):
    """Each with its service and name as labels, and a line that says between which values it moved."""
    folder.write("metrics/m.csv", "time,cart:error_rate,edge:latency_ms\n1795435200,0.5,10\n1795435260,7,\n")

    item = folder.get_only(EvidenceKind.METRICS)
    facts = MetricFacts.from_json(item.facts)

    assert [(series.labels["service"], series.labels["__name__"]) for series in facts.series] == [
        ("cart", "error_rate"),
        ("edge", "latency_ms"),
    ]
    assert facts.series[1].points == ((1795435200.0, 10.0),)
    assert facts.step_s == 60
    assert texts(item)[0].startswith("cart error_rate: 2 values from 2026-11-23T12:00:00.000Z")
    assert "lowest 0.5 at 12:00:00, median 3.75, highest 7 at 12:01:00, last 7" in texts(item)[0]
    # One that never moved has no instant of its own.
    assert "lowest 10, median 10, highest 10, last 10" in texts(item)[1]
    assert item.entity.ref == "metrics/m"


def test_names_of_the_graph_part_a_column(folder):
    """`order_db_cpu` is the database's where the graph knows it."""
    folder.write("graph.json", {"services": [{"name": "order_db"}], "edges": []})
    folder.write("metrics/m.csv", "time,order_db_cpu\n1795435200,1\n1795435260,2\n")

    (series,) = folder.get_only(EvidenceKind.METRICS).facts["series"]

    assert (series["labels"]["service"], series["labels"]["__name__"]) == ("order_db", "cpu")


def test_series_of_one_service_are_its_own(folder):
    """The file is about that service, and the unit is theirs when it is one."""
    folder.write(
        "metrics/m.json",
        {"name": "cpu", "unit": "percent", "labels": {"service": "cart"}, "points": [[1795435200, 1], [1795435260, 2]]},
    )

    item = folder.get_only(EvidenceKind.METRICS)

    assert (item.entity.ref, item.facts["unit"]) == ("service/cart", "percent")


def test_line_says_which_pod_a_series_is_of(folder, texts):
    """Where a service has several; one that has a single pod needs no name for it."""
    rows = [
        {"name": name, "labels": {"service": "cart", "pod": pod}, "points": [[1795435200, 1], [1795435260, 2]]}
        for name, pod in (("latency_p99", "cart-a"), ("latency_p99", "cart-b"), ("cpu", "cart-a"))
    ]
    folder.write("metrics/m.json", rows)

    lines = texts(folder.get_only(EvidenceKind.METRICS))

    assert [line.partition(":")[0] for line in lines] == [
        "cart latency_p99 of pod cart-a",
        "cart latency_p99 of pod cart-b",
        "cart cpu",
    ]


def test_graph_is_edges_with_what_is_said_of_them(folder, texts):
    """Calls and lone services are lines; the rest of an edge is kept."""
    folder.write("graph.json", GRAPH)

    item = folder.get_only(EvidenceKind.GRAPH)
    facts = GraphFacts.from_json(item.facts)

    assert texts(item) == ["edge -> cart sync", "lone app"]
    assert (facts.edges[0].caller, facts.edges[0].mode, facts.edges[0].facts) == (
        "edge",
        "sync",
        {"code": {"retries": 3}},
    )
    assert facts.services[0]["replicas"] == 2
    assert facts.journeys[0]["name"] == "buy"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("graph.json", "{", "not JSON"),
        ("graph.json", '{"services": [], "edges": []}', "names no service"),
        ("graph.json", '{"services": [{}], "edges": [{"from": "a", "to": "b"}]}', "no"),
        ("metrics/m.json", "{}", "holds no series"),
    ],
)
def test_what_cannot_be_used_is_named(folder, name, content, reason):
    """With the file and the reason; the rest is read."""
    folder.write("logs/a.log", "x\n")
    folder.write(name, content)

    warning = folder.read().warnings[0]

    assert warning.startswith(name)
    assert reason in warning


def test_too_many_points_are_cut_and_said(folder, monkeypatch):
    """Whole series are kept or left out; one that is too long by itself is named."""
    monkeypatch.setattr(measured, "MOST_POINTS", 3)  # A constant: half a million points take seconds.
    folder.write("metrics/m.csv", "time,a:x,b:x\n1,1,1\n2,2,2\n")
    assert "1 of 2 series" in folder.get_only(EvidenceKind.METRICS).cut

    folder.write("metrics/m.csv", "time,a:x\n1,1\n2,2\n3,3\n4,4\n")
    folder.write("logs/a.log", "x\n")
    assert "more than 3 points" in folder.read().warnings[0]
