"""What happened in a repository within a window: four questions to GitHub at once, each with its own failure."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fermata.integrations.github.events import (
    find_status,
    read_deployment,
    read_merge,
    read_release,
    read_run,
    read_service,
)
from fermata.integrations.github.wire import (
    CommitAnswer,
    CompareAnswer,
    DeploymentAnswer,
    PullAnswer,
    ReleaseAnswer,
    RunsAnswer,
    StatusAnswer,
)
from fermata.kit.clock import format_instant
from fermata.kit.errors import OperationalError
from fermata.ports.forge.asking import ask_all
from fermata.ports.forge.records import Event, Part, Window

if TYPE_CHECKING:
    from fermata.integrations.github.client import GitHubSession

PAGE = 100
MOST_DEPLOYMENTS = 10
"""Deployments read in full: each costs a question for its statuses and one for what it carries."""
MOST_RUNS = 30
_MOST_RELEASES = 5
FORMER_WITHIN = timedelta(days=30)
"""What was deployed longer ago may have been replaced in a way that is not on record here."""
_MOST_PLACES = 5
_EARLIER = 3  # Deployments looked at to find the one that ran before, newest first.
_LEAVES_OUT = ("behind", "diverged")  # How a deployment stands to the one before that held more than it does.
READ_DEPLOYMENTS = "Deployments: read"
READ_ACTIONS = "Actions: read"
READ_CONTENTS = "Contents: read"
READ_PULLS = "Pull requests: read"


async def list_parts(session: GitHubSession, window: Window) -> Sequence[tuple[str, Part | BaseException]]:
    """Return each part with its name, or the error in its place."""
    names = ("deployments", "workflow runs", "releases", "merged pull requests")
    parts = await asyncio.gather(
        list_deployments(session, window),
        list_runs(session, window),
        list_releases(session, window),
        list_merges(session, window),
        return_exceptions=True,
    )
    return tuple(zip(names, parts, strict=True))


async def list_deployments(session: GitHubSession, window: Window) -> Part:
    """Return the deployments of the window, each with its outcome and what it carries.

    One that waited for somebody's approval was created before: what became of it within the window counts.
    """
    ours = session.settings.environments
    asked: list[dict[str, str]] = [{"environment": name} for name in ours] or [{}]
    pages = await ask_all(
        session.list("/deployments", DeploymentAnswer, READ_DEPLOYMENTS, {**only, "per_page": PAGE}) for only in asked
    )
    found = {one.id: one for page in pages for one in page}
    serving = session.settings.list_serving(one.environment for one in found.values())
    known = [
        one
        for one in sorted(found.values(), key=lambda one: one.created_at, reverse=True)
        if one.environment in serving
    ]
    recent = [
        one
        for one in known
        if one.created_at <= window.until and window.since <= max(one.created_at, one.updated_at or one.created_at)
    ]
    left_out = []
    if len(recent) > MOST_DEPLOYMENTS:
        left_out.append(f"the {MOST_DEPLOYMENTS} newest of {len(recent)} or more")
    shown, former = recent[:MOST_DEPLOYMENTS], _list_former(known, window.since)
    asked_about = {
        one.id: one for one in (*shown, *former, *(near for one in shown for near in _list_near(one, known)))
    }
    lists = await ask_all(_list_statuses(session, one) for one in asked_about.values())
    statuses = dict(zip(asked_about, lists, strict=True))
    events = await ask_all(_read_one(session, one, _list_near(one, known), statuses) for one in shown)
    # The others were only made inactive by the next one, or are asked about for a time before they were approved.
    kept = tuple(event for event in events if window.since <= event.changed_at)
    return Part((*kept, *_read_former(former, statuses, window.since)), "; ".join(left_out))


def _list_former(known: Sequence[DeploymentAnswer], since: datetime) -> list[DeploymentAnswer]:
    """Return those among which is what ran in each environment as the window began.

    A commit that was written since needs another deployment to come into effect.
    """
    by_place: dict[tuple[str, str, str], list[DeploymentAnswer]] = {}
    for one in known:
        if since - FORMER_WITHIN <= one.created_at < since and not one.transient_environment:
            by_place.setdefault(_name_place(one), []).append(one)
    return [one for places in list(by_place.values())[:_MOST_PLACES] for one in places[:_EARLIER]]


def _name_place(deployment: DeploymentAnswer) -> tuple[str, str, str]:
    return deployment.environment, deployment.task, read_service(deployment.payload)


def _read_former(
    former: Sequence[DeploymentAnswer], statuses: Mapping[int, Sequence[StatusAnswer]], since: datetime
) -> list[Event]:
    found: dict[tuple[str, str, str], Event] = {}
    for one in former:
        event, newest = read_deployment(one, statuses[one.id], None, None), found.get(_name_place(one))
        is_newer = newest is None or newest.changed_at < event.changed_at
        if event.state == "success" and event.changed_at < since and is_newer:
            found[_name_place(one)] = replace(event, is_former=True)
    return list(found.values())


def _list_near(deployment: DeploymentAnswer, known: Sequence[DeploymentAnswer]) -> list[DeploymentAnswer]:
    """Return those among which is what ran before a deployment, the newest first."""
    # Also those that were created later: they may have gone live while this one waited for somebody's approval.
    return [
        one
        for one in known
        if one.environment == deployment.environment
        and one.task == deployment.task
        and one.id != deployment.id
        and one.created_at <= max(deployment.created_at, deployment.updated_at or deployment.created_at)
    ][:_EARLIER]


async def _read_one(
    session: GitHubSession,
    deployment: DeploymentAnswer,
    near: Sequence[DeploymentAnswer],
    statuses: Mapping[int, Sequence[StatusAnswer]],
) -> Event:
    own = find_status(statuses[deployment.id])
    at = own.created_at if own else deployment.created_at
    succeeded = [
        (last.created_at, one.id, one)
        for one in near
        if (last := find_status(statuses[one.id])) and last.state == "success"
        if (last.created_at, one.id) < (at, deployment.id)
    ]
    unknown = next((one for one in near if one.id < deployment.id), None)
    previous = max(succeeded)[2] if succeeded else unknown
    compared = await _compare(session, previous, deployment) if previous else None
    back = None
    if previous and compared and compared.status in _LEAVES_OUT:
        back = await _compare(session, deployment, previous)
    dropped = [one.sha for one in back.commits] if back and back.total_commits == len(back.commits) else []
    return read_deployment(deployment, statuses[deployment.id], previous, compared, dropped)


async def _list_statuses(session: GitHubSession, deployment: DeploymentAnswer) -> tuple[StatusAnswer, ...]:
    path = f"/deployments/{deployment.id}/statuses"
    return await session.list(path, StatusAnswer, READ_DEPLOYMENTS, {"per_page": 30})


async def _compare(
    session: GitHubSession, previous: DeploymentAnswer, deployment: DeploymentAnswer
) -> CompareAnswer | None:
    try:
        return await session.compare(previous.sha, deployment.sha)
    except OperationalError:  # A commit that was pushed over, an answer that is too large: it is not known.
        return None


async def list_runs(session: GitHubSession, window: Window) -> Part:
    """Return the runs of workflows on the branch."""
    created = f"{format_instant(window.since)[:19]}Z..{format_instant(window.until)[:19]}Z"
    params = {"branch": window.branch, "created": created, "per_page": MOST_RUNS}
    answer = await session.get("/actions/runs", RunsAnswer, READ_ACTIONS, params)
    shown = len(answer.workflow_runs)
    left_out = f"the {shown} newest of {answer.total_count}" if answer.total_count > shown else ""
    return Part(tuple(read_run(run) for run in answer.workflow_runs), left_out)


async def list_releases(session: GitHubSession, window: Window) -> Part:
    """Return the releases published in the window, with the commits of their tags."""
    found = await session.list("/releases", ReleaseAnswer, READ_CONTENTS, {"per_page": 30})
    recent = [one for one in found if one.published_at and window.since <= one.published_at <= window.until]
    shas = await ask_all(_find_tag(session, one) for one in recent[:_MOST_RELEASES])
    events = [event for one, sha in zip(recent, shas, strict=False) if (event := read_release(one, sha))]
    left_out = f"the {_MOST_RELEASES} newest of {len(recent)}" if len(recent) > _MOST_RELEASES else ""
    return Part(tuple(events), left_out)


async def _find_tag(session: GitHubSession, release: ReleaseAnswer) -> str:
    params = {"sha": release.tag_name, "per_page": 1}
    try:
        found = await session.list("/commits", CommitAnswer, READ_CONTENTS, params)
    except OperationalError:  # A release is told of all the same.
        return ""
    commit = found[0] if found else None
    written = commit.commit.committer.date if commit and commit.commit.committer else None
    is_moved = written is not None and release.published_at is not None and written > release.published_at
    # What was written after it was published is not what was published: somebody has moved the tag.
    return commit.sha if commit and not is_moved else ""


async def list_merges(session: GitHubSession, window: Window) -> Part:
    """Return the pull requests merged in the window."""
    params = {"state": "closed", "base": window.branch, "sort": "updated", "direction": "desc", "per_page": PAGE}
    found = await session.list("/pulls", PullAnswer, READ_PULLS, params)
    events = [
        event for pull in found if (event := read_merge(pull)) and window.since <= event.changed_at <= window.until
    ]
    oldest = min((pull.updated_at for pull in found), default=window.since)
    left_out = f"those not among the {PAGE} changed last" if len(found) == PAGE and oldest > window.since else ""
    return Part(tuple(events), left_out)
