"""Which queries a Kubernetes workload gets, from the metrics its namespace has."""

import re

import pytest

from fermata.domain.entity import Entity
from fermata.integrations.prometheus.workload import (
    TABLE,
    list_questions,
    list_workloads,
    write_owner,
    write_query,
)
from fermata.testing.records import make_scope

DEPLOYMENT = Entity.parse("kubernetes:deployment/shop/checkout")
OWNERS = ("kube_pod_owner", "kube_replicaset_owner")


def test_deployment_is_joined_over_its_replica_sets():
    """A pod's owner is a replica set, whose owner is the deployment."""
    assert write_owner(DEPLOYMENT, OWNERS) == (
        'group by (namespace, pod) (kube_pod_owner{namespace="shop",owner_kind="ReplicaSet"} '
        "* on (namespace, owner_name) group_left () group by (namespace, owner_name) "
        '(label_replace(kube_replicaset_owner{namespace="shop",owner_kind="Deployment",owner_name="checkout"}, '
        '"owner_name", "$1", "replicaset", "(.*)")))'
    )


@pytest.mark.parametrize(("kind", "word"), [("statefulset", "StatefulSet"), ("daemonset", "DaemonSet"), ("job", "Job")])
def test_other_workloads_own_their_pods_themselves(kind, word):
    """No replica set lies between."""
    owner = write_owner(Entity.parse(f"kubernetes:{kind}/shop/db"), ["kube_pod_owner"])

    assert owner == (
        f'group by (namespace, pod) (kube_pod_owner{{namespace="shop",owner_kind="{word}",owner_name="db"}})'
    )


@pytest.mark.parametrize(
    ("kind", "pod", "is_own"),
    [
        ("deployment", "checkout-7d9f8b6c5-x2x4z", True),
        ("deployment", "checkout-worker-7d9f8b6c5-x2x4z", False),
        ("statefulset", "checkout-0", True),
        ("statefulset", "checkout-x2x4z", False),
        ("daemonset", "checkout-x2x4z", True),
    ],
)
def test_without_kube_state_metrics_the_names_of_pods_tell(kind, pod, is_own):
    """As Kubernetes makes them."""
    query = write_query(Entity.parse(f"kubernetes:{kind}/shop/checkout"), TABLE[0], (), 120)

    pattern = re.search(r'pod=~"(.*)"}', query)[1].replace("\\\\", "\\")
    assert bool(re.fullmatch(pattern, pod)) is is_own


def test_only_metrics_that_are_there_are_asked_for():
    """Nothing for a namespace without any; replicas by the kind's own metric."""
    names = (*OWNERS, "kube_deployment_status_replicas_available", "kube_statefulset_replicas", "container_other")

    (question,) = list_questions(DEPLOYMENT, names, 120)

    assert question.expression == ('kube_deployment_status_replicas_available{namespace="shop",deployment="checkout"}')
    assert list_questions(DEPLOYMENT, (), 120) == []


def test_name_from_outside_cannot_leave_its_string():
    """Braces and quotes of a name change nothing of the query."""
    evil = Entity.parse('kubernetes:deployment/shop/a{window}"}or')

    for usage in TABLE:
        assert '\\"}or' in write_query(evil, usage, OWNERS, 120)


def test_two_workloads_of_a_namespace_are_enough():
    """Without a namespace, or of another kind, there is nothing to join."""
    refs = [f"kubernetes:deployment/shop/d{n}" for n in range(3)]
    scope = make_scope("service/checkout", "kubernetes:pod/shop/p", "kubernetes:deployment/lost", *refs)

    assert [one.name for one in list_workloads(scope)] == ["d0", "d1"]
