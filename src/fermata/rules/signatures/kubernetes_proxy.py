"""A node from which the addresses of services lead nowhere, because its kube-proxy does not keep them up to date.

It leaves no event and no condition. What speaks are calls: those to a service's own address time out although the
service has ready pods, and all of them come from workloads of one node. A policy or a dead callee looks alike from
one caller, never from one node.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim, Quote
from fermata.rules.kubernetes.health import PodPhase, pod_phase
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_nodes import explain_node, node_name
from fermata.rules.signatures.kubernetes_reach import cite_first, explain

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.logs import LogText
    from fermata.rules.kubernetes.objects import KubeObject

_SYSTEM = "kube-system"


class _Failure(NamedTuple):
    """Calls of one workload to the address of a service that does have pods."""

    caller: KubeObject
    service: KubeObject
    quote: Quote
    dialled: bool
    """Whether the address itself was called, not only asked for by name."""


_DIALLED = re.compile(
    r"dial tcp (\d{1,3}(?:\.\d{1,3}){3}):\d+: (?:i/o timeout|connect: (?:connection timed out|no route to host))"
    r"|(?i:connect(?:ion)?[ -]?time(?:d ?)?out)[^\n]{0,300}?\b(?:serverEndpoint: |to |/|host=)([a-z0-9][a-z0-9.-]*):\d+"
)
_LOOKED_UP = re.compile(
    r"lookup ([a-z0-9][a-z0-9.-]*)(?: on \S{1,60})?: (?:no such host|i/o timeout|server misbehaving)"
)
# A node's own cache of names asks the cluster's name service at a service's address, too.
_NEEDLES = (
    "i/o timeout",
    "onnectTimeout",
    "onnect timed out",
    "onnection timed out",
    "no route to host",
    "no such host",
    "server misbehaving",
)
# Found as plain text first: logs are long.
_LONGEST = 4000
# Of a line that is read: a longer one is data.
_RECENT = 4
# Only what is said in the last quarter of a log: while services are being made, names and addresses fail for a moment.
_NESTED = "rpc error: code"
# A gRPC client prefixes each answer so: an answer within an answer tells of a call that its callee made.


def _find_proxy(cluster: Cluster) -> Iterable[Claim]:
    broken = {node_name(pod): pod for pod in cluster.list("Pod", _SYSTEM) if _is_broken_proxy(pod)}
    failures = cluster.remember(_list_failures)
    votes = _count_votes(cluster, failures)
    for node in cluster.list("Node"):
        pod = broken.get(node.name)
        if pod is None and not _is_convicted(node.name, votes):
            continue
        mine = [failure for failure in failures if _runs_on(cluster, failure.caller, node.name)]
        names = sorted({f"{failure.caller.name} to {failure.service.name}" for failure in mine})
        calls = f": {', '.join(names[:3])}" if names else ""
        yield Claim(
            cause="kube_proxy_unavailable",
            subject=node.entity,
            text=f"From node {node.name} the addresses of services lead nowhere although they have ready pods{calls}.",
            confidence=_weigh(pod, mine),
            quotes=cite_first(
                cluster.quote(pod, pod.name) if pod is not None else (), *(failure.quote for failure in mine)
            ),
            explains=explain_node(cluster, node) | {ref for item in mine for ref in explain(cluster, item.caller)},
            person_must=f"Start kube-proxy on {node.name} and read its log to learn why it stopped.",
        )


def _weigh(pod: KubeObject | None, failures: Sequence[_Failure]) -> float:
    if pod is not None:
        return 0.95
    return 0.75 if any(failure.dialled for failure in failures) else 0.6


def _is_broken_proxy(pod: KubeObject) -> bool:
    return pod.name.startswith("kube-proxy") and pod_phase(pod) in (
        PodPhase.CRASH,
        PodPhase.RUN_ERROR,
        PodPhase.CONFIG,
        PodPhase.IMAGE,
    )


def _is_convicted(node: str, votes: Mapping[str, int]) -> bool:
    """Answer whether the failing calls come from one node alone, or from it more than from all others together."""
    mine = votes.get(node, 0)
    return mine > sum(votes.values()) - mine


def _count_votes(cluster: Cluster, failures: Sequence[_Failure]) -> Mapping[str, int]:
    """Return node -> how many calls, by caller and service, fail from there."""
    votes: Counter[str] = Counter()
    for failure in failures:
        votes.update({node_name(pod) for pod in cluster.pods_of(failure.caller)})
    return votes


def _runs_on(cluster: Cluster, workload: KubeObject, node: str) -> bool:
    return any(node_name(pod) == node for pod in cluster.pods_of(workload))


def _list_failures(cluster: Cluster) -> Sequence[_Failure]:
    """Return the calls that time out at a service's own address while the service has ready pods."""
    known = len({node_name(pod) for pod in cluster.list("Pod")} - {"", "<none>"})
    if known < 2 or cluster.list("NetworkPolicy"):
        # One node cannot be told from all; and a policy cuts calls off in the same way.
        return ()
    found: dict[tuple[str, str], _Failure] = {}
    for log in cluster.logs():
        for failure in _read_failures(cluster, log):
            key = (failure.caller.ref, failure.service.ref)
            if key not in found or failure.dialled:
                found[key] = failure
    return tuple(found.values())


