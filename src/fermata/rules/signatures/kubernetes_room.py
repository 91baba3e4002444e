"""Whether there is room for what a cure asks for: memory on nodes and in quotas, nodes for what must move.

What is not known is no objection: the API server computes the change before anybody is asked, and the card shows it.
What is known and too little is one, in words for people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fermata.kit.units import format_size
from fermata.rules.kubernetes.health import PodPhase, pod_phase
from fermata.rules.kubernetes.objects import maps_of
from fermata.rules.kubernetes.quantities import parse_quantity
from fermata.rules.signatures.kubernetes_node_fit import is_cordoned
from fermata.rules.signatures.kubernetes_reach import condition_of, count_replicas

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure")
"""Conditions by which a kubelet says that its node runs short."""
_FULL = 0.8
# Of a node's memory: above it, what has to be started there soon has no room (a guess; revisit when measured).


@dataclass(frozen=True, slots=True)
class MemoryWish:
    """Another memory limit for one container of a workload."""

    workload: KubeObject
    old_bytes: float
    new_bytes: float
    is_reserved: bool
    """Whether it is asked of the scheduler too: a container that requests nothing requests its limit."""


def find_memory_objection(cluster: Cluster, wish: MemoryWish, node: KubeObject | None) -> str:
    """Return in words why a container cannot have so much memory; empty when nothing speaks against it.

    Args:
        node: Where the container was killed; `None` when that is not known.
    """
    return (
        _object_as_node(node)
        or _object_as_nodes(list_takers(cluster), wish)
        or _object_as_range(cluster, wish)
        or _object_as_quota(cluster, wish)
    )


def _object_as_node(node: KubeObject | None) -> str:
    if node is None or condition_of(node, "MemoryPressure").get("status") != "True":
        return ""
    return f"its node {node.name} runs out of memory itself"


def _object_as_nodes(nodes: Sequence[KubeObject], wish: MemoryWish) -> str:
    """Object when no node is large enough, or none has so much left, where all of them tell."""
    sizes = [size for node in nodes if (size := _size(node)) is not None]
    if sizes and len(sizes) == len(nodes) and max(sizes) < wish.new_bytes:
        return f"no node has more than {format_size(int(max(sizes)))} for pods"
    free = [size - taken for node in nodes if (size := _size(node)) and (taken := _taken(node)) is not None]
    if wish.is_reserved and free and len(free) == len(nodes) and max(free) < wish.new_bytes - wish.old_bytes:
        return f"no node has more than {format_size(int(max(*free, 0)))} left to promise"
    return ""


def _size(node: KubeObject) -> float | None:
    return parse_quantity(node.get("status", "allocatable", "memory"))


def _taken(node: KubeObject) -> float | None:
    """Return what is promised of a node's memory, as only descriptions print it."""
    return parse_quantity(str(node.get("printed", "requests.memory", default="")).partition(" ")[0])


def _object_as_range(cluster: Cluster, wish: MemoryWish) -> str:
    for item in cluster.list("LimitRange", wish.workload.namespace):
        for rule in item.get_maps("spec", "limits"):
            most = rule.get("max")
            allowed = parse_quantity(most.get("memory")) if isinstance(most, Mapping) else None
            if rule.get("type") == "Container" and allowed is not None and allowed < wish.new_bytes:
                return f"the LimitRange {item.name} allows a container {format_size(int(allowed))} at most"
    return ""


def _object_as_quota(cluster: Cluster, wish: MemoryWish) -> str:
    """Object when the quota has no room for one more pod beside the present ones, or for all of them afterwards."""
    pods = max(count_replicas(wish.workload).desired or 1, 1)
    needed = max(wish.new_bytes, pods * (wish.new_bytes - wish.old_bytes))
    names = ("limits.memory", "requests.memory", "memory") if wish.is_reserved else ("limits.memory",)
    for quota in cluster.list("ResourceQuota", wish.workload.namespace):
        hard, used = quota.get_map("status", "hard"), quota.get_map("status", "used")
        for name in names:
            allowed, taken = parse_quantity(hard.get(name)), parse_quantity(used.get(name))
            if allowed is not None and taken is not None and allowed - taken < needed:
                return f"the quota {quota.name} leaves {format_size(int(max(allowed - taken, 0)))} of {name}"
    return ""


def list_takers(cluster: Cluster) -> Sequence[KubeObject]:
    """Return the nodes that take new pods of anybody: ready, in scheduling, not short of anything, without a taint."""
    return [node for node in cluster.list("Node") if _takes_pods(node)]


def _takes_pods(node: KubeObject) -> bool:
    taints = [taint for taint in maps_of(node.get("spec", "taints")) if taint.get("effect") != "PreferNoSchedule"]
    pressed = any(condition_of(node, kind).get("status") == "True" for kind in PRESSURES)
    ready = condition_of(node, "Ready").get("status") == "True"
    return ready and not (pressed or taints or is_cordoned(node))


def can_do_without(cluster: Cluster, node: KubeObject) -> bool:
    """Answer whether the other nodes have room for what is started next: nothing waits for one, and one has memory."""
    if any(pod_phase(pod) is PodPhase.UNSCHEDULABLE for pod in cluster.list("Pod")):
        return False
    others = [other for other in list_takers(cluster) if other.name != node.name]
    return any((_taken(other) or 0.0) <= _FULL * (_size(other) or 0.0) for other in others)
