"""What a kind of change has to say for itself: its parameters, and what it makes of an object. No I/O but reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from fermata.domain.action import ActionSpec, BlastRadius
from fermata.domain.diagnosis import ActionSuggestion
from fermata.domain.entity import Entity
from fermata.integrations.kubernetes.client import KubernetesSession
from fermata.integrations.kubernetes.radius import Surroundings
from fermata.integrations.kubernetes.resources import Resource
from fermata.integrations.kubernetes.revisions import Revision
from fermata.kit.errors import UserError
from fermata.ports.action import refuse_other_names

Json = dict[str, Any]
Parameters = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a change is computed from."""

    target: Entity
    live: Json
    revisions: tuple[Revision, ...] = ()
    """Its rollout history, oldest first; empty where it has none or it may not be seen."""


@dataclass(frozen=True, slots=True)
class Edited:
    """A change of one object."""

    desired: Json
    """The object with it."""
    summary: str
    """What changes, in words: `memory limit of web: 128Mi -> 256Mi`."""
    undo: ActionSuggestion | None
    undo_text: str
    is_replacement: bool = False
    """Whether it puts a whole template in place of another, to the letter and in its order."""


class ChangeKind(Protocol):
    """One catalogue action's own part; the rest is the same for all (see `object_action`)."""

    spec: ActionSpec
    resources: Mapping[str, Resource]
    """What it acts on, by the kind of entity."""
    is_undone_by_managers: bool
    """Whether Argo CD, Flux or Helm would write it back: then it becomes a change of their source."""

    def validate(self, parameters: Parameters) -> Parameters:
        """Return the parameters in canonical form. Pure.

        Raises:
            UserError: One is missing, unknown or wrong.
        """
        ...

    async def fetch_revisions(self, session: KubernetesSession, live: Json) -> tuple[Revision, ...]:
        """Return the object's rollout history, oldest first."""
        ...

    def edit(self, scene: Scene, parameters: Parameters) -> Edited:
        """Return the object with the change. Pure.

        Raises:
            UserError: It cannot be made, or makes no difference.
        """
        ...

    def get_versioned(self, scene: Scene, parameters: Parameters) -> Any:
        """Return, as JSON, what must not have changed since the dry run; never a status."""
        ...

    async def look_around(self, session: KubernetesSession, live: Json) -> Surroundings:
        """Return what stands behind the object."""
        ...

    def count_radius(self, scene: Scene, edited: Edited, around: Surroundings) -> BlastRadius:
        """Return what could be touched.

        Raises:
            UserError: Something there makes the change a wrong one.
        """
        ...


def make_schema(properties: Mapping[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the JSON Schema of parameters that are all there is."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": dict(properties),
        "required": sorted(required),
    }


def read_parameters(spec: ActionSpec, parameters: Parameters, defaults: Parameters) -> dict[str, Any]:
    """Return the parameters with defaults filled in, no more and no fewer than the schema has.

    Raises:
        UserError: Naming the missing and the unknown ones at once.
    """
    given = {**defaults, **parameters}
    refuse_other_names(spec.name, given, known=spec.parameters_schema["properties"])
    return given


def refuse_parameter(spec: ActionSpec, name: str, why: str) -> UserError:
    """Return the error for a parameter of the wrong type or range."""
    return UserError(f"The parameter {name} of {spec.name} is wrong", why=why, do="Correct it", parameter=name)