def _read_failures(cluster: Cluster, log: LogText) -> Iterator[_Failure]:
    quotes = log.last_lines_with(*_NEEDLES, within=len(log.text) // _RECENT)
    owner = _owner_of(cluster, log) if quotes else None
    if owner is None:
        return
    for quote in quotes:
        text = quote.text[:_LONGEST]
        dialled = _DIALLED.search(text)
        match = dialled or _LOOKED_UP.search(text)
        host = next(filter(None, match.groups()), "") if match is not None else ""
        service = _find_service(cluster, host, owner.namespace)
        if service is None or not cluster.endpoints_of(service):
            continue
        caller = _attribute(cluster, owner, service, text)
        if caller is not None:
            yield _Failure(caller, service, quote, dialled is not None)


def _owner_of(cluster: Cluster, log: LogText) -> KubeObject | None:
    owners = cluster.remember(_index_owners)
    return owners.get((log.namespace, log.pod)) or owners.get(("", log.pod))


def _index_owners(cluster: Cluster) -> Mapping[tuple[str, str], KubeObject]:
    found: dict[tuple[str, str], KubeObject] = {}
    for pod in cluster.list("Pod"):
        workload = cluster.workload_of(pod) or pod
        for name in (pod.name, workload.name):
            found.setdefault((pod.namespace, name), workload)
            found.setdefault(("", name), workload)
    return found


def _find_service(cluster: Cluster, host: str, namespace: str) -> KubeObject | None:
    if host[:1].isdigit():
        return cluster.service_by_address.get(host)
    name, _, rest = host.partition(".")
    return cluster.find("Service", name, rest.partition(".")[0] or namespace)


def _attribute(cluster: Cluster, owner: KubeObject, service: KubeObject, text: str) -> KubeObject | None:
    """Return who made a call that a log tells of: the log's owner, or the one of its callees that passed it on."""
    calls = [call for call in cluster.dependencies() if call.service is service]
    callers = {call.caller.ref: call.caller for call in calls}
    if text.count(_NESTED) < 2 and (owner.ref in callers or not callers):
        return owner
    called = {call.service.ref for call in cluster.callees(owner) if call.service is not None}
    between = [
        caller
        for caller in callers.values()
        if caller is not owner and any(item.ref in called for item in cluster.services_of(caller))
    ]
    return between[0] if len(between) == 1 else None


SIGNATURES: tuple[Signature, ...] = (
    Signature(
        id="kube_proxy_unavailable",
        title="A node's kube-proxy does not run",
        looks_at=(EvidenceKind.OBJECTS, EvidenceKind.LOGS),
        ruled_out_by="The callee has no ready pods, calls fail from other nodes as much, there is only one node, or a "
        "network policy may cut the calls off.",
        confidence_note="0.95 when the kube-proxy pod of the node is seen not to run, 0.75 from calls to addresses, "
        "0.6 from names that are not found.",
        action="none: a person must start kube-proxy on the node",
        specificity=Specificity.ORIGIN,
        find=_find_proxy,
    ),
)
"""The catalogue's part about the proxies of nodes."""
