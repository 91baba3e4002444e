"""Workloads and nodes that are slow: who is slow by itself, and whose slowness is only passed on.

A caller waits for its callee, so one delay shows in many places. Of all that are slow, the origin is the one whose
slowness explains most of the others, along the calls that configuration tells of; among equals, the one that rose
most beside what was usual for it: a caller's time holds its callee's, hence the same delay weighs less there. Less
traffic is a consequence of slowness and never blamed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim, Quote
from fermata.rules.kubernetes.health import Trouble
from fermata.rules.metrics.semantics import Kind
from fermata.rules.metrics.shift import find_shift, make_frame
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.database_words import POOL
from fermata.rules.signatures.kubernetes_complaints import find_complaints
from fermata.rules.signatures.kubernetes_findings import Finding, list_findings, locate
from fermata.rules.signatures.kubernetes_nodes import explain_node
from fermata.rules.signatures.kubernetes_reach import cite_first, explain

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

_LEAST_RISE = 1.5
# Half as slow again as usual: less is weather.
_ALIKE = 0.8
_NETWORK_RISE = 8.0
# A busy processor stretches what a service computes; waiting for packets is not bound to that, and soon dwarfs it.
_BUSY_RISE = 1.5


@dataclass(frozen=True, slots=True)
class Slow:
    """One workload that is slow."""

    workload: KubeObject
    worst: Finding
    """Its latency that rose most beside what was usual."""


@dataclass(frozen=True, slots=True)
class Busy:
    """One workload that computes much more than usual."""

    workload: KubeObject
    finding: Finding
    throttled: tuple[Finding, ...]
    """What shows that it is held at its limit."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where the slowness comes from."""

    origin: Slow
    explained: frozenset[str]
    """Refs of the slow workloads that it explains, its own included."""
    others: int
    """How many slow workloads it leaves unexplained."""


def list_slow(cluster: Cluster) -> tuple[Trouble, ...]:
    """Return what is slower than usual or strained by computing, as trouble that wants explaining."""
    slow = cluster.remember(find_slow)
    found = [
        Trouble(
            ref,
            # Not in milliseconds: of a series nobody but its name says in what it counts.
            f"{item.workload.name} answers {item.worst.rise:.1f} times as late as usual",
            item.worst.quote,
        )
        for ref, item in slow.items()
    ]
    busy = cluster.remember(find_busy)
    if busy is not None and busy.workload.ref not in slow:
        text = f"{busy.workload.name} is throttled and computes {busy.finding.rise:.1f} times as much as usual"
        found.append(Trouble(busy.workload.ref, text, busy.finding.quote))
    return tuple(found)


def find_slow(cluster: Cluster) -> Mapping[str, Slow]:
    """Return the workloads that are slow, by ref."""
    return gather_slow(cluster.remember(list_findings))


def gather_slow(findings: Iterable[Finding]) -> Mapping[str, Slow]:
    """Return the workloads that some findings show to be slow, by ref."""
    found: dict[str, Slow] = {}
    for finding in findings:
        if finding.kind is not Kind.LATENCY or finding.rise < _LEAST_RISE or finding.item.kind == "Node":
            continue
        known = found.get(finding.item.ref)
        if known is None or finding.rise > known.worst.rise:
            found[finding.item.ref] = Slow(finding.item, finding)
    return found


def find_origin(cluster: Cluster) -> Verdict | None:
    """Return the workload that most of the slowness comes from; nothing when none is slow."""
    return choose_origin(cluster, cluster.remember(find_slow))


def choose_origin(cluster: Cluster, slow: Mapping[str, Slow]) -> Verdict | None:
    """Return which of some slow workloads, by ref, most of their slowness comes from; nothing for none."""
    if not slow:
        return None
    related = any(call.caller.ref in slow and call.service is not None for call in cluster.dependencies())
    reach = {ref: _explain_slow(cluster, item, slow) if related else frozenset(slow) for ref, item in slow.items()}
    widest = max(map(len, reach.values()))
    widest_of = [item for ref, item in slow.items() if len(reach[ref]) == widest]
    steepest = max(item.worst.rise for item in widest_of)
    # Two that rose about alike: requests that one of them keeps waiting do not arrive, so it lost more of its traffic.
    alike = [item for item in widest_of if item.worst.rise >= _ALIKE * steepest]
    best = max(alike, key=lambda item: (_lost_traffic(cluster, item.workload), item.worst.rise))
    explained = reach[best.workload.ref]
    return Verdict(best, explained, len(slow) - len(explained))


