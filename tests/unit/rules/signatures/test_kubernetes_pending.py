from dataclasses import replace

import pytest
from tests.unit.rules.signatures.town import Town

from fermata.rules.signatures.kubernetes_pending import SIGNATURES, list_pending_troubles

BALANCER, NAMESPACE = "load_balancer_failed", "namespace_deletion_stuck"
NO_SUBNET = "Error syncing load balancer: failed to ensure load balancer: could not find any suitable subnets"


def balanced(status=None, sort="LoadBalancer"):
    """Return a town with a service that wants an address from outside."""
    return Town().add("Service", "edge", spec={"type": sort, "ports": [{"port": 443}]}, status=status or {})


def test_service_that_is_refused_an_address_is_in_trouble():
    """The provider's message says why."""
    town = balanced().event("Service", "edge", "SyncLoadBalancerFailed", NO_SUBNET)

    (claim,) = town.find(SIGNATURES, BALANCER)

    assert claim.subject.ref == "kubernetes:service/shop/edge"
    assert "suitable subnets" in claim.text
    assert [item.ref for item in list_pending_troubles(town.build())] == ["kubernetes:service/shop/edge"]


@pytest.mark.parametrize("column", ["<pending>", "203.0.113.9"])
def test_printed_address_is_the_service_s(column):
    """A table shows whether it has one."""
    town = Town().event("Service", "edge", "SyncLoadBalancerFailed", NO_SUBNET).listing("services", "edge")
    row = f"edge   LoadBalancer   10.0.0.9     {column}   443/TCP   5m"
    text = f"NAME   TYPE           CLUSTER-IP   EXTERNAL-IP{' ' * (len(column) - 8)}PORT(S)   AGE\n{row}"
    town.documents = [replace(town.documents[0], text=text)]

    assert len(town.find(SIGNATURES, BALANCER)) == (column == "<pending>")


@pytest.mark.parametrize(
    "town",
    [
        balanced(),
        balanced({"loadBalancer": {"ingress": [{"ip": "203.0.113.9"}]}}).event(
            "Service", "edge", "SyncLoadBalancerFailed", NO_SUBNET
        ),
        balanced(sort="ClusterIP").event("Service", "edge", "SyncLoadBalancerFailed", NO_SUBNET),
        balanced()
        .event("Service", "edge", "SyncLoadBalancerFailed", NO_SUBNET, age_s=90)
        .event("Service", "edge", "EnsuredLoadBalancer", "Ensured load balancer", age_s=30),
    ],
    ids=["nobody grants", "has one", "wants none", "granted"],
)
def test_service_that_nobody_refuses_is_well(town):
    """On a laptop all of them are pending for ever."""
    assert town.find(SIGNATURES, BALANCER) == []
    assert list_pending_troubles(town.build()) == ()


def leaving(kind, *, status="True", since="2026-11-23T09:00:00Z"):
    """Return a town with a namespace that is being deleted."""
    condition = {"type": kind, "status": status, "message": "Some content remains: pods. has 1 resource instances"}
    town = Town().add("Namespace", "old", "", status={"phase": "Terminating", "conditions": [condition]})
    town.bodies[-1]["metadata"] |= {"deletionTimestamp": since} if since else {}
    return town


@pytest.mark.parametrize(
    ("kind", "confidence"), [("NamespaceDeletionDiscoveryFailure", 0.9), ("NamespaceFinalizersRemaining", 0.7)]
)
def test_namespace_that_does_not_go_says_what_keeps_it(kind, confidence):
    """A failure at once, what merely remains after a while."""
    town = leaving(kind)

    (claim,) = town.find(SIGNATURES, NAMESPACE)

    assert (claim.subject.ref, claim.confidence) == ("kubernetes:namespace/old", confidence)
    assert [item.ref for item in list_pending_troubles(town.build())] == ["kubernetes:namespace/old"]


@pytest.mark.parametrize(
    "town",
    [
        leaving("NamespaceDeletionDiscoveryFailure", status="False"),
        leaving("NamespaceContentRemaining", since="2026-11-23T09:50:00Z"),
        leaving("NamespaceContentRemaining", since=""),
        Town().add("Namespace", "shop", "", status={"phase": "Active"}),
    ],
    ids=["over", "just begun", "unknown since when", "stays"],
)
def test_namespace_that_takes_its_time_is_well(town):
    """Emptying a namespace takes minutes."""
    assert town.find(SIGNATURES, NAMESPACE) == []


@pytest.mark.parametrize(
    ("meta", "is_held"),
    [
        ({"deletionTimestamp": "2026-11-23T09:00:00Z", "finalizers": ["example.com/drain"]}, True),
        ({"deletionTimestamp": "2026-11-23T09:00:00Z"}, False),
        ({"finalizers": ["example.com/drain"]}, False),
        ({"deletionTimestamp": "2126-11-23T09:00:00Z", "finalizers": ["example.com/drain"]}, False),
    ],
    ids=["held", "nothing holds it", "stays", "just deleted"],
)
def test_finalizer_that_holds_a_pod_is_named(meta, is_held):
    """The pod is nobody's trouble else: its node is well and its container may have ended."""
    town = Town().pod(node="n1", state={"terminated": {"exitCode": 0}})
    town.bodies[-1]["metadata"] |= meta

    found = town.find(SIGNATURES, "pod_deletion_held")

    assert [("example.com/drain holds it" in claim.text, claim.subject.name) for claim in found] == (
        [(True, "web-1-a")] if is_held else []
    )
    assert bool(list_pending_troubles(town.build())) is is_held


def test_finalizer_holds_no_pod_whose_container_still_runs():
    """Each pod of a job has one. On a node that is gone, or beside a process that does not end, it is not it."""
    town = Town().pod(node="n1", state={"running": {"startedAt": "2026-11-23T08:00:00Z"}})
    town.bodies[-1]["metadata"] |= {
        "deletionTimestamp": "2026-11-23T09:00:00Z",
        "finalizers": ["batch.kubernetes.io/job-tracking"],
    }

    assert town.find(SIGNATURES, "pod_deletion_held") == []
