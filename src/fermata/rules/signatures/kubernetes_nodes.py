"""Nodes that do not do their work: the kubelet, the container runtime or the network plugin of one is gone.

A node's own Ready condition tells most: `Unknown` is said by the control plane about a kubelet that fell silent,
`False` by a kubelet that is there and names what it misses. What a node's pods show follows from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from fermata.domain.evidence import EvidenceKind
from fermata.kit.listing import begin_small
from fermata.rules.claims import Claim, Quote
from fermata.rules.kubernetes.health import PodPhase, pod_phase
from fermata.rules.kubernetes.objects import maps_of
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_reach import cite_first, condition_of, explain
from fermata.rules.signatures.kubernetes_remedies import describe_action
from fermata.rules.signatures.workloads import clip

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

_KUBELET_PORT = ":10250"
# kubernetes.io/docs/reference/networking/ports-and-protocols: where the API server reaches a kubelet for logs.
_SILENT = "node.kubernetes.io/unreachable"
# The node controller's taint for a node that stopped posting (kubernetes.io/docs/concepts/architecture/nodes).


@dataclass(frozen=True, slots=True)
class NodeState:
    """What is wrong with one node."""

    node: KubeObject
    cause: str
    words: str
    confidence: float
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class _Wording:
    """How a kubelet says what it misses; `cause` may be told apart further."""

    cause: str
    words: re.Pattern[str]
    confidence: float


_RUNTIME = "container_runtime_unavailable"
_WORDINGS = (
    _Wording(
        "node_network_unavailable",
        re.compile(r"(?i)NetworkPluginNotReady|cni (?:plugin|config)\S* (?:un|not )initialized|network plugin is not"),
        0.9,
    ),
    _Wording(
        _RUNTIME,
        re.compile(r"(?i)runtime is down|runtime (?:is )?not ready|PLEG is not healthy|containerd\.sock|crio\.sock|"
                   r"docker\.sock|cri-dockerd|RuntimeNotReady|runtime status check may not have completed"),
        0.95,
    ),
    _Wording("kubelet_certificate_expired", re.compile(r"(?i)x509|certificate has expired"), 0.8),
)  # fmt: skip
_REPORTED = {
    "KernelDeadlock": "its kernel hangs",
    "NTPProblem": "its clock is not kept in time",
    "ReadonlyFilesystem": "its file system became read-only",
    "FrequentKubeletRestart": "its kubelet restarts again and again",
    "FrequentDockerRestart": "its container runtime restarts again and again",
    "FrequentContainerdRestart": "its container runtime restarts again and again",
    "FrequentUnregisterNetDevice": "its network devices come and go",
}
# Conditions of the node problem detector (github.com/kubernetes/node-problem-detector, config/), read 2026-11-25.


def explain_node(cluster: Cluster, node: KubeObject) -> frozenset[str]:
    """Return the refs of all whose trouble follows from a node's: itself, what runs on it, and the callers of that."""
    refs = {node.ref}
    for pod in pods_on(cluster, node):
        refs |= {pod.ref, *explain(cluster, cluster.workload_of(pod) or pod)}
    return frozenset(refs)


def pods_on(cluster: Cluster, node: KubeObject) -> Sequence[KubeObject]:
    """Return the known pods that are bound to a node, as a table's column tells, else by their own description."""
    return cluster.remember(_group_by_node).get(node.name, ())


def _group_by_node(cluster: Cluster) -> Mapping[str, Sequence[KubeObject]]:
    groups: dict[str, list[KubeObject]] = {}
    for pod in cluster.list("Pod"):
        groups.setdefault(node_name(pod), []).append(pod)
    return groups


def node_name(pod: KubeObject) -> str:
    """Return the name of the node that a pod is bound to; empty when it has none or none is known."""
    column = pod.printed.get("NODE")
    return column if column is not None else str(pod.get("spec", "nodeName", default=""))


