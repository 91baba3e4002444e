"""Names that do not resolve, policies that deny, and sidecars that stand in the way."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim
from fermata.rules.kubernetes.health import PodPhase, pod_phase
from fermata.rules.kubernetes.objects import maps_of
from fermata.rules.signatures import kubernetes_names, kubernetes_pending
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_complaints import (
    Complaint,
    FailedCall,
    Failure,
    find_complaints,
    is_ailing,
    list_complaints,
    list_failed_calls,
)
from fermata.rules.signatures.kubernetes_reach import cite_first, explain
from fermata.rules.signatures.network_policies import find_dns_denial, find_egress_denial, find_ingress_denial

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

_RESOLVERS = ("kube-dns", "coredns")
_LOCAL_RESOLVER = "169.254."
"""Where a node's own cache of names listens (NodeLocal DNSCache); link-local, so nothing else can be there."""
_MANY = 3
"""Workloads whose lookups fail before the cluster's resolver is suspected rather than their own settings."""


def _list_unresolved(cluster: Cluster) -> list[FailedCall]:
    return [call for call in list_failed_calls(cluster) if call.failure is Failure.UNRESOLVED]


# Names


def _find_settings(cluster: Cluster) -> Iterable[Claim]:
    """Find workloads that ask a resolver which does not know the cluster, and those that alone cannot resolve."""
    unresolved: dict[str, FailedCall] = {}
    for call in _list_unresolved(cluster):
        if call.service is not None or call.caller.ref not in unresolved:
            unresolved[call.caller.ref] = call
    suspects = {item.ref: item for item in cluster.workloads if is_ailing(cluster, item)}
    suspects.update({call.caller.ref: call.caller for call in unresolved.values()})
    alone = [ref for ref, call in unresolved.items() if call.service is not None]
    for ref, workload in suspects.items():
        heard = unresolved.get(ref)
        fault = _judge_resolver(cluster, workload)
        if fault:
            yield _claim_settings(cluster, workload, heard, fault=fault, confidence=0.97)
        elif heard is not None and alone == [ref] and _only_unresolved(cluster, workload):
            known = f"{heard.host}, a service that exists, does not resolve for it, and for nobody else"
            phases = {pod_phase(pod) for pod in cluster.pods_of(workload)}
            confidence = 0.8 if phases & {PodPhase.CRASH, PodPhase.RUNNING_NOT_READY} else 0.6
            yield _claim_settings(cluster, workload, heard, fault=known, confidence=confidence)


def _judge_resolver(cluster: Cluster, workload: KubeObject) -> str:
    """Return what is wrong with the resolver that a workload's pods ask; empty when nothing is."""
    spec = workload.pod_spec or next((pod.pod_spec for pod in cluster.pods_of(workload)), {})
    if spec.get("dnsPolicy") != "None":
        return ""
    config = spec.get("dnsConfig")
    servers = config.get("nameservers") if isinstance(config, dict) else None
    asked = [str(item) for item in servers] if isinstance(servers, list) else []
    if any(server.startswith(_LOCAL_RESOLVER) or server in _list_addresses(cluster) for server in asked):
        return ""
    return f"its pods ask {', '.join(asked) or 'nobody'} for names, not the cluster's resolver"


def _list_addresses(cluster: Cluster) -> set[str]:
    services = (service for service in cluster.list("Service") if service.name in _RESOLVERS)
    return {str(service.printed.get("CLUSTER-IP") or service.get("spec", "clusterIP")) for service in services}


def _only_unresolved(cluster: Cluster, workload: KubeObject) -> bool:
    """Answer whether all failed calls of a workload are lookups: else it is the network that fails, names included."""
    mine = [call for call in list_failed_calls(cluster) if call.caller is workload]
    return all(call.failure is Failure.UNRESOLVED for call in mine)


def _claim_settings(
    cluster: Cluster, workload: KubeObject, call: FailedCall | None, *, fault: str, confidence: float
) -> Claim:
    return Claim(
        cause="service_dns_resolution_failure",
        subject=workload.entity,
        text=f"{workload.name} cannot resolve names: {fault}.",
        confidence=confidence,
        quotes=cite_first(
            cluster.quote(workload, "nameservers", "dnsConfig", "dnsPolicy: None", workload.name),
            call.complaint.quote if call is not None else None,
        ),
        explains=explain(cluster, workload),
        person_must=f"Correct how the pods of {workload.name} resolve names: dnsPolicy, dnsConfig, search domains.",
    )


