"""What `kubectl describe` prints, as objects in the API's shape.

Only what the text says is set: a field that it does not print is unknown, not empty.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fermata.rules.kubernetes.kubectl import (
    describe_access,
    describe_network,
    describe_node,
    describe_pod,
    describe_policy,
    describe_storage,
    describe_workload,
)
from fermata.rules.kubernetes.kubectl.cells import put
from fermata.rules.kubernetes.kubectl.describe_config import read_config_map, read_secret
from fermata.rules.kubernetes.kubectl.outline import Node, read_outline, read_pairs
from fermata.rules.kubernetes.quantities import parse_time

_EVENTS = "\nEvents:"


def describe_body(kind: str, text: str) -> dict[str, Any]:
    """Return what a description of one object tells of it; text of any kind is taken, in linear time."""
    body: dict[str, Any] = {}
    # Events are read where all of them are.
    cut = text.rfind(_EVENTS)
    text = text[:cut] if cut >= 0 else text
    with_data = _WITH_DATA.get(kind)
    if with_data is not None:
        text = with_data(body, text)
    root = read_outline(text)
    _read_metadata(body, root)
    reader = _READERS.get(kind)
    if reader is not None:
        reader(body, root)
    return body


def _read_metadata(body: dict[str, Any], root: Node) -> None:
    for field, title in (("name", "Name"), ("namespace", "Namespace")):
        put(body, root.get(title), "metadata", field)
    if root.has("Labels"):
        put(body, read_pairs(root.child("Labels")), "metadata", "labels")
    if root.has("Annotations"):
        node = root.child("Annotations")
        # Most kinds print `key: value`, storage classes `key=value`.
        put(body, read_pairs(node, ": ") or read_pairs(node), "metadata", "annotations")
    created = parse_time(root.get("CreationTimestamp"))
    put(body, created.isoformat() if created is not None else None, "metadata", "creationTimestamp")
    kind, slash, name = (root.get("Controlled By") or "").partition("/")
    if slash:
        put(body, [{"kind": kind, "name": name, "controller": True}], "metadata", "ownerReferences")


_WITH_DATA: dict[str, Callable[[dict[str, Any], str], str]] = {
    "ConfigMap": read_config_map,
    "Secret": read_secret,
}
_READERS: dict[str, Callable[[dict[str, Any], Node], None]] = {
    "Pod": describe_pod.read_pod,
    "Deployment": describe_workload.read_deployment,
    "ReplicaSet": describe_workload.read_replica_set,
    "StatefulSet": describe_workload.read_stateful_set,
    "DaemonSet": describe_workload.read_daemon_set,
    "Job": describe_workload.read_job,
    "CronJob": describe_workload.read_cron_job,
    "Service": describe_network.read_service,
    "Endpoints": describe_network.read_endpoints,
    "NetworkPolicy": describe_network.read_network_policy,
    "Ingress": describe_network.read_ingress,
    "Node": describe_node.read_node,
    "PersistentVolumeClaim": describe_storage.read_claim,
    "PersistentVolume": describe_storage.read_volume,
    "StorageClass": describe_storage.read_storage_class,
    "ResourceQuota": describe_policy.read_quota,
    "LimitRange": describe_policy.read_limit_range,
    "Namespace": describe_policy.read_namespace,
    "HorizontalPodAutoscaler": describe_policy.read_autoscaler,
    "PodDisruptionBudget": describe_policy.read_disruption_budget,
    "ServiceAccount": describe_access.read_service_account,
    "Role": describe_access.read_role,
    "ClusterRole": describe_access.read_role,
    "RoleBinding": describe_access.read_role_binding,
    "ClusterRoleBinding": describe_access.read_role_binding,
}
