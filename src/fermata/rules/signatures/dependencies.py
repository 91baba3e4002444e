"""Failures that belong to somebody else: a service that is called and is down, in the cluster or outside it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim
from fermata.rules.kubernetes.health import PodPhase, pod_phase
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_complaints import FailedCall, Failure, is_ailing, list_failed_calls
from fermata.rules.signatures.kubernetes_reach import cite_first, count_replicas, explain
from fermata.rules.signatures.strangers import list_strangers

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.dependencies import Dependency
    from fermata.rules.kubernetes.events import Event
    from fermata.rules.kubernetes.objects import KubeObject

# A check that is answered (kubernetes, pkg/probe): the container works, and says that it may not be sent anything.
_SAYS_NO = re.compile(r"Readiness probe failed: .*(?:statuscode: 5\d\d\b|NOT_SERVING)", re.DOTALL)


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


def _find_awaited(cluster: Cluster) -> Iterable[Claim]:
    """Blame what has no ready pod for the readiness checks of those set up to call it, where they answer with no."""
    told = {claim.subject.ref for claim in _find_down(cluster)}
    groups: dict[str, tuple[KubeObject, list[tuple[Dependency, Event]]]] = {}
    for caller in cluster.workloads:
        # Events last: of a large cluster they are most of what was captured.
        if all(pod_phase(pod) is not PodPhase.RUNNING_NOT_READY for pod in cluster.pods_of(caller)):
            continue
        awaited = [pair for pair in _list_awaited(cluster, caller) if pair[1].entity.ref not in told]
        checks = cluster.events(caller, "Unhealthy") if awaited else ()
        check = next((event for event in reversed(checks) if _SAYS_NO.search(event.message)), None)
        if check is not None:
            for call, workload in awaited:
                groups.setdefault(workload.ref, (workload, []))[1].append((call, check))
    for workload, found in groups.values():
        callers = {call.caller.ref: call.caller for call, _ in found}
        names = ", ".join(caller.name for caller in list(callers.values())[:3])
        call, check = found[0]
        yield Claim(
            cause="dependency_unavailable",
            subject=workload.entity,
            text=f"{workload.name} is not up, and {names}, set up to call it, answers readiness checks with no.",
            confidence=0.5,
            quotes=cite_first(cluster.quote(workload), check.quote, call.where),
            explains=explain(cluster, workload).union(*(explain(cluster, caller) for caller in callers.values())),
            person_must=f"Find out why {workload.name} is not up.",
        )


def _list_awaited(cluster: Cluster, caller: KubeObject) -> Iterable[tuple[Dependency, KubeObject]]:
    """Yield the workloads without a ready pod that another one is set up to call, each with what says so."""
    for call in cluster.callees(caller):
        for workload in cluster.workloads_selected_by(call.service) if call.service is not None else ():
            if workload is not caller and _has_nobody_ready(cluster, workload):
                yield call, workload


def _has_nobody_ready(cluster: Cluster, workload: KubeObject) -> bool:
    pods = cluster.pods_of(workload)
    return bool(pods) and all(pod_phase(pod) is not PodPhase.RUNNING_READY for pod in pods)


def _find_unavailable(cluster: Cluster) -> Iterable[Claim]:
    yield from _find_down(cluster)
    yield from _find_awaited(cluster)


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
        ruled_out_by="Its pods are ready, or no caller says that calls to it fail, nor does the readiness check of one "
        "that is set up to call it answer with no.",
        confidence_note="0.6 where a caller says that calls fail, 0.5 where a readiness check answers with no: who is "
        "down is certain, why is another signature's word.",
        action="none: a person must find out why it is not up",
        specificity=Specificity.STATE,
        find=_find_unavailable,
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
