"""The controllers of stateful sets and daemon sets, with their ControllerRevisions."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from fermata.testing.kubernetes.pods import is_ready
from fermata.testing.kubernetes.reports import make_hash, make_suffix, report
from fermata.testing.kubernetes.store import Json

if TYPE_CHECKING:
    from fermata.testing.kubernetes.controllers import Cluster

_LABEL = "controller-revision-hash"


def roll_stateful_set(cluster: Cluster, value: Json) -> None:
    """Number the template, and replace pods from the highest ordinal down while the new ones become ready."""
    name, spec = value["metadata"]["name"], value["spec"]
    revision = _find_revision(cluster, value)
    wanted = revision["metadata"]["name"]
    pods = {pod["metadata"]["name"]: pod for pod in cluster.list_owned("Pod", value)}
    for pod_name, pod in pods.items():
        if int(pod_name.rpartition("-")[2]) >= spec["replicas"]:
            cluster.delete(pod)
    for number in range(spec["replicas"] - 1, -1, -1):
        held = pods.get(f"{name}-{number}")
        if held is not None and held["metadata"]["labels"][_LABEL] == wanted:
            continue
        if held is not None:
            if _is_held_up(cluster, value, wanted):
                break
            cluster.delete(held)
        labels = {_LABEL: wanted, "statefulset.kubernetes.io/pod-name": f"{name}-{number}"}
        cluster.create_pod(value, spec["template"], name=f"{name}-{number}", labels=labels)
    _report_stateful_set(cluster, value, wanted, spec["replicas"])


def _is_held_up(cluster: Cluster, value: Json, wanted: str) -> bool:
    """Answer whether a pod of the new revision is not ready: the next one waits for it."""
    pods = cluster.list_owned("Pod", value)
    return any(pod["metadata"]["labels"][_LABEL] == wanted and not is_ready(pod) for pod in pods)


def roll_daemon_set(cluster: Cluster, value: Json) -> None:
    """Number the template, and keep one pod of it on each node."""
    revision = _find_revision(cluster, value)
    wanted = revision["metadata"]["labels"][_LABEL]
    nodes = [node["metadata"]["name"] for node in cluster.store.list_kind("Node")]
    pods = {pod["spec"].get("nodeName", ""): pod for pod in cluster.list_owned("Pod", value)}
    for node in nodes:
        pod = pods.get(node)
        if pod is not None and pod["metadata"]["labels"][_LABEL] == wanted:
            continue
        if pod is not None:
            if _is_held_up(cluster, value, wanted):
                break
            cluster.delete(pod)
        template = copy.deepcopy(value["spec"]["template"])
        template["spec"]["nodeName"] = node
        name = f"{value['metadata']['name']}-{make_suffix(cluster.store.version)}"
        cluster.create_pod(value, template, name=name, labels={_LABEL: wanted})
    _report_daemon_set(cluster, value, wanted, len(nodes))


def _find_revision(cluster: Cluster, value: Json) -> Json:
    """Return the ControllerRevision of the template as it is, made or raised to the newest number when needed."""
    revisions = cluster.list_owned("ControllerRevision", value)
    latest = max((one["revision"] for one in revisions), default=0)
    template = {**copy.deepcopy(value["spec"]["template"]), "$patch": "replace"}
    data: dict[str, Any] = {"spec": {"template": template}}
    same = next((one for one in revisions if one["data"] == data), None)
    if same is None:
        digest = make_hash(template)
        meta = {"name": f"{value['metadata']['name']}-{digest}", "labels": {_LABEL: digest}}
        meta["labels"] |= template.get("metadata", {}).get("labels", {})
        return cluster.create_owned(
            "ControllerRevision", value, {"metadata": meta, "data": data, "revision": latest + 1}
        )
    if same["revision"] < latest:
        return cluster.change(same, lambda one: one.update(revision=latest + 1))
    return same


def _report_stateful_set(cluster: Cluster, value: Json, wanted: str, replicas: int) -> None:
    pods = cluster.list_owned("Pod", value)
    updated = [pod for pod in pods if pod["metadata"]["labels"][_LABEL] == wanted]
    ready = sum(map(is_ready, pods))
    held = (value.get("status") or {}).get("currentRevision")
    current = wanted if len(updated) == replicas and ready == replicas else held or wanted
    counts = {
        "replicas": len(pods),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "updatedReplicas": len(updated),
        "currentReplicas": len(updated),
        "updateRevision": wanted,
        "currentRevision": current,
    }
    report(cluster.store, value, counts, [])


def _report_daemon_set(cluster: Cluster, value: Json, wanted: str, nodes: int) -> None:
    pods = cluster.list_owned("Pod", value)
    updated = [pod for pod in pods if pod["metadata"]["labels"][_LABEL] == wanted]
    ready = sum(map(is_ready, pods))
    counts = {
        "desiredNumberScheduled": nodes,
        "currentNumberScheduled": len(pods),
        "numberReady": ready,
        "numberAvailable": ready,
        "updatedNumberScheduled": len(updated),
    }
    report(cluster.store, value, counts, [])
