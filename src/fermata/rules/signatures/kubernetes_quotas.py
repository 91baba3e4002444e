"""Namespaces whose quota is used up, and what cannot be created because of it.

A refused pod is reported by its controller. A refused Service or claim leaves only the hole where its siblings have
one, and a quota that is full.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim, Quote
from fermata.rules.kubernetes.health import Trouble
from fermata.rules.kubernetes.objects import entity_of
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_claims import list_missing_claims, storage_limits
from fermata.rules.signatures.kubernetes_reach import (
    cite_first,
    explain,
    list_controllers,
)
from fermata.rules.signatures.kubernetes_refusals import EXCEEDED_QUOTA, Refusal, list_refusals
from fermata.rules.signatures.kubernetes_remedies import describe_action
from fermata.rules.signatures.workloads import clip

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

_FAMILIES = {
    "cpu": "cpu",
    "memory": "memory",
    "pods": "pod",
    "services": "service",
    "services.nodeports": "service",
    "services.loadbalancers": "service",
    "storage": "storage",
    "persistentvolumeclaims": "storage",
}


def tell_family(resource: str) -> str:
    """Return which quota a resource's name belongs to: cpu, memory, pod, service, storage, or object for all others.

    The names are those of https://kubernetes.io/docs/concepts/policy/resource-quotas/ (read 2026-11).
    """
    name = resource.rsplit("storageclass.storage.k8s.io/", 1)[-1].removeprefix("count/")
    return _FAMILIES.get(name.removeprefix("requests.").removeprefix("limits."), "object")


def _find_quota(cluster: Cluster, *, family: str, cause: str) -> Iterable[Claim]:
    refused: dict[str, list[Refusal]] = {}
    for refusal in cluster.remember(list_refusals):
        match = EXCEEDED_QUOTA.search(refusal.message)
        if match and family in {
            tell_family(part.partition("=")[0]) for part in match["requested"].rstrip(",").split(",")
        }:
            refused.setdefault(refusal.workload.namespace, []).append(refusal)
    for namespace, refusals in refused.items():
        first = refusals[0]
        names = ", ".join(sorted({refusal.workload.name for refusal in refusals}))
        yield Claim(
            cause=cause,
            subject=_namespace(namespace),
            text=f"The {family} quota of namespace {namespace} refuses pods of {names}: {clip(first.message)}.",
            confidence=0.95,
            quotes=cite_first(*(item.quotes for item in refusals), _quote_quota(cluster, namespace, family)),
            explains=frozenset().union(*(explain(cluster, item.workload) for item in refusals)),
            person_must=f"Raise the {family} quota of {namespace}, or lower what its workloads ask for.",
        )


def _namespace(name: str) -> Entity:
    return entity_of("Namespace", "", name or "default")


def _quote_quota(cluster: Cluster, namespace: str, family: str) -> tuple[Quote, ...]:
    lines = (
        cluster.quote(quota, resource)
        for quota in cluster.list("ResourceQuota", namespace)
        for resource in _hard(quota)
        if tell_family(resource) == family
    )
    return next(lines, ())


def _hard(quota: KubeObject) -> Mapping[str, object]:
    return quota.get_map("status", "hard") or quota.get_map("spec", "hard")


def _is_full(quota: KubeObject, resource: str) -> bool:
    """Answer whether a quota that counts whole things is used up."""
    used, hard = str(quota.get("status", "used", resource)), str(_hard(quota)[resource])
    return used.isdigit() and hard.isdigit() and int(used) >= int(hard)


class Unserved(NamedTuple):
    """Workloads without a service under a quota that has none left."""

    quota: KubeObject
    resource: str
    """The quota's name for services."""
    workloads: Sequence[tuple[KubeObject, tuple[Quote, ...]]]
    """Each with what shows that it wants a service; never empty."""


def list_unserved(cluster: Cluster) -> Sequence[Unserved]:
    """Return the quotas for services that are used up while something lacks a service."""
    found = []
    for quota in cluster.list("ResourceQuota"):
        full = [name for name in _hard(quota) if tell_family(name) == "service" and _is_full(quota, name)]
        bare = _list_without_service(cluster, quota.namespace) if full else ()
        if bare:
            found.append(Unserved(quota, full[0], bare))
    return found


