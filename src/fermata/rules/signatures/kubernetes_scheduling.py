"""Pods that no node takes, and the one constraint that decides it.

The scheduler reports for each node the first filter that refused it (the order is that of the default plugins:
cordon, taints, affinity, ports, resources, volumes, spread, other pods). Several reasons in one message are therefore
the rule, and most of them are routine: control-plane nodes refuse everything. Where a pod is pinned to some nodes,
only what keeps it from those counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from fermata.domain.evidence import EvidenceKind
from fermata.kit.listing import begin_small
from fermata.rules.claims import Claim, Quote
from fermata.rules.kubernetes.health import PodPhase
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_node_fit import (
    CONTROL_PLANE_ROLE,
    exceeds,
    is_control_plane,
    is_cordoned,
    list_untolerated,
    matches_affinity,
    matches_selector,
    selector_of,
)
from fermata.rules.signatures.kubernetes_reach import cite_first, condition_of, explain, list_ailing
from fermata.rules.signatures.kubernetes_remedies import CAPACITY, describe_action
from fermata.rules.signatures.workloads import clip

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

CORDON, TAINT, PLACE = "node_cordon_mismatch", "taint_toleration_mismatch", "place"
ILLNESS = "node_illness"  # Another signature's: it is only kept so that nothing else is blamed for it.
UNKNOWN = "scheduler_reason_unknown"  # A plugin's own, or a wording to come: what stands beside it is not all.
# In the order of the default scheduler's filters (https://kubernetes.io/docs/reference/scheduling/config/, and the
# messages of pkg/scheduler/framework/plugins; read 2026-11). Older wordings stand beside the newer ones.
_FILTERS = (
    (CORDON, re.compile(r"were unschedulable|taint \{node\.kubernetes\.io/unschedulable")),
    # Set by Kubernetes itself about a node that is ill: the node's trouble, not a toleration that somebody forgot.
    (
        ILLNESS,
        re.compile(
            r"taint \{(?:node\.kubernetes\.io|node\.cloudprovider\.kubernetes\.io)/|ToBeDeletedByCluster"
            r"|(?:were|are) (?:not ready|out of disk)|had (?:memory|disk|pid) pressure"
        ),
    ),
    (TAINT, re.compile(r"had (?:untolerated )?taints?\b")),
    (PLACE, re.compile(r"didn't match (?:Pod's )?node (?:affinity|selector)")),
    ("host_port_conflict", re.compile(r"free ports")),
    ("cpu_capacity_mismatch", re.compile(r"Insufficient cpu")),
    ("memory_capacity_mismatch", re.compile(r"Insufficient memory")),
    ("ephemeral_storage_capacity_mismatch", re.compile(r"Insufficient ephemeral-storage")),
    ("pod_capacity_mismatch", re.compile(r"Insufficient pods|Too many pods")),
    ("extended_resource_mismatch", re.compile(r"Insufficient \S+|cannot allocate all claims")),
    ("volume_node_affinity_conflict", re.compile(r"volume node affinity conflict|no available volume zone")),
    ("volume_limit_exceeded", re.compile(r"exceed max volume count")),
    ("volume_not_bindable", re.compile(r"didn't find available persistent volumes")),
    ("topology_spread_mismatch", re.compile(r"topology spread constraints")),
    ("pod_affinity_mismatch", re.compile(r"didn't match pod affinity rules")),
    ("pod_anti_affinity_conflict", re.compile(r"anti-affinity")),
)
_DEPTH = {cause: depth for depth, (cause, _) in enumerate(_FILTERS)} | {UNKNOWN: -1}
_REASON = re.compile(r"(\d+) (.+)")
_CLAIMED = re.compile(r"persistentvolumeclaim|\bpvc\b", re.IGNORECASE)  # Older schedulers count it once for each node.


@dataclass(frozen=True, slots=True)
class Reason:
    """One filter that refused some nodes."""

    cause: str
    count: int
    words: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The constraint that decides over a workload's unscheduled pods."""

    workload: KubeObject
    cause: str
    words: str
    confidence: float
    quotes: tuple[Quote, ...]
    scaler: str = ""
    """What the cluster's autoscaler last said of the pod; empty where it said nothing."""


def read_reasons(message: str) -> Sequence[Reason]:
    """Return the reasons of a scheduler's message in its order; what is said of the pod as a whole is left out.

    The taint of the control plane is routine and left out too.
    """
    # What follows the first sentence is about preemption and devices.
    text = re.split(r"\.(?: |$)", message.partition("nodes are available: ")[2])[0]
    found = []
    for part in re.split(r", (?=\d+ )", text):
        match = _REASON.fullmatch(part.strip())
        cause = next((name for name, words in _FILTERS if match and words.search(match[2])), None)
        if match is None or _CLAIMED.search(match[2]):
            continue
        if cause != TAINT or not CONTROL_PLANE_ROLE.search(part):
            found.append(Reason(cause or UNKNOWN, int(match[1]), match[2]))
    return found


