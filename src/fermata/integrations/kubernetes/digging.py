"""Reading the API's objects without trusting their shape: what is missing is empty. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from fermata.kit.digging import dig_map, dig_maps, dig_text

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")


class Owner(NamedTuple):
    """What controls an object."""

    kind: str
    name: str


def name_of(item: Any) -> str:
    """Return an object's name."""
    return dig_text(item, "metadata", "name")


def labels_of(item: Any) -> Mapping[str, Any]:
    """Return an object's labels."""
    return dig_map(item, "metadata", "labels")


def owner_of(item: Any) -> Owner | None:
    """Return an object's controller."""
    owners = dig_maps(item, "metadata", "ownerReferences")
    for reference in sorted(owners, key=lambda each: each.get("controller") is not True):
        kind, name = dig_text(reference, "kind"), dig_text(reference, "name")
        if _NAME.fullmatch(kind) and _NAME.fullmatch(name):
            return Owner(kind, name)
    return None


def template_of(item: Any) -> Mapping[str, Any]:
    """Return the pod template of a controller; of a pod the pod itself, whose `metadata` and `spec` stand alike."""
    if dig_text(item, "kind") == "Pod":
        return item if isinstance(item, Mapping) else {}
    if dig_text(item, "kind") == "CronJob":
        return dig_map(item, "spec", "jobTemplate", "spec", "template")
    return dig_map(item, "spec", "template")


def containers_of(item: Any, *, with_init: bool = False) -> list[Mapping[str, Any]]:
    """Return the containers of a pod or of a controller's template; init containers, when wanted, first."""
    spec = dig_map(template_of(item), "spec")
    return (dig_maps(spec, "initContainers") if with_init else []) + dig_maps(spec, "containers")


def time_of(item: Any, *path: str) -> datetime | None:
    """Return the instant at a path (RFC 3339, aware); `None` when there is none or it cannot be read."""
    text = dig_text(item, *path)
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def matches(selector: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    """Answer whether labels hold all of a service's selector; an empty one selects nothing."""
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())
