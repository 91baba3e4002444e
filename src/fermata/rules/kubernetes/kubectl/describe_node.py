"""Descriptions of nodes."""

from __future__ import annotations

import re
from typing import Any

from fermata.rules.kubernetes.kubectl.cells import known, put
from fermata.rules.kubernetes.kubectl.outline import Node
from fermata.rules.kubernetes.quantities import parse_time

_ALLOCATED = re.compile(r"(\S+) +(\S+) \(\d+%\) +(\S+) \(\d+%\)")
_ALLOCATED_COUNT = re.compile(r"(\S+) +(\S+) +(\S+)")


def read_node(body: dict[str, Any], root: Node) -> None:
    """Add what the description of a node tells.

    What its pods ask for altogether stands under `printed` as `requests.cpu`, `limits.memory` and so on, as quantities.
    """
    if root.has("Taints"):
        taints = [found for text in root.child("Taints").texts() if (found := _read_taint(text))]
        put(body, taints, "spec", "taints")
    if root.get("Unschedulable") == "true":
        put(body, True, "spec", "unschedulable")
    for title, field in (("Capacity", "capacity"), ("Allocatable", "allocatable")):
        amounts = {each.key: each.value for each in root.child(title).children if each.key}
        put(body, amounts or None, "status", field)
    conditions = [_read_condition(cells) for cells in root.child("Conditions").rows()]
    put(body, conditions or None, "status", "conditions")
    addresses = [{"type": each.key, "address": each.value} for each in root.child("Addresses").children if each.key]
    put(body, addresses or None, "status", "addresses")
    system = root.child("System Info")
    for title, field in (
        ("Kernel Version", "kernelVersion"),
        ("OS Image", "osImage"),
        ("Architecture", "architecture"),
        ("Container Runtime Version", "containerRuntimeVersion"),
        ("Kubelet Version", "kubeletVersion"),
    ):
        put(body, system.get(title), "status", "nodeInfo", field)
    renewed = root.child("Lease").get("RenewTime")
    put(body, renewed, "printed", "Lease RenewTime")
    put(body, root.get("Roles"), "printed", "ROLES")
    _read_allocated(body, root.child("Allocated resources"))


def _read_taint(text: str) -> dict[str, str]:
    rest, colon, effect = text.rpartition(":")
    if not colon or " " in text:
        return {}
    key, equals, value = rest.partition("=")
    return {"key": key, **({"value": value} if equals else {}), "effect": effect}


def _read_condition(cells: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"type": cells[0]}
    fields = ("status", "lastHeartbeatTime", "lastTransitionTime", "reason", "message")
    for field, value in zip(fields, cells[1:], strict=False):
        at = parse_time(value) if field.endswith("Time") else None
        found[field] = at.isoformat() if at is not None else value
    return found


def _read_allocated(body: dict[str, Any], node: Node) -> None:
    for text in node.texts():
        match = _ALLOCATED.match(text) or _ALLOCATED_COUNT.fullmatch(text)
        if match is not None and match[1] not in ("Resource", "--------"):
            put(body, known(match[2]), "printed", f"requests.{match[1]}")
            put(body, known(match[3]), "printed", f"limits.{match[1]}")
