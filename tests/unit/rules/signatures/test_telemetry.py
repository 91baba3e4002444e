"""The service at which metrics say that a disturbance begins."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.alert import AlertStatus
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import CallEdge, GraphFacts, MetricFacts, ObjectFacts, Series, TraceFacts, TraceSpan
from fermata.rules.signatures.base import Specificity
from fermata.rules.signatures.telemetry import SIGNATURES

DEGRADED = SIGNATURES[0]
MINUTES = 60
BEGIN = 50
"""The minute of the window in which the trouble begins: ten before the alert."""


def tell(scene, series, *, edges=(("checkout", "stock"), ("stock", "stock-db")), points=MINUTES):
    """Add one metric of each service, by minute since the window's start: (usual, later) or a list of values."""
    start = scene.build().scope.window_start.timestamp()
    rows, lines = [], []
    for service, told in series.items():
        values = told if isinstance(told, list) else [told[0]] * BEGIN + [told[1]] * (points - BEGIN)
        rows.append(
            Series(
                labels={"service": service, "__name__": "latency_seconds"},
                points=tuple((start + 60 * minute, value) for minute, value in enumerate(values)),
            )
        )
        lines.append(f"{service} latency_seconds")
    facts = MetricFacts(expression="latency_seconds", purpose="bundle", step_s=60, series=tuple(rows))
    scene.add(EvidenceKind.METRICS, "service/checkout", lines, facts)
    if edges:
        graph = GraphFacts(edges=tuple(CallEdge(caller=caller, callee=callee) for caller, callee in edges))
        scene.add(EvidenceKind.GRAPH, "service/checkout", ["{}"], graph)
    return scene


SLOW = {"checkout": (0.1, 2.0), "stock": (0.05, 1.9), "stock-db": (0.01, 0.01)}


def test_callee_that_slows_the_alerted_service_is_named(scene):
    """It is cited together with what the alerted service shows, and says since when and how much."""
    tell(scene, SLOW)

    (found,) = scene.match(DEGRADED)

    assert (found.entity.ref, found.confidence) == ("service/stock", 0.7)
    assert found.text == (
        "The trouble of checkout begins at stock, since 09:41 UTC: latency_seconds rose from 0.05 to 1.9 (38 times); "
        "nothing it calls accounts for it. Of checkout, latency_seconds rose from 0.1 to 2 (20 times)."
    )
    assert [citation.quote for citation in found.citations] == ["stock latency_seconds", "checkout latency_seconds"]
    assert found.person_must.startswith("Find out what happened to stock at 09:41 UTC")
    assert DEGRADED.specificity is Specificity.STATE


def test_pod_that_alone_is_slow_is_where_to_look(scene):
    """The service's name would accuse its other pods, too."""
    start = scene.build().scope.window_start.timestamp()
    rows = tuple(
        Series(
            labels={"service": "checkout", "pod": f"checkout-{pod}", "__name__": "latency_seconds"},
            points=tuple((start + 60 * minute, 0.1 if minute < BEGIN else later) for minute in range(MINUTES)),
        )
        for pod, later in (("a", 0.1), ("b", 2.0), ("c", 0.1))
    )
    facts = MetricFacts(expression="latency_seconds", purpose="bundle", step_s=60, series=rows)
    scene.add(EvidenceKind.METRICS, "service/checkout", ["a", "b", "c"], facts)

    (found,) = scene.match(DEGRADED)

    assert found.entity.ref == "service/checkout"
    assert "Only pod checkout-b shows it: the other 2 of 3 are as usual." in found.text
    assert found.person_must.startswith("Find out what happened to the pod checkout-b of checkout at 09:41 UTC")
    assert [citation.quote for citation in found.citations] == ["b"]


def test_alerted_service_that_nobody_else_explains_is_named_itself(scene):
    """Its callees are as usual, so the trouble is its own."""
    tell(scene, SLOW | {"stock": (0.05, 0.05)})

    (found,) = scene.match(DEGRADED)

    assert found.text.startswith("checkout is not as usual, since 09:41 UTC: latency_seconds rose from 0.1 to 2")
    assert [citation.quote for citation in found.citations] == ["checkout latency_seconds"]


