"""Parts of the control plane that nobody misses until something has to change.

They leave no event when they are gone: what speaks is what did not happen, such as a pod that no scheduler ever looked
at, or a deployment that nobody made pods for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim, Quote
from fermata.rules.kubernetes.health import PodPhase, pod_phase
from fermata.rules.kubernetes.objects import entity_of
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_nodes import node_name
from fermata.rules.signatures.kubernetes_reach import (
    cite_first,
    condition_of,
    explain,
    is_short,
    list_ailing,
    replica_sets_of,
)

if TYPE_CHECKING:
    from fermata.domain.entity import Entity
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

_SYSTEM = "kube-system"
_PATIENCE_S = 15.0
# A scheduler or controller answers within a second or two; a back-off of its queue is 10 s at most.
_ROLES = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_ROLE_WORDS = re.compile(r"\b(?:control-plane|master)\b")


# The scheduler


def _find_scheduler(cluster: Cluster) -> Iterable[Claim]:
    ignored = [
        (ailing.workload, pod)
        for ailing in list_ailing(cluster, PodPhase.UNSCHEDULABLE)
        for pod in ailing.pods
        if _is_ignored(cluster, pod)
    ]
    if not ignored:
        return
    names = sorted({workload.name for workload, _ in ignored})
    pod = ignored[0][1]
    state = _find_component(cluster, "kube-scheduler")
    quotes = cite_first(state, cluster.quote(pod, "Events:", pod.name), cluster.quote(pod, pod.name))
    yield Claim(
        cause="kube_scheduler_unavailable",
        subject=_control_plane(cluster, "kube-scheduler"),
        text=f"No scheduler looks at the pods of {', '.join(names[:3])}: they have no node, and nobody says why.",
        confidence=0.95 if state else 0.85,
        quotes=quotes,
        explains=frozenset(ref for workload, _ in ignored for ref in explain(cluster, workload)),
        person_must="Start the scheduler of the control plane and read its log to learn why it stopped.",
    )


def _is_ignored(cluster: Cluster, pod: KubeObject) -> bool:
    """Answer whether a pod waits for longer than a scheduler needs, and no scheduler ever had a word on it."""
    age = pod.age_s
    if age is None or age < _PATIENCE_S or not _would_be_heard(cluster, pod):
        return False
    gated = pod.get("spec", "schedulingGates") or condition_of(pod, "PodScheduled").get("reason")
    foreign = pod.get("spec", "schedulerName", default="default-scheduler") != "default-scheduler"
    if gated or foreign or pod.get("spec", "nodeName"):
        return False
    heard = any("chedul" in event.component + event.reason for event in cluster.events(pod))
    return not heard and not _has_been_overtaken(cluster, age)


def _would_be_heard(cluster: Cluster, pod: KubeObject) -> bool:
    """Answer whether a scheduler's word on a pod would be here: its conditions, its events, or all of its namespace.

    A row of a table and events of something else show no silence: nobody asked about this pod.
    """
    return pod.is_detailed or cluster.has_list("Event", pod.namespace)


def _has_been_overtaken(cluster: Cluster, age: float) -> bool:
    """Answer whether a younger pod has got a node: whoever gave it one is there."""
    others = (pod.age_s for pod in cluster.list("Pod") if node_name(pod) not in ("", "<none>") and not _is_daemon(pod))
    return any(other is not None and other < age - 1 for other in others)


def _is_daemon(pod: KubeObject) -> bool:
    return pod.owner is not None and pod.owner.kind in ("DaemonSet", "Node")


# The controller manager


def _find_controller(cluster: Cluster) -> Iterable[Claim]:
    ignored = [item for item in cluster.list("Deployment") if _is_unattended(cluster, item)]
    if not ignored:
        return
    state = _find_component(cluster, "kube-controller-manager")
    names = sorted(item.name for item in ignored)
    yield Claim(
        cause="kube_controller_manager_unavailable",
        subject=_control_plane(cluster, "kube-controller-manager"),
        text=f"No controller acts on {', '.join(names[:3])}: pods are asked for, nobody makes them or says why not.",
        confidence=0.9 if state else 0.7,
        quotes=cite_first(state, *(cluster.quote(item, item.name) for item in ignored[:2])),
        explains=frozenset(ref for item in ignored for ref in explain(cluster, item)),
        person_must="Start the controller manager of the control plane and read its log to learn why it stopped.",
    )


def _is_unattended(cluster: Cluster, deployment: KubeObject) -> bool:
    """Answer whether a deployment changed and its controller did not notice, or that of its replica set."""
    # From a table's columns first: the rest is read only of those that lack pods.
    if not is_short(deployment) or (deployment.age_s or 0.0) < _PATIENCE_S or deployment.get("spec", "paused") is True:
        return False
    seen, current = deployment.get("status", "observedGeneration"), deployment.get("metadata", "generation")
    if isinstance(seen, int) and isinstance(current, int) and seen < current:
        return True
    lists = all(cluster.has_list(kind, deployment.namespace) for kind in ("ReplicaSet", "Pod"))
    if not lists or cluster.pods_of(deployment) or replica_sets_of(cluster, deployment):
        return False
    failed = condition_of(deployment, "ReplicaFailure").get("status") == "True"
    return not failed and not cluster.events(deployment, "FailedCreate")


# Both


def _control_plane(cluster: Cluster, component: str) -> Entity:
    """Return the component's pod where that is seen not to run, else the node of the control plane.

    Where the provider hides both, it is the component itself.
    """
    down = _find_down(cluster, component)
    if down is not None:
        return down.entity
    for node in cluster.list("Node"):
        roles = f"{node.printed.get('ROLES', '')} {node.labels.get('kubernetes.io/role', '')}"
        if _ROLE_WORDS.search(roles) or any(role in node.labels for role in _ROLES):
            return node.entity
    return entity_of("Component", _SYSTEM, component)


def _find_component(cluster: Cluster, component: str) -> tuple[Quote, ...]:
    """Quote a component's pod that does not run, where it runs as a pod at all."""
    down = _find_down(cluster, component)
    return cluster.quote(down, down.name) if down is not None else ()


def _find_down(cluster: Cluster, component: str) -> KubeObject | None:
    pods = (pod for pod in cluster.list("Pod", _SYSTEM) if pod.name.startswith(component))
    return next((pod for pod in pods if pod_phase(pod) is not PodPhase.RUNNING_READY), None)


SIGNATURES: tuple[Signature, ...] = (
    Signature(
        id="kube_scheduler_unavailable",
        title="The scheduler does not run",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="Neither the pod nor its namespace's events were looked at, the scheduler said why a pod has no "
        "node, a younger pod has got one, the pod is younger than a scheduler needs, or it wants another scheduler.",
        confidence_note="0.95 when the scheduler's own pod is seen not to run, 0.85 from its silence.",
        action="none: a person must start the scheduler of the control plane",
        specificity=Specificity.ORIGIN,
        find=_find_scheduler,
    ),
    Signature(
        id="kube_controller_manager_unavailable",
        title="The controller manager does not run",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="The deployment has a replica set or pods, is paused, or somebody said why it has none.",
        confidence_note="0.9 when the controller manager's own pod is seen not to run, 0.7 from its silence.",
        action="none: a person must start the controller manager of the control plane",
        specificity=Specificity.ORIGIN,
        find=_find_controller,
    ),
)
"""The catalogue's part about the control plane."""
