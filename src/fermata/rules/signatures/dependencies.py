"""Failures that belong to somebody else: a service that is called and is down, in the cluster or outside it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_complaints import FailedCall, Failure, is_ailing, list_failed_calls
from fermata.rules.signatures.kubernetes_reach import cite_first, count_replicas, explain
from fermata.rules.signatures.strangers import list_strangers

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject


def _find_down(cluster: Cluster) -> Iterable[Claim]:
    groups: dict[str, tuple[KubeObject, list[FailedCall]]] = {}
    for call in list_failed_calls(cluster):
        for workload in _list_called(cluster, call):
            is_down = is_ailing(cluster, workload) or count_replicas(workload).ready == 0
            if is_down and workload is not call.caller:
                groups.setdefault(workload.ref, (workload, []))[1].append(call)
    for workload, calls in groups.values():
        names = list(dict.fromkeys(call.caller.name for call in calls))
        yield Claim(
            cause="dependency_unavailable",
            subject=workload.entity,
            text=f"{workload.name} is not up, and {', '.join(names[:3])} fail{'s' if len(names) == 1 else ''} for it.",
            confidence=0.6,
            quotes=cite_first(*(call.complaint.quote for call in calls[:2]), cluster.quote(workload)),
            explains=explain(cluster, workload).union(*(explain(cluster, call.caller) for call in calls)),
            person_must=f"Find out why {workload.name} is not up.",
        )


def _list_called(cluster: Cluster, call: FailedCall) -> Sequence[KubeObject]:
    """Return the workloads behind what was called; where no services are known, that of the name."""
    if call.service is not None:
        return cluster.workloads_selected_by(call.service)
    if cluster.list("Service", call.caller.namespace):
        return ()
    alike = (item for item in cluster.workloads if item.name == call.host)
    return [item for item in alike if item.namespace == call.caller.namespace]


def _find_external(cluster: Cluster) -> Iterable[Claim]:
    calls = list_failed_calls(cluster)
    # Where names of the cluster do not resolve either, the resolver is to blame.
    is_resolving = not any(call.failure is Failure.UNRESOLVED and not _is_external(call) for call in calls)
    groups: dict[str, list[FailedCall]] = {}
    for call in calls:
        if _is_external(call) and (is_resolving or call.failure is not Failure.UNRESOLVED):
            groups.setdefault(call.host, []).append(call)
    where = "" if list_strangers(cluster) else ", outside the cluster"
    for host, group in groups.items():
        callers = {call.caller.ref: call.caller for call in group}
        first = next(iter(callers.values()))
        yield Claim(
            cause="external_dependency_unavailable",
            subject=first.entity,
            text=f"{', '.join(item.name for item in callers.values())} cannot reach {host}{where}.",
            confidence=0.7 if len(callers) > 1 else 0.6,
            quotes=cite_first(*(call.complaint.quote for call in group[:2])),
            explains=frozenset().union(*(explain(cluster, item) for item in callers.values())),
            person_must=f"Find out whether {host} is up, and whether the cluster may reach it.",
        )


def _is_external(call: FailedCall) -> bool:
    return call.service is None and is_outside(call.host)


def is_outside(host: str) -> bool:
    """Answer whether a host is certainly outside: a long name or a public address."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        labels = host.split(".")
        return len(labels) > 1 and labels[-1] not in ("local", "svc", "internal") and "svc" not in labels


SIGNATURES: tuple[Signature, ...] = (
    Signature(
        id="dependency_unavailable",
        title="A workload that others call is not up",
        looks_at=(EvidenceKind.LOGS, EvidenceKind.OBJECTS),
        ruled_out_by="Its pods are ready, or no caller says that calls to it fail.",
        confidence_note="0.6: who is down is certain, why is another signature's word.",
        action="none: a person must find out why it is not up",
        specificity=Specificity.STATE,
        find=_find_down,
    ),
    Signature(
        id="external_dependency_unavailable",
        title="Something outside the cluster cannot be reached",
        looks_at=(EvidenceKind.LOGS, EvidenceKind.OBJECTS),
        ruled_out_by="Calls within the cluster fail alike, or the host may be of the cluster.",
        confidence_note="0.7 when several workloads say so, 0.6 when one does.",
        action="none: a person must find out whether it is up and may be reached",
        specificity=Specificity.RELATION,
        find=_find_external,
    ),
)
"""The catalogue's part about what others depend on."""
