"""A pod that takes the processors of its node from all that run beside it.

Processors are shared by what pods ask for: who asks for little and takes all it finds is let, until those beside it,
which run and look well, wait for their turn. What is used is told by `kubectl top` or by series.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim, Quote
from fermata.rules.kubernetes.health import PodPhase, pod_phase
from fermata.rules.kubernetes.objects import maps_of
from fermata.rules.kubernetes.quantities import parse_quantity
from fermata.rules.metrics.semantics import Kind
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_findings import quote_point
from fermata.rules.signatures.kubernetes_nodes import pods_on
from fermata.rules.signatures.kubernetes_performance import find_slow
from fermata.rules.signatures.kubernetes_reach import cite_first, explain

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject
    from fermata.rules.metrics.series import Series

_USED = "CPU(cores)"
_SHARES = ("CPU%", "CPU(%)")
_FULL = 0.9
_GREEDY = 0.5
# Of the node: who takes less is one of several.
_MORE_THAN_ASKED = 2.0
# Who takes what it asked for was given its room by the scheduler.
_PROCESSOR = re.compile(r"cpu", re.IGNORECASE)
_NOT_BUSY = re.compile(r"idle|iowait|steal|guest|limit|request|capacity|allocatable", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Crowding:
    """A node without a free processor, and the pod that takes most of it."""

    node: KubeObject
    pod: KubeObject
    used: float
    """Processors that the pod takes."""
    capacity: float
    """Processors that the node has."""
    quotes: tuple[Quote, ...]


def list_crowded(cluster: Cluster) -> tuple[Crowding, ...]:
    """Return the nodes that one pod fills, each with that pod."""
    found = (_judge(cluster, node) for node in cluster.list("Node"))
    return tuple(item for item in found if item is not None)


def _judge(cluster: Cluster, node: KubeObject) -> Crowding | None:
    # Each question costs more than the one before, and hardly any node is full.
    full = _show_full(cluster, node)
    capacity = _measure(node) if full else 0.0
    pods = pods_on(cluster, node) if capacity else ()
    taken = [(*found, pod) for pod in pods if (found := _find_used(cluster, pod)) is not None]
    if not taken:
        return None
    used, quotes, pod = max(taken, key=lambda item: item[0])
    asked = _ask(pod)
    if used < _GREEDY * capacity or (asked is not None and used < _MORE_THAN_ASKED * asked):
        return None
    return Crowding(node, pod, used, capacity, cite_first(full, quotes))


def _show_full(cluster: Cluster, node: KubeObject) -> tuple[Quote, ...]:
    """Quote what shows that a node has hardly any processor left now; nothing where it has."""
    for column in _SHARES:
        share = node.printed.get(column, "").rstrip("%")
        if share.isdigit() and int(share) >= 100 * _FULL:
            return cluster.quote(node, f"{share}%", share)
    for series in _list_series(cluster, node.name, "node", "instance"):
        at = _find_last(series)
        # As a share of one or of a hundred; what is beyond counts something else.
        if at is not None and any(_FULL * whole <= (series.values[at] or 0.0) <= whole for whole in (1.0, 100.0)):
            return (quote_point(series, at),)
    return ()


def _measure(node: KubeObject) -> float:
    """Return how many processors a node has; 0 when nothing tells."""
    for field in ("allocatable", "capacity"):
        amount = parse_quantity(node.get("status", field, "cpu", default=None))
        if amount:
            return amount
    used = parse_quantity(node.printed.get(_USED))
    share = next((node.printed.get(column, "").rstrip("%") for column in _SHARES if node.printed.get(column)), "")
    return 100 * used / int(share) if used and share.isdigit() and int(share) else 0.0


def _find_used(cluster: Cluster, pod: KubeObject) -> tuple[float, tuple[Quote, ...]] | None:
    """Return the processors that a pod takes, with what shows it."""
    printed = pod.printed.get(_USED, "")
    amount = parse_quantity(printed)
    if amount is not None:
        return amount, cluster.quote(pod, printed)
    for series in _list_series(cluster, pod.name, "pod"):
        at = _find_last(series)
        if at is not None and series.meaning.kind is Kind.CPU and not series.unit:
            return series.values[at] or 0.0, (quote_point(series, at),)
    return None


def _list_series(cluster: Cluster, name: str, *labels: str) -> Iterator[Series]:
    """Yield the series about the processors of a pod or node, as one of some labels names it, and of nothing in it."""
    for series in cluster.series:
        told = f"{series.metric} {series.labels.get('mode', '')}"
        is_about = any(series.labels.get(label) == name for label in labels) and _PROCESSOR.search(told)
        if is_about and not _NOT_BUSY.search(told) and ("node" not in labels or "pod" not in series.labels):
            yield series


def _find_last(series: Series) -> int | None:
    known = [index for index, value in enumerate(series.values) if value is not None]
    return known[-1] if known else None


def _ask(pod: KubeObject) -> float | None:
    """Return the processors that a pod asks for; `None` when its declaration is not known."""
    requests = [
        parse_quantity(requests.get("cpu"))
        for container in pod.containers
        for requests in maps_of([(container.get("resources") or {}).get("requests") or {}])
    ]
    return sum(amount or 0.0 for amount in requests) if requests else None


def _find_crowding(cluster: Cluster) -> Iterable[Claim]:
    for crowding in cluster.remember(list_crowded):
        told: set[str] = set()
        own = cluster.workload_of(crowding.pod) or crowding.pod
        for pod in pods_on(cluster, crowding.node):
            workload = cluster.workload_of(pod) or pod
            # Who does not even run has another reason.
            if workload.ref in told | {own.ref} or pod_phase(pod) is not PodPhase.RUNNING_READY:
                continue
            told.add(workload.ref)
            yield _blame(cluster, crowding, workload)


def _blame(cluster: Cluster, crowding: Crowding, workload: KubeObject) -> Claim:
    slow = cluster.remember(find_slow).get(workload.ref)
    node, pod = crowding.node.name, crowding.pod.name
    late = f", which answers {slow.worst.rise:.0f} times as late as usual" if slow else ""
    return Claim(
        cause="pod_crowds_node",
        subject=workload.entity,
        text=f"Pod {pod} takes {crowding.used:.1f} of the {crowding.capacity:g} processors of node {node}, which has "
        f"none left for {workload.name}{late}.",
        confidence=0.85 if slow else 0.7,
        quotes=cite_first(crowding.quotes, slow.worst.quote if slow else None),
        explains=explain(cluster, workload),
        person_must=f"Stop {pod}, or give it a limit of CPU or a node of its own; let {workload.name} ask for what it "
        "needs.",
    )


SIGNATURES: tuple[Signature, ...] = (
    Signature(
        id="pod_crowds_node",
        title="A pod takes the processors of its node from those beside it",
        looks_at=(EvidenceKind.OBJECTS, EvidenceKind.METRICS),
        ruled_out_by="A tenth of the node is free, no pod takes half of it, that one asked for half of what it takes, "
        "or who suffers does not run on that node or not at all.",
        confidence_note="0.85 when who runs beside it is slow, 0.7 when somebody only asks about it.",
        action="none: a person must stop the pod, limit it, or give it a node of its own",
        specificity=Specificity.ORIGIN,
        find=_find_crowding,
    ),
)
"""The catalogue's part about pods that leave the others nothing."""
