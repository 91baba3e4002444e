"""Whether the network policies of a cluster let one pod call another.

A pod that a policy selects for a direction is reached, or reaches out, only where a rule of any such policy allows it
(https://kubernetes.io/docs/concepts/services-networking/network-policies, read 2026-11-25). What cannot be judged, such
as blocks of addresses, counts as allowed: a policy is blamed only for what it certainly denies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fermata.kit.digging import dig_list
from fermata.rules.kubernetes.objects import maps_of

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject


def find_ingress_denial(
    cluster: Cluster, caller: KubeObject, callee: KubeObject, *, port: int | None
) -> KubeObject | None:
    """Return the policy that keeps a pod from being called by another, or `None` when none does."""
    return _find_denial(cluster, "ingress", held=callee, peer=caller, port=port)


def find_egress_denial(
    cluster: Cluster, caller: KubeObject, callee: KubeObject, *, port: int | None
) -> KubeObject | None:
    """Return the policy that keeps a pod from calling another, or `None` when none does."""
    return _find_denial(cluster, "egress", held=caller, peer=callee, port=port)


def find_dns_denial(cluster: Cluster, caller: KubeObject) -> KubeObject | None:
    """Return the policy that keeps a pod from asking for names, or `None` when port 53 is open to anybody."""
    policies = _list_policies(cluster, "egress", caller)
    rules = [rule for policy in policies for rule in policy.get_maps("spec", "egress")]
    return policies[0] if policies and not any(_admits_port(rule, 53) for rule in rules) else None


def _find_denial(
    cluster: Cluster, direction: str, *, held: KubeObject, peer: KubeObject, port: int | None
) -> KubeObject | None:
    policies = _list_policies(cluster, direction, held)
    field = "from" if direction == "ingress" else "to"
    for policy in policies:
        for rule in policy.get_maps("spec", direction):
            peers = maps_of(rule.get(field))
            if _admits_port(rule, port) and (
                not peers or any(_is_peer(cluster, item, policy=policy, pod=peer) for item in peers)
            ):
                return None
    return policies[0] if policies else None


def _list_policies(cluster: Cluster, direction: str, pod: KubeObject) -> list[KubeObject]:
    found = []
    for policy in cluster.list("NetworkPolicy", pod.namespace):
        types = policy.get("spec", "policyTypes")
        # Without types, a policy is about ingress, and about egress when it has rules for that.
        about = [str(item).lower() for item in types] if isinstance(types, list) else ["ingress"]
        if types is None and policy.get("spec", "egress") is not None:
            about.append("egress")
        if direction in about and selects(policy.get_map("spec", "podSelector"), pod.labels):
            found.append(policy)
    return found


def _admits_port(rule: Mapping[str, Any], port: int | None) -> bool:
    ports = maps_of(rule.get("ports"))
    if port is None or not ports:
        return True
    # A name is resolved by the pod's own ports: it may well be the one that is asked for.
    return any(_covers(item, port) for item in ports)


def _covers(item: Mapping[str, Any], port: int) -> bool:
    number, end = item.get("port"), item.get("endPort")
    if not isinstance(number, int):
        return True
    return number <= port <= end if isinstance(end, int) else number == port


def _is_peer(cluster: Cluster, peer: Mapping[str, Any], *, policy: KubeObject, pod: KubeObject) -> bool:
    if "ipBlock" in peer:
        return True
    spaces = peer.get("namespaceSelector")
    if isinstance(spaces, Mapping):
        namespace = cluster.find("Namespace", pod.namespace)
        labels = {"kubernetes.io/metadata.name": pod.namespace, **(namespace.labels if namespace is not None else {})}
        if not selects(spaces, labels):
            # Labels of a namespace that was not captured are not known.
            return namespace is None and set(_list_keys(spaces)) != {"kubernetes.io/metadata.name"}
    elif pod.namespace != policy.namespace:
        return False
    pods = peer.get("podSelector")
    return not isinstance(pods, Mapping) or selects(pods, pod.labels)


def _list_keys(selector: Mapping[str, Any]) -> list[str]:
    found = selector.get("matchLabels")
    keys = list(found) if isinstance(found, Mapping) else []
    return keys + [str(item.get("key")) for item in maps_of(selector.get("matchExpressions"))]


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Answer whether a label selector of the API matches labels; an empty one matches all."""
    wanted = selector.get("matchLabels")
    if isinstance(wanted, Mapping) and any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_holds(item, labels) for item in maps_of(selector.get("matchExpressions")))


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, operator = str(expression.get("key")), expression.get("operator")
    known = dig_list(expression, "values")
    if operator == "In":
        return labels.get(key) in known
    if operator == "NotIn":
        return labels.get(key) not in known
    return (key in labels) is (operator == "Exists")
