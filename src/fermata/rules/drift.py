"""The world must still be the one the dry run saw. Called by leg 2, right before each intent is written."""

from __future__ import annotations

from fermata.domain.action import PlannedAction
from fermata.kit.errors import GuardRefused


def refuse_drift(action: PlannedAction, version_now: str) -> None:
    """Refuse an action whose target changed since its dry run.

    Failure mode: only as good as the version its system reports. A change the version does not cover is not seen.

    Args:
        version_now: What `CatalogueAction.observe_version` says now; compared as text, verbatim.

    Raises:
        GuardRefused: Rule `drift`: the versions differ, so the diff on the card is no longer what would happen.
    """
    seen = action.dry_run.observed_version
    if version_now == seen:
        return
    raise GuardRefused(
        "drift",
        f"{action.name} on {action.target.ref} was not executed",
        why=f"The target changed after the dry run (version {seen} then, {version_now or 'unknown'} now)",
        do="A new plan is proposed from what runs now; review that one",
        action_id=action.id,
        expected=seen,
        found=version_now,
    )
