"""Whether what an answer names exists: among the entities of the case, or word for word in its evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from pydantic import ValidationError

from fermata.domain.diagnosis import Diagnosis
from fermata.domain.entity import Entity
from fermata.rules.signatures.base import Case

_LEAST = 2
"""Letters of a name: one would be found anywhere."""
_KINDS = {
    **dict.fromkeys(("deploy", "deployments"), "deployment"),
    **dict.fromkeys(("svc", "services"), "service"),
    **dict.fromkeys(("pods", "po"), "pod"),
    **dict.fromkeys(("sts", "statefulsets"), "statefulset"),
    **dict.fromkeys(("ds", "daemonsets"), "daemonset"),
    **dict.fromkeys(("nodes",), "node"),
    **dict.fromkeys(("cm", "configmaps"), "configmap"),
    **dict.fromkeys(("pvc",), "persistentvolumeclaim"),
}

_OBJECTS = {
    name.lower(): name
    for name in ("Pod", "Deployment", "StatefulSet", "DaemonSet", "Node", "Job", "CronJob", "Service")
}
"""What actions on a cluster are about."""


class Register:
    """Every entity that a case knows of."""

    def __init__(self, case: Case, diagnosis: Diagnosis) -> None:
        self._case = case
        self._diagnosis = diagnosis

    @cached_property
    def known(self) -> tuple[Entity, ...]:
        """Return them, those with a system first: they can be acted on."""
        # A model's own word makes nothing exist, also where its hypothesis stands among the signatures'.
        own = [item for item in self._diagnosis.hypotheses if not item.is_by_model]
        found = dict.fromkeys(
            (
                *(item.entity for item in own),
                *(each.target for item in own for each in item.suggestions),
                *self._case.scope.entities,
                *(item.entity for item in self._case.evidence),
            )
        )
        return tuple(sorted(found, key=lambda entity: not entity.system))

    @cached_property
    def systems(self) -> frozenset[str]:
        """Return the systems that own something here, or offer an action."""
        return frozenset(
            {entity.system for entity in self.known if entity.system}
            | {name.partition(".")[0] for name in self._case.known_actions}
        )

    def find(self, text: str) -> Entity | None:
        """Return the entity that a text names, or `None` when nothing of that name was seen, or stands anywhere."""
        wanted = _parse(text.strip())
        if wanted is None or (wanted.system and wanted.system not in self.systems):
            return None
        if (known := self._match(wanted)) is not None:
            return known
        if not self._is_written(wanted):
            return None
        # A bare name that nobody claims is a service, as it is in an alert's labels.
        return wanted.model_copy(update={"kind": _SERVICE}) if wanted.kind == _ANY else wanted

    def find_target(self, text: str, system: str) -> Entity | None:
        """Return what a system's action may be about, or `None`: something that a collector saw, not a text named.

        A log, a ticket or a label may name anything; only what was observed as an object can be acted on.
        """
        entity = _parse(text.strip())
        if entity is None or entity.system not in ("", system):
            return None
        wanted = entity.model_copy(update={"system": system})
        known = self._match(wanted)
        if known is not None and known.system == system:
            return known
        kind = _OBJECTS.get(wanted.kind) if system == "kubernetes" else None
        found = self._case.cluster.find(kind, wanted.name, wanted.namespace or None) if kind else None
        return found.entity if found is not None else None

    def _match(self, wanted: Entity) -> Entity | None:
        ranked = sorted(
            (entity for entity in self.known if entity.name == wanted.name and _agree(entity, wanted)),
            key=lambda entity: (
                entity.ref != wanted.ref,
                entity.kind != wanted.kind,
                entity.namespace != wanted.namespace,
            ),
        )
        exact = [entity for entity in ranked if wanted.kind in (entity.kind, _ANY)]
        return exact[0] if exact else None

    def _is_written(self, wanted: Entity) -> bool:
        """Answer whether the name, and the namespace if there is one, stand in the evidence as whole words."""
        return all(self._has_word(word) for word in (wanted.name, wanted.namespace) if word)

    def _has_word(self, word: str) -> bool:
        if len(word) < _LEAST:
            return False
        pattern = re.compile(rf"(?<![\w.-]){re.escape(word)}(?![\w-])")
        return any(word in text and pattern.search(text) for text in self._list_texts())

    def _list_texts(self) -> Iterable[str]:
        for item in self._case.evidence:
            yield item.title
            for line in item.lines:
                yield line.text
        for alert in self._case.alerts:
            yield from alert.labels.values()


_ANY = "unknown"
_SERVICE = "service"


def _parse(text: str) -> Entity | None:
    try:
        entity = Entity.parse(text) if "/" in text else Entity(kind=_ANY, name=text)
    except (ValueError, ValidationError):
        return None
    kind = entity.kind.lower()
    return entity.model_copy(update={"kind": _KINDS.get(kind, kind)})


def _agree(entity: Entity, wanted: Entity) -> bool:
    """Answer whether nothing that both say of system and namespace differs."""
    systems = not entity.system or not wanted.system or entity.system == wanted.system
    return systems and (not entity.namespace or not wanted.namespace or entity.namespace == wanted.namespace)
