"""The catalogue as a brief tells it: the actions there are, what each takes, and what was observed that they may touch.

Telling is all it does: whether a suggestion holds is looked up in `rules.acceptance`, whatever was told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from fermata.domain.action import ActionSpec
from fermata.domain.diagnosis import Diagnosis
from fermata.domain.entity import Entity
from fermata.rules.brief.fences import show_line
from fermata.rules.signatures.base import Case

_MOST_TARGETS = 10
_LONGEST_NOTE = 50
_LONGEST_TARGET = 160
_SIDE_NOTE = re.compile(r"[;,(:]")
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
_OBJECTS = ("deployment", "statefulset", "daemonset", "pod", "node")
"""Kinds of a cluster's objects that its actions are about; of its others, none can be acted on."""


def list_actions(known: Iterable[str], specs: Mapping[str, ActionSpec], systems: set[str]) -> list[str]:
    """Return the actions of the systems that were looked at: ours, so they stand outside of any fence."""
    lines = []
    for name in sorted(known):
        if name.partition(".")[0] in systems:
            spec = specs.get(name)
            if spec is None:
                lines.append(f"- {name}(parameters are not known here)")
            else:
                purpose = show_line(_SIDE_NOTE.split(spec.summary)[0], 80)
                lines.append(f"- {name}({_write_parameters(spec)}): {purpose}")
    return lines


def _write_parameters(spec: ActionSpec) -> str:
    required = set(spec.parameters_schema.get("required", ()))
    written = []
    for name, schema in spec.parameters_schema.get("properties", {}).items():
        types = schema.get("type", "any")
        named = [types] if isinstance(types, str) else [name for name in types if name != "null"]
        kind = "|".join(map(str, schema.get("enum", named)))
        least, about = schema.get("minimum"), schema.get("description", "")
        bound = f" >= {least}" if least is not None else ""
        note = f", {about[:_LONGEST_NOTE]}" if about and name in required else ""
        written.append(f"{name}{'' if name in required else '?'}: {kind}{bound}{note}")
    return "; ".join(written)


def list_targets(case: Case, diagnosis: Diagnosis, systems: Iterable[str]) -> list[str]:
    """Return what the actions of each system may be about, one a line: these names were observed, so they are data.

    Others can be acted on, too, where they were observed; these are the nearest.
    """
    found = [entity for entity in _find_observed(case, diagnosis) if _can_be_acted_on(entity)]
    near = {entity.name for entity in case.scope.entities} | {item.entity.name for item in diagnosis.hypotheses}
    # What the incident is about first, and of a cluster its workloads before their pods.
    found.sort(key=lambda entity: (not _is_near(entity.name, near), _rank(entity)))
    lines = []
    for system in sorted(systems):
        refs = [entity.ref for entity in found if entity.system == system]
        lines += [f"target| {show_line(ref, _LONGEST_TARGET)}" for ref in refs[:_MOST_TARGETS]]
    return lines


def has_target(case: Case, diagnosis: Diagnosis, place: Entity) -> bool:
    """Answer whether an action of the catalogue could be about a place, or about the guilty change."""
    offering = {name.partition(".")[0] for name in case.known_actions}
    changed = {change.evidence.entity for change in case.changes if change.facts.id == diagnosis.guilty_change}
    return any(
        entity in changed or _is_near(entity.name, {place.name})
        for entity in _find_observed(case, diagnosis)
        if entity.system in offering and _can_be_acted_on(entity)
    )


def _find_observed(case: Case, diagnosis: Diagnosis) -> list[Entity]:
    # What only a model names was not observed for being named.
    hypotheses = [item for item in diagnosis.hypotheses if not item.is_by_model]
    return list(
        dict.fromkeys(
            (
                *(item.entity for item in hypotheses),
                *(each.target for item in hypotheses for each in item.suggestions),
                *case.scope.entities,
                *(item.entity for item in case.evidence),
                *(item.entity for kind in _WORKLOADS for item in case.cluster.list(kind)),
            )
        )
    )


def _can_be_acted_on(entity: Entity) -> bool:
    return bool(entity.system) and (entity.system != "kubernetes" or entity.kind in _OBJECTS)


def _rank(entity: Entity) -> int:
    return _OBJECTS.index(entity.kind) if entity.kind in _OBJECTS else 0


def _is_near(name: str, near: set[str]) -> bool:
    return any(name == other or name.startswith(f"{other}-") for other in near)
