"""What happened in a project within a window: four questions to GitLab at once, each with its own failure."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fermata.integrations.gitlab.events import find_time, read_deployment, read_merge, read_pipeline, read_release
from fermata.integrations.gitlab.wire import (
    CommitAnswer,
    DeploymentAnswer,
    MergeRequestAnswer,
    PipelineAnswer,
    ReleaseAnswer,
)
from fermata.kit.clock import format_instant
from fermata.kit.errors import OperationalError
from fermata.ports.forge.asking import ask_all
from fermata.ports.forge.records import Event, Part, Window

if TYPE_CHECKING:
    from fermata.integrations.gitlab.client import GitLabSession

PAGE = 100
MOST_DEPLOYMENTS = 10
"""Deployments read in full: each costs a question for what it carries, and one for what it leaves out."""
MOST_PIPELINES = 30
FORMER_WITHIN = timedelta(days=30)
"""What was deployed longer ago may have been replaced in a way that is not on record here."""
_MOST_PLACES = 5


async def list_parts(session: GitLabSession, window: Window) -> Sequence[tuple[str, Part | BaseException]]:
    """Return each part with its name, or the error in its place."""
    names = ("deployments", "pipelines", "releases", "merged merge requests")
    parts = await asyncio.gather(
        list_deployments(session, window),
        list_pipelines(session, window),
        list_releases(session, window),
        list_merges(session, window),
        return_exceptions=True,
    )
    return tuple(zip(names, parts, strict=True))


async def list_deployments(session: GitLabSession, window: Window) -> Part:
    """Return the deployments of the window, each with its outcome and what it carries."""
    ours = session.settings.environments
    asked: list[dict[str, str]] = [{"environment": name} for name in ours] or [{}]
    newest = {"order_by": "updated_at", "sort": "desc", "per_page": PAGE}
    pages = await ask_all(session.list("/deployments", DeploymentAnswer, only | newest) for only in asked)
    found = {one.id: one for page in pages for one in page}
    serving = session.settings.list_serving(one.environment.name for one in found.values())
    known = [found[number] for number in sorted(found, reverse=True) if found[number].environment.name in serving]
    # A job that is started by hand has its deployment since its pipeline was made, maybe days before.
    recent = [one for one in known if one.created_at <= window.until and window.since <= find_time(one)]
    events = await ask_all(_read_one(session, one, known) for one in recent[:MOST_DEPLOYMENTS])
    left_out = f"the {MOST_DEPLOYMENTS} newest of {len(recent)} or more" if len(recent) > MOST_DEPLOYMENTS else ""
    return Part((*events, *_list_former(known, window.since)), left_out)


async def _read_one(session: GitLabSession, deployment: DeploymentAnswer, known: Sequence[DeploymentAnswer]) -> Event:
    # By when they ended: an older one that somebody starts again by hand comes after younger ones, and goes back.
    earlier = [
        one
        for one in known
        if one.environment == deployment.environment
        and one.status == "success"
        and (find_time(one), one.id) < (find_time(deployment), deployment.id)
    ]
    previous = max(earlier, key=lambda one: (find_time(one), one.id), default=None)
    url = session.name_url(f"/deployments/{deployment.id}")
    if previous is None:
        return read_deployment(deployment, None, None, url=url)
    try:
        carried = await _list_between(session, f"{previous.sha}..{deployment.sha}")
        # Where it holds a child of what ran before it holds that, too, and leaves nothing out.
        is_onward = any(previous.sha in one.parent_ids for one in carried)
        dropped = () if is_onward else await _list_between(session, f"{deployment.sha}..{previous.sha}")
    except OperationalError:  # A commit that was pushed over: it is not known.
        return read_deployment(deployment, previous, None, url=url)
    # A full page may not be all; an incomplete list would rule the others out.
    whole = carried if len(carried) < PAGE else None
    left_out = dropped if len(dropped) < PAGE else ()
    is_back = bool(dropped) and not carried
    return read_deployment(deployment, previous, whole, dropped=left_out, is_back=is_back, url=url)


async def _list_between(session: GitLabSession, between: str) -> tuple[CommitAnswer, ...]:
    return await session.list("/repository/commits", CommitAnswer, {"ref_name": between, "per_page": PAGE})


def _list_former(known: Sequence[DeploymentAnswer], since: datetime) -> list[Event]:
    """Return what ran in each environment as the window began: a commit that came after it needs another deployment."""
    earlier = [one for one in known if one.status == "success" and since - FORMER_WITHIN <= find_time(one) < since]
    earlier.sort(key=lambda one: (find_time(one), one.id))
    newest = {one.environment.name: one for one in earlier}
    last = sorted(newest.values(), key=lambda one: (find_time(one), one.id))[-_MOST_PLACES:]
    return [replace(read_deployment(one, None, None), is_former=True) for one in last]


async def list_pipelines(session: GitLabSession, window: Window) -> Part:
    """Return the pipelines of the branch."""
    params = {
        "ref": window.branch,
        "updated_after": format_instant(window.since),
        "updated_before": format_instant(window.until),
        "order_by": "updated_at",
        "sort": "desc",
        "per_page": MOST_PIPELINES,
    }
    found = await session.list("/pipelines", PipelineAnswer, params)
    left_out = f"those not among the {MOST_PIPELINES} newest" if len(found) == MOST_PIPELINES else ""
    return Part(tuple(read_pipeline(one) for one in found), left_out)


async def list_releases(session: GitLabSession, window: Window) -> Part:
    """Return the releases of the window."""
    params = {"order_by": "released_at", "sort": "desc", "per_page": 30}
    found = await session.list("/releases", ReleaseAnswer, params)
    events = [read_release(one, session.name_url(f"/releases/{one.tag_name}")) for one in found]
    return Part(tuple(one for one in events if one and window.since <= one.changed_at <= window.until))


async def list_merges(session: GitLabSession, window: Window) -> Part:
    """Return the merge requests merged in the window."""
    params = {
        "state": "merged",
        "target_branch": window.branch,
        "updated_after": format_instant(window.since),
        "order_by": "updated_at",
        "sort": "desc",
        "per_page": PAGE,
    }
    found = await session.list("/merge_requests", MergeRequestAnswer, params)
    events = [event for one in found if (event := read_merge(one))]
    kept = tuple(event for event in events if window.since <= event.changed_at <= window.until)
    return Part(kept, f"those not among the {PAGE} changed last" if len(found) == PAGE else "")
