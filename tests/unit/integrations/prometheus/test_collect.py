"""What is asked for a scope, and what becomes of answers that are refused."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from fermata.domain.alert import Alert, AlertStatus, Severity
from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import MetricFacts
from fermata.domain.ids import IncidentId
from fermata.domain.scope import Scope
from fermata.integrations.prometheus.collect import (
    MOST_EXPRESSIONS,
    AlertExpressionCollector,
    ResourcesCollector,
    find_rule,
)
from fermata.integrations.prometheus.wire import WireRule
from fermata.kit.errors import OperationalError, TransientError
from fermata.testing.clock import FakeClock
from fermata.testing.collector_contract import cut_off

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CHECKOUT = Entity(kind="service", name="checkout")


def alert(expression="", name="CheckoutErrors", **labels):
    """Give an alert, its expression in its generator URL."""
    return Alert(
        source="alertmanager",
        fingerprint=f"f-{name}-{expression}",
        name=name,
        status=AlertStatus.FIRING,
        severity=Severity.CRITICAL,
        labels={"alertname": name, **labels},
        annotations={},
        starts_at=NOON,
        generator_url="http://vm:9090/graph?" + urlencode({"g0.expr": expression}) if expression else "",
        payload_digest="sha256:0",
        received_at=NOON,
    )


def scope(*alerts, entities=(CHECKOUT,)):
    """Give a scope of the hour around noon."""
    return Scope(
        incident_id=IncidentId("inc-1"),
        alerts=alerts,
        entities=entities,
        onset=NOON,
        window_start=NOON - timedelta(minutes=30),
        window_end=NOON + timedelta(minutes=30),
    )


def matrix(*values, **labels):
    """Give a range answer of one series."""
    points = [[NOON.timestamp() + i * 8, str(value)] for i, value in enumerate(values)]
    return {"resultType": "matrix", "result": [{"metric": labels, "values": points}] if values else []}


def rules(*named):
    """Give an answer of the rules call."""
    return {"groups": [{"rules": [{"name": name, "query": query, "labels": labels} for name, query, labels in named]}]}


async def test_expression_of_the_alert_is_asked_without_its_comparison(server):
    """The value before the alert is what shows the change; the limit goes into the title."""
    await server.start(lambda _: server.answer(matrix(0.0, 0.3, service="checkout")))
    clock = FakeClock()

    (evidence,) = await AlertExpressionCollector(server.client(), clock).collect(
        scope(alert("errors / requests > 0.05", service="checkout"))
    )

    assert server.requests[0].params["query"] == "errors / requests"
    assert server.requests[0].params["step"] == "8"
    assert evidence.kind is EvidenceKind.METRICS
    assert evidence.collector == "prometheus.alert_expression"
    assert evidence.entity == CHECKOUT
    assert evidence.title == "CheckoutErrors: the value its rule watches, which fires when > 0.05"
    assert evidence.query == (
        "query_range errors / requests from 2026-11-23T11:30:00.000Z to 2026-11-23T12:30:00.000Z step 8s"
    )
    assert evidence.observed_at == clock.now()
    assert evidence.is_fresh(clock.now())
    facts = MetricFacts.from_json(evidence.facts)
    assert (facts.purpose, facts.step_s, len(facts.series[0].points)) == ("alert", 8.0, 2)
    json.dumps(evidence.to_json())


async def test_last_point_is_of_now(server):
    """Servers count points from the start; an alert that has just begun is in the last seconds."""
    await server.start(lambda _: server.answer(matrix(1.0, service="checkout")))
    about = scope(alert("up == 0", service="checkout"))
    about = about.model_copy(update={"window_end": about.window_end + timedelta(seconds=5)})

    await AlertExpressionCollector(server.client(), FakeClock()).collect(about)

    params = server.requests[0].params
    start, end = (float(params[name]) for name in ("start", "end"))
    assert end == about.window_end.timestamp()
    assert (end - start) % float(params["step"]) == 0
    assert 0 <= start - about.window_start.timestamp() < float(params["step"])


async def test_alerts_of_one_rule_are_asked_once(server):
    """A storm of one cause is one query."""
    await server.start(lambda _: server.answer(matrix(1.0)))
    storm = [alert("up == 0", name="Down", pod=f"p-{i}") for i in range(50)]

    evidence = await AlertExpressionCollector(server.client(), FakeClock()).collect(scope(*storm))

    assert len(evidence) == len(server.requests) == 1


async def test_fifth_expression_is_left_out_and_said(server):
    """What was not asked is a stated gap."""
    await server.start(lambda _: server.answer(matrix(1.0)))
    alerts = [alert(f"metric_{i} > 0", name=f"A{i}") for i in range(MOST_EXPRESSIONS + 1)]

    evidence = await AlertExpressionCollector(server.client(), FakeClock()).collect(scope(*alerts))

    assert len(evidence) == MOST_EXPRESSIONS
    assert evidence[0].cut == "1 of 5 expressions were not asked"


async def test_alert_without_an_expression_is_looked_up_by_its_rule(server):
    """Not every sender links its query; the server knows its own rules."""

    def respond(request):
        if request.path.endswith("/rules"):
            return server.answer(rules(("Other", "x > 1", {}), ("CheckoutErrors", "errors > 1", {})))
        return server.answer(matrix(2.0))

    await server.start(respond)

    (evidence,) = await AlertExpressionCollector(server.client(), FakeClock()).collect(scope(alert()))

    assert MetricFacts.from_json(evidence.facts).expression == "errors"


async def test_unknown_rule_is_no_evidence(server):
    """An alert of another system is not a failure: this one knows nothing of it."""
    await server.start(lambda _: server.answer(rules()))

    assert await AlertExpressionCollector(server.client(), FakeClock()).collect(scope(alert())) == []


async def test_generator_url_is_never_called(server):
    """An address that arrives in an alert is read, not followed."""
    other_host_asked = []
    await server.start(lambda request: other_host_asked.append(request) or server.answer(matrix()))
    foreign = alert("up == 0").model_copy(update={"generator_url": f"{server.url}/steal?g0.expr=up"})

    await AlertExpressionCollector(server.client(), FakeClock()).collect(scope(foreign))

    assert [request.path for request in server.requests] == ["/api/v1/query_range"]


async def test_alert_without_entities_is_evidence_of_its_rule(server):
    """Labels may name nothing; the observation is still one."""
    await server.start(lambda _: server.answer(matrix(1.0)))

    (evidence,) = await AlertExpressionCollector(server.client(), FakeClock()).collect(
        scope(alert("up == 0", name="Shop: is it down?"), entities=())
    )

    assert evidence.entity.ref == "prometheus:rule/Shop-is-it-down-"


async def test_one_refused_expression_does_not_cost_the_others(server):
    """A rule may hold what this server cannot compute; the rest is evidence, and the refusal is said."""

    def respond(request):
        if request.params["query"] == "broken":
            return server.answer(status="422 X", body=b'{"error":"many-to-many matching"}')
        return server.answer(matrix(1.0))

    await server.start(respond)
    alerts = [alert("broken > 1", name="A"), alert("fine > 1", name="B")]

    (evidence,) = await AlertExpressionCollector(server.client(), FakeClock()).collect(scope(*alerts))

    assert "1 of 2 queries were refused" in evidence.cut
    assert "many-to-many matching" in evidence.cut


async def test_only_refused_expression_is_an_operational_error(server):
    """Nothing to show is a gap with its reason."""
    await server.start(lambda _: server.answer(status="422 X", body=b'{"error":"many-to-many matching"}'))

    with pytest.raises(OperationalError, match="many-to-many"):
        await AlertExpressionCollector(server.client(), FakeClock()).collect(scope(alert("broken > 1")))


@pytest.mark.parametrize("collector", [AlertExpressionCollector, ResourcesCollector])
async def test_server_in_trouble_is_one_transient_error(server, collector):
    """Several calls failing at once are one failure to the caller, of the family it handles."""
    await server.start(lambda _: server.answer(status="503 X", body=b""))

    with pytest.raises(TransientError, match="HTTP 503"):
        await collector(server.client(), FakeClock()).collect(scope(alert("a > 1", name="A"), alert("b > 1", name="B")))


async def test_resources_are_asked_by_what_the_server_has(server):
    """Names first, then the few queries that fit them; the rate window follows the scrape interval."""

    def respond(request):
        if request.path.endswith("/values"):
            has = request.params["match[]"] == '{service="checkout"}'
            return server.answer(["up", "process_resident_memory_bytes", "http_requests_total"] if has else [])
        if request.path.endswith("/labels"):
            return server.answer(["__name__", "code", "service"])
        if request.path.endswith("/query"):
            return server.answer(
                {"result": [{"metric": {}, "values": [[NOON.timestamp() + i * 30, "1"] for i in range(4)]}]}
            )
        return server.answer(matrix(1.0, 2.0))

    await server.start(respond)

    evidence = await ResourcesCollector(server.client(), FakeClock()).collect(scope())

    found = {facts.purpose: facts for facts in (MetricFacts.from_json(one.facts) for one in evidence)}
    assert {purpose: facts.expression for purpose, facts in found.items()} == {
        "up": 'up{service="checkout"}',
        "memory": 'process_resident_memory_bytes{service="checkout"}',
        "traffic": 'sum by (code) (rate(http_requests_total{service="checkout"}[120s]))',
        "errors": 'sum by (code) (rate(http_requests_total{service="checkout",code=~"5.."}[120s]))',
    }
    assert found["memory"].unit == "bytes"
    assert all(one.entity == CHECKOUT and one.collector == "prometheus.resources" for one in evidence)
    assert {request.method for request in server.requests} == {"GET"}


async def test_unknown_names_are_no_evidence(server):
    """A service Prometheus does not scrape is not a failure."""
    await server.start(lambda _: server.answer([]))

    assert list(await ResourcesCollector(server.client(), FakeClock()).collect(scope())) == []


async def test_scrape_interval_that_cannot_be_seen_is_the_usual(server):
    """Without `up` the rate window is four times fifteen seconds."""

    def respond(request):
        if request.path.endswith("/values"):
            return server.answer(["process_cpu_seconds_total"])
        return server.answer(matrix(1.0))

    await server.start(respond)

    (evidence,) = await ResourcesCollector(server.client(), FakeClock()).collect(scope())

    assert MetricFacts.from_json(evidence.facts).expression.endswith("[60s])")


def test_collectors_want_what_they_can_use():
    """Without alerts there is no expression, without entities no name to look for."""
    expression, resources = AlertExpressionCollector(None, FakeClock()), ResourcesCollector(None, FakeClock())

    assert expression.wants(scope(alert(), entities=()))
    assert not expression.wants(scope())
    assert resources.wants(scope())
    assert not resources.wants(scope(alert(), entities=()))


@pytest.mark.parametrize(
    ("labels", "query"),
    [
        ({"severity": "critical"}, "critical"),
        ({"severity": "warning"}, "warning"),
        ({"severity": "info"}, "any"),
        ({}, "any"),
    ],
)
def test_rules_of_one_name_are_told_apart_by_their_labels(labels, query):
    """A warning and a critical rule share a name; templates in labels cannot be compared."""
    known = [
        WireRule(name="CheckoutErrors", query="any", labels={"team": "{{ $labels.team }}"}),
        WireRule(name="CheckoutErrors", query="warning", labels={"severity": "warning"}),
        WireRule(name="CheckoutErrors", query="critical", labels={"severity": "critical"}),
        WireRule(name="Other", query="other", labels=labels),
    ]

    assert find_rule(alert(**labels), known) == query


async def test_expression_that_is_slow_costs_none_of_the_others(server):
    """What was answered by the deadline is there."""

    async def respond(request, _, writer):
        await asyncio.sleep(60 if "slow" in request.params["query"] else 0)
        writer.write(server.answer(matrix(1.0)))

    await server.start(respond)
    asked = scope(alert("slow > 1", "Slow"), alert("errors > 1"))
    collector = AlertExpressionCollector(server.client(), FakeClock())

    handed = await cut_off(collector, asked, "Slow: the value its rule watches, which fires when > 1")

    assert [item.title for item in handed.evidence] == [
        "CheckoutErrors: the value its rule watches, which fires when > 1"
    ]
