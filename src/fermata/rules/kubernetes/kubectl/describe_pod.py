"""Descriptions of pods."""

from __future__ import annotations

from typing import Any

from fermata.rules.kubernetes.kubectl.cells import integer, put
from fermata.rules.kubernetes.kubectl.containers import read_container_status, read_pod_spec
from fermata.rules.kubernetes.kubectl.outline import Node
from fermata.rules.kubernetes.quantities import parse_time


def read_pod(body: dict[str, Any], root: Node) -> None:
    """Add what the description of a pod tells."""
    spec: dict[str, Any] = {}
    read_pod_spec(spec, root)
    node = (root.get("Node") or "").partition("/")
    put(spec, node[0] or None, "nodeName")
    put(spec, integer(root.get("Priority")), "priority")
    grace = root.get("Termination Grace Period")
    put(spec, integer((grace or "").removesuffix("s")), "terminationGracePeriodSeconds")
    body["spec"] = spec
    status: dict[str, Any] = {}
    put(status, node[2] or None, "hostIP")
    put(status, root.get("IP"), "podIP")
    put(status, root.get("QoS Class"), "qosClass")
    put(status, root.get("Reason"), "reason")
    put(status, root.get("NominatedNodeName"), "nominatedNodeName")
    put(status, "\n".join(root.child("Message").texts()) or None, "message")
    started = parse_time(root.get("Start Time"))
    put(status, started.isoformat() if started is not None else None, "startTime")
    for title, field in (
        ("Init Containers", "initContainerStatuses"),
        ("Containers", "containerStatuses"),
    ):
        started_ones = [each for each in root.child(title).children if each.has("State")]
        if started_ones:
            status[field] = [read_container_status(each) for each in started_ones]
    conditions = read_conditions(root.child("Conditions"))
    if conditions:
        status["conditions"] = conditions
    word = root.get("Status") or ""
    if word.startswith("Terminating"):
        # Since when is not printed; that it is being deleted is what matters.
        put(body, "unknown", "metadata", "deletionTimestamp")
    elif word:
        status["phase"] = word
    body["status"] = status


def read_conditions(node: Node) -> list[dict[str, Any]]:
    """Return the conditions of a pod, deployment or replica set from the table below a key."""
    return [dict(zip(("type", "status", "reason"), cells, strict=False)) for cells in node.rows()]
