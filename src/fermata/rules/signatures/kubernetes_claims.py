"""Claims that stay unbound, that do not exist, or whose volume is gone.

A pending claim is judged as the binder judges it: against each volume by class, modes, size, labels and who holds it
already. The volume that misses by least is the one that was meant, and what it misses by is the cause.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from fermata.domain.evidence import EvidenceKind
from fermata.kit.digging import dig_list
from fermata.rules.claims import Claim, Quote
from fermata.rules.kubernetes.health import PodPhase
from fermata.rules.kubernetes.kubectl.cells import ACCESS_MODES
from fermata.rules.kubernetes.objects import maps_of
from fermata.rules.kubernetes.quantities import parse_quantity
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_reach import cite_first, explain, list_ailing
from fermata.rules.signatures.workloads import clip

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject


class Misfit(NamedTuple):
    """Why a claim stays unbound."""

    cause: str
    words: str
    quotes: tuple[Quote, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Unbound:
    """A claim that is not bound, with whoever waits for it."""

    claim: KubeObject
    misfit: Misfit


# The words of pkg/controller/volume/persistentvolume (pv_controller.go, checkVolumeSatisfyClaim; read 2026-11).
_BINDER_WORDS = (
    ("pvc_storage_class_mismatch", re.compile(r"storageclass\S* \S+ not found|storageClassName does not")),
    ("pv_binding_occupied", re.compile(r"already bound to a different claim")),
    ("pvc_capacity_mismatch", re.compile(r"requested PV is too small")),
    ("pvc_access_mode_mismatch", re.compile(r"incompatible accessMode")),
    ("pvc_volume_mode_mismatch", re.compile(r"incompatible volumeMode")),
    ("volume_provisioning_failed", re.compile(r"[Ff]ailed to provision volume|failed to get target node")),
    ("volume_provisioner_missing", re.compile(r"waiting for a volume to be created, either by (?:the )?external")),
)  # fmt: skip


def list_unbound(cluster: Cluster) -> Sequence[Unbound]:
    """Return the pending claims with what keeps each from being bound, those left out that merely wait for a pod."""
    return [
        Unbound(claim, misfit)
        for claim in cluster.list("PersistentVolumeClaim")
        if _phase(claim) == "Pending" and (misfit := _find_misfit(cluster, claim)) is not None
    ]


def _phase(item: KubeObject) -> str:
    # The column is there before the description is read.
    return item.printed.get("STATUS", "") or str(item.get("status", "phase", default=""))


def _find_misfit(cluster: Cluster, claim: KubeObject) -> Misfit | None:
    events = cluster.events(claim)
    if events and "waiting for first consumer" in events[-1].message:
        return None
    for event in reversed(events):
        for cause, pattern in _BINDER_WORDS:
            if pattern.search(event.message):
                return Misfit(cause, clip(event.message), cite_first(event.quote), 0.95)
    proof = cite_first(*(event.quote for event in events[-1:]), cluster.quote(claim, "Pending"))
    volumes = cluster.list("PersistentVolume")
    if not volumes:
        named = str(claim.get("spec", "storageClassName") or "")
        if named or not cluster.has_list("PersistentVolume"):
            return None
        return Misfit("missing_persistent_volume", "there is no volume and no class to make one", proof, 0.85)
    nearest = min(volumes, key=lambda volume: (_distance(claim, volume), -_kinship(claim, volume)))
    faults = list(_compare(claim, nearest)) or [_guess(nearest)]
    cause, words = faults[0]
    quotes = cite_first(proof, cluster.quote(nearest, "Access Modes:", "Claim:", nearest.name))
    return Misfit(cause, f"volume {nearest.name} {words}", quotes, 0.9 if _distance(claim, nearest) == 1 else 0.5)


def _distance(claim: KubeObject, volume: KubeObject) -> int:
    return sum(1 for _ in _compare(claim, volume))


def _kinship(claim: KubeObject, volume: KubeObject) -> int:
    """Return how strongly a volume looks meant for a claim: by name, or by the length their names share."""
    if claim.get("spec", "volumeName") == volume.name:
        return 1000
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(claim.name, volume.name, strict=False)))


def _compare(claim: KubeObject, volume: KubeObject) -> Iterator[tuple[str, str]]:
    """Yield what keeps a volume from a claim, the most deliberate setting first; what is not known keeps nothing."""
    wanted, offered = claim.get("spec", "storageClassName"), volume.get("spec", "storageClassName")
    if (wanted is not None or offered is not None) and (wanted or "") != (offered or ""):
        yield "pvc_storage_class_mismatch", f"is of class {offered or 'none'}, the claim asks for {wanted or 'none'}"
    labels = claim.get_map("spec", "selector", "matchLabels")
    if any(volume.labels.get(key) != value for key, value in labels.items()):
        yield "pvc_selector_mismatch", "does not carry the labels that the claim selects"
    holder = volume.get_map("spec", "claimRef")
    if holder and (holder.get("namespace"), holder.get("name")) != (claim.namespace, claim.name):
        yield "pv_binding_occupied", f"is held by the claim {holder.get('namespace')}/{holder.get('name')}"
    missing = [mode for mode in _modes(claim) if mode not in _modes(volume)]
    if missing and _modes(volume):
        yield "pvc_access_mode_mismatch", f"does not offer {', '.join(missing)}"
    size = parse_quantity(volume.get("spec", "capacity", "storage"))
    asked = parse_quantity(claim.get("spec", "resources", "requests", "storage"))
    if size is not None and asked is not None and asked > size:
        yield "pvc_capacity_mismatch", "is smaller than what the claim asks for"


def _modes(item: KubeObject) -> Sequence[str]:
    return [ACCESS_MODES.get(str(mode), str(mode)) for mode in dig_list(item.get("spec", "accessModes"))]


def _guess(volume: KubeObject) -> tuple[str, str]:
    """Name what a claim most likely asks for in vain when nobody printed what it asks for.

    kubectl describes a pending claim without its size, modes and selector. The labels of a volume made by hand serve
    claims that select them. Nearly all claims want to write from one node: a volume that does not offer that misses by
    its modes, one that does misses by its size.
    """
    if any("kubernetes.io/" not in key for key in volume.labels):
        return "pvc_selector_mismatch", "carries labels for claims that select it: this one must select others"
    if "ReadWriteOnce" in _modes(volume):
        return "pvc_capacity_mismatch", "fits by class, holder and the usual mode: it must be too small"
    return "pvc_access_mode_mismatch", "offers none of the usual access modes"


def _find_unbound(cluster: Cluster, *, cause: str) -> Iterable[Claim]:
    for found in cluster.remember(list_unbound):
        claim, misfit = found.claim, found.misfit
        user = find_user(cluster, claim)
        if misfit.cause != cause:
            continue
        yield Claim(
            cause=cause,
            subject=(user or claim).entity,
            text=f"Claim {claim.name} of namespace {claim.namespace} stays pending: {misfit.words}.",
            confidence=misfit.confidence,
            quotes=misfit.quotes,
            explains=(explain(cluster, user) if user else frozenset()) | {claim.ref},
            person_must=f"Make the claim {claim.name} and a volume or class agree.",
        )


def claims_of(item: KubeObject) -> Sequence[str]:
    """Return the names of the claims that a pod or the template of a workload mounts."""
    volumes = maps_of(item.pod_spec.get("volumes"))
    sources = [volume["persistentVolumeClaim"] for volume in volumes if "persistentVolumeClaim" in volume]
    return [str(source["claimName"]) for source in sources if isinstance(source, Mapping) and source.get("claimName")]


def find_user(cluster: Cluster, claim: KubeObject) -> KubeObject | None:
    """Return the workload that mounts a claim, or `None` when none is known to."""
    for pod in cluster.list("Pod", claim.namespace):
        if claim.name in claims_of(pod):
            return cluster.workload_of(pod) or pod
    for kind in ("Deployment", "StatefulSet"):
        for workload in cluster.list(kind, claim.namespace):
            if claim.name in claims_of(workload):
                return workload
    return None


def storage_limits(cluster: Cluster, namespace: str) -> tuple[Quote, ...]:
    """Quote the quota lines that limit the claims of a namespace; empty when none does."""
    for quota in cluster.list("ResourceQuota", namespace):
        for name in quota.get_map("status", "hard") or quota.get_map("spec", "hard"):
            if name.endswith(("requests.storage", "persistentvolumeclaims")):
                return cluster.quote(quota, name)
    return ()


class MissingClaim(NamedTuple):
    """A claim that a pod waits for and that does not exist."""

    workload: KubeObject
    name: str
    quotes: tuple[Quote, ...]


def list_missing_claims(cluster: Cluster) -> Sequence[MissingClaim]:
    """Return, once a workload, the claims that pods wait for and that do not exist."""
    found: dict[str, MissingClaim] = {}
    for ailing in list_ailing(cluster, PodPhase.UNSCHEDULABLE):
        for pod in ailing.pods:
            for event in cluster.events(pod, "FailedScheduling")[-1:]:
                match = re.search(r"persistentvolumeclaim \"([^\"]+)\" not found", event.message)
                if match and cluster.find("PersistentVolumeClaim", match[1], pod.namespace) is None:
                    quotes = cite_first(event.quote, cluster.quote_missing("PersistentVolumeClaim", pod.namespace))
                    found.setdefault(ailing.workload.ref, MissingClaim(ailing.workload, match[1], quotes))
    return tuple(found.values())


def _find_missing_claim(cluster: Cluster) -> Iterable[Claim]:
    for missing in cluster.remember(list_missing_claims):
        workload = missing.workload
        if storage_limits(cluster, workload.namespace):
            continue  # Then the quota is the better explanation; its own signature tells it.
        yield Claim(
            cause="missing_volume_claim",
            subject=workload.entity,
            text=f"{workload.name} mounts the claim {missing.name}, which does not exist in {workload.namespace}.",
            confidence=0.9,
            quotes=missing.quotes,
            explains=explain(cluster, workload),
            person_must=f"Create the claim {missing.name}, or name an existing one.",
        )


def _find_lost(cluster: Cluster) -> Iterable[Claim]:
    for claim in cluster.list("PersistentVolumeClaim"):
        if _phase(claim) != "Lost":
            continue
        user = find_user(cluster, claim)
        yield Claim(
            cause="volume_claim_lost",
            subject=(user or claim).entity,
            text=f"The volume behind the claim {claim.name} of namespace {claim.namespace} is gone.",
            confidence=0.9,
            quotes=cluster.quote(claim, "Lost"),
            explains=(explain(cluster, user) if user else frozenset()) | {claim.ref},
            person_must="Restore the data from a backup into a new volume and claim.",
        )


_CLAIM_TITLES = {
    "pvc_storage_class_mismatch": "A claim asks for a storage class that nothing provides",
    "pvc_access_mode_mismatch": "A claim asks for an access mode that its volume does not offer",
    "pvc_capacity_mismatch": "A claim asks for more than its volume holds",
    "pvc_selector_mismatch": "A claim selects labels that no free volume carries",
    "pv_binding_occupied": "The volume a claim is meant for is held by another claim",
    "pvc_volume_mode_mismatch": "A claim and its volume differ in volume mode",
    "volume_provisioning_failed": "The provisioner cannot make the volume of a claim",
    "volume_provisioner_missing": "A claim waits for a provisioner that does not answer",
    "missing_persistent_volume": "A claim waits and nobody provides volumes",
}


def _claim_signature(cause: str, title: str) -> Signature:
    return Signature(
        id=cause,
        title=title,
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="The claim is bound, or waits for its first pod as its class says; another property keeps the "
        "nearest volume away.",
        confidence_note="0.95 in the binder's own words, 0.9 when one property alone differs from the nearest volume, "
        "0.5 when several do or when the claim's size and modes were not printed.",
        action="none: a person must make the claim and a volume or class agree",
        specificity=Specificity.ORIGIN,
        find=partial(_find_unbound, cause=cause),
    )


SIGNATURES: tuple[Signature, ...] = (
    *(_claim_signature(cause, title) for cause, title in _CLAIM_TITLES.items()),
    Signature(
        id="missing_volume_claim",
        title="A pod mounts a claim that does not exist",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="The claim exists by now, or a storage quota explains why it could not be created.",
        confidence_note="0.9: the scheduler names the claim.",
        action="none: a person must create the claim or name an existing one",
        specificity=Specificity.ORIGIN,
        find=_find_missing_claim,
    ),
    Signature(
        id="volume_claim_lost",
        title="The volume behind a claim is gone",
        looks_at=(EvidenceKind.OBJECTS,),
        ruled_out_by="The claim is bound or pending.",
        confidence_note="0.9: the claim's own state.",
        action="none: a person must restore the data",
        specificity=Specificity.ORIGIN,
        find=_find_lost,
    ),
)
"""The catalogue's part about claims."""
