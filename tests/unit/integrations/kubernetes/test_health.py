"""When a workload counts as restored."""

from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.entity import Entity
from fermata.integrations.kubernetes.client import KubernetesClient
from fermata.integrations.kubernetes.health import (
    DOWN,
    NOT_READY,
    TOO_YOUNG,
    KubernetesHealthProbe,
    judge_node,
    judge_pods,
    judge_workload,
    write_selector,
)
from fermata.integrations.kubernetes.settings import KubernetesSettings
from fermata.kit.errors import OperationalError
from fermata.testing.clock import FakeClock
from fermata.testing.kubernetes_replay import ReplayServer

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
STABLE = timedelta(seconds=10)


def ago(seconds):
    """Give an instant as the API writes it."""
    return (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def make_pod(name="checkout-1", *, ready_s=60, started_s=60, waiting="", ended="", is_ready=True, leaving=False):
    """Give a pod."""
    state = {"waiting": {"reason": waiting}} if waiting else {"running": {"startedAt": ago(started_s)}}
    state = {"terminated": {"reason": ended}} if ended else state
    condition = {"type": "Ready", "status": str(is_ready), "lastTransitionTime": ago(ready_s)}
    metadata = {"name": name} | ({"deletionTimestamp": ago(1)} if leaving else {})
    status = {"phase": "Running", "conditions": [condition], "containerStatuses": [{"name": "app", "state": state}]}
    return {"kind": "Pod", "metadata": metadata, "status": status}


def make_deployment(*, wanted=2, updated=2, available=2, total=2, generation=3, observed=3, conditions=()):
    """Give a deployment."""
    status = {
        "observedGeneration": observed,
        "updatedReplicas": updated,
        "availableReplicas": available,
        "replicas": total,
        "conditions": list(conditions),
    }
    metadata = {"name": "checkout", "generation": generation}
    return {"kind": "Deployment", "metadata": metadata, "spec": {"replicas": wanted}, "status": status}


def judge(item, *pods):
    """Judge a workload now."""
    return judge_workload(item, pods, NOW, STABLE)


def test_rolled_out_and_ready_for_long_enough_is_healthy():
    """All replicas updated and available, and the youngest pod old enough."""
    found = judge(make_deployment(), make_pod(ready_s=60), make_pod("checkout-2", ready_s=30, started_s=30))

    assert (found.severity, found.text) == (0, "2/2 available, 2 updated; ready for 30s")


@pytest.mark.parametrize(
    ("item", "pods", "severity", "words"),
    [
        (make_deployment(), [make_pod(ready_s=4)], TOO_YOUNG, "ready for 4s, less than 10s"),
        (make_deployment(), [make_pod(started_s=2)], TOO_YOUNG, "ready for 2s"),
        (make_deployment(observed=2), [make_pod()], NOT_READY, "not observed by its controller yet"),
        (make_deployment(updated=1), [make_pod()], NOT_READY, "2/2 available, 1 updated"),
        (make_deployment(available=1), [make_pod()], NOT_READY, "1/2 available"),
        (make_deployment(total=3), [make_pod()], NOT_READY, "3 in all"),
        (make_deployment(), [make_pod(is_ready=False)], NOT_READY, "checkout-1 is Running and not ready"),
        (make_deployment(), [], NOT_READY, "no pod says since when it is ready"),
        (make_deployment(wanted=0, updated=0, available=0, total=0), [], DOWN, "scaled to 0"),
        (
            make_deployment(),
            [make_pod(waiting="CrashLoopBackOff")],
            DOWN,
            "1 of 1 pods: checkout-1 is CrashLoopBackOff",
        ),
        (make_deployment(), [make_pod(waiting="ImagePullBackOff")], DOWN, "ImagePullBackOff"),
        (make_deployment(), [make_pod(ended="OOMKilled")], DOWN, "OOMKilled"),
        (
            make_deployment(updated=1, conditions=[{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]),
            [make_pod()],
            DOWN,
            "exceeded its deadline",
        ),
    ],
)
def test_what_is_short_of_it_is_told_with_numbers(item, pods, severity, words):
    """Each way of not being there yet, and how bad it is."""
    found = judge(item, *pods)

    assert found.severity == severity
    assert words in found.text


def test_pod_that_is_leaving_does_not_count():
    """The last rollout's pods crash on while they are taken away."""
    found = judge(make_deployment(), make_pod(), make_pod("old", waiting="CrashLoopBackOff", leaving=True))

    assert found.severity == 0


def test_daemon_and_stateful_sets_count_in_their_own_fields():
    """One pod for each node; and with OnDelete, old pods are as they should be."""
    daemons = {
        "kind": "DaemonSet",
        "metadata": {"generation": 1},
        "status": {
            "observedGeneration": 1,
            "desiredNumberScheduled": 3,
            "numberAvailable": 3,
            "updatedNumberScheduled": 2,
        },
    }
    stateful = make_deployment(updated=0) | {"kind": "StatefulSet"}
    stateful["spec"]["updateStrategy"] = {"type": "OnDelete"}

    assert judge(daemons, make_pod()).text == "3/3 available, 2 updated, 3 in all"
    assert judge(stateful, make_pod()).severity == 0


@pytest.mark.parametrize(
    ("conditions", "spec", "severity", "words"),
    [
        ([("Ready", "True")], {}, 0, "ready for 1m"),
        ([("Ready", "True")], {"unschedulable": True}, 0, "takes no new pods"),
        ([("Ready", "True"), ("MemoryPressure", "True")], {}, NOT_READY, "with MemoryPressure"),
        ([("Ready", "True"), ("MemoryPressure", "False")], {}, 0, "ready"),
        ([("Ready", "Unknown")], {}, DOWN, "not ready: kubelet is silent"),
        ([], {}, DOWN, "not ready: unknown"),
    ],
)
def test_node_is_judged_by_its_conditions(conditions, spec, severity, words):
    """Being cordoned is a decision, no illness."""
    told = [
        {"type": kind, "status": value, "lastTransitionTime": ago(60), "message": "kubelet is silent"}
        for kind, value in conditions
    ]

    found = judge_node({"kind": "Node", "spec": spec, "status": {"conditions": told}}, NOW, STABLE)

    assert found.severity == severity
    assert words in found.text


def test_young_node_is_too_young():
    """Like everything else."""
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": ago(1)}

    assert judge_node({"status": {"conditions": [ready]}}, NOW, STABLE).severity == TOO_YOUNG


def test_init_container_that_fails_is_told():
    """A pod that never starts is broken, too."""
    pod = make_pod()
    pod["status"]["initContainerStatuses"] = [{"name": "wait", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]

    assert judge_pods([pod], NOW, STABLE).text == "checkout-1 is Init:CrashLoopBackOff"


def test_selector_is_written_as_a_query_takes_it():
    """Equalities and expressions."""
    expressions = [
        {"key": "tier", "operator": "In", "values": ["web", "api"]},
        {"key": "canary", "operator": "DoesNotExist"},
        {"key": "app", "operator": "Exists"},
        {"key": "zone", "operator": "NotIn", "values": ["b"]},
    ]

    found = write_selector({"matchLabels": {"app": "checkout"}, "matchExpressions": expressions})

    assert found == "app=checkout,tier in (web,api),!canary,app,zone notin (b)"


@pytest.mark.parametrize(
    ("ref", "is_handled"),
    [
        ("kubernetes:deployment/shop/checkout", True),
        ("kubernetes:statefulset/shop/db", True),
        ("kubernetes:pod/shop/checkout-1", True),
        ("kubernetes:node/n1", True),
        ("kubernetes:node/shop/n1", False),
        ("kubernetes:deployment/checkout", False),
        ("kubernetes:service/shop/checkout", False),
        ("deployment/shop/checkout", False),
    ],
)
def test_probe_handles_what_it_can_read(ref, is_handled):
    """Named fully, and of this system."""
    probe = KubernetesHealthProbe(KubernetesClient(KubernetesSettings(in_cluster=True), FakeClock()), FakeClock())

    assert probe.handles(Entity.parse(ref)) is is_handled


async def test_probe_reads_the_object_and_its_pods(tmp_path):
    """By name, and by the selector that the object itself gives."""
    deployment = make_deployment()
    deployment["spec"]["selector"] = {"matchLabels": {"app": "checkout"}}
    async with ReplayServer(tmp_path) as server:
        server.say("/apis/apps/v1/namespaces/shop/deployments/checkout", deployment)
        server.say_list("/api/v1/namespaces/shop/pods", "Pod", [make_pod()], query={"labelSelector": "app=checkout"})
        server.say("/api/v1/namespaces/shop/pods/checkout-1", make_pod())
        server.refuse("/api/v1/nodes/n9", 404, "NotFound", 'nodes "n9" not found')
        client = KubernetesClient(KubernetesSettings(kubeconfig=server.kubeconfig), FakeClock())
        probe = KubernetesHealthProbe(client, FakeClock(NOW))

        workload = await probe.read(Entity.parse("kubernetes:deployment/shop/checkout"), STABLE)
        pod = await probe.read(Entity.parse("kubernetes:pod/shop/checkout-1"), STABLE)
        node = await probe.read(Entity.parse("kubernetes:node/n9"), STABLE)

    assert (workload.healthy, workload.at) == (True, NOW)
    assert pod.text == "ready for 1m"
    assert (node.healthy, node.severity, node.text) == (False, DOWN, "there is no node n9")
    assert server.unknown == []


async def test_probe_that_cannot_ask_says_so(tmp_path):
    """The caller counts it as not healthy."""
    async with ReplayServer(tmp_path) as server:
        server.refuse("/api/v1/nodes/n1", 403, "Forbidden", "nodes is forbidden")
        client = KubernetesClient(KubernetesSettings(kubeconfig=server.kubeconfig), FakeClock())

        with pytest.raises(OperationalError, match="refused to get nodes n1"):
            await KubernetesHealthProbe(client, FakeClock()).read(Entity.parse("kubernetes:node/n1"), STABLE)