def test_age_that_an_exporter_tells_is_no_slowness(scene):
    """How long ago a log was written grows with the clock: nobody waits for it, and it degrades no service."""
    start = scene.build().scope.window_start.timestamp()
    points = tuple((start + 60 * minute, 1.0 if minute < BEGIN else 60.0 * minute) for minute in range(MINUTES))
    rows = (Series(labels={"service": "checkout", "__name__": "shop_log_age_seconds"}, points=points),)
    facts = MetricFacts(expression="shop_log_age_seconds", purpose="bundle", step_s=60, series=rows)
    scene.add(EvidenceKind.METRICS, "service/checkout", ["checkout shop_log_age_seconds"], facts)

    assert scene.match(DEGRADED) == []


def test_traces_tell_who_calls_whom_where_no_graph_does(scene):
    """A span's parent is its caller; a span whose parent was not kept tells nothing."""
    onset = scene.build().scope.onset
    names = (("a", "", "checkout"), ("b", "a", "stock"), ("c", "lost", "stock-db"))
    spans = [
        TraceSpan(trace_id="t", span_id=own, parent_id=parent, service=service, started_at=onset, duration_s=1.0)
        for own, parent, service in names
    ]
    tell(scene, SLOW, edges=())
    scene.add(EvidenceKind.TRACES, "service/checkout", ["a", "b", "c"], TraceFacts(spans=tuple(spans)))

    (found,) = scene.match(DEGRADED)

    assert found.entity.ref == "service/stock"


@pytest.mark.parametrize("kind", [EvidenceKind.TRACES, EvidenceKind.GRAPH])
def test_unreadable_traces_and_graphs_tell_of_no_calls(scene, kind):
    """The conclusion names them as a gap; the metrics still speak."""
    tell(scene, SLOW | {"stock": (0.05, 0.05)}, edges=())
    scene.add(kind, "service/checkout", ["?"], {"spans": 1, "edges": 1})

    assert len(scene.match(DEGRADED)) == 1


def test_instance_of_the_alerted_service_is_taken_for_it(scene):
    """Exporters number instances, alerts name the service."""
    tell(scene, {"checkout_01": (0.1, 2.0)}, edges=())

    (found,) = scene.match(DEGRADED)

    assert (found.entity.name, found.confidence) == ("checkout_01", 0.7)


def test_service_that_nobody_was_alerted_for_is_less_sure(scene):
    """Names in alerts that metrics do not know leave every service a suspect."""
    scene.names = ["edge-proxy"]
    tell(scene, SLOW)

    (found,) = scene.match(DEGRADED)

    assert (found.entity.name, found.confidence) == ("stock", 0.5)
    assert found.text.startswith("stock is not as usual")


@pytest.mark.parametrize(
    ("series", "edges"),
    [
        ({"checkout": (0.1, 0.1), "stock": (0.05, 0.05)}, (("checkout", "stock"),)),
        ({"checkout": (0.1, 0.13)}, ()),
        (SLOW | {"cart": (0.05, 1.9)}, (("checkout", "stock"), ("checkout", "cart"))),
    ],
    ids=["nothing moved", "hardly moved", "two alike"],
)
def test_metrics_without_one_clear_origin_name_none(scene, series, edges):
    """Silence beats a guess: nothing moved, hardly anything did, or two did alike."""
    tell(scene, series, edges=edges)

    assert scene.match(DEGRADED) == []


def test_no_metrics_name_nobody(scene):
    """There is nothing to look at."""
    assert scene.match(DEGRADED) == []


def test_slowness_that_is_over_is_not_named_once_nothing_fires(scene):
    """A resolved alert and series that are back to normal: healthy must stay healthy."""
    back = [0.1] * 46 + [2.0] * 4 + [0.1] * 10
    lasting = [0.1] * 46 + [2.0] * 12 + [0.1] * 2

    for values, told in ((back, 0), (lasting, 1)):
        own = type(scene)()
        own.resolved = True
        tell(own, {"checkout": values}, edges=())
        assert len(own.match(DEGRADED)) == told
    firing = tell(type(scene)(), {"checkout": back}, edges=())
    assert len(firing.match(DEGRADED)) == 1


def test_slowness_whose_own_alert_has_ended_is_not_named_for_the_next_one(scene):
    """An incident that is opened again has the series of its first part; what fires now began after that."""
    tell(scene, {"checkout": [0.1] * 46 + [2.0] * 4 + [0.1] * 10}, edges=())
    case = scene.build()
    (firing,) = case.alerts
    slow = datetime.fromtimestamp(case.cluster.series[0].times[46], UTC)
    over = {"status": AlertStatus.RESOLVED, "starts_at": slow, "ends_at": slow + timedelta(minutes=4)}
    ended = firing.model_copy(update={"name": "CheckoutSlow", "fingerprint": "f2", **over})

    both = replace(case, alerts=(ended, firing))

    assert firing.starts_at > ended.ends_at
    assert DEGRADED.match(both) == ()
    assert len(DEGRADED.match(case)) == 1


