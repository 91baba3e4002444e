"""From an entity to a LogQL selector that exists: which labels are tried, and which of their values mean it. Pure.

Nobody agrees on the names of labels: Promtail, Alloy, Fluent Bit, the OpenTelemetry collector, Docker's driver, each
sets its own. Loki is asked which labels and values it has in the window, and a selector is made of what is there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fermata.domain.entity import Entity
from fermata.domain.scope import Scope

MOST_SELECTORS = 4
"""An incident names one or two workloads in a few ways; more selectors would be other workloads."""
_NAMESPACES = ("namespace", "k8s_namespace_name", "kubernetes_namespace_name")
_SERVICES = (
    *("service_name", "service", "app", "app_kubernetes_io_name", "application", "component", "compose_service"),
    *("container", "container_name", "k8s_container_name", "job"),
)
_PODS = ("pod", "pod_name", "k8s_pod_name", "kubernetes_pod_name", "instance")
_OWNERS = ("deployment", "statefulset", "daemonset", "k8s_deployment_name", "k8s_statefulset_name")
_BY_KIND: Mapping[str, tuple[str, ...]] = {
    "container": ("container", "container_name", "k8s_container_name", "compose_service", "service_name"),
    "pod": _PODS,
    "host": ("host", "hostname", "node", "node_name", "nodename", "instance"),
    "process": ("process", "program", "unit", "syslog_identifier", *_SERVICES),
    **dict.fromkeys(("deployment", "statefulset", "daemonset"), (*_OWNERS, *_SERVICES, *_PODS)),
}
_PODS_OF = frozenset({"deployment", "statefulset", "daemonset", "service"})
# What Kubernetes puts behind a workload's name: a set's number, or a template's hash and five characters.
_POD_TAIL = r"-([0-9]+|[a-z0-9]{1,10}-[a-z0-9]{5}|[a-z0-9]{5})"


@dataclass(frozen=True, slots=True)
class Selector:
    """What picks an entity's streams."""

    entity: Entity
    text: str
    """With its braces."""


def is_wanted(scope: Scope) -> bool:
    """Answer whether the scope names anything a log could be about."""
    return any(entity.kind not in ("repository", "rule") for entity in scope.entities)


def list_labels(scope: Scope, known: Iterable[str]) -> list[str]:
    """Return the labels whose values are worth asking for, of those Loki knows."""
    wanted = [label for entity in scope.entities for label in _labels_of(entity)]
    wanted += [label for label in _NAMESPACES if any(entity.namespace for entity in scope.entities)]
    there = set(known)
    return [label for label in dict.fromkeys(wanted) if label in there]


def choose_selectors(
    scope: Scope, values: Mapping[str, Sequence[str]], own: Mapping[str, str] | None = None
) -> list[Selector]:
    """Return for each entity the selector of the first label that has a value of its name, at most four in all.

    Args:
        values: By label, what Loki has in the window.
        own: By entity name, the selector of the settings, which goes first.
    """
    found: dict[str, Selector] = {}
    for entity in scope.entities:
        if entity.kind in ("repository", "rule"):
            continue
        text = (own or {}).get(entity.name) or _find_selector(entity, values)
        if text:
            found.setdefault(text, Selector(entity, text))
    return list(found.values())[:MOST_SELECTORS]


def quote(text: str) -> str:
    """Write a LogQL string. JSON's escapes are among Go's, and what comes from outside cannot end the string."""
    return json.dumps(text, ensure_ascii=False)


def _labels_of(entity: Entity) -> tuple[str, ...]:
    return _BY_KIND.get(entity.kind, (*_SERVICES, *_PODS))


def _find_selector(entity: Entity, values: Mapping[str, Sequence[str]]) -> str:
    for label in _labels_of(entity):
        matcher = _match(label, entity, values.get(label, ()))
        if matcher:
            return "{" + ", ".join([matcher, *_match_namespace(entity, values)]) + "}"
    return ""


def _match(label: str, entity: Entity, values: Sequence[str]) -> str:
    name = entity.name
    if name in values:
        return f"{label}={quote(name)}"
    # Grafana's agents write the job as namespace/name.
    joined = f"{entity.namespace}/{name}"
    if label == "job" and entity.namespace and joined in values:
        return f"job={quote(joined)}"
    if label == "unit" and f"{name}.service" in values:
        return f"unit={quote(name + '.service')}"
    if label == "instance" and entity.kind == "host":
        pattern = re.escape(name) + "(:[0-9]+)?"  # The exporters of a host listen on ports.
        return f"instance=~{quote(pattern)}" if any(re.fullmatch(pattern, value) for value in values) else ""
    if label in _PODS and entity.kind in _PODS_OF:
        pattern = re.escape(name) + _POD_TAIL
        return f"{label}=~{quote(pattern)}" if any(re.fullmatch(pattern, value) for value in values) else ""
    return ""


def _match_namespace(entity: Entity, values: Mapping[str, Sequence[str]]) -> list[str]:
    if not entity.namespace:
        return []
    return [f"{label}={quote(entity.namespace)}" for label in _NAMESPACES if entity.namespace in values.get(label, ())][
        :1
    ]