def _find_resolvers(cluster: Cluster) -> list[KubeObject]:
    found = []
    for workload in cluster.workloads:
        pods = cluster.pods_of(workload)
        is_resolver = workload.name in _RESOLVERS or any(pod.labels.get("k8s-app") == "kube-dns" for pod in pods[:1])
        if is_resolver and pods and not any(pod_phase(pod) is PodPhase.RUNNING_READY for pod in pods):
            found.append(workload)
    return found


def _find_loop(cluster: Cluster) -> Iterable[Claim]:
    return (claim for claim in _judge_resolvers(cluster) if claim.cause == "coredns_forward_loop")


def _find_resolver(cluster: Cluster) -> Iterable[Claim]:
    return (claim for claim in _judge_resolvers(cluster) if claim.cause == "coredns_unavailable")


def _judge_resolvers(cluster: Cluster) -> Iterator[Claim]:
    for workload in cluster.remember(_find_resolvers):
        said = [item for item in find_complaints(cluster, ("plugin/loop", "Corefile")) if item.workload is workload]
        is_loop = bool(said) and "plugin/loop" in said[0].text
        what = "its forwarder leads back to itself" if is_loop else "no pod of it is ready"
        calls = _list_unresolved(cluster)
        refs = (explain(cluster, caller) for caller in {call.caller.ref: call.caller for call in calls}.values())
        yield Claim(
            cause="coredns_forward_loop" if is_loop else "coredns_unavailable",
            subject=workload.entity,
            text=f"{workload.name}, the cluster's resolver, does not answer: {what}.",
            confidence=0.97 if is_loop else 0.9,
            quotes=cite_first(
                *(item.quote for item in said[:1]),
                cluster.quote(cluster.pods_of(workload)[0]),
                *(call.complaint.quote for call in calls[:2]),
            ),
            explains=explain(cluster, workload).union(*refs),
            person_must="Let CoreDNS forward to a resolver that is not itself."
            if is_loop
            else f"Find out why the pods of {workload.name} are not ready.",
        )


def _find_cluster_dns(cluster: Cluster) -> Iterable[Claim]:
    calls = [call for call in _list_unresolved(cluster) if call.service is not None]
    callers = {call.caller.ref: call.caller for call in calls}
    resolver = next((item for item in cluster.list("Service") if item.name in _RESOLVERS), None)
    if len(callers) < _MANY or resolver is None or cluster.remember(_find_resolvers):
        return
    nodes = Counter(pod.get("spec", "nodeName") for item in callers.values() for pod in cluster.pods_of(item))
    if len(nodes) < 2:  # One node: it is that node's network, not the resolver.
        return
    yield Claim(
        cause="cluster_dns_failure",
        subject=resolver.entity,
        text=f"{len(callers)} workloads on {len(nodes)} nodes cannot resolve services that exist.",
        confidence=0.6,
        quotes=cite_first(*(call.complaint.quote for call in calls[:3])),
        explains=frozenset({resolver.ref}).union(*(explain(cluster, item) for item in callers.values())),
        person_must="Find out why the cluster's resolver does not answer.",
    )


# Policies


def _find_ingress(cluster: Cluster) -> Iterable[Claim]:
    for call, caller, callee in _list_pairs(cluster):
        policy = find_ingress_denial(cluster, caller, callee, port=_target_port(call))
        if policy is not None:
            workload = cluster.workload_of(callee) or callee
            yield _claim_denial(
                cluster, policy, call, cause="network_policy_denies_ingress", held=workload, who=call.caller.name
            )


def _find_egress(cluster: Cluster) -> Iterable[Claim]:
    for call, caller, callee in _list_pairs(cluster):
        policy = find_egress_denial(cluster, caller, callee, port=_target_port(call))
        if policy is not None:
            yield _claim_denial(
                cluster, policy, call, cause="network_policy_denies_egress", held=call.caller, who=call.caller.name
            )
    for call in _list_unresolved(cluster):
        pods = cluster.pods_of(call.caller)
        policy = find_dns_denial(cluster, pods[0]) if pods else None
        if policy is not None:
            yield _claim_denial(
                cluster, policy, call, cause="network_policy_denies_egress", held=call.caller, who="any lookup of names"
            )


def _list_pairs(cluster: Cluster) -> Iterator[tuple[FailedCall, KubeObject, KubeObject]]:
    """Yield the calls that nobody answered, each with a pod of both sides; most networks drop what a policy denies."""
    if not cluster.list("NetworkPolicy"):
        return
    for call in list_failed_calls(cluster):
        callers = cluster.pods_of(call.caller)
        callees = cluster.pods_selected_by(call.service) if call.service is not None else ()
        if call.failure in (Failure.TIMEOUT, Failure.REFUSED) and callers and callees:
            yield call, callers[0], callees[0]


