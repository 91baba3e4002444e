"""Services that lead nowhere or to the wrong door: selectors, ports, protocols.

A service is compared with what it is meant to lead to: the workload of its name or of nearly its labels, and the ports
that containers declare, are probed at, or are told by their environment. That two declarations differ is no fault by
itself, since containers may listen on what they do not declare: unless the service has no endpoints at all, its
callers have to say that they cannot reach it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim
from fermata.rules.kubernetes.health import PodPhase, pod_phase
from fermata.rules.kubernetes.objects import entity_of, maps_of
from fermata.rules.kubernetes.selectors import selector_of
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_complaints import FailedCall, Failure, list_calls_to, list_failed_calls
from fermata.rules.signatures.kubernetes_reach import cite_first, count_replicas
from fermata.rules.signatures.kubernetes_remedies import describe_action

if TYPE_CHECKING:
    from fermata.rules.claims import Quote
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

_SERVERS = ("Deployment", "StatefulSet", "DaemonSet")
_PROXIES = frozenset({"istio-proxy", "linkerd-proxy"})
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HANDLERS = ("httpGet", "tcpSocket", "grpc")


def explain_service(cluster: Cluster, service: KubeObject) -> frozenset[str]:
    """Return the refs of all whose trouble follows from a service that does not work: itself and its callers."""
    refs = {service.ref}
    refs |= {call.caller.ref for call in list_calls_to(cluster, service)}
    for dependency in cluster.dependencies():
        if dependency.service is service:
            refs |= {dependency.caller.ref, *(item.ref for item in cluster.dependents(dependency.caller))}
    return frozenset(refs)


def quote_calls(calls: Sequence[FailedCall]) -> tuple[Quote, ...]:
    """Return the lines of the first two callers of failed calls."""
    return cite_first(*(call.complaint.quote for call in calls[:2]))


def list_selected(cluster: Cluster, service: KubeObject) -> tuple[KubeObject, ...]:
    """Return the pods that a service selects; asked for by every signature here, so it is looked up once."""
    return cluster.remember(_map_selected)[service.ref]


def _map_selected(cluster: Cluster) -> Mapping[str, tuple[KubeObject, ...]]:
    return {service.ref: cluster.pods_selected_by(service) for service in cluster.list("Service")}


# Selectors


def _find_selector(cluster: Cluster) -> Iterator[Claim]:
    for service in cluster.list("Service"):
        selector = selector_of(service)
        if not selector or cluster.endpoints_of(service) or list_selected(cluster, service):
            continue
        workload = _find_meant(cluster, service, selector)
        if workload is None:
            continue
        wanted = ",".join(f"{key}={value}" for key, value in selector.items())
        pods = cluster.pods_of(workload)
        # A pod that nothing controls has a name of its own, which nobody calls the application by.
        name = service.name if workload.kind == "Pod" else workload.name
        yield Claim(
            cause="service_selector_mismatch",
            subject=entity_of("Service", service.namespace, name),
            text=f"The service {service.name} selects {wanted}, and no pod of {name} carries that.",
            confidence=0.95,
            quotes=cite_first(
                cluster.quote(service, "Selector:", "selector", wanted, service.name),
                cluster.quote(pods[0], "Labels:", pods[0].name),
                quote_calls(list_calls_to(cluster, service)),
            ),
            explains=explain_service(cluster, service),
            person_must=f"Make the selector of {service.name} match the labels of the pods of {name}.",
        )


def _find_meant(cluster: Cluster, service: KubeObject, selector: Mapping[str, str]) -> KubeObject | None:
    """Return the workload that a service without pods is meant to lead to, when it runs and just is not selected."""
    if cluster.workloads_selected_by(service):
        return None  # Its pods are missing, which is another trouble.
    for workload in _list_candidates(cluster, service, selector):
        pods = cluster.pods_of(workload)
        if pods and count_replicas(workload).desired != 0:
            return workload
    return None


def _list_candidates(cluster: Cluster, service: KubeObject, selector: Mapping[str, str]) -> Iterator[KubeObject]:
    here = [item for item in _list_servers(cluster) if item.namespace == service.namespace]
    yield from (item for item in here if item.name == service.name)
    # Nobody is meant twice: what another service leads to is not the missing one.
    free = [item for item in here if not cluster.services_for(item)]
    yield from (item for item in free if item.name in selector.values())
    akin = [item for item in free if _is_akin(item.name, service.name) or _shares_label(cluster, item, selector)]
    if len(akin) == 1:
        yield akin[0]


def _list_servers(cluster: Cluster) -> Iterator[KubeObject]:
    """Yield what may serve: workloads, also those that only their pods tell of, and pods that nothing controls."""
    yield from (item for kind in _SERVERS for item in cluster.workloads if item.kind == kind)
    bare = (pod for pod in cluster.list("Pod") if cluster.workload_of(pod) is pod)
    yield from (pod for pod in bare if pod_phase(pod) is not PodPhase.COMPLETED)


def _is_akin(one: str, other: str) -> bool:
    return one.startswith(f"{other}-") or other.startswith(f"{one}-")


def _shares_label(cluster: Cluster, workload: KubeObject, selector: Mapping[str, str]) -> bool:
    return any(pod.labels.get(key) == value for pod in cluster.pods_of(workload)[:1] for key, value in selector.items())


def _find_stolen(cluster: Cluster) -> Iterator[Claim]:
    for service in cluster.list("Service"):
        pods = list_selected(cluster, service)
        others = {cluster.app_name(pod) for pod in pods}
        if len(others) != 1 or service.name in others:
            continue
        own = next((item for kind in _SERVERS if (item := cluster.find(kind, service.name, service.namespace))), None)
        if own is None or not cluster.pods_of(own) or cluster.services_for(own):
            continue
        if not all(cluster.find("Service", name, service.namespace) for name in others):
            continue  # One workload of two names, as when a new one takes over.
        (other,) = others
        yield Claim(
            cause="service_selector_mismatch",
            subject=service.entity,
            text=f"The service {service.name} leads to the pods of {other}, not to those of its own name.",
            confidence=0.9,
            quotes=cite_first(cluster.quote(service, "Selector:", "selector", service.name)),
            explains=explain_service(cluster, service),
            person_must=f"Make the selector of {service.name} match the labels of the pods of {service.name}.",
        )


def _find_selectors(cluster: Cluster) -> Iterable[Claim]:
    yield from _find_selector(cluster)
    yield from _find_stolen(cluster)


def _find_backendless(cluster: Cluster) -> Iterable[Claim]:
    for service in cluster.list("Service"):
        selector = selector_of(service)
        if not selector or cluster.endpoints_of(service) or list_selected(cluster, service):
            continue
        calls = list_calls_to(cluster, service)
        if not calls or cluster.workloads_selected_by(service) or _find_meant(cluster, service, selector) is not None:
            continue
        yield Claim(
            cause="service_without_workload",
            subject=service.entity,
            text=f"Nothing runs behind the service {service.name}, and {calls[0].caller.name} calls it.",
            confidence=0.7,
            quotes=cite_first(cluster.quote(service, "Selector:", service.name), quote_calls(calls)),
            explains=explain_service(cluster, service),
            person_must=f"Run what the service {service.name} is meant to lead to, or stop calling it.",
        )


# Ports


@dataclass(frozen=True, slots=True)
class Door:
    """A port at which a container listens, as far as anybody says so."""

    number: int
    name: str = ""
    """Empty when it is not known."""
    protocol: str = "TCP"


def list_doors(pod: KubeObject) -> list[Door]:
    """Return where the containers of a pod or template listen: as declared, as probed, as their environment says."""
    doors: list[Door] = []
    for container in pod.containers:
        if container.get("name") in _PROXIES:
            continue
        declared = [port for port in maps_of(container.get("ports")) if isinstance(port.get("containerPort"), int)]
        doors += [
            Door(port["containerPort"], str(port.get("name") or ""), str(port.get("protocol") or "TCP"))
            for port in declared
        ]
        doors += [Door(number) for number in (*_list_probed(container), *_list_told(container))]
    return doors


def _list_probed(container: Mapping[str, Any]) -> Iterator[int]:
    for probe in _PROBES:
        for handler in _HANDLERS:
            found = container.get(probe)
            inner = found.get(handler) if isinstance(found, Mapping) else None
            port = inner.get("port") if isinstance(inner, Mapping) else None
            if isinstance(port, int):
                yield port


def _list_told(container: Mapping[str, Any]) -> Iterator[int]:
    for variable in maps_of(container.get("env")):
        name, value = str(variable.get("name", "")), variable.get("value")
        if name.upper() in ("PORT", "LISTEN_PORT", "SERVER_PORT", "HTTP_PORT", "GRPC_PORT") and str(value).isdigit():
            yield int(str(value))


def _find_ports(cluster: Cluster) -> Iterable[Claim]:
    for service in cluster.list("Service"):
        endpoints = cluster.endpoints_of(service)
        calls = [call for call in list_calls_to(cluster, service) if call.failure is not Failure.UNRESOLVED]
        if _leads_straight(service, endpoints) and not calls:
            continue
        pods = [pod for pod in list_selected(cluster, service) if pod_phase(pod) is PodPhase.RUNNING_READY]
        if not pods:
            continue
        doors = list_doors(pods[0])
        for port in service.get_maps("spec", "ports"):
            fault = _judge_port(port, doors, endpoints, called=bool(calls))
            if fault is not None:
                yield _claim_port(cluster, service, pods[0], fault=fault, calls=calls)


def _leads_straight(service: KubeObject, endpoints: tuple[str, ...] | None) -> bool:
    """Answer whether every address behind a service has a port that the service itself offers: the usual case.

    Read from the tables where there are any, since the details of fifty services cost more than all the rest.
    """
    if not endpoints or _speaks_other(service):
        return False
    offered = {str(port) for port in list_offered(service)}
    return all(address.rpartition(":")[2] in offered for address in endpoints)


def _speaks_other(service: KubeObject) -> bool:
    """Answer whether a service offers a port under another protocol than TCP, which nearly all containers speak."""
    column = service.printed.get("PORT(S)")
    if column is not None:
        return "UDP" in column or "SCTP" in column
    return any(port.get("protocol", "TCP") != "TCP" for port in service.get_maps("spec", "ports"))


@dataclass(frozen=True, slots=True)
class _Fault:
    cause: str
    words: str
    confidence: float


def _judge_port(
    port: Mapping[str, Any], doors: Sequence[Door], endpoints: tuple[str, ...] | None, *, called: bool
) -> _Fault | None:
    number, protocol = port.get("port"), str(port.get("protocol") or "TCP")
    target = port.get("targetPort") or number
    if isinstance(target, str):
        served = any(":" in address for address in endpoints or ())
        named = any(door.name == target for door in doors)
        if served or named or (endpoints is None and not any(door.name for door in doors)):
            return None
        return _Fault(
            "service_port_mapping_mismatch", f"leads port {number} to {target}, a name that no container port has", 0.95
        )
    # Ports that only probes and the environment tell of say nothing about the protocol beyond that TCP answers there.
    protocols = {door.protocol for door in doors if door.number == target}
    if protocols and protocol not in protocols:
        return _Fault(
            "service_protocol_mismatch",
            f"offers port {number} as {protocol}, and the container speaks {'/'.join(sorted(protocols))} there",
            0.95 if called else 0.8,
        )
    if protocols or not doors:
        return None
    known = ", ".join(sorted({str(door.number) for door in doors}))
    return _Fault(
        "service_port_mapping_mismatch",
        f"leads port {number} to {target}, and the container listens on {known}",
        0.95 if called else 0.6,
    )


def _claim_port(
    cluster: Cluster, service: KubeObject, pod: KubeObject, *, fault: _Fault, calls: Sequence[FailedCall]
) -> Claim:
    name = cluster.app_name(pod)
    return Claim(
        cause=fault.cause,
        subject=entity_of("Service", service.namespace, name),
        text=f"The service {service.name} {fault.words}.",
        confidence=fault.confidence,
        quotes=cite_first(
            cluster.quote(service, "TargetPort:", "targetPort", "/UDP", service.name),
            cluster.quote(pod, "Port: ", "containerPort", pod.name),
            quote_calls(calls),
        ),
        explains=explain_service(cluster, service),
        person_must=f"Correct the ports of the service {service.name} to those at which {name} listens.",
    )


def _find_mappings(cluster: Cluster) -> Iterable[Claim]:
    found = cluster.remember(_judge_ports)
    yield from (claim for claim in found if claim.cause == "service_port_mapping_mismatch")
    yield from _find_unoffered(cluster)


def find_protocol_mismatches(cluster: Cluster) -> Iterable[Claim]:
    """Claim each service that offers a port under another transport protocol than its container speaks."""
    return (claim for claim in cluster.remember(_judge_ports) if claim.cause == "service_protocol_mismatch")


def _judge_ports(cluster: Cluster) -> tuple[Claim, ...]:
    return tuple(_find_ports(cluster))


def _find_unoffered(cluster: Cluster) -> Iterable[Claim]:
    """Find services that do not offer the port at which the container listens and all callers call."""
    asked_of: dict[str, set[int]] = {}
    for call in cluster.dependencies():
        if call.service is not None and call.port is not None:
            asked_of.setdefault(call.service.ref, set()).add(call.port)
    for service in cluster.list("Service"):
        asked = asked_of.get(service.ref, set())
        if len(asked) != 1 or asked & list_offered(service):
            continue
        pods = list_selected(cluster, service)
        (port,) = asked
        if not pods or not list_offered(service) or port not in {door.number for door in list_doors(pods[0])}:
            continue
        fault = _Fault(
            "service_port_mapping_mismatch",
            f"does not offer port {port}, at which the container listens and its callers call",
            0.85,
        )
        yield _claim_port(cluster, service, pods[0], fault=fault, calls=list_calls_to(cluster, service))


def list_offered(service: KubeObject) -> frozenset[int]:
    """Return the ports that a service offers, from the table's column where one was printed."""
    column = service.printed.get("PORT(S)")
    if column is None:
        return frozenset(
            port["port"] for port in service.get_maps("spec", "ports") if isinstance(port.get("port"), int)
        )
    parts = (part.partition("/")[0].partition(":")[0] for part in column.split(","))
    return frozenset(int(part) for part in parts if part.isdigit())