def carries_trouble(cluster: Cluster, node: KubeObject) -> bool:
    """Answer whether a pod on a node is not well: without one, whatever the node reports hurts nobody yet."""
    well = (PodPhase.RUNNING_READY, PodPhase.COMPLETED)
    return any(pod_phase(pod) not in well for pod in pods_on(cluster, node))


def list_states(cluster: Cluster) -> Sequence[NodeState]:
    """Return the nodes that are not ready, each with the cause that its conditions tell."""
    nodes = cluster.list("Node")
    lost = [node for node in nodes if _is_unready(node)]
    everywhere = len(lost) == len(nodes) > 1
    return [_judge(cluster, node, everywhere=everywhere) for node in lost]


def _is_unready(node: KubeObject) -> bool:
    printed = node.printed.get("STATUS")
    if printed is not None:
        # kubectl prints the Ready condition first; reading it there spares the description.
        return "NotReady" in printed.split(",")
    return str(condition_of(node, "Ready").get("status", "True")) != "True"


def _judge(cluster: Cluster, node: KubeObject, *, everywhere: bool) -> NodeState:
    ready = condition_of(node, "Ready")
    said = f"{ready.get('reason') or ''}: {ready.get('message') or ''}"
    if ready.get("status") == "Unknown" or _has_taint(node, _SILENT):
        return _judge_silent(cluster, node, everywhere=everywhere)
    for text, quotes in ((said, cluster.quote(node, "KubeletNotReady", "NotReady")), *_listen(cluster, node)):
        for wording in _WORDINGS:
            if wording.words.search(text):
                cause = _name_runtime(node) if wording.cause == _RUNTIME else wording.cause
                return NodeState(node, cause, clip(text.strip(": "), 200), wording.confidence, quotes)
    words = clip(said.strip(": ")) or "it is not ready"
    return NodeState(node, "node_not_ready", words, 0.5, cluster.quote(node, "KubeletNotReady", "NotReady", node.name))


def _judge_silent(cluster: Cluster, node: KubeObject, *, everywhere: bool) -> NodeState:
    words = "its kubelet stopped posting the node's status"
    quotes = cluster.quote(node, "stopped posting", _SILENT, "NotReady", node.name)
    answer = next(_ask_kubelet(cluster, node), None)
    if answer is not None and "refused" in answer.text:
        # A refused connection is an answer of the node itself: it is up, and nobody listens.
        said = f"{words}, and nothing listens on its port"
        return NodeState(node, "kubelet_unavailable", said, 0.97, cite_first(quotes, answer))
    if answer is not None:
        return NodeState(
            node, "node_unreachable", f"{words}, and the node does not answer", 0.8, cite_first(quotes, answer)
        )
    # All of them at once is the control plane's or the network's trouble rather than that of each kubelet.
    said = f"{words}, and whether the node itself answers is not known"
    return NodeState(node, "kubelet_unavailable", said, 0.4 if everywhere else 0.7, quotes)


def _ask_kubelet(cluster: Cluster, node: KubeObject) -> Iterator[Quote]:
    """Yield how the kubelet answered those who wanted the logs of its pods."""
    for pod in pods_on(cluster, node):
        for log in cluster.logs(pod):
            found = log.find(_KUBELET_PORT)
            if found is not None and re.search(r"refused|timeout|timed out|no route|unreachable", found.text):
                yield found


def _listen(cluster: Cluster, node: KubeObject) -> Iterator[tuple[str, tuple[Quote, ...]]]:
    """Yield what the node's kubelet warned of, the newest first."""
    for event in reversed(cluster.events(node)):
        if event.is_warning:
            yield event.message, cite_first(event.quote)
    for pod in pods_on(cluster, node):
        for event in reversed(cluster.events(pod)):
            if event.is_warning and "sock" in event.message:
                yield event.message, cite_first(event.quote)


def _has_taint(node: KubeObject, key: str) -> bool:
    return any(taint.get("key") == key for taint in maps_of(node.get("spec", "taints")))


