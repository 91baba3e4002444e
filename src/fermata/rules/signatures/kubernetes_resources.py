"""Memory, disk, processor and process numbers that ran out: of one container by its own limit, or of a whole node.

Both kill the same pods. A container's own limit is told by its own termination or by the runtime; a node's shortage by
the node's condition, by its kernel, or by the message of whom it evicted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from fermata.domain.evidence import EvidenceKind
from fermata.kit.digging import dig_map
from fermata.rules.claims import Claim, Quote
from fermata.rules.kubernetes.health import PodPhase, is_recently_restarted, pod_phase
from fermata.rules.kubernetes.objects import KubeObject, maps_of
from fermata.rules.kubernetes.quantities import parse_quantity
from fermata.rules.metrics.semantics import Kind
from fermata.rules.signatures import kubernetes_crowding
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_findings import list_findings
from fermata.rules.signatures.kubernetes_nodes import carries_trouble, explain_node, node_name
from fermata.rules.signatures.kubernetes_performance import find_origin
from fermata.rules.signatures.kubernetes_reach import (
    cite_first,
    condition_of,
    explain,
    list_ailing,
    replica_sets_of,
)
from fermata.rules.signatures.kubernetes_remedies import describe_action
from fermata.rules.signatures.kubernetes_revisions import revision_of
from fermata.rules.signatures.workloads import clip

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster

_OOM = re.compile(r"OOM-killed|OOMKilled|OOMKilling|emory cgroup out of memory")
# runc adds "(memory limit too low?)" when the container's first process dies for it.
_SUFFERING = (PodPhase.CRASH, PodPhase.RUN_ERROR, PodPhase.CREATING, PodPhase.INIT_FAILING)
_RUNNING = (PodPhase.RUNNING_READY, PodPhase.RUNNING_NOT_READY)
_USED = "CPU(cores)"
_FULL = 0.95
# A container that is throttled is measured a little below its limit.
_LATE = re.compile(r"Client\.Timeout|did not complete within|deadline exceeded|timed out")
_OWN_STORAGE = re.compile(
    r"ephemeral local storage usage exceeds|exceeded its local ephemeral storage|EmptyDir volume .{0,80} exceeds"
)


@dataclass(frozen=True, slots=True)
class Kill:
    """A workload whose container was killed for want of memory."""

    workload: KubeObject
    pod: KubeObject
    container: Mapping[str, Any]
    quotes: tuple[Quote, ...]
    ended: Mapping[str, Any] = field(default_factory=dict)
    """The state of the container that says so; empty when only a table or an event does."""

    @property
    def limit(self) -> str:
        """Return the container's memory limit as it is written; empty without one."""
        return str(limits_of(self.container).get("memory") or "")


