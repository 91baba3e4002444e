"""GitLab's deployments, pipelines, releases and merge requests as events. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fermata.integrations.gitlab.wire import (
    CommitAnswer,
    DeploymentAnswer,
    MergeRequestAnswer,
    PipelineAnswer,
    ReleaseAnswer,
    User,
)
from fermata.kit.clock import format_instant
from fermata.ports.forge.records import Event, Request

_UNBEGUN = "created"  # A job that nobody has started by hand yet has its deployment since its pipeline was made.


def find_time(deployment: DeploymentAnswer) -> datetime:
    """Return when a deployment ended, or changed last."""
    return deployment.finished_at or deployment.updated_at or deployment.created_at


def read_deployment(
    deployment: DeploymentAnswer,
    previous: DeploymentAnswer | None,
    carried: Sequence[CommitAnswer] | None,
    *,
    dropped: Sequence[CommitAnswer] = (),
    is_back: bool = False,
    url: str = "",
) -> Event:
    """Return a deployment with what it carries.

    Args:
        previous: The one that ran in this environment before it, where it is known.
        carried: The commits since that one; `None` when they are not known, or not all of them.
        dropped: The commits of that one that it does not hold; empty when they are not all known.
        is_back: It goes to a commit that the previous one held already.
    """
    short, environment = deployment.sha[:10], deployment.environment.name
    title = f"Roll back {environment} to {short}" if is_back else f"Deploy {short} to {environment}"
    changed_at = find_time(deployment)
    lines = [
        f"{title}: ref {deployment.ref}, {_say_who(deployment.user)}",
        f"{format_instant(deployment.created_at)} created",
        f"{format_instant(changed_at)} {deployment.status}",
    ]
    if previous is not None:
        lines.append(f"since {previous.sha[:10]} ({format_instant(previous.created_at)})")
        lines += [f"carries {commit.id} {commit.title}" for commit in carried or ()]
        lines += [f"leaves out {commit.id} {commit.title}" for commit in dropped]
        lines += ["what it carries is not known"] if carried is None else []
    return Event(
        id=f"deployment-{deployment.id}",
        kind="deployment",
        title=title,
        changed_at=changed_at,
        author=deployment.user.username if deployment.user else "",
        author_id=_read_id(deployment.user),
        environment=environment,
        state="waiting" if deployment.status == _UNBEGUN else deployment.status,
        ref=deployment.ref,
        sha=deployment.sha,
        commits=tuple(commit.id for commit in carried or ()),
        dropped=tuple(commit.id for commit in dropped),
        is_back=is_back,
        lines=tuple(lines),
        url=url,
    )


def read_pipeline(pipeline: PipelineAnswer) -> Event:
    """Return a run of a pipeline."""
    return Event(
        id=f"pipeline-{pipeline.id}",
        kind="ci_run",
        title=f"pipeline {pipeline.id} on {pipeline.ref}: {pipeline.status}",
        changed_at=pipeline.updated_at,
        state=pipeline.status,
        ref=pipeline.ref,
        sha=pipeline.sha,
        lines=(f"on {pipeline.source}, head {pipeline.sha}, started {format_instant(pipeline.created_at)}",),
        url=pipeline.web_url,
    )


def read_release(release: ReleaseAnswer, url: str) -> Event | None:
    """Return a release; `None` for one that is announced only."""
    if release.upcoming_release or release.released_at is None:
        return None
    name, tagged = release.name or release.tag_name, release.commit
    # What was written after it was released is not what was released: somebody has moved the tag.
    is_moved = tagged is not None and tagged.committed_date is not None and tagged.committed_date > release.released_at
    sha = tagged.id if tagged is not None and not is_moved else ""
    return Event(
        id=f"release-{release.tag_name}",
        kind="release",
        title=name if release.tag_name in name else f"{name} ({release.tag_name})",
        changed_at=release.released_at,
        author=release.author.username if release.author else "",
        author_id=_read_id(release.author),
        state="published",
        ref=release.tag_name,
        sha=sha,
        lines=(f"release {release.tag_name} of {sha or 'an unknown commit'}, {_say_who(release.author)}",),
        url=url,
    )


def read_merge(merged: MergeRequestAnswer) -> Event | None:
    """Return a merged request; `None` when it was not merged."""
    if merged.merged_at is None:
        return None
    sha = find_merge(merged)
    return Event(
        id=f"merge-{merged.iid}",
        kind="pull_request_merged",
        title=merged.title,
        changed_at=merged.merged_at,
        author=merged.author.username if merged.author else "",
        author_id=_read_id(merged.author),
        state="merged",
        ref=f"!{merged.iid}",
        sha=sha,
        lines=(f"!{merged.iid} from {merged.source_branch}, merged as {sha}, {_say_who(merged.author)}",),
        url=merged.web_url,
    )


def find_merge(merged: MergeRequestAnswer) -> str:
    """Return the commit that a merge left on the branch: the merge, the squash, or the last one (fast-forward)."""
    return merged.merge_commit_sha or merged.squash_commit_sha or merged.sha or ""


def read_request(found: MergeRequestAnswer) -> Request:
    """Return a merge request, whatever has become of it."""
    is_merged = found.merged_at is not None
    return Request(
        number=found.iid,
        url=found.web_url,
        branch=found.source_branch,
        state="merged" if is_merged else "open" if found.state in ("opened", "locked") else "closed",
        head=find_merge(found) if is_merged else found.sha or "",
        title=found.title,
        changed_at=found.merged_at or found.closed_at or found.created_at,
    )


def _say_who(user: User | None) -> str:
    return f"by {user.username}" if user else "by nobody known"


def _read_id(user: User | None) -> str:
    return str(user.id) if user and user.id else ""
