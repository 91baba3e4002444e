"""What is wrong with a spec, whoever wrote it: an editor, a model, or this house."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fermata.rules.chaosspecs.gremlin import find_gremlin_problems
from fermata.rules.chaosspecs.limits import DEFAULT_LIMITS, SpecLimits
from fermata.rules.chaosspecs.mesh_models import API_VERSION
from fermata.rules.chaosspecs.mesh_rules import find_mesh_problems
from fermata.rules.chaosspecs.proxy import find_proxy_problems
from fermata.rules.chaosspecs.toolkit import find_toolkit_problems

_DEEPEST = 40

_Check = Callable[[Mapping[str, Any], SpecLimits], Iterator[str]]


def validate_spec(document: object, limits: SpecLimits = DEFAULT_LIMITS) -> tuple[str, ...]:
    """Return what our rules have against a document, as `path: words`; empty when nothing.

    Which system it is for is told from its fields. One that is for none is refused.
    """
    if not isinstance(document, Mapping) or not all(isinstance(key, str) for key in document):
        return ("document: it is no object with named fields",)
    if _is_deep(document):
        return (f"document: it is nested deeper than {_DEEPEST}",)
    found = find_system(document)
    if not found:
        return ("document: it is nothing of Chaos Mesh, Gremlin, Chaos Toolkit or the fault proxy",)
    return tuple(_CHECKS[found](document, limits))


def find_system(document: Mapping[str, Any]) -> str:
    """Return the name of the system a document is for; empty when it is for none."""
    if document.get("apiVersion") == API_VERSION:
        return "chaosmesh"
    if {"command", "impactDefinition"} & document.keys():
        return "gremlin"
    if {"method", "steady-state-hypothesis"} & document.keys():
        return "chaostoolkit"
    return "faultproxy" if {"fault", "ttl_s"} & document.keys() else ""


def _is_deep(document: object) -> bool:
    waiting: list[tuple[object, int]] = [(document, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > _DEEPEST:
            return True
        if isinstance(value, Mapping):
            waiting += [(part, depth + 1) for part in value.values()]
        elif isinstance(value, list):
            waiting += [(part, depth + 1) for part in value]
    return False


_CHECKS: Mapping[str, _Check] = {
    "chaosmesh": find_mesh_problems,
    "gremlin": find_gremlin_problems,
    "chaostoolkit": find_toolkit_problems,
    "faultproxy": find_proxy_problems,
}
