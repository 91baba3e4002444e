"""Containers that never get to run their program: the image, what it is configured from, and how it is started.

The node says why in its own words, and the words of runtimes and registries differ by version: each cause is one row
of a table with the wordings that mean it. What a pod refers to is looked up as well, so that an answer does not depend
on events that live for an hour.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from fermata.domain.evidence import EvidenceKind
from fermata.kit.digging import dig_map
from fermata.rules.claims import Claim, Quote
from fermata.rules.kubernetes.health import PodPhase, status_word
from fermata.rules.kubernetes.objects import maps_of
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_reach import (
    cite_first,
    condition_of,
    explain,
    explain_own,
    known_absent,
    list_ailing,
)
from fermata.rules.signatures.kubernetes_remedies import describe_action
from fermata.rules.signatures.kubernetes_wordings import CONFIG, RUN, WORDINGS, Wording
from fermata.rules.signatures.workloads import clip

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

_ALL = (PodPhase.IMAGE, PodPhase.CONFIG, PodPhase.CREATING, PodPhase.RUN_ERROR, PodPhase.CRASH, PodPhase.INIT_FAILING)
_LATE_CHARACTERS = 2_000
_TELLING = ("InvalidImageName", "ErrImageNeverPull")
# Statuses that have one cause only: of a table nothing more is needed.


class Saying(NamedTuple):
    """Something said about a pod that does not start."""

    text: str
    quotes: tuple[Quote, ...]


class Verdict(NamedTuple):
    """What keeps a workload's pods from starting."""

    wording: Wording
    workload: KubeObject
    words: str
    quotes: tuple[Quote, ...]
    confidence: float


def list_verdicts(cluster: Cluster) -> Sequence[Verdict]:
    """Return, once a workload and cause, what keeps pods from starting."""
    found: dict[tuple[str, str], Verdict] = {}
    for phase in _ALL:
        for ailing in list_ailing(cluster, phase):
            for pod in ailing.pods:
                verdict = _judge(cluster, ailing.workload, pod, phase)
                if verdict is not None:
                    found.setdefault((ailing.workload.ref, verdict.wording.cause), verdict)
                    break
    return tuple(found.values())


def _judge(cluster: Cluster, workload: KubeObject, pod: KubeObject, phase: PodPhase) -> Verdict | None:
    symptom: Verdict | None = None
    for saying in _listen(cluster, pod):
        wording = _recognise(cluster, pod, phase, saying.text)
        if wording is None:
            continue
        meant, confidence = _weigh_pull(cluster, pod, wording, saying.text)
        verdict = Verdict(meant, workload, clip(saying.text, 300), saying.quotes, confidence)
        if meant.specificity is Specificity.ORIGIN:
            return verdict
        symptom = symptom or verdict
    dangling = _find_dangling(cluster, workload, pod) if phase in CONFIG else None
    return _judge_exit(cluster, workload, pod, phase) or dangling or _blame_secret(cluster, pod, symptom)


def _recognise(cluster: Cluster, pod: KubeObject, phase: PodPhase, text: str) -> Wording | None:
    for wording in WORDINGS:
        match = wording.words.search(text) if phase in wording.phases else None
        if match and not (wording.absent and cluster.find(wording.absent, match["name"], pod.namespace)):
            return wording
    return None


def _blame_secret(cluster: Cluster, pod: KubeObject, symptom: Verdict | None) -> Verdict | None:
    """Explain a pull that failed for no stated reason by a pull secret that does not exist, if there is one."""
    if symptom is None or symptom.wording.cause != "image_pull_failed" or not _lacks_secret(cluster, pod):
        return symptom
    return symptom._replace(wording=_by_cause("missing_image_pull_secret"), confidence=0.9)


def _listen(cluster: Cluster, pod: KubeObject) -> Iterator[Saying]:
    """Yield what was said of a pod: its containers' own states first, then its warnings, the newest first."""
    for container in (*pod.init_containers, *pod.containers):
        for state in _states(container):
            text = f"{state.get('reason') or ''}: {state.get('message') or ''}"
            if len(text) > 2:
                message = str(state.get("message") or "")
                words = [word for word in (message[:60].partition("\n")[0], str(state.get("reason") or "")) if word]
                yield Saying(text, cluster.quote(pod, *words))
    for event in reversed(cluster.events(pod)):
        if event.type == "Warning":
            yield Saying(event.message, cite_first(event.quote))
    if status_word(pod) in _TELLING:
        yield Saying(status_word(pod), cluster.quote(pod, status_word(pod)))
    for log in cluster.logs(pod):
        for line in log.text[-_LATE_CHARACTERS:].splitlines()[-3:]:
            if line.startswith(("exec ", "standard_init_linux", "/bin/sh:", "sh:", "bash:", "env:")):
                yield Saying(line, cite_first(log.find(line)))


