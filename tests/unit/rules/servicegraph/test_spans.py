"""Traces become calls with rates and times."""

import pytest

from fermata.rules.servicegraph import spans
from fermata.rules.servicegraph.spans import read_spans


def span(span_id, parent="", kind=0, start=0.0, length=0.1, *, trace="t", links=(), **attributes):
    """Give a span of OTLP; times in seconds."""
    return {
        "traceId": trace,
        "spanId": span_id,
        "parentSpanId": parent,
        "kind": kind,
        "startTimeUnixNano": str(int(start * 1e9)),
        "endTimeUnixNano": str(int((start + length) * 1e9)),
        "links": [{"traceId": linked, "spanId": of} for linked, of in links],
        "attributes": [
            {"key": key.replace("_", "."), "value": {"stringValue": value}} for key, value in attributes.items()
        ],
    }


def otlp(**services):
    """Give a document with the spans of each service."""
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": name.replace("_", "-")}}]},
                "scopeSpans": [{"spans": items}],
            }
            for name, items in services.items()
        ]
    }


def read(*documents):
    """Give the graph, and its edges by pair with facts alone."""
    graph = read_spans(documents, source="t.json")
    return graph, {
        (edge.caller, edge.callee): {key: fact.value for key, fact in edge.facts.items()} for edge in graph.edges
    }


def test_client_span_with_a_server_span_under_it_is_one_call():
    """The time is what the caller waits; the rate is over the time the file spans."""
    graph, edges = read(
        otlp(
            web=[
                span("a", length=2.0, kind=2),
                span("b", "a", 3, 0.0, 0.4),
                span("c", "a", "SPAN_KIND_CLIENT", 1.0, 0.2),
            ],
            cart=[span("d", "b", 2, 0.1, 0.1, rpc_system="grpc"), span("e", "c", 2, 1.0, 0.1), span("f", "e")],
        )
    )

    assert edges == {
        ("web", "cart"): {"calls_seen": 2, "rate_rps": 1.0, "latency_ms": 300.0, "mode": "sync"},
    }
    assert graph.notes == ["rates are calls in 2 s of traces; sampled traces make them lower bounds"]
    assert graph.nodes["cart"].is_defined


def test_parent_in_another_service_is_a_call_without_a_client_span():
    """Then the callee's own time is all there is; moments are no rate."""
    _, edges = read(otlp(web=[span("a")], cart=[span("b", "a", length=0.05)]))

    assert edges == {("web", "cart"): {"calls_seen": 1, "latency_ms": 50.0, "mode": "sync"}}


def test_client_span_with_nothing_under_it_names_what_it_calls():
    """A database by its host, else by what it is; an address names nothing."""
    graph, edges = read(
        otlp(
            web=[
                span("a", kind=3, server_address="pg.shop.svc", db_system="postgresql"),
                span("b", kind=3, server_address="10.0.0.1", db_system="redis"),
                span("c", kind=3, net_peer_name="localhost"),
                span("d", kind=3, server_address="web"),
                span("e", kind=3, peer_service="otel-collector"),
                span("f", kind=3, server_address="api.stripe.com", http_method="POST"),
            ]
        )
    )

    assert {pair: facts.get("protocol") for pair, facts in edges.items()} == {
        ("web", "pg.shop"): "postgresql",
        ("web", "redis"): "redis",
        ("web", "api.stripe.com"): "http",
    }
    assert graph.nodes["pg.shop"].facts["kind"].value == "db"


def test_kind_of_a_service_with_spans_of_its_own_is_not_guessed():
    """A service that speaks a store's protocol and is measured itself may be anything."""
    graph, _ = read(otlp(web=[span("a", kind=3, db_system="redis", peer_service="proxy")], proxy=[span("z")]))

    assert graph.nodes["proxy"].is_defined


def test_message_is_taken_up_later_and_nobody_waits():
    """By the parent, or by a link into another trace; what nobody consumed went to the queue."""
    graph, edges = read(
        otlp(
            web=[span("a", kind=4), span("b", kind=4), span("c", kind="4", messaging_system="kafka")],
            mail=[span("d", "a", 5), span("e", kind=5, trace="u", links=[("t", "b"), ("t", "gone")])],
        )
    )

    assert edges["web", "mail"] == {"calls_seen": 2, "mode": "async"}
    assert edges["web", "kafka"] == {"calls_seen": 1, "mode": "async", "protocol": "kafka"}
    assert graph.nodes["kafka"].facts["kind"].value == "queue"


@pytest.mark.parametrize(
    ("giver", "taker"),
    [
        ({"messaging_system": "kafka"}, {"messaging_system": "kafka"}),
        ({"messaging_system": "kafka"}, {}),
        ({}, {"messaging_system": "kafka"}),
        ({"messaging_system": "kafka", "server_address": "kafka-0.kafka"}, {"messaging_system": "kafka"}),
    ],
)
def test_message_goes_through_what_its_spans_name(giver, taker):
    """To the broker and from it, and not past it; who takes it is no queue."""
    graph, edges = read(
        otlp(web=[span("a", kind=4, **giver)], mail=[span("b", "a", 5, length=2, **taker), span("c", "b", 5, **taker)])
    )

    assert edges == {
        ("web", "kafka"): {"calls_seen": 1, "rate_rps": 0.5, "mode": "async"} | protocol(edges, "web", "kafka"),
        ("kafka", "mail"): {"calls_seen": 1, "rate_rps": 0.5, "mode": "async"} | protocol(edges, "kafka", "mail"),
    }
    assert graph.nodes["kafka"].facts["kind"].value == "queue"
    assert "kind" not in graph.nodes["mail"].facts


