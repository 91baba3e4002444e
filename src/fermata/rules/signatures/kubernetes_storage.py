"""Volumes that pods wait for, cannot mount or cannot use.

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
from fermata.rules.claims import Claim, Quote
from fermata.rules.kubernetes.health import PodPhase
from fermata.rules.kubernetes.objects import maps_of
from fermata.rules.kubernetes.quantities import parse_quantity
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_reach import cite_first, explain, explain_own, list_ailing
from fermata.rules.signatures.workloads import clip

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.logs import LogText
    from fermata.rules.kubernetes.objects import KubeObject

_MODES = {
    "RWO": "ReadWriteOnce",
    "ROX": "ReadOnlyMany",
    "RWX": "ReadWriteMany",
    "RWOP": "ReadWriteOncePod",
}


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
    return str(item.get("status", "phase") or item.printed.get("STATUS", ""))


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
    found = item.get("spec", "accessModes")
    return [_MODES.get(str(mode), str(mode)) for mode in found] if isinstance(found, list) else ()


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


@dataclass(frozen=True, slots=True)
class _Mount:
    """How the kubelet, the scheduler or a program words one sort of trouble with a volume."""

    cause: str
    title: str
    events: re.Pattern[str] | None
    person_must: str
    logs: tuple[str, ...] = ()
    log_phases: tuple[PodPhase, ...] = (PodPhase.CRASH, PodPhase.RUNNING_NOT_READY, PodPhase.INIT_FAILING)
    specificity: Specificity = Specificity.ORIGIN


_MOUNTS = (
    _Mount(
        "volume_multi_attach",
        "A volume is still attached to another node",
        re.compile(r"(?i)Multi-Attach error|AttachVolume.*(?:(?:already|still|exclusively) attached|in use)"),
        "Find the pod or node that still holds the volume and release it.",
    ),
    _Mount(
        "volume_mount_permission_denied",
        "A volume is there and may not be used",
        re.compile(r"(?is)(?:mount|subPath|mkdir).*(?:permission denied|access denied|operation not permitted)"),
        "Give the pod's user or the node the right to the volume: owner, mode, fsGroup or export.",
        ("ermission denied", "EACCES", "AccessDeniedException", "peration not permitted"),
        (PodPhase.CRASH, PodPhase.RUNNING_NOT_READY, PodPhase.INIT_FAILING, PodPhase.RUNNING_READY),
    ),
    _Mount(
        "volume_driver_missing",
        "The driver of a volume does not run on the node",
        re.compile(r"not found in the list of registered CSI drivers|no volume plugin matched"),
        "Bring the storage driver of the node back.",
    ),
    _Mount(
        "volume_source_missing",
        "What a volume should be made from does not exist",
        re.compile(r"hostPath type check failed|special device \S+ does not exist|"
                   r"(?s:MountVolume.*no such file or directory)|"
                   r"volume \S+ (?:not found|does not exist)|(?s:AttachVolume.*not ?found)|path \S+ does not exist"),
        "Create the path or disk that the message names, or point the volume elsewhere.",
    ),
    _Mount(
        "volume_server_unreachable",
        "The server of a volume cannot be reached",
        re.compile(r"(?s)MountVolume.*(?:Connection timed out|connection refused|No route to host|Host is down|"
                   r"Name or service not known|Failed to resolve server)"),
        "Bring the storage server back, or the network to it.",
    ),
    _Mount(
        "volume_attach_timeout",
        "A volume is not attached to the node in time",
        re.compile(r"(?is)external-attacher|AttachVolume.*(?:timed out|deadline exceeded)"),
        "Look at the storage driver's controller and at the provider's volume.",
    ),
    _Mount(
        "volume_full",
        "A program finds no space left to write",
        re.compile(r"(?i)no space left on device|disk quota exceeded"),
        "Free space or enlarge the volume that the message names.",
        ("space left on device", "ENOSPC", "isk quota exceeded", "disk is full"),
        (PodPhase.CRASH, PodPhase.RUNNING_NOT_READY, PodPhase.INIT_FAILING, PodPhase.RUNNING_READY),
    ),
    _Mount(
        "read_only_file_system",
        "A program writes where the file system is read-only",
        re.compile(r"(?i)read-only file system"),
        "Mount the path writable, or have the program write elsewhere; after a disk error, repair it.",
        ("ead-only file system", "EROFS", "ReadOnlyFileSystemException"),
    ),
    _Mount(
        "volume_mount_failed",
        "A volume cannot be mounted",
        re.compile(r"MountVolume\.\S+ failed|Unable to attach or mount volumes|AttachVolume\.\S+ failed|wrong fs type"),
        "Read what the storage driver says about the volume.",
        specificity=Specificity.STATE,
    ),
)  # fmt: skip
_LATE_CHARACTERS = 3_000
_OBJECT_VOLUME = re.compile(r"(?:secret|configmap) \S+ not found|references non-existent|object \S+ not registered")


def _find_mount(cluster: Cluster, *, mount: _Mount) -> Iterable[Claim]:
    seen = set()
    for ailing in list_ailing(cluster, PodPhase.CREATING, PodPhase.RUN_ERROR, PodPhase.CONFIG):
        quote = _match_mount(cluster, ailing.pods, mount)
        if quote is not None:
            seen.add(ailing.workload.ref)
            yield _blame_mount(cluster, ailing.workload, mount, quote=quote, confidence=0.9)
    logs = [log for log in cluster.remember(list_complaints) if _is_heard(log, mount)]
    for ailing in list_ailing(cluster, *mount.log_phases) if logs else ():
        quote = next((found for pod in ailing.pods if (found := _find_line(cluster, pod, mount)) is not None), None)
        if quote is not None and ailing.workload.ref not in seen:
            yield _blame_mount(cluster, ailing.workload, mount, quote=quote, confidence=0.75)


def list_complaints(cluster: Cluster) -> Sequence[LogText]:
    """Return the logs whose end tells of a volume that cannot be used."""
    needles = [needle for mount in _MOUNTS for needle in mount.logs]
    return [log for log in cluster.logs() if _holds(log.text[-_LATE_CHARACTERS:], needles)]


def _is_heard(log: LogText, mount: _Mount) -> bool:
    # What keeps a program from working now is among the last that it said, and logs are long.
    return _holds(log.text[-_LATE_CHARACTERS:], mount.logs)


def _holds(text: str, needles: Iterable[str]) -> bool:
    return any(needle in text for needle in needles)


def _match_mount(cluster: Cluster, pods: Iterable[KubeObject], mount: _Mount) -> Quote | None:
    for pod in pods:
        for event in reversed(cluster.events(pod)):
            message = event.message
            if event.type != "Warning" or _OBJECT_VOLUME.search(message):
                continue
            first = next((item for item in _MOUNTS if item.events is not None and item.events.search(message)), None)
            if first is mount:
                return event.quote
            if first is not None:
                break
    return None


def _find_line(cluster: Cluster, pod: KubeObject, mount: _Mount) -> Quote | None:
    for log in cluster.logs(pod):
        for needle in mount.logs if _is_heard(log, mount) else ():
            for quote in reversed(log.lines_with(needle)):
                if mount.cause != "volume_mount_permission_denied" or _is_below(pod, quote.text):
                    return quote
    return None


def _is_below(pod: KubeObject, line: str) -> bool:
    """Answer whether a denied permission is one to files of a volume: sockets, devices and calls are worded alike.

    The line names a path of the volume, or it is about writing a file that it names without a path: then the program
    runs in its data directory.
    """
    paths = _mount_paths(pod)
    relative = _WRITES.search(line) is not None and "/" not in line.partition("ermission denied")[0][-80:]
    return any(path in line for path in paths) or (bool(paths) and relative)


_WRITES = re.compile(r"(?i)\b(?:open|creat|writ|mkdir|sav|renam|lock|chown|chmod|append|director)")


def _mount_paths(pod: KubeObject) -> Sequence[str]:
    held = {
        str(volume.get("name"))
        for volume in maps_of(pod.pod_spec.get("volumes"))
        if {"persistentVolumeClaim", "hostPath", "nfs", "csi", "emptyDir"} & volume.keys()
    }
    mounts = (mount for container in pod.containers for mount in maps_of(container.get("volumeMounts")))
    return [str(mount["mountPath"]) for mount in mounts if mount.get("name") in held and mount.get("mountPath")]


def _blame_mount(cluster: Cluster, workload: KubeObject, mount: _Mount, *, quote: Quote, confidence: float) -> Claim:
    return Claim(
        cause=mount.cause,
        subject=workload.entity,
        text=f"{workload.name} cannot use its volume: {clip(quote.text, 240)}.",
        confidence=confidence if mount.specificity is Specificity.ORIGIN else 0.6,
        quotes=(quote,),
        explains=(explain if mount.specificity is Specificity.ORIGIN else explain_own)(cluster, workload),
        person_must=mount.person_must,
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


def _mount_signature(mount: _Mount) -> Signature:
    return Signature(
        id=mount.cause,
        title=mount.title,
        looks_at=(EvidenceKind.OBJECTS, EvidenceKind.LOGS) if mount.logs else (EvidenceKind.OBJECTS,),
        ruled_out_by="The pod runs; a more exact wording fits; or the volume is a Secret or ConfigMap.",
        confidence_note="0.9 from the node's own words, 0.75 from a log line, 0.6 when the reason is not told.",
        action="none: a person must " + mount.person_must[0].lower() + mount.person_must[1:].rstrip("."),
        specificity=mount.specificity,
        find=partial(_find_mount, mount=mount),
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
    *(_mount_signature(mount) for mount in _MOUNTS),
)
"""The catalogue's part about volumes."""
