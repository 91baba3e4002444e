from dataclasses import replace

import pytest
from tests.unit.rules.signatures.notices import NoticedTown

from fermata.rules.metrics.semantics import Kind
from fermata.rules.signatures.kubernetes_findings import list_findings, locate, measure, quote_point


def read(text):
    """Return what one notice about the deployment `web` or the node `n1` says."""
    town = NoticedTown().run("web").add("Node", "n1", "").notice(text)
    return [(item.item.kind, item.kind, item.before, item.after) for item in list_findings(town.build())]


@pytest.mark.parametrize(
    ("text", "kind", "before", "after"),
    [
        ("Service web: LATENCY [Slow] | web-p50latency: Normal=2.5ms -> Current=1158ms", "latency", 2.5, 1158),
        ("p99 latency of web rose from 120ms to 4.2s", "latency", 120, 4200),
        ("Deployment web response time: baseline 0.2 s, now 3 s", "latency", 200, 3000),
        ("p95 latency of web-1-a is 900ms (normal 40ms)", "latency", 40, 900),
        ("web response time 4.2s above the 1s", "latency", 1000, 4200),
        ("node n1: cpu usage 95% > 80%", "cpu", 80, 95),
        ("Service web: X [cpu core] | Normal=0.03 cores -> Current=0.16 cores (+375.0%)", "cpu", 0.03, 0.16),
        ("Service web: THROUGHPUT_DROP [RPS] | Normal=12.2req/s -> Current=3.9req/s", "traffic", 12.2, 3.9),
        ("Service web: ERROR [Success Rate Drop] | Normal=99.9% -> Cur=25.0%", "success", 99.9, 25),
    ],
)
def test_pair_of_numbers_is_read_with_its_measure(text, kind, before, after):
    """Monitors word it freely; the pair, its unit and the words for the measure are what they share."""
    assert [found[1:] for found in read(text)] == [(kind, before, after)]


def test_each_part_of_a_notice_is_a_finding():
    """One notice may hold several percentiles, or directions; a part without words keeps the heading's measure."""
    found = read(
        "Service web: LATENCY [Slow] | web-p50latency: Normal=1ms -> Current=9ms | p90: Normal=2ms -> Current=8ms"
    )

    assert [(item[1:]) for item in found] == [("latency", 1.0, 9.0), ("latency", 2.0, 8.0)]


def test_heading_names_the_measure_of_bare_numbers():
    """A part that holds nothing but numbers is of what the heading says."""
    assert read("Service web: slow response | Normal=1ms -> Current=9ms")[0][1] is Kind.LATENCY


def test_node_is_told_from_workloads():
    """A node's finding is the node's."""
    found = read("Node n1: DEGRADED [TCP Retransmission] | Normal=0.01retrans -> Current=8.49retrans")

    assert found == [("Node", Kind.PACKET_LOSS, 0.01, 8.49)]


def test_throttling_needs_no_pair():
    """That a workload is throttled is said with one number or none, of the workload or of its pod."""
    prometheus = "45% throttling of CPU in namespace shop for container x in pod web-1-a."

    assert read(prometheus)[0][:2] == ("Deployment", "saturation")
    assert read("Service web: RESOURCE_SATURATION [cpu_cfs] | Val: 0.8s (Throttled)")[0][:2] == (
        "Deployment",
        "saturation",
    )


@pytest.mark.parametrize("text", ["Service ghost: Normal=1ms -> Current=2ms", "all is well", "Service web: odd | news"])
def test_notice_without_object_or_numbers_says_nothing(text):
    """What is about nothing known, or says nothing that can be compared, is left out."""
    assert read(text) == []


def test_rise_needs_something_usual():
    """Beside nothing at all there is no ratio."""
    town = NoticedTown().run("web").notice("Service web: p90latency | Normal=0ms -> Current=9ms")
    (found,) = list_findings(town.notice("Service web: rps | Normal=2 -> Current=1").build())[:1]

    assert found.rise == 0.0


def test_names_are_found_behind_services_and_pods():
    """A monitor may name the service, the pod, or the full host name; what runs is meant."""
    town = NoticedTown().run("web").service("front", app="web").service("nobody", app="none")
    cluster = town.build()

    names = ("web", "shop/web", "web-1-a", "front", "front.svc.cluster.local", "nobody")

    assert [locate(cluster, name).name for name in names] == ["web", "web", "web", "web", "web", "nobody"]
    assert locate(cluster, "ghost") is None


def test_series_speak_where_no_notice_speaks_of_latency():
    """What rose lastingly is found in the series; what fell, stayed, or belongs to nothing known is not."""
    town = NoticedTown().run("web", "cart").notice("Service cart: THROUGHPUT_DROP [RPS] | Normal=9 -> Current=1")
    town.measure("web", "p90latency", 10, 500).measure("cart", "p90latency", 10, 10).measure("web", "rps", 1, 90)
    cluster = town.measure("ghost", "p90latency", 10, 500).measure("cart", "p50latency", 90, 9).build()

    found = list_findings(cluster)

    assert [(item.item.name, item.kind, item.after) for item in found] == [
        ("cart", "traffic", 1),
        ("web", "latency", 500),
    ]
    assert (found[1].quote.document, found[1].quote.line) == ("web-p90latency", 11)


def test_notice_of_latency_makes_the_series_superfluous():
    """Whoever watches knows better what is usual."""
    town = NoticedTown().run("web", "cart").slow("web", 1, 9).measure("cart", "p90latency", 10, 500)

    assert [item.item.name for item in list_findings(town.build())] == ["web"]


def test_series_too_short_to_judge_says_nothing():
    """A point or two have nothing usual."""
    town = NoticedTown().run("web").measure("web", "p90latency", 1, 9)
    town.series = [replace(item, times=item.times[:3], values=item.values[:3]) for item in town.series]

    assert measure(town.build(), Kind.LATENCY) == []


def test_point_is_quoted_by_the_line_of_its_source():
    """Where the source has lines, a point has one of them."""
    (series,) = NoticedTown().measure("web", "rps", 1, 2, lines=range(100, 120)).series

    assert quote_point(series, 3).line == 103