def _lost_traffic(cluster: Cluster, item: KubeObject) -> float:
    """Return the share of its requests that a workload lost, 0..1."""
    drops = [1 - finding.rise for finding in _rises(cluster, Kind.TRAFFIC, item) if finding.before > 0]
    return max(0.0, *drops, 0.0)


def _explain_slow(cluster: Cluster, item: Slow, slow: Mapping[str, Slow]) -> frozenset[str]:
    """Return the slow ones among a workload, those that wait for it, and those that it may only reach late.

    A delay at a caller shows at its callees too, where callers take the time; then it shows at most of them.
    """
    called = {
        callee.ref
        for call in cluster.callees(item.workload)
        if call.service is not None
        for callee in cluster.workloads_selected_by(call.service)
    }
    reached = called & slow.keys()
    if len(reached) * 2 < len(called):
        reached = set()
    waiting = {caller.ref for caller in cluster.dependents(item.workload)}
    return frozenset({item.workload.ref, *reached, *(waiting & slow.keys())})


def _rises(cluster: Cluster, kind: Kind, item: KubeObject) -> Sequence[Finding]:
    return [finding for finding in cluster.remember(list_findings) if finding.kind is kind and finding.item is item]


def find_busy(cluster: Cluster) -> Busy | None:
    """Return the workload whose computing explains all that is slow, if there is one; it need not be slow itself.

    It computes much more than usual, and is slow or throttled: either alone is no trouble.
    """
    slow = cluster.remember(find_slow)
    origin = cluster.remember(find_origin)
    found = []
    for finding in cluster.remember(list_findings):
        item = finding.item
        if finding.kind is not Kind.CPU or finding.rise < _BUSY_RISE or item.kind == "Node":
            continue
        throttled = tuple(_rises(cluster, Kind.SATURATION, item))
        waiting = {caller.ref for caller in cluster.dependents(item)}
        explains = item.ref in slow or throttled
        if explains and (_is_origin(origin, item) or slow.keys() <= {item.ref, *waiting}):
            found.append(Busy(item, finding, throttled))
    return max(found, key=lambda busy: busy.finding.rise, default=None)


def _is_origin(origin: Verdict | None, item: KubeObject) -> bool:
    return origin is not None and origin.origin.workload is item


def _find_cpu(cluster: Cluster) -> Iterable[Claim]:
    busy = cluster.remember(find_busy)
    if busy is None:
        return
    workload, slow = busy.workload, cluster.remember(find_slow)
    limit = ", and is throttled at its limit" if busy.throttled else ""
    late = ", and answers late" if workload.ref in slow else ""
    yield Claim(
        cause="pod_cpu_overload",
        subject=workload.entity,
        text=f"{workload.name} computes {busy.finding.rise:.1f} times as much as usual{limit}{late}.",
        confidence=0.9 if busy.throttled and late else 0.75,
        quotes=cite_first(
            busy.finding.quote,
            *(item.quote for item in busy.throttled),
            slow[workload.ref].worst.quote if late else None,
        ),
        explains=explain(cluster, workload) | slow.keys(),
        person_must=f"Find out what {workload.name} computes, or give it more CPU or replicas.",
    )


def _find_delay(cluster: Cluster) -> Iterable[Claim]:
    verdict = cluster.remember(find_origin)
    if verdict is None or list_lossy(cluster) or cluster.remember(find_busy) is not None:
        return
    if _waits_for_unknown(cluster, verdict.origin) or _waits_for_pool(cluster, verdict.origin.workload):
        return
    origin, workload = verdict.origin, verdict.origin.workload
    # That it is slow speaks for a network no more than for anything else, unless its computing is known not to be it.
    if not _is_computing_known(cluster, workload):
        return
    clear = origin.worst.rise >= _NETWORK_RISE and not verdict.others
    yield Claim(
        cause="pod_network_delay",
        subject=workload.entity,
        text=f"{workload.name} answers {origin.worst.rise:.0f} times as late as usual without computing more: "
        f"its network delays it, or something it waits for that was not measured.",
        confidence=0.7 if clear else 0.5,
        quotes=_quote_slow(cluster, verdict),
        explains=explain(cluster, workload) | verdict.explained,
        person_must=f"Look at the network of the pods of {workload.name}: their node, interface and policies.",
    )