def _states(container: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    for place in ("state", "lastState"):
        states = dig_map(container, "status", place)
        yield from (state for name in ("waiting", "terminated") if isinstance(state := states.get(name), Mapping))


def _judge_exit(cluster: Cluster, workload: KubeObject, pod: KubeObject, phase: PodPhase) -> Verdict | None:
    """Judge by exit codes that shells keep for commands they cannot run."""
    for container in (*pod.init_containers, *pod.containers) if phase in RUN else ():
        for state in _states(container):
            code = state.get("exitCode")
            for wording in WORDINGS:
                if isinstance(code, int) and code in wording.exit_codes:
                    quotes = cluster.quote(pod, f"Exit Code:    {code}", f"exitCode: {code}", str(code))
                    return Verdict(wording, workload, f"exit code {code}", quotes, 0.7)
    return None


def _by_cause(cause: str) -> Wording:
    return next(item for item in WORDINGS if item.cause == cause)


def _weigh_pull(cluster: Cluster, pod: KubeObject, wording: Wording, text: str) -> tuple[Wording, float]:
    """Weigh what a registry says against what the pod refers to: many answer a wrong name like a missing right.

    A registry that hides private images answers both alike. A pull secret that does not exist speaks for the right; an
    image of the same place that other pods run without one speaks for the name.
    """
    if wording.cause not in ("missing_image_pull_secret", "incorrect_image_reference"):
        return wording, wording.confidence
    precise = re.search(r"manifest unknown|invalid reference|InvalidImageName|couldn't parse", text)
    if not precise and _lacks_secret(cluster, pod):
        return _by_cause("missing_image_pull_secret"), 0.9
    if wording.cause == "missing_image_pull_secret" and _place_is_open(cluster, pod, text):
        return _by_cause("incorrect_image_reference"), 0.75
    return wording, wording.confidence


def _lacks_secret(cluster: Cluster, pod: KubeObject) -> bool:
    return any(known_absent(cluster, "Secret", name, pod.namespace) for name in _pull_secrets(cluster, pod))


def _pull_secrets(cluster: Cluster, pod: KubeObject) -> Sequence[str]:
    names = [str(item.get("name")) for item in maps_of(pod.pod_spec.get("imagePullSecrets"))]
    account = cluster.find("ServiceAccount", str(pod.pod_spec.get("serviceAccountName") or "default"), pod.namespace)
    return names + [str(item.get("name")) for item in (account.get_maps("imagePullSecrets") if account else [])]


def _place_is_open(cluster: Cluster, pod: KubeObject, text: str) -> bool:
    """Answer whether images of the same repository folder run here although nobody names a pull secret."""
    image = next((str(item["image"]) for item in pod.containers if str(item.get("image", "-")) in text), "")
    place = image.rpartition("/")[0]
    if not place or _pull_secrets(cluster, pod):
        return False
    return any(
        str(container.get("image", "")).rpartition("/")[0] == place and _has_run(container)
        for other in cluster.list("Pod")
        if other is not pod
        for container in other.containers
    )


def _has_run(container: Mapping[str, object]) -> bool:
    return "running" in dig_map(container, "status", "state")


_KINDS = (
    ("secretRef", "Secret", "missing_secret_binding"),
    ("secretKeyRef", "Secret", "missing_secret_binding"),
    ("configMapRef", "ConfigMap", "missing_config_map"),
    ("configMapKeyRef", "ConfigMap", "missing_config_map"),
)


def _find_dangling(cluster: Cluster, workload: KubeObject, pod: KubeObject) -> Verdict | None:
    """Find a Secret or ConfigMap that a pod cannot start without and that a complete list does not hold."""
    for kind, name, cause in _references(pod):
        if known_absent(cluster, kind, name, pod.namespace):
            quotes = cite_first(cluster.quote(pod, name), cluster.quote_missing(kind, pod.namespace))
            return Verdict(_by_cause(cause), workload, f"{kind} {name} does not exist", quotes, 0.85)
    return None


def _references(pod: KubeObject) -> Iterator[tuple[str, str, str]]:
    for container in (*pod.init_containers, *pod.containers):
        sources = maps_of(container.get("envFrom"))
        values = (item.get("valueFrom") for item in maps_of(container.get("env")))
        sources += [value for value in values if isinstance(value, Mapping)]
        for source in sources:
            for key, kind, cause in _KINDS:
                reference = source.get(key)
                if isinstance(reference, Mapping) and reference.get("optional") is not True:
                    yield kind, str(reference.get("name") or ""), cause
    for volume in maps_of(pod.pod_spec.get("volumes")):
        for key, kind, cause, field_name in (
            ("secret", "Secret", "missing_secret_binding", "secretName"),
            ("configMap", "ConfigMap", "missing_config_map", "name"),
        ):
            reference = volume.get(key)
            if isinstance(reference, Mapping) and reference.get("optional") is not True:
                yield kind, str(reference.get(field_name) or ""), cause


def _find_verdict(cluster: Cluster, *, wording: Wording) -> Iterable[Claim]:
    for verdict in cluster.remember(list_verdicts):
        if verdict.wording is not wording:
            continue
        reach = explain if wording.specificity is Specificity.ORIGIN else explain_own
        yield Claim(
            cause=wording.cause,
            subject=verdict.workload.entity,
            text=f"{verdict.workload.name} does not start: {verdict.words}.",
            confidence=verdict.confidence,
            quotes=verdict.quotes,
            explains=reach(cluster, verdict.workload),
            person_must=wording.person_must,
        )


def _find_init(cluster: Cluster) -> Iterable[Claim]:
    explained = {verdict.workload.ref for verdict in cluster.remember(list_verdicts)}
    for ailing in list_ailing(cluster, PodPhase.INIT_FAILING):
        pod = ailing.pods[0]
        if ailing.workload.ref in explained:
            continue
        names = {str(container.get("name")) for container in pod.init_containers}
        last = [quote for log in cluster.logs(pod) if log.container in names for quote in log.tail(1)]
        said = f", last saying: {clip(last[0].text)}" if last else ""
        yield Claim(
            cause="init_container_failing",
            subject=ailing.workload.entity,
            text=f"{_say_init(pod, ailing.workload.name)}{said}.",
            confidence=0.5,
            quotes=cite_first(last, cluster.quote(pod, "Init:", pod.name)),
            explains=explain_own(cluster, ailing.workload),
            person_must="Find out what the init container waits for or fails at: read its log.",
        )


def _say_init(pod: KubeObject, name: str) -> str:
    """Return what fails: of a pod whose init containers are done it is one that goes on beside the others."""
    if condition_of(pod, "Initialized").get("status") == "True":
        return f"A sidecar of {name} (an init container with restartPolicy Always) does not stay up"
    return f"An init container of {name} does not succeed, so the pod never starts"


def _signature(wording: Wording) -> Signature:
    return Signature(
        id=wording.cause,
        title=wording.title,
        looks_at=(EvidenceKind.OBJECTS, EvidenceKind.LOGS),
        ruled_out_by="No pod of the workload is kept from starting now; what was missing exists; or a more exact "
        "wording fits.",
        confidence_note=f"{wording.confidence} in the node's or registry's own words, 0.85 when only the reference "
        "dangles, 0.7 from an exit code.",
        action=describe_action(wording.cause, wording.person_must),
        specificity=wording.specificity,
        find=partial(_find_verdict, wording=wording),
    )


SIGNATURES: tuple[Signature, ...] = (
    *(_signature(wording) for wording in WORDINGS),
    Signature(
        id="init_container_failing",
        title="An init container does not succeed",
        looks_at=(EvidenceKind.OBJECTS, EvidenceKind.LOGS),
        ruled_out_by="The pod got over it, or a more exact cause is found.",
        confidence_note="0.5: that it fails is certain, why is not.",
        action=describe_action("init_container_failing", "Find out what it fails at."),
        specificity=Specificity.STATE,
        find=_find_init,
    ),
)
"""The catalogue's part about containers that do not start."""
