"""Which workloads an alert's names mean."""

import pytest

from fermata.domain.entity import Entity
from fermata.integrations.kubernetes.scope import Holdings, find_targets, is_on_node, list_missing


def make(kind, name, *, owner=None, labels=None, template=None, containers=("app",), **parts):
    """Give an object of the shop."""
    metadata = {"name": name, "namespace": "shop", "labels": labels or {}}
    if owner is not None:
        metadata["ownerReferences"] = [{"kind": owner[0], "name": owner[1], "controller": True}]
    spec = {"containers": [{"name": each} for each in containers]}
    if kind == "Pod":
        return {"kind": kind, "metadata": metadata, "spec": spec, **parts}
    if template is not None:
        parts["spec"] = parts.get("spec", {}) | {"template": {"metadata": {"labels": template}, "spec": spec}}
    return {"kind": kind, "metadata": metadata, **parts}


def hold(*items):
    """Give what a namespace holds."""
    lists = {kind: [] for kind in ("Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "Service")}
    for item in items:
        lists.setdefault(item["kind"], []).append(item)
    return Holdings("shop", lists)


SHOP = hold(
    make("Deployment", "checkout", template={"app": "checkout", "tier": "web"}),
    make(
        "ReplicaSet", "checkout-7d9f8c6b5", owner=("Deployment", "checkout"), labels={"pod-template-hash": "7d9f8c6b5"}
    ),
    make("Pod", "checkout-7d9f8c6b5-x2x9p", owner=("ReplicaSet", "checkout-7d9f8c6b5"), labels={"app": "checkout"}),
    make("StatefulSet", "db", template={"app.kubernetes.io/name": "postgres"}, containers=("server", "exporter")),
    make("Pod", "db-0", owner=("StatefulSet", "db")),
    make("Pod", "debug"),
    make("CronJob", "report"),
    make("Job", "report-2960", owner=("CronJob", "report")),
    make("Pod", "report-2960-abcde", owner=("Job", "report-2960")),
    make("Service", "shop-front", spec={"selector": {"tier": "web"}}),
    make("HorizontalPodAutoscaler", "more", spec={"scaleTargetRef": {"kind": "StatefulSet", "name": "db"}}),
    make("Service", "nowhere", spec={"selector": {"tier": "none"}}),
)


def find(*refs, holdings=SHOP):
    """Find the targets of entities."""
    return [target.ref for target in find_targets([Entity.parse(ref) for ref in refs], holdings)]


@pytest.mark.parametrize(
    ("ref", "found"),
    [
        ("deployment/shop/checkout", ["deployment/checkout"]),
        ("kubernetes:deployment/shop/checkout", ["deployment/checkout"]),
        ("pod/shop/checkout-7d9f8c6b5-x2x9p", ["deployment/checkout"]),
        ("pod/shop/db-0", ["statefulset/db"]),
        ("pod/shop/report-2960-abcde", ["cronjob/report"]),
        ("horizontalpodautoscaler/shop/more", ["statefulset/db"]),
        ("pod/shop/debug", ["pod/debug"]),
        ("pod/shop/checkout-6c5d4f7b8-zzzzz", ["deployment/checkout"]),
        ("pod/shop/db-7", ["statefulset/db"]),
        ("pod/shop/stranger-7d9f8c6b5-x2x9p", []),
        ("job/shop/report-29930951", ["cronjob/report"]),
        ("pod/shop/report-29930951-xk2p5", ["cronjob/report"]),
        ("job/shop/stranger-29930951", []),
        ("service/shop/checkout", ["deployment/checkout"]),
        ("service/shop/postgres", ["statefulset/db"]),
        ("service/shop/shop-front", ["deployment/checkout"]),
        ("service/shop/nowhere", ["service/nowhere"]),
        ("service/shop/debug", ["pod/debug"]),
        ("service/checkout", ["deployment/checkout"]),
        ("service/payments/checkout", []),
        ("service/shop/stranger", []),
        ("container/shop/exporter", ["statefulset/db"]),
        ("container/shop/stranger", []),
        ("host/db", []),
    ],
)
def test_name_is_followed_to_what_people_know_the_workload_by(ref, found):
    """Up the owners, by label, down a selector, by the form of the name of a pod or job that is gone."""
    assert find(ref) == found


def test_container_alone_is_looked_for_only_where_nothing_else_names_a_workload():
    """Many pods have an `app`."""
    assert find("container/shop/app", "pod/shop/db-0") == ["statefulset/db"]


def test_most_specific_name_comes_first_and_none_twice():
    """The pod's workload before the service's."""
    assert find("pod/shop/db-0", "service/shop/checkout", "deployment/shop/checkout") == [
        "statefulset/db",
        "deployment/checkout",
    ]


def test_pods_that_need_attention_come_first():
    """Not ready before ready, and among them the one that was started again most often."""
    ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    crashing = {"status": {"containerStatuses": [{"restartCount": 9}]}}
    owner = ("StatefulSet", "db")
    holdings = hold(
        make("StatefulSet", "db", template={}),
        make("Pod", "db-0", owner=owner, **ready),
        make("Pod", "db-1", owner=owner),
        make("Pod", "db-2", owner=owner, **crashing),
    )

    (target,) = find_targets([Entity.parse("statefulset/shop/db")], holdings)

    assert [pod["metadata"]["name"] for pod in target.pods] == ["db-2", "db-1", "db-0"]
    assert target.entity.ref == "kubernetes:statefulset/shop/db"


def test_owner_that_could_not_be_asked_about_is_told_from_the_pods():
    """Without permission for replica sets, the hash in a pod's labels gives the deployment's name away."""
    pod = make(
        "Pod", "web-5c6d-abcde", owner=("ReplicaSet", "web-5c6d"), labels={"app": "web", "pod-template-hash": "5c6d"}
    )

    (target,) = find_targets([Entity.parse("service/shop/web")], hold(pod))

    assert (target.ref, target.item, len(target.pods)) == ("deployment/web", None, 1)


def test_ring_of_owners_ends():
    """Nobody should make one; anybody can."""
    one = make("ReplicaSet", "a", owner=("ReplicaSet", "b"))
    other = make("ReplicaSet", "b", owner=("ReplicaSet", "a"))

    assert hold(one, other).top_of(one).kind == "ReplicaSet"


def test_what_is_named_and_not_there_is_missing():
    """Of kinds that were listed, in this very namespace."""
    refs = (
        "deployment/shop/billing",
        "deployment/shop/checkout",
        "deployment/billing",
        "cronjob/shop/x",
        "service/shop/y",
    )

    found = list_missing([Entity.parse(ref) for ref in refs], SHOP)

    assert [entity.ref for entity in found] == ["deployment/shop/billing", "cronjob/shop/x"]


@pytest.mark.parametrize(
    ("host", "is_it"),
    [("n1", True), ("n1.example.com", True), ("10.0.0.4", True), ("n2", False), ("10.0.0.5", False), ("10", False)],
)
def test_node_is_known_by_its_names_and_addresses(host, is_it):
    """An exporter's label may hold any of them; the first part of an address is no name."""
    addresses = [{"type": "InternalIP", "address": "10.0.0.4"}]
    node = {"metadata": {"name": "n1"}, "status": {"addresses": addresses}}

    assert is_on_node(node, host) is is_it