def protocol(edges, *pair):
    """Give the protocol of a call, if it has one."""
    return {key: value for key, value in edges[pair].items() if key == "protocol"}


def test_broker_that_only_takers_name_is_a_queue():
    """Also where a client asks for messages; one that asks for anything else is no taker."""
    receive = {"messaging_system": "aws_sqs", "server_address": "jobs.queue", "messaging_operation": "receive"}
    settle = receive | {"messaging_operation": "settle"}
    graph, edges = read(otlp(mail=[span("a", kind=3, **receive), span("b", kind=3, **settle)]))

    assert edges["jobs.queue", "mail"]["mode"] == "async"
    assert edges["mail", "jobs.queue"]["mode"] == "sync"
    assert graph.nodes["jobs.queue"].facts["kind"].value == "queue"


def test_client_that_a_taker_answers_has_sent():
    """Some libraries say client of who gives a message."""
    kafka = {"messaging_system": "kafka"}
    _, edges = read(otlp(web=[span("a", kind=3, **kafka)], mail=[span("b", "a", 5, **kafka)]))

    assert set(edges) == {("web", "kafka"), ("kafka", "mail")}


def test_client_of_a_broker_that_another_service_serves_is_a_call():
    """A queue behind a program of one's own: it waits for that."""
    sqs = {"messaging_system": "aws_sqs"}
    _, edges = read(otlp(web=[span("a", kind=3, **sqs)], jobs=[span("b", "a", 2)]))

    assert {pair: facts["mode"] for pair, facts in edges.items()} == {("web", "jobs"): "sync"}


def test_call_below_a_message_is_a_call():
    """What takes a message asks others as anybody does, and a broker with spans of its own is a service."""
    kafka = {"messaging_system": "kafka"}
    graph, edges = read(
        otlp(mail=[span("a", kind=5, **kafka)], accounts=[span("b", "a", 2)], kafka=[span("c", kind=4, **kafka)])
    )

    assert edges["mail", "accounts"]["mode"] == "sync"
    assert "kind" not in graph.nodes["kafka"].facts


def test_jaeger_s_form_is_read_the_same():
    """Microseconds, processes and references."""
    tags = [{"key": "span.kind", "value": "client"}, {"key": "other", "value": "x"}]
    trace = {
        "processes": {"p1": {"serviceName": "web"}, "p2": {"serviceName": "cart"}},
        "spans": [
            {"traceID": "t", "spanID": "a", "processID": "p1", "startTime": 0, "duration": 2_000_000},
            {"traceID": "t", "spanID": "b", "processID": "p1", "startTime": 0, "duration": 500_000, "tags": tags,
             "references": [{"traceID": "t", "spanID": "a"}]},
            {"traceID": "t", "spanID": "c", "processID": "p2", "startTime": 0, "parentSpanID": "b"},
        ],
    }  # fmt: skip

    assert read({"data": [trace]})[1] == read([trace, 3])[1]
    assert read({"data": [trace]})[1] == {
        ("web", "cart"): {"calls_seen": 1, "rate_rps": 0.5, "latency_ms": 500.0, "mode": "sync"}
    }


def test_broken_spans_are_counted_and_the_others_go_on():
    """Without ids, times or a service."""
    broken = [{}, span("", kind=2), {**span("x"), "startTimeUnixNano": "soon"}]
    nameless = {"resourceSpans": [{"scopeSpans": [{"spans": [span("y")]}]}]}

    graph, _ = read(otlp(web=[*broken, span("a")]), nameless)

    assert graph.problems == ["4 spans without ids, or with times that are none"]
    assert set(graph.nodes) == {"web"}


def test_file_without_spans_is_said():
    """It is something else."""
    assert read({"a": 1})[0].problems == ["it holds no spans of OTLP (resourceSpans) or Jaeger (data, spans)"]


def test_more_spans_than_are_read_are_said(monkeypatch):
    """The first ones are used."""
    monkeypatch.setattr(spans, "MOST_SPANS", 1)

    graph, _ = read(otlp(web=[span("a"), span("b")]))

    assert graph.problems == ["only the first 1 spans are read"]


def test_service_that_only_takes_telemetry_is_no_node():
    """A collector traces itself, too."""
    graph, edges = read(otlp(jaeger=[span("a")], web=[span("b", "a")]))

    assert (set(graph.nodes), edges) == ({"web"}, {})


@pytest.mark.parametrize("value", [{"arrayValue": {}}, {}, None, 1.5])
def test_attribute_of_another_type_is_passed_over(value):
    """Only words and whole numbers name a peer."""
    odd = {**span("a", kind=3), "attributes": [{"key": "server.address", "value": value}, {"key": 3, "value": "x"}]}

    assert read(otlp(web=[odd]))[1] == {}