def _name_runtime(node: KubeObject) -> str:
    version = node.get("status", "nodeInfo", "containerRuntimeVersion") or node.printed.get("CONTAINER-RUNTIME", "")
    return "containerd_unavailable" if str(version).startswith("containerd") else _RUNTIME


_CAUSES = {
    "kubelet_unavailable": (
        "A node's kubelet does not run",
        Specificity.ORIGIN,
        "See whether the node answers at all; if so, start its kubelet and read its journal to learn why it stopped.",
    ),
    "node_unreachable": (
        "A node does not answer at all",
        Specificity.ORIGIN,
        "Find out whether the node is down or its network is, and bring it back or replace it.",
    ),
    "containerd_unavailable": (
        "containerd does not run on a node",
        Specificity.ORIGIN,
        "Start containerd on the node and read its journal to learn why it stopped.",
    ),
    _RUNTIME: (
        "A node's container runtime does not run",
        Specificity.ORIGIN,
        "Start the container runtime on the node and read its journal to learn why it stopped.",
    ),
    "node_network_unavailable": (
        "A node's network plugin is not ready",
        Specificity.ORIGIN,
        "Bring the network plugin of the node back: its daemon's pod and its configuration.",
    ),
    "kubelet_certificate_expired": (
        "A kubelet's certificate is not accepted",
        Specificity.ORIGIN,
        "Renew the kubelet's certificate.",
    ),
    "node_not_ready": (
        "A node is not ready",
        Specificity.STATE,
        "Read the journal of the node's kubelet to learn what it misses.",
    ),
}


def _find_state(cluster: Cluster, *, cause: str) -> Iterable[Claim]:
    for state in cluster.remember(list_states):
        if state.cause != cause:
            continue
        yield Claim(
            cause=cause,
            subject=state.node.entity,
            text=f"{_CAUSES[cause][0]}: {state.node.name}, {state.words}.",
            confidence=state.confidence,
            quotes=state.quotes,
            explains=explain_node(cluster, state.node),
            person_must=_CAUSES[cause][2],
        )


def _find_reported(cluster: Cluster) -> Iterable[Claim]:
    for node in cluster.list("Node"):
        for kind, words in _REPORTED.items() if carries_trouble(cluster, node) else ():
            condition = condition_of(node, kind)
            if condition.get("status") != "True":
                continue
            yield Claim(
                cause="node_problem_reported",
                subject=node.entity,
                text=f"Node {node.name} reports that {words}: {clip(str(condition.get('message') or kind))}.",
                confidence=0.7,
                quotes=cluster.quote(node, kind),
                explains=explain_node(cluster, node),
                person_must="Take the node out of scheduling and repair or replace it.",
            )


def _signature(cause: str) -> Signature:
    title, specificity, person_must = _CAUSES[cause]
    return Signature(
        id=cause,
        title=title,
        looks_at=(EvidenceKind.OBJECTS, EvidenceKind.LOGS),
        ruled_out_by="The node is ready, or its conditions name something else.",
        confidence_note="0.95 and more in the kubelet's own words or when its port refuses; 0.7 when it fell silent "
        "and nothing tells the kubelet from the node; 0.4 when all nodes fell silent at once.",
        action="none: a person must " + begin_small(person_must).rstrip("."),
        specificity=specificity,
        find=partial(_find_state, cause=cause),
    )


SIGNATURES: tuple[Signature, ...] = (
    *(_signature(cause) for cause in _CAUSES),
    Signature(
        id="node_problem_reported",
        title="A node reports a problem of its kernel, disk or daemons",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="No condition of the node problem detector is true, or every pod on the node is well.",
        confidence_note="0.7: the report is certain, that it hurts the pods is likely.",
        action=describe_action("node_problem_reported", "Take the node out of scheduling and repair or replace it."),
        specificity=Specificity.RELATION,
        find=_find_reported,
    ),
)
"""The catalogue's part about nodes."""
