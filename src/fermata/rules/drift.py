"""The world must still be the one the dry run saw. Called by leg 2, right before each intent is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fermata.domain.action import PlannedAction
from fermata.domain.evidence import Evidence
from fermata.domain.plan import Plan
from fermata.kit.clock import CLOCK_SKEW, format_instant
from fermata.kit.digest import shorten
from fermata.kit.errors import GuardRefused


def refuse_drift(action: PlannedAction, version_now: str, note_now: str = "") -> None:
    """Refuse an action whose target changed since its dry run.

    Failure mode: only as good as the version its system reports. A change the version does not cover is not seen.

    Args:
        version_now: What `CatalogueAction.observe_version` says now; compared as text, verbatim.
        note_now: What a dry run says of the target now, for people; empty when none could be made.

    Raises:
        GuardRefused: Rule `drift`: the versions differ, so the diff on the card is no longer what would happen.
    """
    seen = action.dry_run.observed_version
    if version_now == seen:
        return
    raise GuardRefused(
        "drift",
        f"{action.name} on {action.target.ref} was not executed",
        why=f"The target changed after the dry run. {_tell_change(action, version_now, note_now)}",
        do="It is looked at again; if there is still something to do, that is a new plan",
        action_id=action.id,
        expected=seen,
        found=version_now,
    )


def _tell_change(action: PlannedAction, version_now: str, note_now: str) -> str:
    if action.dry_run.saw_another_object(version_now):
        return "It is another object of that name by now: the one that the plan was made for was deleted"
    then = action.dry_run.note
    if not then or not note_now or then == note_now:
        versions = f"version {action.dry_run.observed_version} then, {version_now or 'unknown'} now"
        return f"What it would do now is not what the card showed ({versions})"
    return f"Then: {then.rstrip('.')}. Now: {note_now.rstrip('.')}"


def refuse_stale_evidence(plan: Plan, evidence: Sequence[Evidence], now: datetime) -> None:
    """Refuse a plan that cites something observed too long ago, or not to be found any more.

    Args:
        evidence: At least everything the plan cites, in any order.
        now: Aware UTC instant the execution would start.

    Raises:
        GuardRefused: Rule `stale_evidence`: a cited piece is at or past its `fresh_until`, is of a time to come (a
            clock was set back since, and nobody knows its age), or is gone.
    """
    known = {item.id: item for item in evidence}
    for evidence_id in dict.fromkeys(citation.evidence_id for citation in plan.citations):
        cited = known.get(evidence_id)
        if cited is not None and cited.is_fresh(now) and cited.observed_at - now <= CLOCK_SKEW:
            continue
        since = _tell_age(cited, now) if cited else "It is gone"
        raise GuardRefused(
            "stale_evidence",
            f"Plan {shorten(plan.digest)} was not executed",
            why=f"It rests on evidence that is too old. {since}",
            do="It is looked at again; if there is still something to do, that is a new plan",
            plan_id=plan.id,
            evidence_id=evidence_id,
        )


def _tell_age(cited: Evidence, now: datetime) -> str:
    if cited.is_fresh(now):
        return f"{cited.title!r} is of {format_instant(cited.observed_at)}: a clock was set back since"
    return f"{cited.title!r} was good until {format_instant(cited.fresh_until)}"