def _find_headless(cluster: Cluster) -> Iterable[Claim]:
    for service in {call.service.ref: call.service for call in list_failed_calls(cluster) if call.service}.values():
        if service.get("spec", "clusterIP") != "None":
            continue
        refused = [call for call in list_calls_to(cluster, service) if call.failure is Failure.REFUSED]
        for port in service.get_maps("spec", "ports"):
            number, target = port.get("port"), port.get("targetPort")
            hit = [call for call in refused if call.port == number]
            if not hit or target is None or target == number or isinstance(target, str):
                continue
            yield Claim(
                cause="headless_service_port_mapping",
                subject=service.entity,
                text=f"The service {service.name} is headless: its callers reach the pods themselves at port {number}, "
                f"and those listen on {target}.",
                confidence=0.9,
                quotes=cite_first(cluster.quote(service, "TargetPort:", "targetPort", service.name), quote_calls(hit)),
                explains=explain_service(cluster, service),
                person_must=f"Let the callers of {service.name} use port {target}, or give it an address of its own.",
            )


def _find_alias(cluster: Cluster) -> Iterable[Claim]:
    for service in cluster.list("Service"):
        if (service.printed.get("TYPE") or service.get("spec", "type")) != "ExternalName":
            continue
        target = str(service.get("spec", "externalName") or service.printed.get("EXTERNAL-IP") or "")
        name, _, rest = target.partition(".")
        space, _, rest = rest.partition(".")
        calls = list_calls_to(cluster, service)
        if not calls or not rest.startswith("svc") or not cluster.is_absent("Service", name, space):
            continue
        yield Claim(
            cause="external_name_unknown",
            subject=service.entity,
            text=f"The service {service.name} is another name for {target}, which does not exist.",
            confidence=0.9,
            quotes=cite_first(cluster.quote(service, target, service.name), quote_calls(calls)),
            explains=explain_service(cluster, service),
            person_must=f"Correct the external name of {service.name}.",
        )


