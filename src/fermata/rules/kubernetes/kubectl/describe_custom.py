"""Descriptions of custom resources: kubectl prints their fields as they are, in title case and by the alphabet."""

from __future__ import annotations

import re
from typing import Any

from fermata.rules.kubernetes.kubectl.cells import put
from fermata.rules.kubernetes.kubectl.outline import Node

_FIELDS = {
    "Last Transition Time": "lastTransitionTime", "Message": "message", "Observed Generation": "observedGeneration",
    "Reason": "reason", "Status": "status", "Type": "type",
}  # fmt: skip
_HELD = {"Suspend": "suspend", "Suspended": "suspended", "Paused": "paused"}
_WORDS = {"true": True, "false": False}
_HEADING = "CONDITION"
_GAP = re.compile(r"\s{2,}")


def read_custom(body: dict[str, Any], root: Node) -> None:
    """Add what a description tells: whether somebody suspended it, its conditions, its state, its last operation."""
    for title, field in _HELD.items():
        put(body, _WORDS.get(root.child("Spec").get(title) or ""), "spec", field)
    status = root.child("Status")
    put(body, _read_conditions(status.child("Conditions")) or None, "status", "conditions")
    for title in ("State", "Reason"):
        put(body, status.get(title), "status", title.lower())
    for field in ("Phase", "Message"):
        put(body, status.child("Operation State").get(field), "status", "operationState", field.lower())
    put(body, status.child("Sync").get("Status"), "status", "sync", "status")
    if root.has("Sync Status"):
        _read_application(body, root)


def _read_application(body: dict[str, Any], root: Node) -> None:
    """Add what `argocd app get` prints: one field a line, and its conditions as a table."""
    # It prints `argocd/shop` as the name, and as the namespace where it delivers to: its own are known already.
    body.pop("metadata", None)
    put(body, (root.get("Sync Status") or "").partition(" ")[0] or None, "status", "sync", "status")
    for field in ("Phase", "Message"):
        put(body, root.get(field), "status", "operationState", field.lower())
    texts = [node.text for node in root.children]
    heads = [at for at, text in enumerate(texts) if text.startswith(_HEADING)]
    rows = (_GAP.split(text, maxsplit=2) for text in texts[heads[0] + 1 :]) if heads else ()
    found = [{"type": row[0], "message": row[1]} for row in rows if len(row) > 1 and row[0].endswith("Error")]
    put(body, found or None, "status", "conditions")


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
