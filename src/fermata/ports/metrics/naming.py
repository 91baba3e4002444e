"""Which services of a scope a system of metrics is asked about, and under which names it knows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from fermata.domain.entity import Entity
from fermata.domain.scope import Scope

S = TypeVar("S")

MOST_SERVICES = 3
"""An incident names one or two workloads; each costs some queries of a limited number."""
_SILENT_KINDS = frozenset({"host", "repository", "rule", "pod", "container"})


@dataclass(frozen=True, slots=True)
class Asked(Generic[S]):
    """One service to ask about."""

    entity: Entity
    settings: S | None
    """What the settings say of it; `None` when they do not."""


def list_services(scope: Scope, settings: Mapping[str, S]) -> list[Asked[S]]:
    """Return the scope's services, those of the settings first, each name once, at most three.

    Pods, containers and hosts are not named by what an application reports; one that the settings list is taken.
    """
    found: dict[str, Asked[S]] = {}
    for entity in scope.entities:
        if entity.name in settings:
            found.setdefault(entity.name, Asked(entity, settings[entity.name]))
    for entity in scope.entities:
        if entity.kind not in _SILENT_KINDS:
            found.setdefault(entity.name, Asked(entity, settings.get(entity.name)))
    return list(found.values())[:MOST_SERVICES]