_FIX = "none: a person must correct the service"
_SOURCES = (EvidenceKind.OBJECTS, EvidenceKind.LOGS)
SIGNATURES: tuple[Signature, ...] = (
    Signature(
        id="service_selector_mismatch",
        title="A service selects no pod of the workload it is meant for",
        looks_at=_SOURCES,
        ruled_out_by="It has endpoints, its workload has no pods or is scaled to zero, or no workload fits its name.",
        confidence_note="0.95 when nothing is selected, 0.9 when the pods of another workload are.",
        action=_FIX,
        specificity=Specificity.ORIGIN,
        find=_find_selectors,
    ),
    Signature(
        id="service_port_mapping_mismatch",
        title="A service leads to a port at which nobody listens",
        looks_at=_SOURCES,
        ruled_out_by="The port is declared, probed or named by the environment; or its pods are not ready.",
        confidence_note="0.95 for a name no port has or when callers fail, 0.85 when all callers ask for another port, "
        "0.6 when only declarations differ.",
        action=describe_action("service_port_mapping_mismatch", "Correct the service."),
        specificity=Specificity.ORIGIN,
        find=_find_mappings,
    ),
    Signature(
        id="service_protocol_mismatch",
        title="A service offers a port under another transport protocol than the container speaks",
        looks_at=_SOURCES,
        ruled_out_by="The container declares the port under that protocol too.",
        confidence_note="0.95 when callers fail, 0.8 when only declarations differ.",
        action=_FIX,
        specificity=Specificity.ORIGIN,
        find=find_protocol_mismatches,
    ),
    Signature(
        id="headless_service_port_mapping",
        title="Callers of a headless service use a port that only a mapping would translate",
        looks_at=_SOURCES,
        ruled_out_by="The service has an address of its own, or its callers are not refused.",
        confidence_note="0.9: the mapping has no effect without an address, and a caller is refused at that port.",
        action=_FIX,
        specificity=Specificity.ORIGIN,
        find=_find_headless,
    ),
    Signature(
        id="external_name_unknown",
        title="A service is another name for one that does not exist",
        looks_at=_SOURCES,
        ruled_out_by="The name is outside the cluster, or no caller fails.",
        confidence_note="0.9: a complete list lacks the name, and a caller fails.",
        action=_FIX,
        specificity=Specificity.ORIGIN,
        find=_find_alias,
    ),
    Signature(
        id="service_without_workload",
        title="Nothing runs behind a service that is called",
        looks_at=_SOURCES,
        ruled_out_by="A workload fits it, by labels or by name; or nobody calls it.",
        confidence_note="0.7: what should run there is not known.",
        action="none: a person must run what the service is meant to lead to",
        specificity=Specificity.STATE,
        find=_find_backendless,
    ),
)
"""The catalogue's part about services."""
