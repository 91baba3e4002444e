"""Rows of `kubectl get`, as the part of an object that their columns tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fermata.rules.kubernetes.kubectl import row_storage, row_workloads
from fermata.rules.kubernetes.kubectl.cells import integer, known, put, split_list
from fermata.rules.kubernetes.objects import parse_labels

Cells = Mapping[str, str]


def row_body(kind: str, cells: Cells) -> dict[str, Any]:
    """Return what a row tells of an object in the API's shape, and the row itself under `printed`."""
    body: dict[str, Any] = {}
    labels = cells.get("LABELS")
    if labels is not None:
        put(body, parse_labels(labels), "metadata", "labels")
    reader = _READERS.get(kind)
    if reader is not None:
        reader(body, cells)
    body["printed"] = cells
    return body


def _read_service(body: dict[str, Any], cells: Cells) -> None:
    put(body, known(cells.get("TYPE")), "spec", "type")
    put(body, known(cells.get("CLUSTER-IP")), "spec", "clusterIP")
    if cells.get("TYPE") == "ExternalName":
        put(body, known(cells.get("EXTERNAL-IP")), "spec", "externalName")
    if "SELECTOR" in cells:
        put(body, parse_labels(cells["SELECTOR"]), "spec", "selector")
    if "PORT(S)" in cells:
        put(body, [_read_port(part) for part in split_list(cells["PORT(S)"])], "spec", "ports")


def _read_port(text: str) -> dict[str, Any]:
    number, _, protocol = text.partition("/")
    port, _, node_port = number.partition(":")
    found: dict[str, Any] = {"protocol": protocol or "TCP"}
    put(found, integer(port), "port")
    put(found, integer(node_port), "nodePort")
    return found


def _read_endpoints(body: dict[str, Any], cells: Cells) -> None:
    text = cells.get("ENDPOINTS", "")
    if "more..." in text or not text:
        return  # Some are left out: the rest is no list of all.
    ports_of: dict[str, list[int]] = {}
    for part in split_list(text):
        address, _, port = part.rpartition(":")
        number = integer(port)
        ports_of.setdefault(address.strip("[]") or part, []).extend([number] if number is not None else [])
    body["subsets"] = [
        {"addresses": [{"ip": address}], "ports": [{"port": port} for port in ports]}
        for address, ports in ports_of.items()
    ]


def _read_secret(body: dict[str, Any], cells: Cells) -> None:
    put(body, known(cells.get("TYPE")), "type")


def _read_quota(body: dict[str, Any], cells: Cells) -> None:
    # The columns hold `requests.cpu: 10/10, pods: 3/10`: used before hard.
    for part in (*split_list(cells.get("REQUEST", "")), *split_list(cells.get("LIMIT", ""))):
        name, colon, amounts = part.rpartition(": ")
        used, slash, hard = amounts.partition("/")
        if colon and slash:
            put(body, used, "status", "used", name)
            put(body, hard, "status", "hard", name)
            put(body, hard, "spec", "hard", name)


def _read_network_policy(body: dict[str, Any], cells: Cells) -> None:
    if "POD-SELECTOR" in cells:
        put(body, parse_labels(cells["POD-SELECTOR"]), "spec", "podSelector", "matchLabels")


def _read_ingress(body: dict[str, Any], cells: Cells) -> None:
    put(body, known(cells.get("CLASS")), "spec", "ingressClassName")
    hosts = [host for host in split_list(cells.get("HOSTS", "")) if host != "*"]
    if hosts:
        put(body, [{"host": host} for host in hosts], "spec", "rules")


def _read_node(body: dict[str, Any], cells: Cells) -> None:
    words = split_list(cells.get("STATUS", ""))
    if "SchedulingDisabled" in words:
        put(body, True, "spec", "unschedulable")
    ready = next((word for word in words if word in ("Ready", "NotReady", "Unknown")), None)
    if ready is not None:
        status = {"Ready": "True", "NotReady": "False"}.get(ready, "Unknown")
        put(body, [{"type": "Ready", "status": status}], "status", "conditions")
    put(body, known(cells.get("VERSION")), "status", "nodeInfo", "kubeletVersion")
    put(body, known(cells.get("CONTAINER-RUNTIME")), "status", "nodeInfo", "containerRuntimeVersion")
    put(body, known(cells.get("KERNEL-VERSION")), "status", "nodeInfo", "kernelVersion")
    put(body, known(cells.get("OS-IMAGE")), "status", "nodeInfo", "osImage")
    address = known(cells.get("INTERNAL-IP"))
    if address is not None:
        put(body, [{"type": "InternalIP", "address": address}], "status", "addresses")


def _read_namespace(body: dict[str, Any], cells: Cells) -> None:
    put(body, known(cells.get("STATUS")), "status", "phase")


def _read_autoscaler(body: dict[str, Any], cells: Cells) -> None:
    kind, slash, name = cells.get("REFERENCE", "").partition("/")
    if slash:
        put(body, {"kind": kind, "name": name}, "spec", "scaleTargetRef")
    put(body, integer(cells.get("MINPODS")), "spec", "minReplicas")
    put(body, integer(cells.get("MAXPODS")), "spec", "maxReplicas")
    put(body, integer(cells.get("REPLICAS")), "status", "currentReplicas")


def _read_disruption_budget(body: dict[str, Any], cells: Cells) -> None:
    for title, field in (("MIN AVAILABLE", "minAvailable"), ("MAX UNAVAILABLE", "maxUnavailable")):
        text = known(cells.get(title))
        if text is not None and text != "N/A":
            number = integer(text)
            put(body, text if number is None else number, "spec", field)
    put(body, integer(cells.get("ALLOWED DISRUPTIONS")), "status", "disruptionsAllowed")


def _read_role_binding(body: dict[str, Any], cells: Cells) -> None:
    kind, slash, name = cells.get("ROLE", "").partition("/")
    if slash:
        body["roleRef"] = {"kind": kind, "name": name}
    if "SERVICEACCOUNTS" in cells:
        pairs = [part.partition("/") for part in split_list(cells["SERVICEACCOUNTS"])]
        accounts = [{"kind": "ServiceAccount", "namespace": namespace, "name": name} for namespace, _, name in pairs]
        users = [{"kind": "User", "name": user} for user in split_list(cells.get("USERS", ""))]
        groups = [{"kind": "Group", "name": group} for group in split_list(cells.get("GROUPS", ""))]
        body["subjects"] = [*users, *groups, *accounts]


_READERS: dict[str, Callable[[dict[str, Any], Cells], None]] = {
    "Pod": row_workloads.read_pod,
    "Deployment": row_workloads.read_deployment,
    "ReplicaSet": row_workloads.read_replica_set,
    "StatefulSet": row_workloads.read_stateful_set,
    "DaemonSet": row_workloads.read_daemon_set,
    "Job": row_workloads.read_job,
    "CronJob": row_workloads.read_cron_job,
    "PersistentVolumeClaim": row_storage.read_claim,
    "PersistentVolume": row_storage.read_volume,
    "StorageClass": row_storage.read_storage_class,
    "Service": _read_service,
    "Endpoints": _read_endpoints,
    "Secret": _read_secret,
    "ResourceQuota": _read_quota,
    "NetworkPolicy": _read_network_policy,
    "Ingress": _read_ingress,
    "Node": _read_node,
    "Namespace": _read_namespace,
    "HorizontalPodAutoscaler": _read_autoscaler,
    "PodDisruptionBudget": _read_disruption_budget,
    "RoleBinding": _read_role_binding,
    "ClusterRoleBinding": _read_role_binding,
}
