"""Volumes that pods cannot mount or cannot use, and with `kubernetes_claims` the claims for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim, Quote
from fermata.rules.kubernetes.health import PodPhase
from fermata.rules.kubernetes.objects import maps_of
from fermata.rules.signatures import kubernetes_claims
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_reach import explain, explain_own, list_ailing
from fermata.rules.signatures.kubernetes_remedies import describe_action
from fermata.rules.signatures.workloads import clip

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.logs import LogText
    from fermata.rules.kubernetes.objects import KubeObject


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
_VOLUME = re.compile(r'\bvolume "([^"\s]+)"')
_OBJECT_VOLUME = re.compile(r"(?:secret|configmap) \S+ not found|references non-existent|object \S+ not registered")


def _find_mount(cluster: Cluster, *, mount: _Mount) -> Iterable[Claim]:
    seen = set()
    for ailing in list_ailing(cluster, PodPhase.CREATING, PodPhase.RUN_ERROR, PodPhase.CONFIG):
        quote = _match_mount(cluster, ailing.pods, mount)
        if quote is not None:
            seen.add(ailing.workload.ref)
            yield _blame_mount(cluster, ailing.workload, mount, quote=quote, confidence=0.9)
    suspects = list_ailing(cluster, *mount.log_phases)
    is_told = bool(suspects) and any(_is_heard(log, mount) for log in cluster.remember(list_complaints))
    for ailing in suspects if is_told else ():
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
        found, quote = _read_events(cluster, pod)
        if found is mount:
            return quote
    return None


def _read_events(cluster: Cluster, pod: KubeObject) -> tuple[_Mount | None, Quote | None]:
    """Return the latest trouble with a volume that events tell exactly, else that one cannot be mounted at all.

    While a volume is not attached, the kubelet says every two minutes that it waited in vain: that is newer, and tells
    less.
    """
    waited: tuple[_Mount | None, Quote | None] = (None, None)
    attached: set[str] = set()
    for event in reversed(cluster.events(pod)):
        volumes = set(_VOLUME.findall(event.message))
        if event.reason == "SuccessfulAttachVolume":
            if not volumes:
                break
            attached |= volumes
        if attached and volumes <= attached:
            continue  # What kept it from being attached before is over.
        if event.type != "Warning" or _OBJECT_VOLUME.search(event.message):
            continue
        told = next((item for item in _MOUNTS if item.events is not None and item.events.search(event.message)), None)
        if told is not None and told.specificity is not Specificity.STATE:
            return told, event.quote
        if told is not None and waited[0] is None:
            waited = (told, event.quote)
    return waited


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
    return [str(mount["mountPath"]) for mount in mounts if str(mount.get("name")) in held and mount.get("mountPath")]


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


def _mount_signature(mount: _Mount) -> Signature:
    return Signature(
        id=mount.cause,
        title=mount.title,
        looks_at=(EvidenceKind.OBJECTS, EvidenceKind.LOGS) if mount.logs else (EvidenceKind.OBJECTS,),
        ruled_out_by="The pod runs; a more exact wording fits; or the volume is a Secret or ConfigMap.",
        confidence_note="0.9 from the node's own words, 0.75 from a log line, 0.6 when the reason is not told.",
        action=describe_action(mount.cause, mount.person_must),
        specificity=mount.specificity,
        find=partial(_find_mount, mount=mount),
    )


SIGNATURES: tuple[Signature, ...] = (
    *kubernetes_claims.SIGNATURES,
    *(_mount_signature(mount) for mount in _MOUNTS),
)
"""The catalogue's part about volumes."""