def list_verdicts(cluster: Cluster) -> Sequence[Verdict]:
    """Return the deciding constraint of each workload with pods that no node takes."""
    found = []
    for ailing in list_ailing(cluster, PodPhase.UNSCHEDULABLE):
        for pod in ailing.pods:
            verdict = _judge(cluster, ailing.workload, pod)
            if verdict is not None:
                found.append(_add_scaler(cluster, verdict, pod))
                break
    return found


def _add_scaler(cluster: Cluster, verdict: Verdict, pod: KubeObject) -> Verdict:
    """Add whether nodes are on their way, or why none is: who reads of too few nodes expects more of them."""
    said = [event for event in cluster.events(pod) if event.reason in _SCALER]
    if not said:
        return verdict
    return replace(verdict, quotes=cite_first(verdict.quotes, said[-1].quote), scaler=said[-1].message)


_SCALER = ("NotTriggerScaleUp", "TriggeredScaleUp")


def _judge(cluster: Cluster, workload: KubeObject, pod: KubeObject) -> Verdict | None:
    message, quotes = _hear_scheduler(cluster, pod)
    if "VolumeBinding" in message:
        return Verdict(workload, "volume_not_bindable", message, 0.8, quotes)
    if not message and (held := _find_hold(cluster, pod)):
        return Verdict(workload, held, _HOLDS[held], 0.85, cluster.quote(pod, *_SPOKEN[held]) or cluster.quote(pod))
    nodes = cluster.list("Node")
    reasons = read_reasons(message) if message else _compute_reasons(pod, nodes)
    reasons = _drop_routine(reasons, nodes)
    if not reasons:
        return None
    chosen, confidence = _choose(reasons, pod, nodes)
    cause = _split_place(pod, nodes) if chosen.cause == PLACE else chosen.cause
    if cause == "pod_anti_affinity_conflict" and "affinity/anti" in chosen.words:
        cause = _split_pods(pod)
    spoken = cluster.quote(pod, *_SPOKEN[cause]) if cause in _SPOKEN else ()
    proof = cite_first(quotes, _quote_nodes(cluster, chosen, nodes), spoken) or cluster.quote(pod)
    return Verdict(workload, cause, chosen.words, confidence if message else min(confidence, 0.75), proof)


_HOLDS = {
    "pod_scheduling_gated": "it carries a scheduling gate",
    "scheduler_name_unknown": "its scheduler has placed no pod",
}


def _find_hold(cluster: Cluster, pod: KubeObject) -> str | None:
    """Return why no scheduler so much as looks at a pod: a gate, or a scheduler of its own that places nothing."""
    if pod.pod_spec.get("schedulingGates") or pod.printed.get("STATUS") == "SchedulingGated":
        return "pod_scheduling_gated"
    name = pod.pod_spec.get("schedulerName") or _DEFAULT
    others = (other for other in cluster.list("Pod") if other.get("spec", "nodeName")) if name != _DEFAULT else ()
    alone = name != _DEFAULT and all(other.pod_spec.get("schedulerName") != name for other in others)
    return "scheduler_name_unknown" if alone else None


_DEFAULT = "default-scheduler"
_SPOKEN = {
    "pod_scheduling_gated": ("schedulingGates", "SchedulingGated"),
    "scheduler_name_unknown": ("schedulerName",),
    "node_selector_mismatch": ("Node-Selectors:", "nodeSelector"),
    "cpu_capacity_mismatch": ("Requests:", "requests"),
    "memory_capacity_mismatch": ("Requests:", "requests"),
    "taint_toleration_mismatch": ("Tolerations:", "tolerations"),
}
_SPEECH = re.compile(r"nodes are available|plugin \"VolumeBinding\"")


def _hear_scheduler(cluster: Cluster, pod: KubeObject) -> tuple[str, tuple[Quote, ...]]:
    for event in reversed(cluster.events(pod, "FailedScheduling")):
        if _SPEECH.search(event.message):
            return event.message, cite_first(event.quote)
    message = str(condition_of(pod, "PodScheduled").get("message", ""))
    return message, cluster.quote(pod, "nodes are available") if message else ()


def _compute_reasons(pod: KubeObject, nodes: Sequence[KubeObject]) -> Sequence[Reason]:
    """Judge the nodes where the scheduler's word was not kept; nothing when any of them might do."""
    found: dict[str, int] = {}
    for node in nodes:
        cause = _refuse(pod, node)
        if cause is None:
            return ()
        found[cause] = found.get(cause, 0) + 1
    words = {CORDON: "cordoned", TAINT: "tainted", PLACE: "other labels than asked for"}
    return [Reason(cause, count, words.get(cause, "too small")) for cause, count in found.items()]