def _waits_for_unknown(cluster: Cluster, origin: Slow) -> bool:
    """Answer whether something that no object stands for became slower, and more so: then the origin waits for it."""
    for series in cluster.series:
        if series.meaning.kind is not Kind.LATENCY or locate(cluster, series.service) is not None:
            continue
        frame = make_frame(series.times, None)
        shift = find_shift(series, frame) if frame is not None else None
        if shift is not None and shift.before > 0 and shift.after / shift.before > origin.worst.rise:
            return True
    return False


def _waits_for_pool(cluster: Cluster, workload: KubeObject) -> bool:
    """Answer whether a workload says itself that it waits for a connection of its pool: that is no network's delay."""
    return any(complaint.workload.ref == workload.ref for complaint in find_complaints(cluster, POOL.needles))


def _is_computing_known(cluster: Cluster, workload: KubeObject) -> bool:
    """Answer whether a workload's computing is watched: else nobody knows that it computes no more than usual.

    A monitor that tells what is not as usual would tell of it, too; series tell only of what they measure.
    """
    services = {series.service for series in cluster.series}
    own = {name for name in services if (item := locate(cluster, name)) is not None and item.ref == workload.ref}
    return not own or any(series.meaning.kind is Kind.CPU for series in cluster.series if series.service in own)


def _quote_slow(cluster: Cluster, verdict: Verdict) -> tuple[Quote, ...]:
    slow = cluster.remember(find_slow)
    others = [item.worst.quote for ref, item in slow.items() if ref in verdict.explained]
    return cite_first(verdict.origin.worst.quote, *others[:3])


def list_lossy(cluster: Cluster) -> Sequence[Finding]:
    """Return the nodes that retransmit more than usual, the worst first: their peers do too, only less."""
    found = [
        finding
        for finding in cluster.remember(list_findings)
        if finding.kind is Kind.PACKET_LOSS and finding.item.kind == "Node" and finding.after > finding.before
    ]
    return sorted(found, key=lambda finding: finding.after, reverse=True)


def _find_loss(cluster: Cluster) -> Iterable[Claim]:
    lossy = list_lossy(cluster)
    if not lossy:
        return
    worst = lossy[0]
    slow = cluster.remember(find_slow)
    clear = len(lossy) == 1 or worst.after > _BUSY_RISE * lossy[1].after
    yield Claim(
        cause="node_network_packet_loss",
        subject=worst.item.entity,
        text=f"Node {worst.item.name} loses packets: TCP retransmits {worst.after:g} instead of {worst.before:g}, more "
        "than on any other node.",
        confidence=0.9 if clear and slow else 0.6,
        quotes=cite_first(*(finding.quote for finding in lossy[:2]), *(item.worst.quote for item in slow.values())),
        explains=explain_node(cluster, worst.item) | frozenset(slow),
        person_must=f"Look at the network interface of {worst.item.name}, its cable or virtual switch, and its queues.",
    )


SIGNATURES: tuple[Signature, ...] = (
    Signature(
        id="node_network_packet_loss",
        title="A node loses packets",
        looks_at=(EvidenceKind.METRICS, EvidenceKind.OBJECTS),
        ruled_out_by="No node retransmits more than usual, or another one does more: peers of a lossy node do so too.",
        confidence_note="0.9 when it stands out and something is slow, 0.6 otherwise.",
        action="none: a person must look at the node's network interface",
        specificity=Specificity.ORIGIN,
        find=_find_loss,
    ),
    Signature(
        id="pod_cpu_overload",
        title="A workload computes more than its share and answers late",
        looks_at=(EvidenceKind.METRICS, EvidenceKind.OBJECTS),
        ruled_out_by="It is throttled without computing more or being slow, or its slowness is a callee's.",
        confidence_note="0.9 when it is throttled and slow, 0.75 when it is one of both.",
        action="none: a person must find out what it computes, or give it more CPU",
        specificity=Specificity.ORIGIN,
        find=_find_cpu,
        is_strain=True,
    ),
    Signature(
        id="pod_network_delay",
        title="A workload answers late without computing more",
        looks_at=(EvidenceKind.METRICS, EvidenceKind.OBJECTS),
        ruled_out_by="It computes more, or nobody measured what it computes; it says that it waits for its connection "
        "pool, a node loses packets, or another slow workload explains more of the slowness.",
        confidence_note="0.7 when it explains all that is slow and rose eightfold, 0.5 otherwise: what it waits for "
        "may not be measured.",
        action="none: a person must look at the network of its pods",
        specificity=Specificity.RELATION,
        find=_find_delay,
        is_strain=True,
    ),
)
"""The catalogue's part about slowness."""
