"""What of an alert's labels says that two alerts belong together."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermata.rules.alert_keys import GroupingCache, IncidentKeys, Owner, compute_keys, name_workload


@pytest.mark.parametrize(
    ("pod", "workload"),
    [
        ("checkout-7c9d8b6f54-2xk9q", "checkout"),
        ("checkout-api-7c9d8b6f54-m4ztd", "checkout-api"),
        ("checkout-5f6d7c8b9-x7k2p", "checkout"),
        ("checkout-0", "checkout"),
        ("db-primary-12", "db-primary"),
        ("node-agent-x7k2p", "node-agent"),
        ("backup-28391040-x7k2p", "backup"),
        ("checkout", "checkout"),
        ("redis-cache", "redis-cache"),
        ("web-app-store", "web-app-store"),
        ("payment-gateway", "payment-gateway"),
        ("", ""),
    ],
)
def test_pod_is_named_after_what_made_it(pod, workload):
    """Generated suffixes go; a name given by hand stays."""
    assert name_workload(pod) == workload


@given(st.text(max_size=80))
def test_any_pod_name_gives_a_prefix_of_itself(pod):
    """Nothing is invented, and nothing raises."""
    assert pod.startswith(name_workload(pod))


def own(labels, build_alert):
    """Return the owners of an alert with these labels, as text."""
    return {
        f"{word}:{owner.tier}/{owner.name}" for owner, word in compute_keys(build_alert("X", labels)).owners.items()
    }


@pytest.mark.parametrize(
    ("labels", "owners"),
    [
        ({"service": "checkout"}, {"service:workload/checkout"}),
        ({"app": "checkout", "instance": "vm1:80"}, {"service:workload/checkout"}),
        ({"process": "checkout"}, {"process:workload/checkout"}),
        ({"pod": "checkout-0", "container": "istio-proxy"}, {"workload:workload/checkout"}),
        ({"container": "checkout"}, {"container:workload/checkout"}),
        ({"deployment": "api", "service": "checkout"}, {"workload:workload/api", "service:workload/checkout"}),
        ({"pod": "api-0", "service": "kube-state-metrics"}, {"workload:workload/api"}),
        ({"service": "node-exporter", "pod": "node-exporter-x7k2p", "node": "w1"}, {"host:host/w1"}),
        ({"service": "node-exporter"}, {"service:workload/node-exporter"}),
        ({"pod": "prometheus-0"}, {"service:workload/prometheus"}),
        ({"datname": "shop", "instance": "pg1:9187", "job": "postgres"}, {"database:database/shop"}),
        ({"datname": "shop", "service": "checkout"}, {"service:workload/checkout"}),
        ({"instance": "vm1:9100", "job": "node"}, {"host:host/vm1"}),
        ({"instance": "vm1:9100", "job": "node", "name": "checkout.service"}, {"process:workload/checkout"}),
        ({"job": "checkout", "severity": "critical"}, set()),
    ],
)
def test_owner_is_the_thing_and_not_who_measured_it(build_alert, labels, owners):
    """Workloads and services come before databases, these before hosts; `job` and exporters never own an alert."""
    assert own(labels, build_alert) == owners


def test_labels_that_identify_leave_out_copies_and_handling(build_alert):
    """Volatile and generic labels are dropped, aliases unified, the exporter's own labels give way."""
    labels = {
        "namespace": "monitoring", "exported_namespace": "shop", "env": "prod", "queue": "orders", "pod": "a-0",
        "instance": "vm1:80", "severity": "critical", "job": "x", "prometheus": "p", "receiver": "r", "empty": "",
        "service": "kube-state-metrics",
    }  # fmt: skip

    keys = compute_keys(build_alert("X", labels))

    assert keys.labels == {"namespace": "shop", "environment": "prod", "queue": "orders"}
    assert keys.places == {"namespace": "shop", "environment": "prod"}
    assert keys.wide_places == {"environment": "prod"}


@pytest.mark.parametrize(
    ("labels", "host"),
    [
        ({"process": "nginx", "instance": "vm1:80"}, "vm1"),
        ({"datname": "shop", "instance": "pg1:9187"}, "pg1"),
        ({"process": "nginx", "service": "web", "instance": "vm1:80"}, None),
        ({"service": "web", "instance": "vm1:80"}, None),
        ({"process": "nginx"}, None),
        ({"name": "nginx.service", "instance": "vm1:80"}, "vm1"),
    ],
)
def test_host_keeps_programs_and_databases_apart_but_not_services(build_alert, labels, host):
    """The same program on two hosts is two things, the same service is one."""
    assert compute_keys(build_alert("X", labels)).places.get("host") == host


def test_nearest_sighting_is_found_and_ties_are_stable(build_alert, noon):
    """A reason names the alert nearest in time."""
    known = IncidentKeys()
    for name, after_s in (("B", 10), ("A", 10), ("C", 40)):
        alert = build_alert(name, after_s=after_s)
        known.add(alert, compute_keys(alert))

    trait = known.owners[Owner("workload", "checkout")]

    assert trait.find_nearest(noon) == (noon + timedelta(seconds=10), "A")
    assert trait.find_nearest(noon + timedelta(seconds=60))[1] == "C"


@pytest.mark.parametrize(("at", "distance"), [(-5, 15), (10, 0), (20, 0), (40, 0), (45, 5)])
def test_distance_is_to_the_span_of_the_alerts(build_alert, noon, at, distance):
    """An alert between the first and the last is as near as can be."""
    known = IncidentKeys()
    for after_s in (40, 10):
        alert = build_alert(after_s=after_s)
        known.add(alert, compute_keys(alert))

    assert known.compute_distance(noon + timedelta(seconds=at)) == timedelta(seconds=distance)


def test_incident_without_alerts_is_infinitely_far(noon):
    """Nothing is near nothing."""
    assert IncidentKeys().compute_distance(noon) == timedelta.max


def test_cache_computes_each_alert_once(build_alert):
    """The keys of an alert are kept for as long as the cache is."""
    cache, alert = GroupingCache(), build_alert()

    assert cache.get_keys(alert) is cache.get_keys(alert)


def test_cache_follows_an_incident_whose_alerts_change(build_alert):
    """Alerts added at the end extend what is known; any other change starts again."""
    cache, first, second, third = GroupingCache(), build_alert("A"), build_alert("B"), build_alert("C")

    known = cache.get_incident_keys("inc-1", (first,))
    grown = cache.get_incident_keys("inc-1", (first, second))
    assert grown is known
    assert set(grown.names) == {"A", "B"}

    changed = cache.get_incident_keys("inc-1", (first, third))
    assert set(changed.names) == {"A", "C"}
    shrunk = cache.get_incident_keys("inc-1", (third,))
    assert set(shrunk.names) == {"C"}


def test_start_that_has_not_come_counts_as_of_its_receipt(build_alert, noon):
    """A clock that runs ahead does not put an alert half an hour from its neighbour."""
    alert = build_alert(after_s=1800).model_copy(update={"received_at": noon})

    assert compute_keys(alert).began_at == noon
