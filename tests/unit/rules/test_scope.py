"""What an alert is about, and the frame of a gathering."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermata.domain.alert import AlertStatus
from fermata.domain.entity import Entity
from fermata.rules.scope import build_scope, clean_name, find_entities, find_hosts, find_label, unite_entities


def refs(alert):
    """Return the refs of an alert's entities, in order."""
    return [entity.ref for entity in find_entities(alert)]


@pytest.mark.parametrize(
    ("instance", "expected"),
    [
        ("http://checkout:8000/healthz", ["service/checkout", "host/checkout"]),
        ("https://shop.example/", ["host/shop.example"]),
        ("http://10.0.0.7:8000", ["host/10.0.0.7"]),
        ("http://[fd00::7]:8000", ["host/fd00-7"]),
        ("http://localhost:8000", ["host/localhost"]),
        ("http://monitor:secret@checkout:8000/", ["service/checkout", "host/checkout"]),
        ("http://checkout?full=1", ["service/checkout", "host/checkout"]),
        ("checkout:8000", ["service/blackbox", "host/checkout"]),
    ],
)
def test_address_that_was_probed_names_what_was_asked_and_not_who_asked(build_alert, instance, expected):
    """A probe's `job` is the prober; an address without a dot is a service's own name."""
    assert refs(build_alert("ProbeFailed", {"job": "blackbox", "instance": instance})) == expected


@pytest.mark.parametrize("instance", ["https://checkout.example.com/", "https://shop.example/checkout?full=1"])
def test_job_that_the_probed_address_has_the_name_of_is_what_was_asked(build_alert, instance):
    """Who probes each service by a job of its own calls that after the service."""
    assert refs(build_alert("ProbeFailed", {"job": "checkout", "instance": instance}))[0] == "service/checkout"


def test_container_of_cadvisor_is_what_its_labels_name(build_alert):
    """The job and address of cAdvisor say who measured; `name` alone is too common a label."""
    labels = {"name": "shop-checkout-1", "id": "/docker/8885", "image": "shop-checkout", "job": "cadvisor"}
    compose = {"container_label_com_docker_compose_service": "checkout"}

    assert refs(build_alert("Busy", labels | compose)) == ["container/shop-checkout-1", "service/checkout"]
    assert refs(build_alert("Busy", labels)) == ["container/shop-checkout-1"]
    assert refs(build_alert("Busy", {"name": "shop-checkout-1", "job": "cadvisor"})) == ["service/cadvisor"]


SCRAPED = {
    "job": "kube-state-metrics",
    "container": "kube-rbac-proxy-main",
    "service": "prom-kube-state-metrics",
    "pod": "prom-kube-state-metrics-5d6885d89-8xk2p",
    "instance": "10.244.0.5:8443",
    "namespace": "shop",
}
"""What a scrape of kube-state-metrics adds to a metric of a deployment, with `honorLabels`."""


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"name": "checkout.service", "state": "failed", "type": "simple"}, ["process/checkout", "host/web-1"]),
        ({"unit": "app@1.service"}, ["process/app@1", "host/web-1"]),
        ({"systemd_unit": "mail.service", "service": "mail"}, ["process/mail", "service/mail", "host/web-1"]),
        ({"process": "worker", "unit": "mail.service"}, ["process/worker", "host/web-1"]),
        ({"name": "backup.timer"}, ["process/backup", "host/web-1"]),
        ({"name": "data.mount"}, ["service/node", "host/web-1"]),
        ({"name": "checkout", "unit": "ms"}, ["service/node", "host/web-1"]),
        ({"unit": ".service"}, ["service/node", "host/web-1"]),
    ],
)
def test_service_of_systemd_is_named_by_its_exporter(build_alert, labels, expected):
    """Else the alert would be about the exporter. `name` and `unit` count where they name one, or what starts it."""
    assert refs(build_alert("X", {"job": "node", "instance": "web-1:9100"} | labels)) == expected


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"deployment": "web"}, ["deployment/shop/web"]),
        ({"statefulset": "db"}, ["statefulset/shop/db"]),
        ({"daemonset": "agent"}, ["daemonset/shop/agent"]),
        ({"job_name": "export-1"}, ["job/shop/export-1"]),
        ({"cronjob": "export"}, ["cronjob/shop/export"]),
        ({"horizontalpodautoscaler": "web"}, ["horizontalpodautoscaler/shop/web"]),
        ({"node": "n1"}, ["host/n1"]),
        ({"pod": "web-1", "container": "app"}, ["container/shop/app", "pod/shop/web-1"]),
        ({"exported_pod": "web-1", "exported_container": "app"}, ["container/shop/app", "pod/shop/web-1"]),
        ({"deployment": "web", "service": "checkout"}, ["deployment/shop/web", "service/shop/checkout"]),
        ({"deployment": "web", "job": "kubernetes-endpoints"}, ["deployment/shop/web"]),
    ],
)
def test_what_kube_state_metrics_tells_of_is_not_itself(build_alert, labels, expected):
    """A metric of a deployment has no pod, so that the scrape adds the exporter's."""
    assert refs(build_alert("X", SCRAPED | labels)) == expected