def _refuse(pod: KubeObject, node: KubeObject) -> str | None:
    if is_cordoned(node):
        return CORDON
    taints = list_untolerated(pod, node)
    if taints:
        return ILLNESS if any(taint.startswith("node.kubernetes.io/") for taint in taints) else TAINT
    if node.labels and not (matches_selector(pod, node) and matches_affinity(pod, node)):
        return PLACE
    return next((cause for cause, resource in CAPACITY.items() if exceeds(pod, node, resource)), None)


def _drop_routine(reasons: Sequence[Reason], nodes: Sequence[KubeObject]) -> Sequence[Reason]:
    """Leave out the cordon of control-plane nodes, and a lone cordon beside other reasons when nodes are not known."""
    routine = sum(1 for node in nodes if is_cordoned(node) and is_control_plane(node))
    if not nodes and len(reasons) > 1:
        routine = 1
    trimmed = [
        Reason(reason.cause, reason.count - routine, reason.words) if reason.cause == CORDON else reason
        for reason in reasons
    ]
    return [reason for reason in trimmed if reason.count > 0]


def _choose(reasons: Sequence[Reason], pod: KubeObject, nodes: Sequence[KubeObject]) -> tuple[Reason, float]:
    if len({reason.cause for reason in reasons}) == 1:
        return reasons[0], 0.95
    for reason in reasons:
        resource = CAPACITY.get(reason.cause)
        if resource and nodes and all(exceeds(pod, node, resource) for node in nodes):
            return reason, 0.95  # Bigger than any node: nothing else matters.
    places = [reason for reason in reasons if reason.cause == PLACE]
    others = [reason for reason in reasons if reason.cause != PLACE]
    targets = [node for node in nodes if (node.labels or _names_host(pod)) and matches_selector(pod, node)]
    if places and (_knows_labels(nodes) or _names_host(pod)) and selector_of(pod):
        # The pod is pinned: what keeps it from the nodes it is pinned to decides, or that there are none.
        return (_strongest(_about(others, targets) or others), 0.9) if targets else (places[0], 0.9)
    return _strongest(others), 0.6 if places else 0.7


def _knows_labels(nodes: Sequence[KubeObject]) -> bool:
    return bool(nodes) and all(node.labels for node in nodes)


def _names_host(pod: KubeObject) -> bool:
    return set(selector_of(pod)) == {"kubernetes.io/hostname"}


def _about(reasons: Sequence[Reason], targets: Sequence[KubeObject]) -> Sequence[Reason]:
    """Return the reasons that fit the state of the nodes a pod is pinned to."""
    cordoned = any(is_cordoned(node) for node in targets)
    open_nodes = [node for node in targets if not is_cordoned(node)]
    tainted = any(node.get_maps("spec", "taints") for node in open_nodes)
    wrong = {CORDON} if not cordoned else set()
    wrong |= {TAINT} if not tainted else set()
    return [reason for reason in reasons if reason.cause not in wrong]


def _strongest(reasons: Sequence[Reason]) -> Reason:
    """Return the reason that refuses most nodes; among equals the one that was tried last, the nearest to a fit."""
    totals: dict[str, int] = {}
    for reason in reasons:
        totals[reason.cause] = totals.get(reason.cause, 0) + reason.count
    return max(reasons, key=lambda reason: (totals[reason.cause], _DEPTH[reason.cause]))


def _split_place(pod: KubeObject, nodes: Sequence[KubeObject]) -> str:
    """Tell the node selector from node affinity: the scheduler words both alike."""
    if not selector_of(pod):
        return "node_affinity_mismatch"
    fits = _knows_labels(nodes) and any(matches_selector(pod, node) for node in nodes)
    return "node_affinity_mismatch" if fits else "node_selector_mismatch"


def _split_pods(pod: KubeObject) -> str:
    affinity = pod.get_map("spec", "affinity")
    return "pod_affinity_mismatch" if "podAffinity" in affinity and "podAntiAffinity" not in affinity else (
        "pod_anti_affinity_conflict"
    )  # fmt: skip


def _quote_nodes(cluster: Cluster, reason: Reason, nodes: Sequence[KubeObject]) -> tuple[Quote, ...]:
    """Quote what the nodes themselves say of a cordon or a taint."""
    if reason.cause == CORDON:
        cordoned = [node for node in nodes if is_cordoned(node) and not is_control_plane(node)]
        return cite_first(
            *(cluster.quote(node, "SchedulingDisabled", "Unschedulable:", "unschedulable") for node in cordoned[:1])
        )
    if reason.cause == TAINT:
        tainted = [node for node in nodes if node.get_maps("spec", "taints") and not is_control_plane(node)]
        return cite_first(*(cluster.quote(node, "Taints:", "taints") for node in tainted[:1]))
    return ()


