"""From a real Prometheus over a real Alertmanager into Fermata, and back for the evidence."""

import asyncio
import threading
from datetime import UTC, datetime, time, timedelta

import pytest

from fermata.domain.alert import AlertStatus
from fermata.domain.entity import Entity
from fermata.domain.facts import MetricFacts
from fermata.domain.ids import IncidentId
from fermata.domain.scope import Scope
from fermata.integrations.alertmanager.source import AlertmanagerSource
from fermata.integrations.prometheus.collect import AlertExpressionCollector, ResourcesCollector
from fermata.integrations.prometheus.settings import PrometheusSettings
from fermata.integrations.prometheus.system import Prometheus
from fermata.kit.clock import SystemClock
from fermata.kit.errors import OperationalError, TransientError

pytestmark = pytest.mark.servers


@pytest.fixture
def alert(outage):
    """Give the alert as it arrived."""
    body, _, received_at = outage.received[0]
    return AlertmanagerSource().parse(body, received_at).alerts[0]


@pytest.fixture
def scope(outage, alert):
    """Give the scope of the outage."""
    return Scope(
        incident_id=IncidentId("inc-1"),
        alerts=(alert,),
        entities=(Entity(kind="service", name="checkout"),),
        onset=alert.starts_at,
        window_start=outage.started_at,
        window_end=outage.bad_until,
    )


def test_real_alert_and_its_end_are_one_firing(outage):
    """What Alertmanager sends today is what the parser reads: token, alert, end."""
    batches = [AlertmanagerSource().parse(body, received_at) for body, _, received_at in outage.received]

    assert {token for _, token, _ in outage.received} == {"Bearer sample-token"}
    first, last = batches[0].alerts[0], batches[-1].alerts[0]
    assert (first.name, first.status, first.severity.value) == ("CheckoutErrors", AlertStatus.FIRING, "critical")
    assert first.labels["service"] == "checkout"
    assert last.id == first.id
    assert last.status is AlertStatus.RESOLVED
    assert last.ends_at > first.starts_at
    assert first.starts_at - outage.broke_at < timedelta(seconds=10)


async def test_alert_expression_shows_the_rise(client, scope, outage):
    """The series goes back before the alert, although the alert's own expression was empty then."""
    (evidence,) = await AlertExpressionCollector(client, SystemClock()).collect(scope)

    facts = MetricFacts.from_json(evidence.facts)
    assert facts.expression == 'sum by (service) (rate(shop_requests_total{outcome="error"}[5s]))'
    (series,) = facts.series
    assert dict(series.labels) == {"service": "checkout"}
    before = [value for at, value in series.points if at < outage.broke_at.timestamp()]
    assert before
    assert max(before) == 0
    assert max(value for _, value in series.points) > 2
    assert "which fires when > 2" in evidence.title
    step = next(line.text for line in evidence.lines if "(was 0)" in line.text)
    stepped_at = datetime.combine(outage.broke_at, time.fromisoformat(step.split()[0]), UTC)
    # The line tells whole seconds and no day: a run over midnight is as good as any.
    since = (stepped_at - outage.broke_at + timedelta(seconds=1)) % timedelta(days=1)
    assert since <= outage.bad_until - outage.broke_at + timedelta(seconds=1)
    assert evidence.cut == ""


async def test_expression_is_found_in_the_servers_rules_too(client, scope, alert):
    """An alert whose link was cut off is looked up by its name."""
    bare = scope.model_copy(update={"alerts": (alert.model_copy(update={"generator_url": ""}),)})

    (evidence,) = await AlertExpressionCollector(client, SystemClock()).collect(bare)

    assert MetricFacts.from_json(evidence.facts).expression.startswith("sum by (service)")


async def test_resources_show_memory_traffic_and_errors(client, scope):
    """The usual metrics are found by the service's label, and the rate window fits a scrape every second."""
    evidence = await ResourcesCollector(client, SystemClock()).collect(scope)

    found = {facts.purpose: facts for facts in (MetricFacts.from_json(one.facts) for one in evidence)}
    assert set(found) == {"up", "memory", "memory_limit", "cpu", "traffic", "errors"}
    assert found["errors"].expression == (
        'sum by (outcome) (rate(shop_requests_total{service="checkout",'
        'outcome=~"error|failure|failed|fail|timeout|SERVER_ERROR"}[4s]))'
    )
    assert max(value for _, value in found["errors"].series[0].points) > 2
    assert max(value for _, value in found["cpu"].series[0].points) == pytest.approx(0.25, rel=0.3)
    memory = next(one for one in evidence if MetricFacts.from_json(one.facts).purpose == "memory")
    assert any("200 MiB (was 50 MiB)" in line.text for line in memory.lines), memory.lines


async def test_entity_without_metrics_is_no_evidence(client, scope):
    """A service nobody scrapes gives nothing, and no error."""
    unknown = scope.model_copy(update={"entities": (Entity(kind="service", name="nobody"),)})

    assert list(await ResourcesCollector(client, SystemClock()).collect(unknown)) == []


async def test_expression_prometheus_cannot_parse_is_refused_in_its_words(client, outage):
    """The server's own reason reaches the person."""
    async with client.connect() as session:
        with pytest.raises(OperationalError, match="parse error") as refusal:
            await session.fetch_range("rate(up)) ++", outage.started_at, outage.bad_until, 1.0)

    assert not isinstance(refusal.value, TransientError)


async def test_doctor_finds_a_real_server_in_order(outage):
    """Version, clock and rules, read from the real thing."""
    system = Prometheus(PrometheusSettings(url=outage.prometheus.url), SystemClock())

    results = await system.check()

    assert [result.ok for result in results] == [True, True, True], results
    assert "1 alerting rules: CheckoutErrors" in results[2].text


def test_one_client_serves_several_event_loops(client, scope):
    """A leg may run on another loop than the web server: the client ties itself to none."""
    found = []

    def run():
        found.append(asyncio.run(AlertExpressionCollector(client, SystemClock()).collect(scope)))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert [len(evidence) for evidence in found] == [1, 1, 1]