@pytest.mark.parametrize(
    "labels",
    [
        {},
        {"persistentvolumeclaim": "data"},
        {"deployment": "prom-kube-state-metrics"},
        {"statefulset": "kube-state-metrics"},
        {"pod": "kube-state-metrics-5d6885d89-8xk2p"},
    ],
)
def test_trouble_of_kube_state_metrics_itself_is_about_it(build_alert, labels):
    """Its own pods and deployment fail as others do."""
    found = refs(build_alert("X", SCRAPED | labels))

    assert "service/shop/prom-kube-state-metrics" in found
    assert "host/10.244.0.5" in found


def test_pod_beside_a_deployment_of_another_exporter_stays(build_alert):
    """Only what kube-state-metrics adds is known to be its own."""
    labels = {"job": "app", "deployment": "web", "pod": "web-1", "instance": "10.0.0.1:80", "namespace": "shop"}

    assert refs(build_alert("X", labels)) == ["pod/shop/web-1", "deployment/shop/web", "host/10.0.0.1"]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"service": "checkout"}, ["service/checkout"]),
        ({"app": "checkout"}, ["service/checkout"]),
        ({"service": "checkout", "app": "shop"}, ["service/checkout"]),
        ({"process": "checkout"}, ["process/checkout"]),
        ({"program": "checkout"}, ["process/checkout"]),
        ({"statefulset": "db"}, ["statefulset/db"]),
        ({"daemonset": "agent"}, ["daemonset/agent"]),
        (
            {"job": "kube-state-metrics", "job_name": "export-29401020", "namespace": "shop"},
            ["job/shop/export-29401020"],
        ),
        ({"cronjob": "export", "namespace": "shop"}, ["cronjob/shop/export"]),
        ({"horizontalpodautoscaler": "web", "namespace": "shop"}, ["horizontalpodautoscaler/shop/web"]),
        ({"datname": "shop"}, ["database/shop"]),
        ({"database": "shop"}, ["database/shop"]),
        ({"job": "checkout"}, ["service/checkout"]),
        ({"job": "checkout", "service": "api"}, ["service/api"]),
        ({"job": "kube-state-metrics", "pod": "api-0"}, ["pod/api-0"]),
        ({"job": "checkout", "instance": "vm1:8080"}, ["service/checkout", "host/vm1"]),
        ({"exported_service": "checkout", "service": "exporter"}, ["service/checkout"]),
        ({"namespace": "shop"}, []),
        ({"service": ""}, []),
        ({}, []),
    ],
)
def test_labels_name_entities(build_alert, labels, expected):
    """Each known label names one kind; `job` speaks only when nothing but a host is named."""
    assert refs(build_alert("X", labels)) == expected


def test_most_specific_entity_comes_first(build_alert):
    """Collectors look at the container before the pod, and at the host last."""
    labels = {
        "service": "checkout", "pod": "checkout-1", "container": "api", "deployment": "checkout", "namespace": "shop",
        "instance": "10.0.0.1:80", "node": "worker-1",
    }  # fmt: skip

    assert refs(build_alert("X", labels)) == [
        "container/shop/api",
        "pod/shop/checkout-1",
        "deployment/shop/checkout",
        "service/shop/checkout",
        "host/worker-1",
        "host/10.0.0.1",
    ]


@pytest.mark.parametrize(
    ("instance", "host"),
    [
        ("vm1:9100", "vm1"),
        ("vm1", "vm1"),
        ("[fd00::12]:9100", "fd00-12"),
        ("fd00::12", "fd00-12"),
        ("https://shop.example:8443/healthz", "shop.example"),
        ("https://shop.example", "shop.example"),
        (":9100", None),
    ],
)
def test_host_loses_port_and_scheme(instance, host):
    """An instance is a host with a port, a probe's whole URL, or an IPv6 address."""
    assert find_hosts({"instance": instance}) == ((host,) if host else ())


def test_name_an_entity_refuses_is_cleaned():
    """Separators, wildcards and control characters become dashes; what is nothing else is empty."""
    assert clean_name(" shop/checkout:*\x1b[31m ") == "shop-checkout-31m"
    assert clean_name("*?") == ""
    assert clean_name("check\u200bout\u202e") == "check-out"
    assert clean_name("a" * 300) == "a" * 253