def list_unserved_troubles(cluster: Cluster) -> tuple[Trouble, ...]:
    """Return that nothing leads to a workload as a trouble of its own: all its pods may be well, and nobody calls."""
    return tuple(
        Trouble(workload.ref, f"no service leads to {workload.name}", next(iter(quotes), None))
        for found in cluster.remember(list_unserved)
        for workload, quotes in found.workloads
    )


def _find_service_quota(cluster: Cluster) -> Iterable[Claim]:
    for quota, resource, bare in cluster.remember(list_unserved):
        names = ", ".join(workload.name for workload, _ in bare)
        yield Claim(
            cause="namespace_service_quota_exceeded",
            subject=_namespace(quota.namespace),
            text=f"Quota {quota.name} of namespace {quota.namespace} has no service left "
            f"({quota.get('status', 'used', resource)} of {_hard(quota)[resource]}), and {names} has none.",
            confidence=0.85,
            quotes=cite_first(
                cluster.quote(quota, resource), cluster.quote_missing("Service", quota.namespace), *(q for _, q in bare)
            ),
            explains=frozenset().union(*(_explain_nameless(cluster, workload) for workload, _ in bare)),
            person_must=f"Raise the quota for services of {quota.namespace}, then create the service again.",
        )


def _list_without_service(cluster: Cluster, namespace: str) -> Sequence[tuple[KubeObject, tuple[Quote, ...]]]:
    """Return what others call by a name that no Service answers to, or else what alone among its siblings has none."""
    if not cluster.has_list("Service", namespace):
        return ()
    workloads = [item for kind in ("Deployment", "StatefulSet") for item in cluster.list(kind, namespace)]
    bare = [item for item in workloads if not cluster.services_for(item)]
    called = {
        call.host.partition(".")[0]: call.where
        for caller in workloads
        for call in (cluster.callees(caller) if bare else ())
        if call.service is None
    }
    named = [(item, cite_first(called[name])) for item in bare if (name := cluster.app_name(item)) in called]
    # Workers and schedulers need no Service: one hole among many speaks, many holes do not.
    lonely = [(item, cluster.quote(item, item.name)) for item in bare] if len(bare) * 4 <= len(workloads) else []
    return named or lonely


def _explain_nameless(cluster: Cluster, workload: KubeObject) -> frozenset[str]:
    callers = {
        caller.ref
        for caller in list_controllers(cluster)
        if any(call.host.partition(".")[0] == workload.name for call in cluster.callees(caller))
    }
    return explain(cluster, workload) | callers


def _find_storage_quota(cluster: Cluster) -> Iterable[Claim]:
    cause = "namespace_storage_quota_exceeded"
    claims = [*_find_quota(cluster, family="storage", cause=cause)]
    yield from claims
    refused = {claim.subject.name for claim in claims}
    for missing in cluster.remember(list_missing_claims):
        workload = missing.workload
        limits = storage_limits(cluster, workload.namespace)
        if not limits or workload.namespace in refused:
            continue
        yield Claim(
            cause=cause,
            subject=_namespace(workload.namespace),
            text=f"{workload.name} waits for the claim {missing.name}, which does not exist, and namespace "
            f"{workload.namespace} limits storage ({clip(limits[0].text)}): such a claim was refused.",
            confidence=0.7,
            quotes=cite_first(missing.quotes, limits),
            explains=explain(cluster, workload),
            person_must=f"Raise the storage quota of {workload.namespace} or ask for less; create the claim again.",
        )


def _quota_signature(family: str, what: str) -> Signature:
    cause = f"namespace_{family}_quota_exceeded"
    finders = {"service": _find_service_quota, "storage": _find_storage_quota}
    return Signature(
        id=cause,
        title=f"A namespace's quota for {what} is used up",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="Nothing that should exist is missing; or the refusal tells of another limit; or it was got over.",
        confidence_note="0.95 when a controller reports the refusal; 0.85 for a service that only one workload lacks "
        "under a full quota, 0.7 for a claim that does not exist under a storage quota.",
        action=describe_action(cause, "Raise the quota or lower what is asked for."),
        specificity=Specificity.ORIGIN,
        find=finders.get(family, partial(_find_quota, family=family, cause=cause)),
    )


SIGNATURES: tuple[Signature, ...] = (
    _quota_signature("cpu", "CPU"),
    _quota_signature("memory", "memory"),
    _quota_signature("pod", "pods"),
    _quota_signature("service", "services"),
    _quota_signature("storage", "storage"),
    _quota_signature("object", "objects or other resources"),
)
"""The catalogue's part about quotas."""
