from datetime import UTC, datetime

import pytest

from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind, EvidenceLine
from fermata.domain.facts import CallEdge, GraphFacts, LogFacts, MetricFacts, ObjectFacts, Series
from fermata.rules.claims import Quote
from fermata.rules.signatures.cluster_case import read_cluster
from fermata.testing.records import make_alert, make_evidence

POD = Entity.parse("kubernetes:pod/shop/web-1-a")
PODS = "NAME      READY   STATUS    RESTARTS   AGE\nweb-1-a   0/1     Pending   0          5m"


def _evidence(kind, text="", facts=None, **changes):
    lines = tuple(EvidenceLine(number=number, text=line) for number, line in enumerate(text.split("\n"), start=1))
    return make_evidence(kind=kind, lines=lines, facts=facts.to_json() if facts else {}, **changes)


@pytest.fixture
def printed():
    """Give what kubectl printed of one pod."""
    return _evidence(EvidenceKind.OBJECTS, PODS, ObjectFacts(form="kubectl"), query="kubectl get pods -n shop")


def test_printed_and_api_objects_are_one_cluster(printed):
    """Whoever tells of an object, it is the same one; quotes name the evidence."""
    body = {"kind": "Node", "metadata": {"name": "n1"}}
    api = _evidence(EvidenceKind.OBJECTS, "kind: Node", ObjectFacts(form="api", objects=(body,)))

    cluster = read_cluster([printed, api])

    (pod,) = cluster.list("Pod")
    assert (pod.name, cluster.list("Node")[0].name) == ("web-1-a", "n1")
    assert cluster.quote(pod)[0].document == printed.id


@pytest.mark.parametrize(
    ("named", "expected"), [(["shop"], "shop"), (["shop", ""], "shop"), (["shop", "pay"], "default"), ([], "default")]
)
def test_rows_that_nothing_places_are_of_the_namespace_that_alerts_name(named, expected):
    """`kubectl get -n` prints no namespace: whoever pastes it looks where the alert is. Two of them tell nothing."""
    rows = _evidence(EvidenceKind.OBJECTS, PODS, ObjectFacts(form="kubectl"), query="kubectl get pods")
    alerts = [make_alert(labels={"namespace": name} if name else {}) for name in named]

    assert [pod.namespace for pod in read_cluster([rows], alerts).list("Pod")] == [expected]


def test_unknown_form_and_unreadable_facts_are_no_objects():
    """What cannot be read as objects is left to those who read lines."""
    odd = _evidence(EvidenceKind.OBJECTS, PODS, ObjectFacts(form="screenshot"), query="kubectl get pods -n shop")
    broken = make_evidence(kind=EvidenceKind.OBJECTS, facts={"what": 1})

    assert read_cluster([odd, broken]).list("Pod") == ()


@pytest.mark.parametrize(
    ("entity", "path", "expected"),
    [
        ("kubernetes:pod/shop/web-1-a", "logs/shop__web-1-a__app__previous.log", ("shop", "web-1-a", "app", True)),
        ("kubernetes:pod/shop/web-1-a", "", ("shop", "web-1-a", "", False)),
        ("service/web", "logs/web__old.log", ("", "web", "", False)),
    ],
)
def test_log_belongs_to_what_its_file_or_its_entity_names(entity, path, expected):
    """A container's file tells pod, container and whether it is from before the restart."""
    log = _evidence(EvidenceKind.LOGS, "boom", LogFacts(path=path), entity=Entity.parse(entity))

    (found,) = read_cluster([log]).logs()

    assert (found.namespace, found.pod, found.container, found.previous) == expected
    assert found.find("boom") == Quote(log.id, 1, "boom")


def test_log_without_facts_is_its_entitys():
    """Nothing but the entity is needed."""
    log = make_evidence(text="boom", entity=POD, facts={"path": 7})

    assert read_cluster([log]).logs()[0].pod == "web-1-a"


def _metrics(*series, text):
    facts = MetricFacts(expression="rate(x)", purpose="bundle", step_s=60, series=series)
    return _evidence(EvidenceKind.METRICS, text, facts, entity=Entity.parse("service/web"))


def test_series_are_named_by_their_labels_and_quoted_by_their_line():
    """The service comes from the labels, else from the entity; the metric from its name, else from the query."""
    named = Series(labels={"service": "cart", "__name__": "latency"}, points=((0, 1), (60, 2)))
    bare = Series(labels={}, points=((0, 1),))
    evidence = _metrics(named, bare, text="cart latency\nweb")

    first, second = read_cluster([evidence]).series

    assert (first.service, first.metric, list(first.values), list(first.lines)) == ("cart", "latency", [1, 2], [1, 1])
    assert (second.service, second.metric, list(second.lines), second.id) == ("web", "rate(x)", [2], evidence.id)


def test_series_without_lines_of_their_own_are_quoted_by_the_first():
    """A collector may write one line for all."""
    series = Series(labels={}, points=((0, 1),))

    cluster = read_cluster([_metrics(series, series, text="2 series")])

    assert [list(one.lines) for one in cluster.series] == [[1], [1]]


def test_calls_and_alerts_join():
    """The graph tells who calls whom, an alert's lines are what was said."""
    graph = _evidence(EvidenceKind.GRAPH, "web -> cart", GraphFacts(edges=(CallEdge(caller="web", callee="cart"),)))
    alert = _evidence(EvidenceKind.ALERT, "WebDown\nfiring", observed_at=datetime(2026, 11, 23, 12, tzinfo=UTC))

    cluster = read_cluster([graph, alert])

    assert cluster.calls == (("web", "cart"),)
    assert cluster.notices == (Quote(alert.id, 1, "WebDown"), Quote(alert.id, 2, "firing"))
