"""Which workload a pod or replica set belongs to, told by owner references or by how Kubernetes makes names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fermata.rules.kubernetes.objects import KubeObject, Owner

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster

# k8s.io/apimachinery, pkg/util/rand: names are made from these characters, so that they hold no words.
_SAFE = "bcdfghjklmnpqrstvwxz2456789"
# A replica set is <deployment>-<hash of the template>, its pods <replica set>-<5 characters>.
_DEPLOYMENT_POD = re.compile(rf"(.+)-[{_SAFE}]{{6,10}}-[{_SAFE}]{{5}}")
_REPLICA_SET = re.compile(rf"(.+)-[{_SAFE}]{{6,10}}")
_GENERATED = re.compile(rf"(.+)-[{_SAFE}]{{5}}")
_CONTROLLED = re.compile(r"^Controlled By: +([^\s/]+)/(\S+)", re.MULTILINE)
# A stateful set numbers its pods from 0.
_NUMBERED = re.compile(r"(.+)-\d{1,3}")
_JOB_OF_CRON = re.compile(r"(.+)-\d{8,10}")
_CONTROLLERS = ("ReplicaSet", "StatefulSet", "DaemonSet", "Job")


def controller_of(cluster: Cluster, pod: KubeObject) -> Owner | None:
    """Return what made a pod; `None` for a bare pod."""
    # A row is read without the description behind it: the name alone tells, when what it is made from is known.
    if pod.printed:
        found = named_controller(cluster, pod.namespace, pod.name)
        if found is not None:
            return found
    text = pod.description
    if text:
        # One line of a description is looked for, not all of it read; a bare pod has none.
        match = _CONTROLLED.search(text)
        return _unless_node(Owner(match[1], match[2]) if match is not None else None)
    return _unless_node(pod.owner) if pod.is_detailed else _guess_controller(pod)


def _unless_node(owner: Owner | None) -> Owner | None:
    """Return an owner; none for a static pod, whose node owns its mirror and is no workload."""
    return None if owner is not None and owner.kind == "Node" else owner


def named_controller(cluster: Cluster, namespace: str, name: str) -> Owner | None:
    """Return the known controller whose pods are named like this one."""
    base, _, suffix = name.rpartition("-")
    if not base:
        return None
    for kind in _CONTROLLERS:
        if (kind == "StatefulSet") == suffix.isdigit() and cluster.find(kind, base, namespace) is not None:
            return Owner(kind, base)
    return None


def top_of_name(cluster: Cluster, namespace: str, name: str) -> Owner | None:
    """Return the workload of a pod that is known by its name only, as from an event; `None` when it tells nothing."""
    owner = named_controller(cluster, namespace, name)
    if owner is not None:
        return top_owner(cluster, namespace, owner)
    for pattern, kind in ((_DEPLOYMENT_POD, "Deployment"), (_NUMBERED, "StatefulSet")):
        match = pattern.fullmatch(name)
        if match is not None:
            return Owner(kind, match[1])
    return None


def top_owner(cluster: Cluster, namespace: str, owner: Owner) -> Owner:
    """Return the controller of a controller: a replica set's deployment, a job's cron job; else itself."""
    known = cluster.find(owner.kind, owner.name, namespace)
    if known is not None and not known.printed:
        return known.owner or owner
    if owner.kind not in ("ReplicaSet", "Job"):
        return owner
    base = owner.name.rpartition("-")[0]
    kind = "Deployment" if owner.kind == "ReplicaSet" else "CronJob"
    if base and cluster.find(kind, base, namespace) is not None:
        return Owner(kind, base)
    if known is not None and known.owner is not None:
        return known.owner
    # A description would have named the owner.
    return owner if known is not None and known.is_detailed else _guess_top(owner)


def _guess_top(owner: Owner) -> Owner:
    pattern, kind = (_REPLICA_SET, "Deployment") if owner.kind == "ReplicaSet" else (_JOB_OF_CRON, "CronJob")
    match = pattern.fullmatch(owner.name)
    return Owner(kind, match[1]) if match is not None else owner


def _guess_controller(pod: KubeObject) -> Owner | None:
    labels = pod.labels
    base, _, suffix = pod.name.rpartition("-")
    if "statefulset.kubernetes.io/pod-name" in labels:
        return Owner("StatefulSet", base)
    if "batch.kubernetes.io/job-name" in labels or "job-name" in labels:
        return Owner("Job", labels.get("batch.kubernetes.io/job-name") or labels["job-name"])
    if "pod-template-hash" in labels or _DEPLOYMENT_POD.fullmatch(pod.name):
        return Owner("ReplicaSet", base)
    if _NUMBERED.fullmatch(pod.name):
        return Owner("StatefulSet", base)
    if _GENERATED.fullmatch(pod.name) and not suffix.isdigit():
        return Owner("DaemonSet", base)
    return None
