import gc
import weakref
from datetime import UTC, datetime, timedelta

import pytest

from fermata.rules.documents import Document, DocumentForm
from fermata.rules.kubernetes.cluster import build_cluster

PODS = "NAME    READY   STATUS    RESTARTS   AGE\nweb-1   1/1     Running   0          5m\n"


def test_objects_are_listed_and_found(printed):
    """By namespace or everywhere; the same one each time."""
    cluster = printed({"kubectl get pods -n shop": PODS, "kubectl get pods -n other": PODS})

    first, second = cluster.list("Pod")
    assert (first.namespace, second.namespace) == ("shop", "other")
    assert cluster.list("Pod", "other") == (second,)
    assert cluster.find("Pod", "web-1", "other") is second
    assert cluster.find("Pod", "web-1") is first
    assert cluster.find("Pod", "gone") is cluster.find("Pod", "web-1", "third") is None


def test_kind_without_namespace_is_found_from_any(printed):
    """A node is in none, wherever one asks from."""
    cluster = printed({"kubectl get nodes -n shop": "NAME   STATUS\nn1     Ready\n"})

    assert cluster.find("Node", "n1", "shop") is cluster.list("Node", "shop")[0]
    assert cluster.has_list("Node", "shop")


def test_complete_list_shows_what_is_absent(printed):
    """Without a list, only the server's word does."""
    cluster = printed(
        {
            "kubectl get pods -n shop": PODS,
            "kubectl get pods -n other -l app=web": PODS,
            "kubectl get secret db -n other": 'Error from server (NotFound): secrets "db" not found',
        }
    )

    assert cluster.is_absent("Pod", "web-2", "shop")
    assert not cluster.is_absent("Pod", "web-1", "shop")
    assert not cluster.is_absent("Pod", "web-2", "other")
    assert cluster.is_absent("Secret", "db", "other")
    assert cluster.is_absent("Secret", "db")
    assert not cluster.is_absent("Secret", "db", "shop")
    assert not cluster.is_absent("Secret", "tls", "other")


def test_list_of_all_namespaces_is_complete_for_each(printed):
    """And a list of the only namespace is complete for the whole."""
    everywhere = printed({"kubectl get pods -A": "NAMESPACE   NAME\nshop        web-1\n"})
    only = printed({"kubectl get pods -n shop": PODS})
    two = printed({"kubectl get pods -n shop": PODS, "kubectl get svc -n other": "NAME   TYPE\nx      y\n"})

    assert everywhere.has_list("Pod", "other")
    assert everywhere.has_list("Pod")
    assert only.has_list("Pod")
    assert not two.has_list("Pod")
    assert not only.has_list("Service")


def test_refusals_are_unknown(printed):
    """They are told, so that nobody takes them for absence."""
    cluster = printed({"kubectl get secrets -n shop": "Error from server (Forbidden): no\n"})

    assert [(each.query, each.answer) for each in cluster.refusals] == [
        ("kubectl get secrets -n shop", "Error from server (Forbidden): no")
    ]
    assert not cluster.is_absent("Secret", "db", "shop")


def test_workloads_are_what_is_at_the_top(applied):
    """A cron job's jobs are its own."""

    def job(name, **metadata):
        return {"kind": "Job", "metadata": {"name": name, "namespace": "shop", **metadata}}

    cluster = applied(
        job("alone"),
        job("owned", ownerReferences=[{"kind": "CronJob", "name": "nightly"}]),
        job("other", ownerReferences=[{"kind": "Widget", "name": "w"}]),
        {"kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}},
    )

    assert [item.name for item in cluster.workloads] == ["web", "alone", "other"]
    assert cluster.namespaces == ("shop",)


def test_workload_that_only_its_pods_tell_of_is_one(printed):
    """Logs and calls of a workload are looked for even where nobody listed it; a bare pod is no workload."""
    pods = "NAME                   READY\nweb-6f86c9b7d5-x7k2p   1/1\nweb-6f86c9b7d5-q9w4z   1/1\nbare   1/1\n"

    cluster = printed({"kubectl get pods -n shop": pods})

    assert [(item.kind, item.name) for item in cluster.workloads] == [("Deployment", "web")]


def test_capture_is_dated_by_documents_or_by_ages(printed, applied):
    """An object's creation and its printed age tell when it was looked at."""
    described = "Name: web\nCreationTimestamp: Wed, 25 Nov 2026 11:55:00 +0000\n"
    listed = "NAME   READY   AGE\nweb    1/1     5m\n"
    dated = Document("d", DocumentForm.KUBECTL, "", observed_at=datetime(2026, 11, 25, 13, 0, tzinfo=UTC))
    noon = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)

    by_age = printed({"kubectl get deploy -n shop": listed, "kubectl describe deploy web -n shop": described})

    assert by_age.captured_at == noon
    assert build_cluster([dated]).captured_at == noon + timedelta(hours=1)
    assert printed({"kubectl get deploy -n shop": listed}).captured_at is None
    assert applied({"kind": "Pod", "metadata": {"name": "x"}}).captured_at == noon


def test_node_of_a_pod_is_found(printed):
    """A pod that has none has none."""
    pods = "NAME   READY   NODE\na      1/1     n1\nb      0/1     <none>\nc      1/1     n2\n"
    cluster = printed({"kubectl get pods -n shop -o wide": pods, "kubectl get nodes": "NAME   STATUS\nn1     Ready\n"})

    assert [node and node.name for node in map(cluster.node_of, cluster.list("Pod"))] == ["n1", None, None]


