"""Descriptions of custom resources: kubectl prints their fields as they are, in title case and by the alphabet."""

from __future__ import annotations

from typing import Any

from fermata.rules.kubernetes.kubectl.cells import put
from fermata.rules.kubernetes.kubectl.outline import Node

_FIELDS = {
    "Last Transition Time": "lastTransitionTime", "Message": "message", "Observed Generation": "observedGeneration",
    "Reason": "reason", "Status": "status", "Type": "type",
}  # fmt: skip


def read_custom(body: dict[str, Any], root: Node) -> None:
    """Add what a description tells of an object's status: its conditions, its state, and its last operation."""
    status = root.child("Status")
    put(body, _read_conditions(status.child("Conditions")) or None, "status", "conditions")
    for title in ("State", "Reason"):
        put(body, status.get(title), "status", title.lower())
    for field in ("Phase", "Message"):
        put(body, status.child("Operation State").get(field), "status", "operationState", field.lower())
    put(body, status.child("Sync").get("Status"), "status", "sync", "status")


def _read_conditions(node: Node) -> list[dict[str, str]]:
    """Return conditions: nothing parts one from the next but that a field comes again."""
    found: list[dict[str, str]] = []
    for child in node.children:
        field = _FIELDS.get(child.key)
        if field is not None:
            if not found or field in found[-1]:
                found.append({})
            found[-1][field] = child.value
    return found