def _find_verdict(cluster: Cluster, *, cause: str) -> Iterable[Claim]:
    for verdict in cluster.remember(list_verdicts):
        if verdict.cause != cause:
            continue
        title, person_must = _CAUSES[cause]
        yield Claim(
            cause=cause,
            subject=verdict.workload.entity,
            text=f"No node takes the pods of {verdict.workload.name}: {begin_small(title)} ({clip(verdict.words)})."
            + (f" The cluster's autoscaler says: {clip(verdict.scaler).rstrip('.')}." if verdict.scaler else ""),
            confidence=verdict.confidence,
            quotes=verdict.quotes,
            explains=explain(cluster, verdict.workload),
            person_must=person_must,
        )


_CAUSES = {
    CORDON: ("The nodes that could take a pod are cordoned", "Uncordon a node that suits the pod, or add one."),
    TAINT: (
        "The nodes that could take a pod carry a taint that it does not tolerate",
        "Remove the taint, or give the pod a toleration if it belongs there.",
    ),
    "node_selector_mismatch": (
        "No node carries the labels of a pod's node selector",
        "Correct the node selector, or label the nodes it means.",
    ),
    "node_affinity_mismatch": (
        "No node meets a pod's required node affinity",
        "Correct the affinity, or label the nodes it means.",
    ),
    "pod_anti_affinity_conflict": (
        "A pod's anti-affinity leaves no node for it",
        "Add nodes, ask for fewer replicas, or prefer the anti-affinity instead of requiring it.",
    ),
    "pod_affinity_mismatch": (
        "No node runs the pods that a pod's affinity asks for",
        "Start the pods it wants to be near, or correct the affinity.",
    ),
    "cpu_capacity_mismatch": (
        "No node has the CPU that a pod asks for",
        "Lower the request, or add nodes that are large enough.",
    ),
    "memory_capacity_mismatch": (
        "No node has the memory that a pod asks for",
        "Lower the request, or add nodes that are large enough.",
    ),
    "ephemeral_storage_capacity_mismatch": (
        "No node has the local storage that a pod asks for",
        "Lower the request, or free local storage.",
    ),
    "pod_capacity_mismatch": ("The nodes run as many pods as they may", "Add nodes, or remove pods."),
    "extended_resource_mismatch": (
        "No node offers the device or other resource that a pod asks for",
        "Bring the device plugin or driver back, add such a node, or correct the request.",
    ),
    "host_port_conflict": (
        "The host port a pod asks for is taken on every node",
        "Free the port, or do without a host port.",
    ),
    "topology_spread_mismatch": (
        "A pod's spread constraint leaves no node for it",
        "Add nodes in the missing zones, or relax the constraint.",
    ),
    "volume_node_affinity_conflict": (
        "A pod's volume lives where the pod may not run",
        "Let the pod run in the volume's zone or node, or move the volume.",
    ),
    "volume_not_bindable": (
        "No volume can be bound or made where a pod may run",
        "Provide a volume in the zone or on the node that the pod may use.",
    ),
    "pod_scheduling_gated": (
        "A scheduling gate holds a pod back",
        "Have the controller that set the gate remove it, or remove it by hand.",
    ),
    "scheduler_name_unknown": (
        "A pod waits for a scheduler that does not work",
        "Correct the scheduler's name in the pod, or start that scheduler.",
    ),
    UNKNOWN: (
        "The scheduler gives a reason that is none of its usual ones",
        "Find out which plugin of the scheduler says so, and what it asks of a pod or a node.",
    ),
    "volume_limit_exceeded": ("The nodes have as many volumes attached as they may", "Add nodes, or detach volumes."),
}


def _signature(cause: str, title: str, person_must: str) -> Signature:
    return Signature(
        id=cause,
        title=title,
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="The pod has a node; the reason only concerns control-plane nodes; or the nodes the pod is pinned "
        "to refuse it for another reason.",
        confidence_note="0.95 when it is the only reason left or the request is bigger than any node, 0.9 when the "
        "pinned nodes tell, 0.6 to 0.7 between several reasons; at most 0.75 without the scheduler's own message.",
        action=describe_action(cause, person_must),
        specificity=Specificity.ORIGIN,
        find=partial(_find_verdict, cause=cause),
    )


SIGNATURES: tuple[Signature, ...] = tuple(
    _signature(cause, title, person_must) for cause, (title, person_must) in _CAUSES.items()
)
"""The catalogue's part about pods that find no node."""