def test_absent_label_is_empty():
    """A label nobody set has no value."""
    assert find_label({"a": ""}, "a", "b") == ""


@given(st.dictionaries(st.sampled_from(["service", "pod", "namespace", "instance", "job", "datname"]), st.text()))
def test_hostile_labels_never_stop_an_alert(build_alert, labels):
    """Whatever a label holds, entities come out or do not; nothing raises."""
    for entity in find_entities(build_alert("X", labels)):
        assert Entity.parse(entity.ref) == entity


def test_united_entities_are_distinct_and_ordered():
    """Kinds that no label names come after those that labels name."""
    host, process = Entity(kind="host", name="vm1"), Entity(kind="process", name="checkout")
    repository = Entity(system="git", kind="repository", name="shop")

    assert unite_entities([host, repository], [process, host]) == (process, host, repository)


def test_scope_looks_back_from_the_onset(build_alert, build_incident, noon):
    """Causes lie before the earliest alert, symptoms reach until now."""
    alerts = (build_alert("A", after_s=30), build_alert("B", after_s=-60))

    scope = build_scope(build_incident(*alerts), alerts, noon + timedelta(minutes=5))

    assert scope.onset == noon - timedelta(seconds=60)
    assert scope.window_start == scope.onset - timedelta(hours=1)
    assert scope.window_end == noon + timedelta(minutes=5)
    assert [entity.ref for entity in scope.entities] == ["service/checkout"]


def test_scope_keeps_the_entities_the_incident_names(build_alert, build_incident, checkout, noon):
    """What a system has claimed is not replaced by what a label says."""
    alert = build_alert()

    scope = build_scope(build_incident(alert, entities=(checkout,)), [alert], noon, lookback=timedelta(minutes=1))

    assert scope.entities == (checkout,)
    assert scope.window_start == noon - timedelta(minutes=1)


def test_onset_in_the_future_still_makes_a_window(build_alert, build_incident, noon):
    """A source whose clock is ahead does not break the investigation."""
    alert = build_alert(after_s=90)

    scope = build_scope(build_incident(alert), [alert], noon)

    assert scope.window_end == noon + timedelta(seconds=91)


def end(alert, *, after_s):
    """Return an alert that is over so long after it began."""
    over = {"status": AlertStatus.RESOLVED, "ends_at": alert.starts_at + timedelta(seconds=after_s)}
    return alert.model_copy(update=over)


def test_onset_of_an_incident_that_was_over_is_that_of_its_return(build_alert, build_incident, noon):
    """What changed between the two troubles came before the one there is now."""
    first, again = end(build_alert("A"), after_s=60), build_alert("A", after_s=600)

    scope = build_scope(build_incident(first, again), [again, first], noon + timedelta(minutes=11))

    assert scope.onset == noon + timedelta(minutes=10)
    assert scope.alerts == (again, first)


@pytest.mark.parametrize(("quiet_s", "first_s"), [(400, 0), (7200, 14_520)])
def test_window_of_what_flaps_begins_before_its_first_firing(build_alert, build_incident, noon, quiet_s, first_s):
    """The change that it goes back to lies there; after a quiet time as long as the lookback nothing is known of it."""
    firings = [end(build_alert("A", after_s=(60 + quiet_s) * number), after_s=60) for number in range(3)]
    now = firings[-1].starts_at + timedelta(seconds=30)

    scope = build_scope(build_incident(*firings), firings, now)

    assert scope.onset == firings[-1].starts_at
    assert scope.window_start == noon + timedelta(seconds=first_s) - timedelta(hours=1)


@pytest.mark.parametrize(
    "others",
    [
        [(60, None)],
        [(60, 400), (500, None)],
        [(30, 10), (150, 200), (360, None)],
    ],
)
def test_onset_of_what_never_was_quiet_for_long_is_the_first(build_alert, build_incident, noon, others):
    """A rule that flaps, or another that fires meanwhile, leaves it one trouble."""
    alerts = [end(build_alert("A"), after_s=45)]
    for after_s, lasted in others:
        alert = build_alert("B", after_s=after_s)
        alerts.append(alert if lasted is None else end(alert, after_s=lasted))

    scope = build_scope(build_incident(*alerts), alerts, noon + timedelta(minutes=12))

    assert scope.onset == noon


def test_alert_that_still_fires_leaves_no_quiet_time(build_alert, build_incident, noon):
    """It has no end; an end that was not told is when it was heard of."""
    firing, untold = build_alert("A"), build_alert("B", after_s=10, status="resolved")
    late = build_alert("C", after_s=900)
    now = noon + timedelta(minutes=16)

    assert build_scope(build_incident(firing), [firing, untold, late], now).onset == noon
    assert build_scope(build_incident(untold), [untold, late], now).onset == late.starts_at
