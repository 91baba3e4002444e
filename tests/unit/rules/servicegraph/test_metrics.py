"""Metrics that name both ends of a call."""

from fermata.rules.servicegraph.metrics import Sample, build_queries, read_metrics


def pair(value, client="web", server="cart", kind=""):
    """Give a row of a service graph."""
    return Sample({"client": client, "server": server, "connection_type": kind}, value)


def mesh(value, reporter="source", source="web", target="cart", **more):
    """Give a row of Istio's."""
    labels = {
        "reporter": reporter,
        "source_canonical_service": source,
        "source_workload": f"{source}-v1",
        "destination_service_name": target,
        "destination_workload": f"{target}-v1",
        "request_protocol": "http",
    }
    return Sample({**labels, **more}, value)


def read(**answers):
    """Give the edges by pair, facts alone."""
    graph = read_metrics({key.replace("_", ".", 1): rows for key, rows in answers.items()}, source="prometheus")
    return graph, {
        (edge.caller, edge.callee): {key: fact.value for key, fact in edge.facts.items()} for edge in graph.edges
    }


def test_questions_cover_what_is_read():
    """Every question has the window in it; ratios are means."""
    queries = build_queries("3m")

    assert set(queries) == {
        "graph.rate", "graph.failed", "graph.client_s", "graph.server_s",
        "istio.rate", "istio.failed", "istio.ms", "istio.tcp",
    }  # fmt: skip
    assert all("[3m]" in query for query in queries.values())


def test_rate_latency_and_errors_are_read():
    """Of several connection types the rates add up; latency is the caller's."""
    _, edges = read(
        graph_rate=[pair(8.0), pair(2.0, kind="database"), pair(0.0, server="idle"), pair(float("nan"), server="x"),
                    pair(1.0, client="")],
        graph_failed=[pair(1.0), pair(1.0, server="stranger"), pair(float("inf"))],
        graph_client_s=[pair(0.1), pair(float("nan"), server="cart")],
        graph_server_s=[pair(0.9), pair(0.5, server="stranger")],
    )  # fmt: skip

    assert edges == {
        ("web", "cart"): {"rate_rps": 10.0, "latency_ms": 100.0, "error_share": 0.1, "mode": "sync"},
    }


def test_callee_s_own_time_fills_a_gap():
    """Where no caller measured."""
    _, edges = read(graph_rate=[pair(1.0)], graph_server_s=[pair(0.25)])

    assert edges["web", "cart"]["latency_ms"] == 250.0


def test_connection_tells_queues_databases_and_users():
    """The connector's own words."""
    graph, edges = read(
        graph_rate=[
            pair(1.0, server="mail", kind="messaging_system"),
            pair(1.0, server="redis", kind="database"),
            pair(1.0, server="store", kind="database"),
            pair(1.0, client="user", server="web", kind="virtual_node"),
            pair(1.0, server="otel-collector"),
        ]
    )

    assert edges["web", "mail"]["mode"] == "async"
    assert {name: node.facts["kind"].value for name, node in graph.nodes.items() if "kind" in node.facts} == {
        "redis": "cache",
        "store": "db",
        "user": "loadgen",
    }
    assert ("web", "otel-collector") not in edges


def test_mesh_s_two_reports_are_one_call():
    """The caller's is taken; the workloads are other names."""
    graph, edges = read(
        istio_rate=[mesh(4.0), mesh(4.0, "destination"), mesh(1.0, "destination", "x", "y"), mesh(0.0, target="idle")],
        istio_failed=[mesh(1.0), mesh(4.0, "destination")],
        istio_ms=[mesh(12.0), mesh(9.0, "destination"), mesh(float("nan"))],
    )

    assert edges == {
        ("web", "cart"): {"rate_rps": 4.0, "latency_ms": 12.0, "error_share": 0.25, "mode": "sync", "protocol": "http"},
        ("x", "y"): {"rate_rps": 1.0, "mode": "sync", "protocol": "http"},
    }
    assert graph.nodes["cart"].aliases == {"cart-v1"}


def test_mesh_knows_plain_connections_and_names_no_unknown():
    """TCP has connections for calls; what neither proxy knows is nobody."""
    graph, edges = read(
        istio_rate=[mesh(1.0, source="unknown", source_workload="unknown"), mesh(1.0, target="web"),
                    mesh(1.0, destination_service_name="PassthroughCluster", destination_workload="")],
        istio_tcp=[mesh(2.0, "waypoint", target="mongodb", source_workload="unknown")],
    )  # fmt: skip

    assert edges == {("web", "mongodb"): {"rate_rps": 2.0, "mode": "sync", "protocol": "tcp"}}
    assert graph.nodes["web"].aliases == set()
