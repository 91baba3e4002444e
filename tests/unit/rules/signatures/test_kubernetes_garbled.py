"""Objects of any shape: what stands where another thing should stand is passed over, never a reason to stop."""

import copy
import random

import pytest
from tests.unit.rules.signatures.town import Town

from fermata.rules.signatures import (
    kubernetes_admission,
    kubernetes_jobs,
    kubernetes_rollout,
    kubernetes_scheduling,
    kubernetes_startup,
    kubernetes_storage,
)

FAMILIES = (
    kubernetes_admission,
    kubernetes_scheduling,
    kubernetes_storage,
    kubernetes_startup,
    kubernetes_rollout,
    kubernetes_jobs,
)
SIGNATURES = [signature for family in FAMILIES for signature in family.SIGNATURES]
JUNK = (None, "", "x", [], {}, 1, -1, 3.5, True, [1], [None], ["x"], {"a": 1}, [{"name": 1}], {"name": None})
RULE = {"key": "disk", "operator": "Gt", "values": ["4"]}
PINNED = {
    "nodeSelector": {"a": "b"},
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "affinity": {
        "podAffinity": {},
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [RULE]}]}
        },
    },
    "containers": [{"name": "app", "resources": {"requests": {"cpu": "1"}}}],
}
MOUNTED = {
    "volumes": [
        {"name": "d", "persistentVolumeClaim": {"claimName": "d"}},
        {"name": "s", "secret": {"secretName": "s"}},
    ],
    "containers": [
        {
            "name": "app",
            "image": "a/b:c",
            "envFrom": [{"secretRef": {"name": "q"}}],
            "env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "c"}}}],
            "volumeMounts": [{"name": "d", "mountPath": "/x"}],
        }
    ],
    "imagePullSecrets": [{"name": "s"}],
}


def build_town():
    """Return a town in which every family finds something."""
    town = Town().deployment(spec=MOUNTED).replica_set(existing=4).service()
    town.waiting("ImagePullBackOff", "Failed to pull image: denied", spec=MOUNTED)
    town.waiting("CreateContainerConfigError", 'secret "db" not found', name="web-1-b", spec=MOUNTED)
    town.waiting("CrashLoopBackOff", name="web-1-c", spec=MOUNTED).log("web-1-c", "/x: Permission denied")
    words = (
        "0/1 nodes are available: 1 node(s) were unschedulable, 1 node(s) didn't match Pod's node affinity/selector."
    )
    town.pod("web-1-d", spec=PINNED).event("Pod", "web-1-d", "FailedScheduling", words)
    taints = [{"key": "a", "value": "b", "effect": "NoSchedule"}]
    town.add("Node", "n1", "", labels={"disk": "4"}, spec={"unschedulable": True, "taints": taints}, status={})
    town.add("PersistentVolumeClaim", "d", spec={"selector": {"matchLabels": {"a": "b"}}}, status={"phase": "Pending"})
    town.add("PersistentVolume", "v", "", spec={"claimRef": {"name": "z"}, "accessModes": ["RWO"], "capacity": {}})
    town.deployment("api").replica_set("api-1", "api")
    town.event("ReplicaSet", "api-1", "FailedCreate", "exceeded quota: q, requested: pods=1, used: pods=1")
    town.add("ResourceQuota", "q", status={"hard": {"services": "1"}, "used": {"services": "1"}})
    town.listing("services", "web").listing("secrets", "o").deployment("zero", replicas=0).service("zero")
    blind = [{"type": "ScalingActive", "status": "False", "reason": "x"}]
    town.add("HorizontalPodAutoscaler", "h", spec={"scaleTargetRef": {"name": "web"}}, status={"conditions": blind})
    ended = [{"type": "Failed", "status": "True", "reason": "DeadlineExceeded"}]
    return town.add("Job", "j", spec={"suspend": True}, status={"conditions": ended})


def garble(value, dice, share):
    """Return a value in which a share of all parts is something else."""
    if dice.random() < share:
        return copy.deepcopy(dice.choice(JUNK))
    if isinstance(value, dict):
        return {key: garble(item, dice, share) for key, item in value.items()}
    return [garble(item, dice, share) for item in value] if isinstance(value, list) else value


def test_town_gives_every_family_something_to_find():
    """Otherwise garbling it would prove little."""
    cluster = build_town().build()

    assert all(any(list(item.find(cluster)) for item in family.SIGNATURES) for family in FAMILIES)


@pytest.mark.parametrize("seed", range(60))
def test_garbled_objects_are_never_a_reason_to_stop(seed):
    """Whatever a file holds, each signature answers; a claim it makes is one of its own cause."""
    dice = random.Random(seed)  # noqa: S311 - the same junk in every run, nothing secret
    town = build_town()
    for body in town.bodies:
        for part in set(body) - {"kind", "metadata"}:
            body[part] = garble(body[part], dice, 0.03)

    cluster = town.build()

    assert all(claim.cause == item.id for item in SIGNATURES for claim in item.find(cluster))
