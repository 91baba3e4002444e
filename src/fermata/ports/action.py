"""A catalogue action: the only way anything outside is ever changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from fermata.domain.action import ActionResult, ActionSpec, DryRun, PlannedAction
from fermata.domain.diagnosis import ActionSuggestion
from fermata.domain.entity import Entity
from fermata.domain.ids import ActionId
from fermata.domain.manifest import ManifestPatch
from fermata.kit.errors import OperationalError, UserError


@dataclass(frozen=True, slots=True)
class ExecutionKey:
    """What makes an effect recognisable in the target system."""

    action_id: ActionId
    plan_digest: str

    @property
    def mark(self) -> str:
        """Return the text to put into names, annotations or trailers of the target: `<action id>.<digest prefix>`."""
        return f"{self.action_id}.{self.plan_digest.removeprefix('sha256:')[:12]}"


MARK_PLACEHOLDER = "<action id and plan digest, filled in at execution>"
"""Stands in a dry run where `execute` writes the key's mark, which holds the digest of the plan with this very diff."""


def refuse_other_names(action: str, given: Collection[str], *, known: Collection[str]) -> None:
    """Refuse parameters that are missing or unknown.

    Raises:
        UserError: Naming both kinds at once.
    """
    missing, unknown = sorted(set(known) - set(given)), sorted(set(given) - set(known))
    if missing or unknown:
        parts = [f"missing: {', '.join(missing)}"] * bool(missing) + [f"unknown: {', '.join(unknown)}"] * bool(unknown)
        raise UserError(
            f"The parameters of {action} are wrong",
            why="; ".join(parts),
            do=f"Give {', '.join(sorted(known)) or 'no parameters'}",
        )


class ManagedElsewhere(UserError):
    """The object is written by something that would undo the change (Argo CD, Flux, Helm): change its source instead.

    Args:
        patch: The same change to the object's manifest, for whoever finds the file.
    """

    def __init__(self, what: str, *, patch: ManifestPatch, why: str = "", do: str = "", **facts: object) -> None:
        super().__init__(what, why=why, do=do, **facts)
        self.patch = patch
        """What would have to change in the manifest."""


class TargetGone(OperationalError):
    """What a plan was made for is not there any more: nobody can make it answer, and the fault may be over."""


@runtime_checkable
class ManifestProposer(Protocol):
    """A catalogue action that can propose a change to a manifest in a repository, as a pull request."""

    async def find_suggestion(self, patch: ManifestPatch) -> ActionSuggestion | None:
        """Return the suggestion of itself that makes this patch; `None` when no repository it knows has the object.

        Raises:
            OperationalError: The forge cannot be asked.
        """
        ...


@runtime_checkable
class ReversalFinder(Protocol):
    """A catalogue action that can tell who took back what it had changed: a reconciler, or a person."""

    async def find_reversal(self, action: PlannedAction, key: ExecutionKey) -> str:
        """Return who wrote over what this execution had written, as a sentence; empty when nobody is known to have.

        Raises:
            OperationalError: The system cannot be asked.
        """
        ...


class CatalogueAction(Protocol):
    """One typed action of one system.

    Contract: `dry_run`, `observe_version` and `probe` never change anything. `execute` is called at most once per key,
    performs exactly what `dry_run` showed, and is never retried by anyone.
    """

    @property
    def spec(self) -> ActionSpec:
        """Return the catalogue entry."""
        ...

    def validate(self, target: Entity, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the parameters in their canonical JSON form, defaults filled in. Pure.

        Raises:
            UserError: The target is not of this system, or a parameter is missing, unknown or of the wrong type.
        """
        ...

    async def dry_run(self, target: Entity, parameters: Mapping[str, Any]) -> DryRun:
        """Compute the real diff against the target as it is now.

        Raises:
            UserError: The target does not exist, or the change makes no difference.
            OperationalError: The system cannot be asked.
        """
        ...

    async def observe_version(self, target: Entity, parameters: Mapping[str, Any]) -> str:
        """Return the target's version now, comparable with `DryRun.observed_version`.

        Raises:
            OperationalError: The system cannot be asked.
        """
        ...

    async def execute(self, action: PlannedAction, key: ExecutionKey) -> ActionResult:
        """Do it, leaving `key.mark` in the target where its API allows that.

        Returns:
            `done`, `failed` (certainly not done) or `unknown`. Expected failures are returned, not raised.
        """
        ...

    async def probe(self, action: PlannedAction, key: ExecutionKey, intended_at: datetime) -> ActionResult:
        """Find out, after a crash, whether `execute` took effect. `unknown` when the world cannot tell."""
        ...
