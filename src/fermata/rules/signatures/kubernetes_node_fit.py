"""Whether a node would take a pod, one constraint at a time, compared as the scheduler's own filters do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fermata.kit.digging import dig_list, dig_map
from fermata.rules.kubernetes.objects import maps_of
from fermata.rules.kubernetes.quantities import parse_quantity

if TYPE_CHECKING:
    from fermata.rules.kubernetes.objects import KubeObject

CONTROL_PLANE_ROLE = re.compile(r"node-role\.kubernetes\.io/(?:control-plane|master|etcd)")
"""The label, and the key of the taint, of nodes that run the control plane."""


def is_cordoned(node: KubeObject) -> bool:
    """Answer whether somebody took a node out of scheduling."""
    # The column says it, and costs less than the description.
    status = node.printed.get("STATUS", "")
    return "SchedulingDisabled" in status if status else node.get("spec", "unschedulable") is True


def is_control_plane(node: KubeObject) -> bool:
    """Answer whether a node runs the control plane, by its roles: it is routine for such a node to take nothing."""
    roles = f"{node.printed.get('ROLES', '')},{node.labels.get('kubernetes.io/role', '')}"
    return bool(re.search(r"\b(?:master|control-plane|etcd)\b", roles)) or any(
        map(CONTROL_PLANE_ROLE.search, node.labels)
    )


def list_untolerated(pod: KubeObject, node: KubeObject) -> Sequence[str]:
    """Return the keys of a node's taints that keep a pod away."""
    tolerations = maps_of(pod.pod_spec.get("tolerations"))
    return [
        str(taint.get("key"))
        for taint in node.get_maps("spec", "taints")
        if taint.get("effect") != "PreferNoSchedule" and not any(_tolerates(item, taint) for item in tolerations)
    ]


def _tolerates(toleration: Mapping[str, object], taint: Mapping[str, object]) -> bool:
    key, effect = toleration.get("key"), toleration.get("effect")
    if (key and key != taint.get("key")) or (effect and effect != taint.get("effect")):
        return False
    return toleration.get("operator") == "Exists" or (toleration.get("value") or "") == (taint.get("value") or "")


def selector_of(pod: KubeObject) -> Mapping[str, object]:
    """Return the labels that a pod's node selector asks for; empty without one."""
    return dig_map(pod.pod_spec, "nodeSelector")


def matches_selector(pod: KubeObject, node: KubeObject) -> bool:
    """Answer whether a node carries the labels of a pod's node selector."""
    # A node's own name is the value of one label that is known even where its labels are not.
    labels = {"kubernetes.io/hostname": node.name, **node.labels}
    return all(labels.get(key) == value for key, value in selector_of(pod).items())


def matches_affinity(pod: KubeObject, node: KubeObject) -> bool:
    """Answer whether a node meets a pod's required node affinity, as far as its expressions over labels go."""
    affinity = pod.get_map("spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    terms = maps_of(affinity.get("nodeSelectorTerms"))
    return not terms or any(
        all(_holds(rule, node.labels) for rule in maps_of(term.get("matchExpressions"))) for term in terms
    )


def _holds(rule: Mapping[str, object], labels: Mapping[str, str]) -> bool:
    value, values, operator = labels.get(str(rule.get("key"))), dig_list(rule, "values"), rule.get("operator")
    if operator in ("Exists", "DoesNotExist"):
        return (value is not None) is (operator == "Exists")
    if operator in ("Gt", "Lt"):
        number, limit = parse_quantity(value), parse_quantity(values[0] if values else None)
        if number is None or limit is None:
            return False
        return number > limit if operator == "Gt" else number < limit
    return (value in values) is (operator != "NotIn")


def requested(pod: KubeObject, resource: str) -> float:
    """Return what a pod's containers ask for together, in cores or bytes; 0 when nothing is known."""
    amounts = (
        parse_quantity(((container.get("resources") or {}).get("requests") or {}).get(resource))
        for container in pod.containers
    )
    return sum(amount for amount in amounts if amount is not None)


def exceeds(pod: KubeObject, node: KubeObject, resource: str) -> bool:
    """Answer whether a pod asks for more of a resource than a node could ever offer; unknown offers are enough."""
    offered = parse_quantity(node.get("status", "allocatable", resource))
    return offered is not None and requested(pod, resource) > offered
