"""Time that a host gives to others, and who runs there."""

from datetime import timedelta

import pytest
from tests.unit.rules.changes.conftest import ONSET

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import MetricFacts, Series
from fermata.rules.changes.steal import find_steal

NODE = "node_cpu_seconds_total"


@pytest.fixture
def measure(incident):
    """Give a function that adds a series with labels; a counter counts up by its level each second."""

    def run(metric, before, after, **labels):
        points, count = [], 0.0
        for minute in range(-120, 31):
            level = (before if minute < 0 else after) * (1 + 0.01 * (minute % 3))
            count += level * 60
            at = (ONSET + timedelta(minutes=minute)).timestamp()
            points.append((at, count if metric.endswith("_total") else level))
        series = Series(labels={"__name__": metric, **labels}, points=tuple(points))
        facts = MetricFacts(expression=metric, purpose="cpu", step_s=60, series=(series,))
        return incident.add(EvidenceKind.METRICS, "host", [metric], facts)

    return run


def find(incident):
    """Return what is found."""
    return list(find_steal(incident.read()))


def test_who_runs_on_the_host_is_whom_it_hurts(incident, measure):
    """The series of both name the host; each program has its own port, and the alerted one comes first."""
    measure("node_cpu_steal_percent", 0.4, 38, instance="vm-12:9100")
    measure("http_latency_seconds:p99", 0.2, 9.0, service="other", instance="vm-12:81")
    measure("http_latency_seconds:p99", 0.2, 1.8, service="shop", instance="vm-12:80")

    (found,) = find(incident)

    assert found.service == "shop"
    assert found.text.endswith("the host gives its time to others, and shop runs there.")
    assert len(found.quotes) == 2


@pytest.mark.parametrize("labels", [{"service": "shop", "instance": "vm-13"}, {"service": "shop"}])
def test_who_runs_elsewhere_or_nobody_knows_where_is_not_said_to_suffer(incident, measure, labels):
    """What the host does is told of the host."""
    measure("node_cpu_steal_percent", 0.4, 38, instance="vm-12")
    measure("http_latency_seconds:p99", 0.2, 1.8, **labels)

    (found,) = find(incident)

    assert found.service == "host"
    assert "runs there" not in found.text


def test_who_only_has_less_traffic_on_the_host_is_not_hurt(incident, measure):
    """Something has to be wrong with it."""
    measure("node_cpu_steal_percent", 0.4, 38, instance="vm-12")
    measure("http_requests_rate", 50, 5, service="shop", instance="vm-12")

    assert find(incident)[0].service == "host"


@pytest.mark.parametrize(
    ("mode", "before", "after", "is_found"),
    [("steal", 0.004, 0.41, True), ("steal", 0.004, 0.006, False), ("user", 0.1, 0.9, False)],
)
def test_counter_of_steal_counts_by_how_fast_it_rises(incident, measure, mode, before, after, is_found):
    """Every counter rises; its label says what it counts."""
    measure(NODE, before, after, instance="vm-12:9100", mode=mode)

    found = find(incident)

    assert bool(found) is is_found
    assert not found or "0.004 to 0.41 seconds a second" in found[0].text


def test_less_steal_hurts_nobody(incident, measure):
    """The neighbour has gone."""
    measure("node_cpu_steal_percent", 38, 0.4, instance="vm-12")

    assert find(incident) == []