def test_what_a_function_finds_is_remembered(printed):
    """However many signatures ask, it is looked for once."""
    cluster = printed({})
    calls = []

    def build(given):
        calls.append(given)
        return len(calls)

    assert (cluster.remember(build), cluster.remember(build)) == (1, 1)
    assert calls == [cluster]


def test_quote_is_the_first_line_about_an_object(printed):
    """An earlier word wins over a better source, a better source over a row."""
    cluster = printed(
        {
            "kubectl get pods -n shop": f"{PODS}web-2   0/1     Error     0          5m\n",
            "kubectl describe pod web-1 -n shop": "Name: web-1\nStatus: Running\n",
        }
    )
    pod = cluster.find("Pod", "web-1")

    assert [quote.text for quote in cluster.quote(pod, "Running")] == ["Status: Running"]
    assert [quote.text for quote in cluster.quote(pod, "1/1", "Running")] == [PODS.splitlines()[1]]
    assert [quote.text for quote in cluster.quote(pod)] == ["Name: web-1"]
    assert cluster.quote(pod, "Error") == ()


def test_absence_is_quoted_by_the_list_or_the_servers_word(printed):
    """An empty list has no line."""
    missing = 'Error from server (NotFound): secrets "db" not found'
    cluster = printed(
        {
            "kubectl get pods -n shop": PODS,
            "kubectl get secret db -n shop": missing,
            "kubectl get cm -n shop": "",
            "kubectl get svc -n shop": "No resources found in shop namespace.\n",
        }
    )

    assert [quote.text for quote in cluster.quote_missing("Pod", "shop")] == [PODS.splitlines()[0]]
    assert [quote.text for quote in cluster.quote_missing("Secret", "shop", name="db")] == [missing]
    assert cluster.quote_missing("Secret", "other", name="db") == ()
    assert cluster.quote_missing("ConfigMap", "shop") == ()
    assert [quote.text for quote in cluster.quote_missing("Service")] == ["No resources found in shop namespace."]


def test_everything_captured_is_at_hand(printed):
    """Also what tells of no object."""
    cluster = printed({"kubectl exec web-1 -- nc -z cart 80": "refused"})

    assert [document.text for document in cluster.documents] == ["refused"]


def test_what_is_given_is_kept(printed):
    """Series, notices and calls are for whoever reads them."""
    cluster = printed({}, series=["s"], notices=["n"], calls=[("a", "b")])

    assert (cluster.series, cluster.notices, cluster.calls) == (("s",), ("n",), (("a", "b"),))


@pytest.mark.parametrize(("spec", "expected"), [({"selector": {"a": "b"}}, True), ({}, False)])
def test_service_picks_its_pods_by_a_selector(applied, spec, expected):
    """A name for something outside picks nothing."""
    service = {"kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}
    outside = {**service, "spec": {"type": "ExternalName", "selector": {"a": "b"}}}

    assert applied(service).has_selector(applied(service).find("Service", "web")) is expected
    cluster = applied(outside)
    assert not cluster.has_selector(cluster.find("Service", "web"))


def test_services_are_known_by_their_addresses(applied):
    """A headless one has none."""

    def service(name, address):
        return {
            "kind": "Service",
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {"clusterIP": address} if address else {},
        }

    cluster = applied(service("web", "10.0.0.1"), service("headless", "None"), service("odd", None))

    assert {address: item.name for address, item in cluster.service_by_address.items()} == {"10.0.0.1": "web"}


def test_cluster_goes_with_whoever_asked_it(printed):
    """It is held by nothing of its own: a server would else hold every capture until the collector comes by."""
    answers = {
        "kubectl get pods -n shop": PODS,
        "kubectl get pods web-1 -n shop": PODS,
        "kubectl describe pods web-1": "Name:  web-1\nNode:  n1/10.0.0.1\n",
        "kubectl get events -n shop": "4s   Normal   Pulled   pod/web-1   y\n",
    }
    gc.disable()
    try:
        cluster = printed(answers)
        gone = [weakref.ref(cluster), weakref.ref(cluster.event_book)]
        assert [len(cluster.events(pod)) for pod in cluster.list("Pod")] == [1]
        assert cluster.events()
        assert cluster.find("Pod", "web-1").get("status", "hostIP") == "10.0.0.1"

        del cluster

        assert [each() for each in gone] == [None, None]
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("kubectl describe po web-1 -n shop | tail -3", "{}Events:\n{}", True),
        ("kubectl describe po web-1 -n shop | tail -1", "{}{}", True),
        (
            "kubectl describe po web-1 -n shop | tail",
            "      memory: 1Gi\n    Name:  other\nNode-Selectors:  <none>\n{}Events:\n{}",
            True,
        ),
        ("kubectl describe po -n shop | tail -1", "{}{}", False),
        ("kubectl describe po web-1 web-2 -n shop | tail -1", "{}{}", False),
        ("kubectl describe po web-1 -n shop", "{}{}", False),
        ("kubectl describe po web-1 -n shop | grep memory", "{}      memory: 1Gi\n", False),
    ],
    ids=["heading", "rows", "rest of a block", "nobody named", "two named", "no pipe", "no events"],
)
def test_end_of_a_description_is_of_the_object_that_was_asked_for(printed, query, text, found):
    """A pipe took its name; the command has it. What stands above the first heading belongs to one that is gone."""
    row = "  Warning  FailedMount  2m   kubelet  timed out\n"

    cluster = printed({query: text.format("", row)})
    pod = cluster.find("Pod", "web-1", "shop")

    assert [event.reason for event in cluster.events(pod)] == ["FailedMount"] if found else pod is None
    assert not found or pod.get("metadata", "name") == "web-1"
