"""What is asked for and never comes about: an address from a load balancer, the end of a namespace or of a pod."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim
from fermata.rules.kubernetes.health import PodPhase, Trouble, pod_phase
from fermata.rules.kubernetes.quantities import parse_time
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_reach import cite_first
from fermata.rules.signatures.workloads import clip

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

# What cloud providers' service controllers and MetalLB report.
_REFUSED = ("SyncLoadBalancerFailed", "CreatingLoadBalancerFailed", "AllocationFailed", "FailedDeployModel")
_GRANTED = ("EnsuredLoadBalancer", "IPAllocated", "UpdatedLoadBalancer", "SuccessfullyReconciled")
_FAILURES = (
    *("NamespaceDeletionDiscoveryFailure", "NamespaceDeletionGroupVersionParsingFailure"),
    "NamespaceDeletionContentFailure",
)
_REMAINS = ("NamespaceFinalizersRemaining", "NamespaceContentRemaining")
_PATIENCE_S = 600.0
# Large namespaces take minutes to empty.


def _find_balancers(cluster: Cluster) -> Iterable[Claim]:
    for service in cluster.list("Service"):
        if not _lacks_address(service):
            continue
        said = [event for event in cluster.events(service) if event.reason in (*_REFUSED, *_GRANTED)]
        if not said or said[-1].reason in _GRANTED:
            continue  # Many clusters have nobody who grants addresses, and live well without.
        yield Claim(
            cause="load_balancer_failed",
            subject=service.entity,
            text=f"The service {service.name} gets no address from outside: {clip(said[-1].message, 200)}.",
            confidence=0.9,
            quotes=cite_first(said[-1].quote, cluster.quote(service, "<pending>")),
            explains=frozenset({service.ref}),
            person_must="Correct what the provider's message names, or its quota or subnets.",
        )


def _lacks_address(service: KubeObject) -> bool:
    if (service.printed.get("TYPE") or service.get("spec", "type")) != "LoadBalancer":
        return False
    column = service.printed.get("EXTERNAL-IP")
    return column in ("<pending>", "<none>") if column else not service.get("status", "loadBalancer", "ingress")


def _find_namespaces(cluster: Cluster) -> Iterable[Claim]:
    for namespace in cluster.list("Namespace"):
        condition = _find_hindrance(cluster, namespace)
        if condition is None:
            continue
        message = str(condition.get("message", ""))
        yield Claim(
            cause="namespace_deletion_stuck",
            subject=namespace.entity,
            text=f"The namespace {namespace.name} is being deleted and does not go: {clip(message, 200)}.",
            confidence=0.9 if condition.get("type") in _FAILURES else 0.7,
            quotes=cluster.quote(namespace, message[:40] or namespace.name, namespace.name),
            explains=frozenset({namespace.ref}),
            person_must="Bring back what serves the API that the message names, or end what holds the finalizers.",
        )


def _find_hindrance(cluster: Cluster, namespace: KubeObject) -> Mapping[str, Any] | None:
    """Return the condition that says what keeps a namespace; what merely remains counts after a while only."""
    told = {
        str(condition.get("type")): condition
        for condition in namespace.get_maps("status", "conditions")
        if condition.get("status") == "True"
    }
    is_late = _is_late(cluster, namespace)
    return next((told[kind] for kind in (*_FAILURES, *(_REMAINS if is_late else ())) if kind in told), None)


def _is_late(cluster: Cluster, item: KubeObject) -> bool:
    """Answer whether an object should have been gone long ago; of a pod, its grace is counted in."""
    since, now = parse_time(item.get("metadata", "deletionTimestamp")), cluster.captured_at
    return since is not None and now is not None and (now - since).total_seconds() > _PATIENCE_S


def _find_held_pods(cluster: Cluster) -> Iterable[Claim]:
    for pod in cluster.list("Pod"):
        held = pod.get("metadata", "finalizers") if pod_phase(pod) is PodPhase.TERMINATING else None
        if not held or not _is_late(cluster, pod) or _may_run(pod):
            continue
        names = ", ".join(str(name) for name in held)
        yield Claim(
            cause="pod_deletion_held",
            subject=pod.entity,
            text=f"The pod {pod.name} is being deleted and does not go: {names} holds it.",
            confidence=0.9,
            quotes=cluster.quote(pod, str(held[0]), pod.name),
            explains=frozenset({pod.ref}),
            person_must="Find out why who set the finalizer does not end it. Take it off by hand only when what it "
            "waits for is done.",
        )


def _may_run(pod: KubeObject) -> bool:
    """Answer whether a container still ran when its kubelet was last heard: then the pod waits for that, or its node.

    The last one that ends lets a pod go; from then on nothing but finalizers holds it.
    """
    return any("running" in (one.get("status", {}).get("state") or {}) for one in pod.containers)


def list_pending_troubles(cluster: Cluster) -> tuple[Trouble, ...]:
    """Return what does not come about, as troubles: nothing else shows them."""
    claims = (*_find_balancers(cluster), *_find_namespaces(cluster), *_find_held_pods(cluster))
    return tuple(Trouble(claim.subject.ref, claim.text, claim.quotes[0]) for claim in claims if claim.quotes)


SIGNATURES: tuple[Signature, ...] = (
    Signature(
        id="load_balancer_failed",
        title="A load balancer cannot be had for a service",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="The service has an address, it was granted one later, or nobody said that it failed.",
        confidence_note="0.9: the controller's own words about the latest attempt.",
        action="none: a person must correct what the provider's message names",
        specificity=Specificity.ORIGIN,
        find=_find_balancers,
    ),
    Signature(
        id="namespace_deletion_stuck",
        title="A namespace that is being deleted does not go",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="No condition says what keeps it, or it merely has not been emptied yet.",
        confidence_note="0.9 for a failure that the controller names, 0.7 for what remains after ten minutes.",
        action="none: a person must bring back what serves the API, or end what holds the finalizers",
        specificity=Specificity.ORIGIN,
        find=_find_namespaces,
    ),
    Signature(
        id="pod_deletion_held",
        title="A finalizer holds a pod that is being deleted",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="It has no finalizer, should have been gone for less than ten minutes, or a container of it still "
        "runs as far as its node has said.",
        confidence_note="0.9: the pod itself names what holds it.",
        action="none: a person must find out why who set the finalizer does not end it",
        specificity=Specificity.ORIGIN,
        find=_find_held_pods,
    ),
)
"""The catalogue's part about what never comes about."""
