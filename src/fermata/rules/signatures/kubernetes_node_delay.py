"""A node whose network is slow as a whole: calls across its boundary are late, calls within and beside it are not.

No single workload explains that: several callees are slow that have nothing in common but the node they, or those who
call them, run on. It takes a call graph, pods on more than one node, and series that also show who is not slow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim, Quote
from fermata.rules.metrics.semantics import Kind
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_findings import list_findings, locate, measure, quote_point
from fermata.rules.signatures.kubernetes_nodes import explain_node, node_name
from fermata.rules.signatures.kubernetes_performance import Slow, choose_origin, find_slow, gather_slow, list_lossy
from fermata.rules.signatures.kubernetes_reach import cite_first

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

_FEWEST_ORIGINS = 2
_STANDS_OUT = 1.3


class _Call(NamedTuple):
    """One workload on one node calls another on one node."""

    caller: KubeObject
    callee: KubeObject
    nodes: frozenset[str]
    """One or two names."""


@dataclass(frozen=True, slots=True)
class _Suspect:
    """A node that every slow workload leads to."""

    node: KubeObject
    slow: Mapping[str, Slow]
    late: Sequence[_Call]
    """Calls across its boundary to slow callees."""
    retransmitted: float
    """Mean of its retransmissions; 0 when nobody counts them."""
    quote: Quote | None


def _find_delay(cluster: Cluster) -> Iterable[Claim]:
    suspects = sorted(_list_suspects(cluster), key=lambda item: item.retransmitted, reverse=True)
    if not suspects:
        return
    first = suspects[0]
    # Of two nodes each is the other's boundary; a slow network makes its own node's senders repeat themselves.
    clear = len(suspects) == 1 or first.retransmitted > _STANDS_OUT * suspects[1].retransmitted
    calls = ", ".join(sorted({f"{call.caller.name} to {call.callee.name}" for call in first.late})[:3])
    yield Claim(
        cause="node_network_delay",
        subject=first.node.entity,
        text=f"Calls that cross the boundary of node {first.node.name} are late ({calls}), calls within it are not.",
        confidence=0.6 if clear else 0.4,
        quotes=cite_first(*(item.worst.quote for item in first.slow.values()), first.quote)[:6],
        explains=explain_node(cluster, first.node) | frozenset(first.slow),
        person_must=f"Look at the network interface of {first.node.name}, its link and what else uses it.",
    )


def _list_suspects(cluster: Cluster) -> Iterable[_Suspect]:
    found = cluster.remember(find_slow)
    if not found or not cluster.series or list_lossy(cluster):
        return
    calls = _list_calls(cluster)
    if not any(len(call.nodes) > 1 and call.callee.ref in found for call in calls):
        return  # Before hundreds of series are looked at.
    slow = gather_slow([*cluster.remember(list_findings), *measure(cluster, Kind.LATENCY)])
    origin = choose_origin(cluster, slow)
    calm = {item.ref for item in _list_measured(cluster)} - slow.keys()
    for node in cluster.list("Node"):
        crossing = [call for call in calls if node.name in call.nodes and len(call.nodes) > 1]
        late = [call for call in crossing if call.callee.ref in slow]
        explained = _explain(cluster, crossing) & slow.keys()
        alone = origin is not None and len(origin.explained) >= len(explained)
        if len(explained) < len(slow) or alone or not _have_several_origins(late, calls, slow):
            continue
        if not any(_crosses_only(ref, calls, node.name) for ref in calm):
            yield _Suspect(node, slow, late, *_count_retransmissions(cluster, node))


def _list_calls(cluster: Cluster) -> Sequence[_Call]:
    """Return the calls between workloads that each run on one node alone."""
    found = []
    for call in cluster.dependencies():
        callees = cluster.workloads_selected_by(call.service) if call.service is not None else ()
        for callee in callees:
            ends = [_single_node(cluster, end) for end in (call.caller, callee)]
            if all(ends):
                found.append(_Call(call.caller, callee, frozenset(ends)))
    return found


def _single_node(cluster: Cluster, workload: KubeObject) -> str:
    nodes = {node_name(pod) for pod in cluster.pods_of(workload)}
    return nodes.pop() if len(nodes) == 1 else ""


def _explain(cluster: Cluster, crossing: Iterable[_Call]) -> frozenset[str]:
    """Return the refs of callees across the boundary and of all that wait for them."""
    refs: set[str] = set()
    for callee in {call.callee.ref: call.callee for call in crossing}.values():
        refs |= {callee.ref, *(caller.ref for caller in cluster.dependents(callee))}
    return frozenset(refs)


def _have_several_origins(late: Iterable[_Call], calls: Iterable[_Call], slow: Mapping[str, Slow]) -> bool:
    """Answer whether several slow callees are slow by themselves: none of what they call is."""
    waiting = {call.caller.ref for call in calls if call.callee.ref in slow}
    return len({call.callee.ref for call in late} - waiting) >= _FEWEST_ORIGINS


def _crosses_only(ref: str, calls: Iterable[_Call], node: str) -> bool:
    """Answer whether a workload is only called across a node's boundary."""
    mine = [call for call in calls if call.callee.ref == ref]
    return bool(mine) and all(node in call.nodes and len(call.nodes) > 1 for call in mine)


def _list_measured(cluster: Cluster) -> Iterable[KubeObject]:
    """Return the objects whose latency was measured: a series of zeros or gaps measures nothing."""
    for series in cluster.series:
        if series.meaning.kind is Kind.LATENCY and any(series.values):
            item = locate(cluster, series.service)
            if item is not None:
                yield item


def _count_retransmissions(cluster: Cluster, node: KubeObject) -> tuple[float, Quote | None]:
    for series in cluster.series:
        if series.meaning.kind is Kind.PACKET_LOSS and series.service == node.name:
            known = [value for value in series.values if value is not None]
            peak = max(range(len(series.values)), key=lambda index: series.values[index] or 0.0)
            return sum(known) / max(len(known), 1), quote_point(series, peak)
    return 0.0, None


SIGNATURES: tuple[Signature, ...] = (
    Signature(
        id="node_network_delay",
        title="A node's network is slow",
        looks_at=(EvidenceKind.METRICS, EvidenceKind.OBJECTS),
        ruled_out_by="One workload explains as much, a node loses packets, a workload that is only called across the "
        "boundary is not slow, or there is no call graph or only one node.",
        confidence_note="0.6 when the node's senders repeat themselves more than others', 0.4 when nothing tells it "
        "from the node on the other side.",
        action="none: a person must look at the node's network interface",
        specificity=Specificity.ORIGIN,
        find=_find_delay,
    ),
)
"""The catalogue's part about slow networks of nodes."""