def limits_of(container: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the limits of a container by resource; empty without any."""
    return dig_map(container, "resources", "limits")


def list_kills(cluster: Cluster) -> Sequence[Kill]:
    """Return, once a workload, containers that lately died for want of memory, or cannot even start for it.

    Where pods of several revisions died, it is one of the latest.
    """
    found: dict[str, Kill] = {}
    for pod in cluster.list("Pod"):
        # A container that runs and did not start anew lately is not read for how it ended.
        phase = pod_phase(pod)
        if phase not in _SUFFERING and not (phase in _RUNNING and is_recently_restarted(pod)):
            continue
        kill = _find_kill(cluster, cluster.workload_of(pod) or pod, pod)
        if kill is None:
            continue
        known = found.setdefault(kill.workload.ref, kill)
        if known is not kill and _find_revision(cluster, kill) > _find_revision(cluster, known):
            found[kill.workload.ref] = kill
    return tuple(found.values())


def _find_revision(cluster: Cluster, kill: Kill) -> int:
    """Return the revision of a deployment that the pod of a kill is of; -1 when it is not known."""
    owner = kill.pod.owner
    item = cluster.find(owner.kind, owner.name, kill.pod.namespace) if owner is not None else None
    return revision_of(item) if item is not None else -1


def _find_kill(cluster: Cluster, workload: KubeObject, pod: KubeObject) -> Kill | None:
    containers = (*pod.containers, *pod.init_containers)
    for container in containers:
        for state in _ends(container):
            if state.get("reason") == "OOMKilled" or _OOM.search(str(state.get("message") or "")):
                quotes = cluster.quote(pod, "OOMKilled", "OOM-killed", "OOM")
                return Kill(workload, pod, container, quotes, ended=state)
    if "OOMKilled" in pod.printed.get("STATUS", ""):
        # A table alone tells so much.
        return Kill(workload, pod, containers[0] if containers else {}, cluster.quote(pod, "OOMKilled"))
    # A description holds its pod's events: where it has them, all others need not be read.
    told = not cluster.quote(pod, "Events:") or cluster.quote(pod, "OOM", "out of memory")
    for event in reversed(cluster.events(pod)) if told else ():
        if event.is_warning and _OOM.search(event.message) and containers:
            tightest = min(containers, key=_measure_limit)
            return Kill(workload, pod, tightest, cite_first(event.quote, cluster.quote(pod, "Limits:", "limits")))
    return None


def _ends(container: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for place in ("state", "lastState"):
        ended = dig_map(container, "status", place).values()
        yield from (state for state in ended if isinstance(state, Mapping))


def _measure_limit(container: Mapping[str, Any]) -> float:
    amount = parse_quantity(limits_of(container).get("memory"))
    return float("inf") if amount is None else amount


def _find_oom(cluster: Cluster) -> Iterable[Claim]:
    for kill in cluster.remember(list_kills):
        if not kill.limit and _starving(cluster, kill.pod):
            continue  # Without a limit of its own it is the node that ran out.
        words = f"at its limit of {kill.limit}" if kill.limit else "without a known limit"
        before = find_earlier_limit(cluster, kill)
        changed = f" (an earlier version had {before})" if before else ""
        yield Claim(
            cause="oom_killed",
            subject=kill.workload.entity,
            text=f"Container {kill.container.get('name', '')} of {kill.workload.name} was killed for want of memory "
            f"{words}{changed}.",
            confidence=0.97 if kill.limit else 0.7,
            quotes=kill.quotes,
            explains=explain(cluster, kill.workload),
            person_must=f"Raise the memory limit of {kill.workload.name}, or find out what uses the memory.",
        )


def find_earlier_limit(cluster: Cluster, kill: Kill) -> str:
    """Return the greater limit that an earlier revision of the workload gave the container; empty without one."""
    current, own = _measure_limit(kill.container), _find_revision(cluster, kill)
    for item in replica_sets_of(cluster, kill.workload):
        if revision_of(item) > own >= 0:
            continue
        for container in maps_of(item.pod_spec.get("containers")):
            same = container.get("name") == kill.container.get("name")
            if same and current < _measure_limit(container) < float("inf"):
                return str(limits_of(container)["memory"])
    return ""


# Shortage of a node


@dataclass(frozen=True, slots=True)
class _Resource:
    """What a node may run out of."""

    cause: str
    condition: str
    title: str
    evicted: re.Pattern[str]
    """How an evicted pod's message names it."""
    person_must: str


_RESOURCES = (
    _Resource(
        "node_memory_pressure",
        "MemoryPressure",
        "A node runs out of memory",
        re.compile(r"low on resource: \[?memory|MemoryPressure"),
        "Find out which pods use more memory than they ask for, and give them limits or the node less to run.",
    ),
    _Resource(
        "node_disk_pressure",
        "DiskPressure",
        "A node runs out of disk space or inodes",
        re.compile(r"low on resource: \[?(?:ephemeral-storage|inodes|nodefs|imagefs)|DiskPressure"),
        "Free the disk of the node: images, logs, local volumes; or make it bigger.",
    ),
    _Resource(
        "node_pid_pressure",
        "PIDPressure",
        "A node runs out of process numbers",
        re.compile(r"low on resource: \[?pids|PIDPressure"),
        "Find out which pod starts so many processes, and limit them.",
    ),
)
_KERNEL_OOM = ("SystemOOM", "OOMKilling")
# The kubelet's and the node problem detector's words for the kernel's killer.


def _starving(cluster: Cluster, pod: KubeObject) -> bool:
    """Answer whether the node of a pod runs out of memory as a whole."""
    node = cluster.find("Node", node_name(pod))
    return node is not None and bool(_show_shortage(cluster, node, _RESOURCES[0]))


def _show_shortage(cluster: Cluster, node: KubeObject, resource: _Resource) -> tuple[Quote, ...]:
    """Quote what shows that a node is short of something now."""
    if condition_of(node, resource.condition).get("status") == "True":
        return cluster.quote(node, resource.condition)
    told = not cluster.quote(node, "Events:") or cluster.quote(node, *_KERNEL_OOM)
    if resource.condition == "MemoryPressure" and told:
        events = (event for event in cluster.events(node) if event.reason in _KERNEL_OOM)
        return cite_first(*(event.quote for event in events))
    return ()


def _find_shortage(cluster: Cluster, *, resource: _Resource) -> Iterable[Claim]:
    waiting = any(pod_phase(pod) is PodPhase.UNSCHEDULABLE for pod in cluster.list("Pod"))
    for node in cluster.list("Node"):
        # A node short of something takes no more pods: those that wait for a node may wait for it.
        shown = _show_shortage(cluster, node, resource) if waiting or carries_trouble(cluster, node) else ()
        evicted = cluster.remember(_group_evicted).get((node.name, resource.cause), ())
        if shown or evicted:
            yield _blame_node(cluster, node, resource, shown=shown, evicted=evicted)
    for (name, cause), evicted in cluster.remember(_group_evicted).items():
        if cause == resource.cause and name[:1] not in ("", "<") and cluster.find("Node", name) is None:
            # Nobody looked at the node; the kubelet's word to the pod is enough.
            yield _blame_node(cluster, KubeObject("Node", "", name=name), resource, shown=(), evicted=evicted)


def _blame_node(
    cluster: Cluster,
    node: KubeObject,
    resource: _Resource,
    *,
    shown: tuple[Quote, ...],
    evicted: Sequence[tuple[KubeObject, Quote]],
) -> Claim:
    names = sorted({cluster.app_name(pod) for pod, _ in evicted})
    who = f"; it evicted pods of {', '.join(names[:3])}" if names else ""
    gone = {pod.ref for pod, _ in evicted}
    follow = frozenset(ref for pod, _ in evicted for ref in explain(cluster, cluster.workload_of(pod) or pod))
    return Claim(
        cause=resource.cause,
        subject=node.entity,
        text=f"{resource.title}: {node.name}{who}.",
        confidence=0.9 if shown else 0.7,
        quotes=cite_first(shown, *(quote for _, quote in evicted)),
        explains=follow | gone | (explain_node(cluster, node) if shown else frozenset({node.ref})),
        person_must=resource.person_must,
    )


def _group_evicted(cluster: Cluster) -> Mapping[tuple[str, str], Sequence[tuple[KubeObject, Quote]]]:
    """Return (node, cause) -> the pods that the node evicted for it, with the line that says so."""
    found: dict[tuple[str, str], list[tuple[KubeObject, Quote]]] = {}
    for pod, message, quotes in cluster.remember(_list_evicted):
        for resource in _RESOURCES:
            if resource.evicted.search(message) and not _OWN_STORAGE.search(message):
                found.setdefault((node_name(pod), resource.cause), []).append((pod, quotes[0]))
    return found


def _list_evicted(cluster: Cluster) -> Sequence[tuple[KubeObject, str, tuple[Quote, ...]]]:
    """Return evicted pods with what was said to them."""
    found = []
    for ailing in list_ailing(cluster, PodPhase.EVICTED):
        for pod in ailing.pods:
            message = str(pod.get("status", "message", default=""))
            events = [event for event in cluster.events(pod, "Evicted") if event.quote is not None]
            said = message or (events[-1].message if events else "")
            quotes = cite_first(
                cluster.quote(pod, message[:40]) if message else (), *(event.quote for event in events[-1:])
            )
            if said and quotes:
                found.append((pod, said, quotes))
    return tuple(found)


def _find_own_storage(cluster: Cluster) -> Iterable[Claim]:
    seen = set()
    for pod, message, quotes in cluster.remember(_list_evicted):
        workload = cluster.workload_of(pod) or pod
        if not _OWN_STORAGE.search(message) or workload.ref in seen:
            continue
        seen.add(workload.ref)
        yield Claim(
            cause="ephemeral_storage_limit_exceeded",
            subject=workload.entity,
            text=f"{workload.name} wrote more to local storage than it may: {clip(message, 160)}.",
            confidence=0.9,
            quotes=quotes,
            explains=explain(cluster, workload) | {pod.ref},
            person_must=f"Find out what {workload.name} writes, or raise its limit of local storage.",
        )


def _find_throttled(cluster: Cluster) -> Iterable[Claim]:
    verdict = cluster.remember(find_origin)
    findings = cluster.remember(list_findings) if verdict is not None else ()
    mine = [item for item in findings if verdict is not None and item.item is verdict.origin.workload]
    throttled = [item for item in mine if item.kind is Kind.SATURATION]
    if verdict is None or not throttled or any(item.kind is Kind.CPU for item in mine):
        return
    workload = verdict.origin.workload
    yield Claim(
        cause="cpu_limit_too_low",
        subject=workload.entity,
        text=f"{workload.name} is throttled at its CPU limit and answers late, without computing more than usual.",
        confidence=0.5,
        quotes=cite_first(*(item.quote for item in throttled), verdict.origin.worst.quote),
        explains=explain(cluster, workload) | verdict.explained,
        person_must=f"Raise the CPU limit of {workload.name}, or remove it.",
    )


def _find_cpu(cluster: Cluster) -> Iterable[Claim]:
    yield from _find_throttled(cluster)
    told = set()
    for pod in cluster.list("Pod"):
        workload = cluster.workload_of(pod) or pod
        if workload.ref in told or not _ails(pod) or not _is_at_limit(pod):
            continue
        late = [event for event in cluster.events(pod, "Unhealthy") if _LATE.search(event.message)]
        if not late:
            continue
        told.add(workload.ref)
        yield Claim(
            cause="cpu_limit_too_low",
            subject=workload.entity,
            text=f"{pod.name} uses all of its CPU limit ({pod.printed[_USED]}), and its probes wait in vain.",
            confidence=0.6,
            quotes=cite_first(late[-1].quote, cluster.quote(pod, pod.printed[_USED])),
            explains=explain(cluster, workload),
            person_must=f"Raise the CPU limit of {workload.name}, or find out what it computes.",
        )


def _is_at_limit(pod: KubeObject) -> bool:
    """Answer whether a pod's use of processors, as `kubectl top` printed it, is what its containers may use at most."""
    used = parse_quantity(pod.printed.get(_USED))
    if not used:
        return False
    limits = [parse_quantity(limits_of(container).get("cpu")) for container in pod.containers]
    return bool(limits) and all(limits) and used >= _FULL * sum(limit for limit in limits if limit)


def _ails(pod: KubeObject) -> bool:
    return pod_phase(pod) is PodPhase.RUNNING_NOT_READY or is_recently_restarted(pod)


def _signature(resource: _Resource) -> Signature:
    return Signature(
        id=resource.cause,
        title=resource.title,
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="The node's condition is false and nobody was evicted for it, or a pod's own limit was it.",
        confidence_note="0.9 from the node's condition or its kernel, 0.7 from the message of an evicted pod alone.",
        action=describe_action(resource.cause, resource.person_must),
        specificity=Specificity.ORIGIN,
        find=partial(_find_shortage, resource=resource),
    )


SIGNATURES: tuple[Signature, ...] = (
    Signature(
        id="oom_killed",
        title="A container is killed at its memory limit",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="The kill is long ago and the pod is well, or the container has no limit and its node ran out.",
        confidence_note="0.97 with a limit of its own, 0.7 when none is known.",
        action="kubernetes.set_resources with twice the limit, or what an earlier revision had; otherwise (it climbs "
        "to any limit, or nodes or quotas have no room) a person must find out what uses the memory",
        specificity=Specificity.ORIGIN,
        find=_find_oom,
    ),
    *(_signature(resource) for resource in _RESOURCES),
    Signature(
        id="ephemeral_storage_limit_exceeded",
        title="A pod writes more to local storage than it may",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="The pod was evicted for its node's shortage.",
        confidence_note="0.9: the kubelet says so.",
        action="none: a person must find out what it writes, or raise the limit",
        specificity=Specificity.ORIGIN,
        find=_find_own_storage,
    ),
    Signature(
        id="cpu_limit_too_low",
        title="A workload is throttled at its CPU limit",
        looks_at=(EvidenceKind.METRICS, EvidenceKind.OBJECTS),
        ruled_out_by="It is not slow, its slowness is a callee's, or it computes more than usual; its pods are well, "
        "or use less than they may.",
        confidence_note="0.6 when its use is at its limit and probes are not answered, 0.5 from metrics: many "
        "workloads are throttled a little and live well.",
        action="none: a person must raise or remove the CPU limit",
        specificity=Specificity.STATE,
        find=_find_cpu,
    ),
    *kubernetes_crowding.SIGNATURES,
)
"""The catalogue's part about resources that ran out."""