def _target_port(call: FailedCall) -> int | None:
    """Return the port of the pod that a call ends at: policies speak of pods, not of services."""
    for port in call.service.get_maps("spec", "ports") if call.service is not None else ():
        target = port.get("targetPort") or port.get("port")
        if port.get("port") == call.port:
            return target if isinstance(target, int) else None
    return None


def _claim_denial(
    cluster: Cluster, policy: KubeObject, call: FailedCall, *, cause: str, held: KubeObject, who: str
) -> Claim:
    target = call.service.name if call.service is not None else call.host
    return Claim(
        cause=cause,
        subject=held.entity,
        text=f"The network policy {policy.name} does not let {who} through, on the way to {target}.",
        confidence=0.95 if call.failure is not Failure.REFUSED else 0.7,
        quotes=cite_first(cluster.quote(policy, "Allowing", "ingress:", "egress:", policy.name), call.complaint.quote),
        explains=explain(cluster, call.caller) | {held.ref, policy.ref},
        person_must=f"Allow {call.caller.name} in {policy.name}, or give its pods the labels that are allowed.",
    )


# Sidecars


_IN_USE = ("already in use", "EADDRINUSE", "Address in use", "address in use", "Only one usage of each socket address")
_IN_USE_PORT = (
    re.compile(r"[Pp]ort (\d{2,5}) (?:was|is) already in use"),
    re.compile(r":(\d{2,5}): (?:bind|listen)\b"),
    re.compile(r"EADDRINUSE\D*?(?:[\d.]*|:+):(\d{2,5})"),
    re.compile(r"(?:[Pp]ort|:)\s?(\d{2,5})\b"),
)
_PROXY_PORTS = re.compile(r"(?:statusPort|proxyAdminPort|discoveryPort|proxyListenPort|zipkinPort)\D{1,4}(\d{2,5})")
_MESH_PORTS = frozenset({15000, 15001, 15004, 15006, 15008, 15009, 15020, 15021, 15053, 15090})
"""What Istio's proxy listens on (https://istio.io/latest/docs/ops/deployment/application-requirements, 2026-11-25)."""


def _find_conflicts(cluster: Cluster) -> Iterable[Claim]:
    said: dict[str, Complaint] = {}
    for complaint in find_complaints(cluster, _IN_USE):
        said.setdefault(complaint.workload.ref, complaint)
    speaking = {complaint.workload.ref for complaint in list_complaints(cluster)}
    for workload in cluster.workloads:
        if not is_ailing(cluster, workload):
            continue
        pod = next(pod for pod in cluster.pods_of(workload) if pod_phase(pod) is not PodPhase.RUNNING_READY)
        told = said.get(workload.ref)
        # Who finds its port taken says so: where something else is said, that both declare it is no more than a word.
        port = _read_port(told.text) if told is not None else None if workload.ref in speaking else _find_declared(pod)
        if len(pod.containers) > 1 and (told is not None or port is not None):
            names = ", ".join(str(container.get("name")) for container in pod.containers)
            yield Claim(
                cause="service_sidecar_port_conflict",
                subject=workload.entity,
                text=f"Two containers in the pods of {workload.name} ({names}) want the same port"
                f"{f', {port}' if port is not None else ''}.",
                confidence=0.95 if told is not None else 0.75,
                quotes=cite_first(
                    told.quote if told is not None else None,
                    cluster.quote(pod, "statusPort", str(port), pod.name),
                ),
                explains=explain(cluster, workload),
                person_must="Give one of the containers another port: they share the network of their pod.",
            )


def _read_port(text: str) -> int | None:
    found = next((match for pattern in _IN_USE_PORT if (match := pattern.search(text)) is not None), None)
    return int(found[1]) if found is not None else None


def _find_declared(pod: KubeObject) -> int | None:
    """Return the port that two containers of a pod declare, or that one declares and its proxy is told to take."""
    ports = [port for container in pod.containers for port in {*_list_declared(container)}]
    twice = next((port for port, count in Counter(ports).items() if count > 1), None)
    names = [str(container.get("name")) for container in pod.containers]
    if twice is not None or "istio-proxy" not in names:
        return twice
    told = {int(port) for value in pod.annotations.values() for port in _PROXY_PORTS.findall(str(value))}
    own = {
        port
        for container in pod.containers
        if container.get("name") != "istio-proxy"
        for port in _list_declared(container)
    }
    return min(own & (told | _MESH_PORTS), default=None)


def _list_declared(container: Mapping[str, object]) -> Iterator[int]:
    for port in maps_of(container.get("ports")):
        if isinstance(port.get("containerPort"), int):
            yield port["containerPort"]


