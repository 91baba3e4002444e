"""What a real Prometheus tells of a real outage's time."""

import pytest

from fermata.domain.entity import Entity
from fermata.integrations.alertmanager.source import AlertmanagerSource
from fermata.integrations.prometheus.settings import PrometheusSettings
from fermata.integrations.prometheus.system import Prometheus
from fermata.kit.clock import SystemClock
from fermata.ports.trail import TrailScope
from fermata.testing.clock import FakeClock

pytestmark = pytest.mark.servers


@pytest.fixture
def scope(outage):
    """Give what is asked of the outage."""
    body, _, received_at = outage.received[0]
    return TrailScope(
        start=outage.started_at,
        end=outage.bad_until,
        entities=(Entity(kind="service", name="checkout"),),
        alerts=AlertmanagerSource().parse(body, received_at).alerts,
    )


async def test_alerts_expression_comes_first_with_its_query(outage, scope):
    """It is zero while nothing is broken, and over the rule's limit afterwards."""
    part = await Prometheus(PrometheusSettings(url=outage.prometheus.url), SystemClock()).find_trail().read_trail(scope)

    first, *others = part.curves
    assert first.name == "checkout (checkout errors)"
    assert first.query == 'sum by (service) (rate(shop_requests_total{outcome="error"}[5s]))'
    assert first.url.startswith(f"{outage.prometheus.url}/graph?g0.expr=sum+by+")
    points = dict(zip(first.times, first.values, strict=True))
    broke_at = outage.broke_at.timestamp()
    assert max(value for at, value in points.items() if at > broke_at) > 2
    assert all(value == 0 for at, value in points.items() if at < broke_at)
    assert "checkout memory" in {curve.name for curve in others}
    assert part.gaps == ()


async def test_server_that_is_gone_is_a_gap(scope):
    """Each collector says so, and nothing is raised."""
    system = Prometheus(PrometheusSettings(url="http://127.0.0.1:9", timeout_s=1), FakeClock())

    part = await system.find_trail().read_trail(scope)

    assert part.curves == []
    assert all("cannot be reached" in gap or "not enough" in gap for gap in part.gaps)
    assert part.gaps
