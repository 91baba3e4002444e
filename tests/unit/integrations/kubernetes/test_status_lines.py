"""One line on how an object is."""

import pytest

from fermata.integrations.kubernetes.status_lines import describe, pod_word


def make_pod(*states, init=(), **status):
    """Give a pod with containers in these states."""
    return {
        "kind": "Pod",
        "metadata": {"name": "p1"},
        "spec": {"containers": [{"name": f"c{index}"} for index in range(len(states))], "nodeName": "n1"},
        "status": {
            "phase": "Running",
            "containerStatuses": [
                {"name": f"c{index}", "ready": False, "state": each} for index, each in enumerate(states)
            ],
            "initContainerStatuses": list(init),
            **status,
        },
    }


@pytest.mark.parametrize(
    ("pod", "word"),
    [
        (make_pod({"running": {}}), "Running"),
        (make_pod({"waiting": {"reason": "CrashLoopBackOff"}}, {"running": {}}), "CrashLoopBackOff"),
        (make_pod({"terminated": {"reason": "OOMKilled"}}), "OOMKilled"),
        (make_pod(phase="Pending"), "Pending"),
        (make_pod(reason="Evicted", phase="Failed"), "Evicted"),
        (make_pod(init=[{"state": {"waiting": {"reason": "ImagePullBackOff"}}}]), "Init:ImagePullBackOff"),
        (make_pod(init=[{"state": {"running": {}}}]), "Init"),
        (make_pod({"running": {}}, init=[{"state": {"terminated": {"exitCode": 0}}}]), "Running"),
        (make_pod({"running": {}}, init=[{"started": True, "state": {"running": {}}}]), "Running"),
        ({"metadata": {"deletionTimestamp": "now"}}, "Terminating"),
        ({}, "Unknown"),
    ],
)
def test_pod_is_told_as_kubectl_tells_it(pod, word):
    """The word that people know."""
    assert pod_word(pod) == word


def test_pod_that_ended_is_told_with_its_last_end():
    """What a person asks for next: how often, why, when, where."""
    pod = make_pod({"waiting": {"reason": "CrashLoopBackOff"}})
    last = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-11-25T20:42:16Z"}
    pod["status"]["containerStatuses"][0] |= {"restartCount": 5, "lastState": {"terminated": last}}

    assert describe(pod) == (
        "p1: 0/1 CrashLoopBackOff, 5 restarts, c0 last OOMKilled (137) at 2026-11-25T20:42:16Z, on n1"
    )


@pytest.mark.parametrize(
    ("kind", "parts", "words"),
    [
        (
            "Deployment",
            {"spec": {"replicas": 3, "paused": True}, "status": {"readyReplicas": 1, "updatedReplicas": 2}},
            "x: 1/3 ready, 2 updated, 0 available, paused",
        ),
        ("StatefulSet", {"status": {"readyReplicas": 1}}, "x: 1/1 ready, 0 updated"),
        ("ReplicaSet", {"spec": {"replicas": 0}}, "x: 0/0 ready"),
        ("DaemonSet", {"status": {"numberReady": 2, "desiredNumberScheduled": 3}}, "x: 2/3 ready, 0 updated"),
        ("Job", {"status": {"failed": 4}}, "x: 0 succeeded, 4 failed"),
        (
            "Service",
            {"spec": {"selector": {"app": "a"}, "ports": [{"port": 80, "targetPort": 8080}]}},
            "x: ClusterIP 80->8080/TCP, selector app=a",
        ),
        ("Service", {"spec": {"type": "ExternalName"}}, "x: ExternalName , selector <none>"),
        (
            "EndpointSlice",
            {"endpoints": [{"conditions": {"ready": False}}, {}], "metadata": {"name": "x"}},
            "x: 1 of 2 endpoints of no service ready",
        ),
        (
            "Event",
            {
                "type": "Warning",
                "reason": "BackOff",
                "involvedObject": {"kind": "Pod", "name": "p1"},
                "count": 4,
                "lastTimestamp": "2026-11-25T20:42:16Z",
                "message": "Back-off restarting",
            },
            "2026-11-25T20:42:16Z Warning BackOff pod/p1 x4: Back-off restarting",
        ),
        ("Node", {"status": {"conditions": [{"type": "DiskPressure", "status": "True"}]}}, "x: NotReady, DiskPressure"),
        (
            "Node",
            {"spec": {"unschedulable": True}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}},
            "x: Ready, SchedulingDisabled",
        ),
        ("ResourceQuota", {"status": {"hard": {"pods": "4"}, "used": {"pods": "4"}}}, "x: pods 4 of 4"),
        (
            "HorizontalPodAutoscaler",
            {"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "a"}, "maxReplicas": 5}},
            "x: Deployment/a at 0, 1 to 5",
        ),
        ("PodDisruptionBudget", {"status": {"disruptionsAllowed": 1}}, "x: 1 disruptions allowed"),
        ("PersistentVolumeClaim", {"status": {"phase": "Pending"}}, "x: Pending"),
        ("ConfigMap", {}, "x"),
    ],
)
def test_each_kind_says_what_matters_of_it(kind, parts, words):
    """Numbers first."""
    assert describe({"kind": kind, "metadata": {"name": "x"}, **parts}) == words


def test_change_that_no_controller_has_seen_is_said():
    """What stands in the spec is not what runs, then."""
    item = {"kind": "Deployment", "metadata": {"name": "x", "generation": 4}, "status": {"observedGeneration": 3}}

    assert describe(item).endswith("the latest change is not observed yet")
