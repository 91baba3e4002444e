"""One Kubernetes workload: what of its pod template matters for a rehearsal, and what may name a host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fermata.kit.digging import dig_map, dig_maps
from fermata.rules.kubernetes.quantities import parse_quantity
from fermata.rules.servicegraph.partial import text_of

_NAME_LABELS = ("app.kubernetes.io/name", "app", "k8s-app", "service")
_MESH = frozenset({"istio-proxy", "linkerd-proxy", "envoy-sidecar"})
_TO_THE_END = frozenset({"Job", "CronJob"})
"""Kinds whose pods run until they are done: nobody asks one whether it is ready, and between its runs there is none."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A Deployment or its like, with its pod template read."""

    kind: str
    name: str
    namespace: str
    where: str
    labels: Mapping[str, Any]
    """Of the pods."""
    image: str
    """Of the main container: the first that is no proxy of a mesh."""
    replicas: int | None
    """`None` where it is not the manifest that says (a DaemonSet, a Job)."""
    facts: Mapping[str, Any]
    """Field of `graph.json` -> value."""
    aliases: frozenset[str]
    has_ports: bool
    variables: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    """Of commands and arguments."""
    config_env: tuple[str, ...] = ()
    """Config maps whose entries are variables."""
    config_files: tuple[str, ...] = ()
    """Config maps that are mounted."""


def read_workload(item: Mapping[str, Any], where: str) -> Workload:
    """Return what an object of the API or a manifest says of a workload."""
    kind, spec = text_of(item, "kind"), dig_map(item, "spec")
    name = text_of(item, "metadata", "name")
    template = _find_template(kind, item, spec)
    pod = dig_map(template, "spec")
    labels = dig_map(template, "metadata", "labels") or dig_map(spec, "selector", "matchLabels")
    containers = [each for each in dig_maps(pod.get("containers")) if text_of(each, "name") not in _MESH]
    everything = [*dig_maps(pod.get("initContainers")), *containers]
    variables = _read_variables(containers)
    service_name = variables.get("OTEL_SERVICE_NAME", "")
    return Workload(
        kind,
        name,
        text_of(item, "metadata", "namespace"),
        where,
        labels,
        text_of(containers[0], "image") if containers else "",
        _read_replicas(kind, spec),
        {
            **({"kind": "job"} if kind in _TO_THE_END else {}),
            "readiness_probe": None if kind in _TO_THE_END else _has(containers, "readinessProbe"),
            "liveness_probe": None if kind in _TO_THE_END else _has(containers, "livenessProbe"),
            "persistent_storage": _keeps(pod, spec) if containers else None,
            "memory_limit": _find_memory(containers),
        },
        frozenset(text for text in (name, *_list_labels(labels), service_name) if text and "$" not in text),
        any(dig_maps(each.get("ports")) for each in containers),
        variables,
        tuple(word for each in everything for word in _list_words(each)),
        tuple(dict.fromkeys(_list_config_env(everything))),
        tuple(dict.fromkeys(_list_config_files(pod))),
    )


def _find_template(kind: str, item: Mapping[str, Any], spec: Mapping[str, Any]) -> Mapping[str, Any]:
    if kind == "Pod":
        return item
    return dig_map(spec, "jobTemplate", "spec", "template") if kind == "CronJob" else dig_map(spec, "template")


def _read_replicas(kind: str, spec: Mapping[str, Any]) -> int | None:
    if kind in {"DaemonSet", "Job", "CronJob"}:
        return None
    replicas = spec.get("replicas", 1)  # The API's own default.
    return replicas if isinstance(replicas, int) and not isinstance(replicas, bool) else None


def _list_labels(labels: Mapping[str, Any]) -> Iterable[str]:
    found = (labels.get(key) for key in _NAME_LABELS[:2])
    return (value for value in found if isinstance(value, str))


def _has(containers: list[Mapping[str, Any]], key: str) -> bool | None:
    return any(dig_map(each, key) for each in containers) if containers else None


def _keeps(pod: Mapping[str, Any], spec: Mapping[str, Any]) -> bool:
    """Answer whether what the pod writes outlives it."""
    claims = bool(dig_maps(spec.get("volumeClaimTemplates")))
    return claims or any(
        "persistentVolumeClaim" in volume or "hostPath" in volume or "ephemeral" in volume or "nfs" in volume
        for volume in dig_maps(pod.get("volumes"))
    )


def _find_memory(containers: list[Mapping[str, Any]]) -> str | None:
    """Return the sum of the limits as a quantity; `none` where the first container has none."""
    limits = [dig_map(each, "resources", "limits").get("memory") for each in containers]
    if not limits:
        return None
    if limits[0] is None:
        return "none"
    if len(limits) == 1:
        return str(limits[0])
    sizes = [size for limit in limits if (size := parse_quantity(limit)) is not None]
    return f"{sum(sizes):.0f}"


def _read_variables(containers: list[Mapping[str, Any]]) -> dict[str, str]:
    """Return variables with a plain value; one from a Secret has none here."""
    return {
        name: value
        for each in containers
        for item in dig_maps(each.get("env"))
        if (name := text_of(item, "name")) and isinstance(value := item.get("value"), str)
    }


def _list_words(container: Mapping[str, Any]) -> Iterable[str]:
    for key in ("command", "args"):
        words = container.get(key)
        yield from (word for word in words if isinstance(word, str)) if isinstance(words, list) else ()


def _list_config_env(containers: list[Mapping[str, Any]]) -> Iterable[str]:
    for each in containers:
        for item in dig_maps(each.get("envFrom")):
            yield from filter(None, [text_of(item, "configMapRef", "name")])
        for item in dig_maps(each.get("env")):
            yield from filter(None, [text_of(item, "valueFrom", "configMapKeyRef", "name")])


def _list_config_files(pod: Mapping[str, Any]) -> Iterable[str]:
    for volume in dig_maps(pod.get("volumes")):
        yield from filter(None, [text_of(volume, "configMap", "name")])
        for part in dig_maps(dig_map(volume, "projected").get("sources")):
            yield from filter(None, [text_of(part, "configMap", "name")])
