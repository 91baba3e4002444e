"""Which workloads of a cluster ail, and what their trouble drags along: the ground the Kubernetes signatures share.

An event outlives the fault it tells of: the signatures start from what ails now and read the events of that, never
the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from fermata.rules.kubernetes.health import PodPhase, desired_replicas, pod_phase, ready_replicas

if TYPE_CHECKING:
    from fermata.rules.claims import Quote
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

CONTROLLERS = ("Deployment", "StatefulSet", "DaemonSet", "Job")
"""Kinds that make pods and that people name; replica sets stand for their deployment."""


@dataclass(frozen=True, slots=True)
class Ailing:
    """A workload and those of its pods that are in one kind of trouble."""

    workload: KubeObject
    pods: tuple[KubeObject, ...]
    """Never empty."""


def list_ailing(cluster: Cluster, *phases: PodPhase) -> Sequence[Ailing]:
    """Return the workloads with pods in one of the phases, in the order the pods were listed."""
    found: dict[str, tuple[KubeObject, list[KubeObject]]] = {}
    by_phase = cluster.remember(_group_pods)
    for phase in phases:
        for pod in by_phase.get(phase, ()):
            workload = cluster.workload_of(pod) or pod
            if not (phase is PodPhase.CRASH and _is_over(cluster, workload, pod)):
                found.setdefault(workload.ref, (workload, []))[1].append(pod)
    return [Ailing(workload, tuple(pods)) for workload, pods in found.values()]


def _is_over(cluster: Cluster, workload: KubeObject, pod: KubeObject) -> bool:
    """Answer whether a pod that failed for good was made up for: by a later try of its job, or by its replacement."""
    if pod.get("status", "phase") != "Failed" or workload is pod:
        return False
    if workload.kind not in ("Job", "CronJob"):
        return not is_short(workload)
    jobs = [
        job for job in cluster.list("Job", pod.namespace) if cluster.workload_of(job) is workload or job is workload
    ]
    own = next((job for job in jobs if pod.owner is not None and job.name == pod.owner.name), None)
    return any(as_count(job.get("status", "succeeded")) and _is_later(job, own) for job in jobs)


def _is_later(job: KubeObject, own: KubeObject | None) -> bool:
    """Answer whether a job is the given one or was made after it; of unknown times the earlier is assumed."""
    if own is None or job is own:
        return job is own
    return job.created_at is not None and own.created_at is not None and job.created_at > own.created_at


def _group_pods(cluster: Cluster) -> Mapping[PodPhase, Sequence[KubeObject]]:
    groups: dict[PodPhase, list[KubeObject]] = {}
    for pod in cluster.list("Pod"):
        groups.setdefault(pod_phase(pod), []).append(pod)
    return groups


def list_controllers(cluster: Cluster) -> Iterable[KubeObject]:
    """Return all that makes pods, as `CONTROLLERS` orders the kinds."""
    for kind in CONTROLLERS:
        yield from cluster.list(kind)


class Replicas(NamedTuple):
    """How many pods a workload should have and has."""

    desired: int | None
    """`None` when unknown."""
    ready: int | None
    updated: int | None
    """Of the latest template; `None` for what is not rolled out."""


def count_replicas(workload: KubeObject) -> Replicas:
    """Return a workload's counts, from a table's columns where one was printed: no detail is read for those."""
    ready, _, desired = workload.printed.get("READY", "").partition("/")
    if ready.isdigit() and desired.isdigit():
        updated = workload.printed.get("UP-TO-DATE", "")
        return Replicas(int(desired), int(ready), int(updated) if updated.isdigit() else None)
    # The API leaves a count of zero out.
    rolled = as_count(workload.get("status", "updatedReplicas")) if workload.kind == "Deployment" else None
    return Replicas(desired_replicas(workload), ready_replicas(workload), rolled)


def is_short(workload: KubeObject) -> bool:
    """Answer whether fewer pods are ready, or fewer are of the latest template, than are asked for."""
    if workload.kind == "Job" and as_count(workload.get("status", "succeeded")):
        return False
    counts = count_replicas(workload)
    if counts.desired is None or counts.ready is None:
        return False
    return min(counts.ready, counts.ready if counts.updated is None else counts.updated) < counts.desired


def replica_sets_of(cluster: Cluster, workload: KubeObject, kind: str = "ReplicaSet") -> Sequence[KubeObject]:
    """Return a workload's replica sets, those that are scaled to zero included, or another kind that it owns."""
    owner, prefix = (workload.kind, workload.name), f"{workload.name}-"
    listed = cluster.list(kind, workload.namespace)
    # A set's name begins with its workload's: of all others not even the owner has to be read.
    return [item for item in listed if item.name.startswith(prefix) and item.owner == owner]


def lacks_pods(cluster: Cluster, workload: KubeObject) -> bool:
    """Answer whether pods that should exist do not; pods that exist and fail are another trouble."""
    sets = replica_sets_of(cluster, workload) if workload.kind == "Deployment" else ()
    counts = [(as_count(item.get("spec", "replicas")), as_count(item.get("status", "replicas"))) for item in sets]
    if any(wanted or existing for wanted, existing in counts):
        return any(wanted > existing for wanted, existing in counts)
    return len(cluster.pods_of(workload)) < as_count(count_replicas(workload).desired)


def as_count(value: Any) -> int:
    """Return a number of things, 0 when it is not known."""
    return value if isinstance(value, int) else 0


def explain(cluster: Cluster, workload: KubeObject) -> frozenset[str]:
    """Return the refs of all whose trouble follows from a workload's: itself, its pods, its services, its callers.

    It is what an origin explains. A state or a symptom explains `explain_own` only: it must not outrank its own cause.
    """
    return explain_own(cluster, workload) | {item.ref for item in cluster.dependents(workload)}


def explain_own(cluster: Cluster, workload: KubeObject) -> frozenset[str]:
    """Return the refs of a workload, its pods and its services."""
    parts = (*cluster.pods_of(workload), *cluster.services_for(workload))
    return frozenset({workload.ref, *(item.ref for item in parts)})


def condition_of(item: KubeObject, kind: str) -> Mapping[str, Any]:
    """Return a condition by its type, empty when the object does not report it."""
    for condition in item.get_maps("status", "conditions"):
        if condition.get("type") == kind:
            return condition
    return {}


def cite_first(*quotes: Quote | Sequence[Quote] | None) -> tuple[Quote, ...]:
    """Return quotes in one row, each once, without those that were not found."""
    row: dict[Quote, None] = {}
    for quote in quotes:
        if quote is not None:
            row.update(dict.fromkeys(quote if isinstance(quote, Sequence) else (quote,)))
    return tuple(row)


def known_absent(cluster: Cluster, kind: str, name: str, namespace: str) -> bool:
    """Answer whether an object is known not to exist: a complete list lacks it, or it was asked for and not found."""
    return bool(name) and cluster.find(kind, name, namespace) is None and cluster.is_absent(kind, name, namespace)
