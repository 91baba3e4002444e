"""What each system calls the same remedy: signatures say what is to be achieved, this says by which catalogue action.

A system that is not in the table is taken to use the intent's own word and parameter names, as a third party's would
that follows the first systems. What the catalogue does not hold is never suggested.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from fermata.domain.diagnosis import ActionSuggestion
from fermata.domain.entity import Entity
from fermata.rules.signatures.base import Case


class Intent(StrEnum):
    """What is to be achieved on a target; the value is the verb of a system with no word of its own."""

    RESTART = "restart"
    """Stop it and start it as it is. No parameters."""
    LIMIT_MEMORY = "set_memory_limit"
    """Give it another memory limit: `limit_bytes`."""
    SET_VARIABLE = "set_env"
    """Set one variable: `name`, `value`."""
    REVERT_COMMIT = "revert_commit"
    """Take a commit back in its repository: `commit`."""
    PREVIOUS_RELEASE = "previous_release"
    """Run what ran before the latest deployment. No parameters."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """One system's action for an intent."""

    verb: str
    """What follows the system's name in the catalogue."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The system's name of a parameter, where it is not the intent's own."""
    always: Mapping[str, Any] = field(default_factory=dict)
    """Parameters that the intent implies."""

    def translate(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters by the system's names, with what the intent implies."""
        return {**self.always, **{self.names.get(name, name): value for name, value in parameters.items()}}


REMEDIES: Mapping[str, Mapping[Intent, Remedy]] = MappingProxyType(
    {
        "docker": {
            Intent.RESTART: Remedy("restart_container"),
            Intent.PREVIOUS_RELEASE: Remedy("recreate_with_previous_image", always={"image": "previous"}),
        },
    }
)
"""By system, the intents that have another name there. Supervisor's and git's actions are the intents' own words."""

IMAGE_SYSTEMS = frozenset({"docker", "kubernetes"})
"""Systems that run images: a commit taken back changes nothing there before it is built and deployed."""


def propose(
    case: Case, target: Entity, intent: Intent, parameters: Mapping[str, Any] | None = None
) -> tuple[ActionSuggestion, ...]:
    """Return the target's system's own action for an intent, or nothing when the catalogue does not hold it.

    Args:
        parameters: By the names the intent gives them.
    """
    remedy = REMEDIES.get(target.system, {}).get(intent, Remedy(intent.value))
    return case.suggest(target, remedy.verb, remedy.translate(parameters or {}))