def test_spike_that_was_over_before_the_alert_began_is_not_named(scene):
    """A rule that waits fires of what goes on; what moves now is told instead, if anything does."""
    spike = [0.1] * 20 + [9.0] * 4 + [0.1] * 36
    rise = [0.1] * 46 + [2.0] * 14
    found = []

    for series in ({"checkout": spike}, {"checkout": rise, "stock": spike}):
        case = tell(type(scene)(), series, edges=()).build()
        (firing,) = case.alerts
        first = datetime.fromtimestamp(case.cluster.series[0].times[26], UTC)
        over = {"status": AlertStatus.RESOLVED, "starts_at": first, "ends_at": first + timedelta(minutes=1)}
        ended = firing.model_copy(update={"name": "CheckoutRestarted", "fingerprint": "f2", **over})
        reopened = replace(case, alerts=(ended, firing), scope=case.scope.model_copy(update={"onset": first}))
        found.append([(one.entity.name, one.text.partition(":")[0]) for one in DEGRADED.match(reopened)])

    assert found == [[], [("checkout", "checkout is not as usual, since 09")]]


def test_guilty_change_needs_no_such_word(scene):
    """A change that is tied to the failure says more than where it hurts."""
    tell(scene, SLOW | {"stock": (0.05, 0.05)})
    scene.logs([f"2026-11-23T09:50:{second:02d}Z ERROR QueuePool limit of size 4 reached, timed out {second}"
                for second in range(10, 50)])  # fmt: skip
    diff = ["@@ deploy/checkout.yml @@", "-pool: 40", "+pool: 4"]
    scene.change("cfg-1", {}, diff=diff, before=timedelta(minutes=12), kind="config", state="applied")

    assert scene.match(DEGRADED) == []


def test_recording_that_begins_shortly_before_the_alert_is_its_own_reference(scene):
    """Where nothing reaches back a quarter of an hour, the first fifth of the recording is what was usual."""
    start = scene.build().scope.onset.timestamp() - 600
    points = tuple((start + 20 * step, 0.1 if step < 15 else 3.0) for step in range(60))
    row = Series(labels={"service": "checkout", "__name__": "latency_seconds"}, points=points)
    facts = MetricFacts(expression="x", purpose="bundle", step_s=20, series=(row,))
    scene.add(EvidenceKind.METRICS, "service/checkout", ["checkout latency_seconds"], facts)

    (found,) = scene.match(DEGRADED)

    assert found.entity.name == "checkout"


def test_case_without_alerts_takes_no_onset_for_granted(scene):
    """The onset is then where the window begins: the series' own head is the reference."""
    tell(scene, SLOW)
    case = scene.build()
    begun = case.scope.model_copy(update={"onset": case.scope.window_start, "alerts": ()})

    (found,) = DEGRADED.match(replace(case, scope=begun, alerts=()))

    assert found.entity.name == "stock"


def test_workload_of_a_cluster_is_named_as_the_cluster_names_it(scene):
    """A metric's label is but a name; the object behind it is known."""
    tell(scene, SLOW)
    table = ["NAME    READY   UP-TO-DATE   AVAILABLE   AGE", "stock   1/1     1            1           9d"]
    query = "kubectl get deployments -n shop"
    scene.add(EvidenceKind.OBJECTS, "kubernetes:namespace/shop", table, ObjectFacts(form="kubectl"), query=query)

    (found,) = scene.match(DEGRADED)

    assert found.entity.ref == "kubernetes:deployment/shop/stock"


def test_series_that_cannot_be_cited_makes_no_hypothesis(scene):
    """Without a line to point at, nothing is claimed."""
    tell(scene, SLOW | {"stock": (0.05, 0.05)})
    metrics = scene.evidence[0]
    scene.evidence[0] = metrics.model_copy(update={"lines": ()})

    assert DEGRADED.match(scene.build()) == ()


@pytest.mark.parametrize(("label", "name"), [("a b", "a-b"), ("* /", "unknown")])
def test_name_that_no_entity_may_bear_is_cleaned(scene, label, name):
    """Labels hold anything."""
    tell(scene, {label: (0.1, 2.0)}, edges=())

    (found,) = scene.match(DEGRADED)

    assert found.entity.name == name
