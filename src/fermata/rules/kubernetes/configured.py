"""What containers are told that may name a host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fermata.rules.kubernetes.objects import KubeObject, maps_of


@dataclass(slots=True)
class Configured:
    """Of all containers of a pod or template together; values of secrets are never known."""

    variables: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    """Of commands and arguments."""
    config_maps: list[str] = field(default_factory=list)
    """Names of those that variables or volumes refer to; one may stand there twice."""


def configured_of(item: KubeObject) -> Configured:
    """Return what the containers of a pod or of a workload's template are told, from the API's fields."""
    found = Configured()
    for container in (*item.containers, *item.init_containers):
        _read_variables(found, container)
        for name in ("command", "args"):
            words = container.get(name)
            found.words += [word for word in words if isinstance(word, str)] if isinstance(words, list) else []
    volumes = [volume.get("configMap") for volume in maps_of(item.pod_spec.get("volumes"))]
    found.config_maps += [name for volume in volumes if (name := _text(volume, "name"))]
    return found


def _read_variables(found: Configured, container: Mapping[str, Any]) -> None:
    sources = [item.get("configMapRef") for item in maps_of(container.get("envFrom"))]
    for item in maps_of(container.get("env")):
        value, reference = _text(item, "value"), item.get("valueFrom")
        if value:
            found.variables[_text(item, "name")] = value
        elif isinstance(reference, Mapping):
            sources.append(reference.get("configMapKeyRef"))
    found.config_maps += [name for source in sources if (name := _text(source, "name"))]


def _text(item: Any, key: str) -> str:
    found = item.get(key) if isinstance(item, Mapping) else None
    return found if isinstance(found, str) else ""
