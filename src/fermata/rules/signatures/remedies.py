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
from fermata.domain.facts import ChangeFacts
from fermata.rules.changes.migrations import runs_once
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
    PREVIOUS_SETTING = "recreate_with_previous_setting"
    """Create it anew with one setting as it was before: `setting`, `value`."""


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
        "kubernetes": {Intent.RESTART: Remedy("rollout_restart")},
        "github": {Intent.REVERT_COMMIT: Remedy("open_pull_request", names={"commit": "revert"})},
        "gitlab": {Intent.REVERT_COMMIT: Remedy("open_merge_request", names={"commit": "revert"})},
    }
)
"""By system, the intents that have another name there. Supervisor's and git's actions are the intents' own words."""

FORGES = frozenset({"github", "gitlab"})
"""Systems where a revert is a request that a person merges: nothing runs otherwise by it, and nothing is restarted."""
_LONGEST_WHY = 1000  # A request's text is read by people; the evidence stays here.


def propose(
    case: Case, target: Entity, intent: Intent, parameters: Mapping[str, Any] | None = None
) -> tuple[ActionSuggestion, ...]:
    """Return the target's system's own action for an intent, or nothing when the catalogue does not hold it.

    Args:
        parameters: By the names the intent gives them.
    """
    remedy = REMEDIES.get(target.system, {}).get(intent, Remedy(intent.value))
    return case.suggest(target, remedy.verb, remedy.translate(parameters or {}))


def find_repository(facts: ChangeFacts) -> Entity | None:
    """Return the repository that a change can be taken back in; `None` when it says none, or it is known to refuse.

    Of a migration alone neither can: its file goes, and what it did stays.
    """
    if facts.revertible is False or runs_once(facts):
        return None
    try:
        return Entity.parse(facts.repository)
    except ValueError:
        return None


def propose_request(case: Case, facts: ChangeFacts, why: str) -> tuple[ActionSuggestion, ...]:
    """Return the request to take a commit back in the forge that holds it; nothing for any other change.

    Args:
        why: What the diagnosis says of it; stands in the request, after the incident's id.
    """
    repository = find_repository(facts)
    if facts.kind != "commit" or repository is None or repository.system not in FORGES:
        return ()
    text = f"Incident {case.scope.incident_id}: {why}"[:_LONGEST_WHY]
    return propose(case, repository, Intent.REVERT_COMMIT, {"commit": facts.id, "why": text})