def _find_proxies(cluster: Cluster) -> Iterable[Claim]:
    for workload in cluster.workloads:
        for pod in cluster.pods_of(workload) if is_ailing(cluster, workload) else ():
            states = {str(item.get("name")): _is_ready(item) for item in pod.containers}
            proxies = [name for name in states if name in ("istio-proxy", "linkerd-proxy")]
            others = [ready for name, ready in states.items() if name not in proxies]
            if proxies and others and all(others) and not states[proxies[0]]:
                yield _claim_proxy(cluster, workload, pod, proxies[0])
                break


def _is_ready(container: Mapping[str, object]) -> bool:
    status = container.get("status")
    return isinstance(status, dict) and status.get("ready") is True


def _claim_proxy(cluster: Cluster, workload: KubeObject, pod: KubeObject, proxy: str) -> Claim:
    words: Sequence[Complaint] = [
        item
        for item in find_complaints(cluster, ("rror", "arning"))
        if item.workload is workload and item.log.container == proxy
    ]
    return Claim(
        cause="sidecar_proxy_not_ready",
        subject=workload.entity,
        text=f"The proxy {proxy} beside {workload.name} is not ready, while {workload.name} itself is.",
        confidence=0.7,
        quotes=cite_first(cluster.quote(pod, proxy, pod.name), *(item.quote for item in words[-1:])),
        explains=explain(cluster, workload),
        person_must=f"Find out what {proxy} waits for: its control plane, a certificate, its configuration.",
    )


def _sign(
    cause: str, title: str, find: Callable[[Cluster], Iterable[Claim]], *, out: str, note: str, action: str
) -> Signature:
    return Signature(
        id=cause,
        title=title,
        looks_at=(EvidenceKind.OBJECTS, EvidenceKind.LOGS),
        ruled_out_by=out,
        confidence_note=note,
        action=f"none: a person must {action}",
        specificity=_SORTS.get(cause, Specificity.ORIGIN),
        find=find,
    )


_SORTS = {
    "coredns_unavailable": Specificity.RELATION,
    "cluster_dns_failure": Specificity.STATE,
    "sidecar_proxy_not_ready": Specificity.STATE,
}
SIGNATURES: tuple[Signature, ...] = (
    *kubernetes_names.SIGNATURES,
    *kubernetes_pending.SIGNATURES,
    _sign(
        "service_dns_resolution_failure",
        "A workload alone cannot resolve the names of services",
        _find_settings,
        out="Others cannot either, or its other calls fail too; its pods are well and complain of nothing.",
        note="0.97 when its pods ask another resolver than the cluster's, 0.8 when it alone fails, 0.6 when it runs.",
        action="correct how its pods resolve names",
    ),
    _sign(
        "coredns_forward_loop",
        "The cluster's resolver forwards to itself",
        _find_loop,
        out="One of its pods is ready, or its log does not speak of a loop.",
        note="0.97: it says so and stops.",
        action="let it forward to another resolver",
    ),
    _sign(
        "coredns_unavailable",
        "No pod of the cluster's resolver is ready",
        _find_resolver,
        out="One of its pods is ready.",
        note="0.9: why they are not ready is another signature's word.",
        action="find out why its pods are not ready",
    ),
    _sign(
        "cluster_dns_failure",
        "Many workloads cannot resolve services that exist",
        _find_cluster_dns,
        out="Fewer than three workloads, all on one node, or the resolver's pods are not ready, which says more.",
        note="0.6: the resolver's own state is not known.",
        action="find out why the resolver does not answer",
    ),
    _sign(
        "network_policy_denies_ingress",
        "A network policy keeps a caller from a workload",
        _find_ingress,
        out="The call did not fail, or a rule of any policy allows it.",
        note="0.95 when the caller got no answer, 0.7 when it was refused, which few networks do.",
        action="allow the caller, or give it the labels that are allowed",
    ),
    _sign(
        "network_policy_denies_egress",
        "A network policy keeps a workload from what it calls, or from the resolver",
        _find_egress,
        out="The call did not fail, or a rule of any policy allows it.",
        note="0.95 when the caller got no answer, 0.7 when it was refused, which few networks do.",
        action="allow the call",
    ),
    _sign(
        "service_sidecar_port_conflict",
        "Two containers of a pod want the same port",
        _find_conflicts,
        out="The pod has one container, or all its containers are ready; or only declarations say so, and a log "
        "complains of something else.",
        note="0.95 when one says that its port is in use, 0.75 when only declarations say so.",
        action="give one of the containers another port",
    ),
    _sign(
        "sidecar_proxy_not_ready",
        "A proxy beside an application is not ready",
        _find_proxies,
        out="The application is not ready either.",
        note="0.7: what the proxy waits for is not told.",
        action="find out what the proxy waits for",
    ),
)
"""The catalogue's part about names, policies and sidecars."""
