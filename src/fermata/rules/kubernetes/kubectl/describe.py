"""What `kubectl describe` prints, as objects in the API's shape.

Only what the text says is set: a field that it does not print is unknown, not empty.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fermata.rules.kubernetes.kinds import CUSTOM
from fermata.rules.kubernetes.kubectl.cells import put
from fermata.rules.kubernetes.kubectl.describe_access import read_role, read_role_binding, read_service_account
from fermata.rules.kubernetes.kubectl.describe_config import read_config_map, read_secret
from fermata.rules.kubernetes.kubectl.describe_custom import read_custom
from fermata.rules.kubernetes.kubectl.describe_network import (
    read_endpoints,
    read_ingress,
    read_network_policy,
    read_service,
)
from fermata.rules.kubernetes.kubectl.describe_node import read_node
from fermata.rules.kubernetes.kubectl.describe_pod import read_pod
from fermata.rules.kubernetes.kubectl.describe_policy import (
    read_autoscaler,
    read_disruption_budget,
    read_limit_range,
    read_namespace,
    read_quota,
)
from fermata.rules.kubernetes.kubectl.describe_storage import read_claim, read_storage_class, read_volume
from fermata.rules.kubernetes.kubectl.describe_workload import (
    read_cron_job,
    read_daemon_set,
    read_deployment,
    read_job,
    read_replica_set,
    read_stateful_set,
)
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
    "Pod": read_pod,
    "Deployment": read_deployment,
    "ReplicaSet": read_replica_set,
    "StatefulSet": read_stateful_set,
    "DaemonSet": read_daemon_set,
    "Job": read_job,
    "CronJob": read_cron_job,
    "Service": read_service,
    "Endpoints": read_endpoints,
    "NetworkPolicy": read_network_policy,
    "Ingress": read_ingress,
    "Node": read_node,
    "PersistentVolumeClaim": read_claim,
    "PersistentVolume": read_volume,
    "StorageClass": read_storage_class,
    "ResourceQuota": read_quota,
    "LimitRange": read_limit_range,
    "Namespace": read_namespace,
    "HorizontalPodAutoscaler": read_autoscaler,
    "PodDisruptionBudget": read_disruption_budget,
    "ServiceAccount": read_service_account,
    "Role": read_role,
    "ClusterRole": read_role,
    "RoleBinding": read_role_binding,
    "ClusterRoleBinding": read_role_binding,
    **dict.fromkeys((kind.name for kind in CUSTOM), read_custom),
}
