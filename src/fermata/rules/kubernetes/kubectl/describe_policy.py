"""Descriptions of quotas, limits, namespaces, autoscalers and disruption budgets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from fermata.rules.kubernetes.kubectl.cells import integer, known, put
from fermata.rules.kubernetes.kubectl.describe_pod import read_conditions
from fermata.rules.kubernetes.kubectl.outline import Node

_GAP = re.compile(r"\s{2,}")
_REFERENCE = re.compile(r"(\w+)/(\S+)")
_REPLICAS = re.compile(r"(\d{1,9}) (current|desired)")
_LIMITS = ("type", "resource", "min", "max", "defaultRequest", "default", "maxLimitRequestRatio")


def read_quota(body: dict[str, Any], root: Node) -> None:
    """Add what the description of a quota tells: what is used and what may be."""
    _read_amounts(body, (node.text for node in root.children))


def _read_amounts(body: dict[str, Any], lines: Iterable[str]) -> None:
    inside = False
    for line in lines:
        cells = _GAP.split(line)
        if cells[0] == "Resource":
            inside = True
        elif inside and len(cells) == 3 and not line.startswith("--"):
            name, used, hard = cells
            put(body, used, "status", "used", name)
            put(body, hard, "status", "hard", name)
            put(body, hard, "spec", "hard", name)


def read_limit_range(body: dict[str, Any], root: Node) -> None:
    """Add the limits, one item a type as in the API; `-` is not set."""
    limits: dict[str, dict[str, Any]] = {}
    for node in root.children:
        cells = _GAP.split(node.text)
        if len(cells) != len(_LIMITS) or cells[0] == "Type" or cells[0].startswith("--"):
            continue
        item = limits.setdefault(cells[0], {"type": cells[0]})
        for field, value in zip(_LIMITS[2:], cells[2:], strict=True):
            put(item, None if value == "-" else value, field, cells[1])
    put(body, list(limits.values()), "spec", "limits")


def read_namespace(body: dict[str, Any], root: Node) -> None:
    """Add what the description of a namespace tells."""
    put(body, root.get("Status"), "status", "phase")


def read_autoscaler(body: dict[str, Any], root: Node) -> None:
    """Add what the description of an autoscaler tells; its metrics stand under `printed`."""
    match = _REFERENCE.fullmatch(root.get("Reference") or "")
    put(body, {"kind": match[1], "name": match[2]} if match is not None else None, "spec", "scaleTargetRef")
    put(body, integer(root.get("Min replicas")), "spec", "minReplicas")
    put(body, integer(root.get("Max replicas")), "spec", "maxReplicas")
    for title in (each.key for each in root.children if each.key.endswith(" pods")):
        for count, name in _REPLICAS.findall(root.get(title) or ""):
            put(body, int(count), "status", f"{name}Replicas")
    conditions = read_conditions(root.child("Conditions"))
    for condition, cells in zip(conditions, root.child("Conditions").rows(), strict=True):
        put(condition, cells[3] if len(cells) > 3 else None, "message")
    put(body, conditions or None, "status", "conditions")
    metrics = [text for node in root.children if node.key.startswith("Metrics") for text in node.texts()]
    put(body, "\n".join(metrics) or None, "printed", "Metrics")


def read_disruption_budget(body: dict[str, Any], root: Node) -> None:
    """Add what the description of a disruption budget tells."""
    for title, field in (("Min available", "minAvailable"), ("Max unavailable", "maxUnavailable")):
        text = root.get(title)
        number = integer(text)
        put(body, text if number is None else number, "spec", field)
    selector = root.get("Selector")
    pairs = dict(part.split("=", 1) for part in (selector or "").split(",") if "=" in part)
    put(body, pairs or None, "spec", "selector", "matchLabels")
    status = root.child("Status")
    for title, field in (
        ("Allowed disruptions", "disruptionsAllowed"),
        ("Current", "currentHealthy"),
        ("Desired", "desiredHealthy"),
        ("Total", "expectedPods"),
    ):
        put(body, integer(known(status.get(title))), "status", field)
