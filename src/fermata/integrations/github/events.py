"""GitHub's deployments, runs, releases and pull requests as events. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fermata.integrations.github.wire import (
    CompareAnswer,
    DeploymentAnswer,
    PullAnswer,
    ReleaseAnswer,
    RunAnswer,
    StatusAnswer,
    User,
)
from fermata.kit.clock import format_instant
from fermata.ports.forge.records import Event, Request

_SERVICE_KEYS = ("service", "app", "application", "component")
_INACTIVE = "inactive"  # What a deployment becomes when the next one succeeds; it was in effect before.


def find_status(statuses: Sequence[StatusAnswer]) -> StatusAnswer | None:
    """Return the status that says what came of a deployment.

    Args:
        statuses: Newest first, as GitHub lists them.
    """
    return next((status for status in statuses if status.state != _INACTIVE), None)


def read_deployment(
    deployment: DeploymentAnswer,
    statuses: Sequence[StatusAnswer],
    previous: DeploymentAnswer | None,
    compared: CompareAnswer | None,
    dropped: Sequence[str] = (),
) -> Event:
    """Return a deployment with what it carries.

    Args:
        previous: The one that ran in this environment before it, where it is known.
        compared: The comparison with that one; `None` when it could not be had.
        dropped: The commits of that one that it does not hold; empty when they are not all known.
    """
    status = find_status(statuses)
    is_back = compared is not None and compared.status == "behind"
    short, environment = deployment.sha[:10], deployment.environment
    title = f"Roll back {environment} to {short}" if is_back else f"Deploy {short} to {environment}"
    lines = [f"{title}: ref {deployment.ref}, task {deployment.task}, {_say_who(deployment.creator)}"]
    if deployment.description:
        lines.append(deployment.description.partition("\n")[0])
    lines += [
        f"{format_instant(one.created_at)} {one.state} {(one.description or '').partition(chr(10))[0]}".rstrip()
        for one in reversed(statuses)
    ]
    commits = tuple(one.sha for one in compared.commits) if compared else ()
    if previous is not None and compared is not None:
        lines.append(f"since {previous.sha[:10]} ({format_instant(previous.created_at)}): {compared.status}")
        lines += [f"carries {sha}" for sha in commits]
        if compared.total_commits > len(commits):
            lines.append(f"and {compared.total_commits - len(commits)} more commits")
            commits = ()  # Some are not named; an incomplete list would rule the others out.
    lines += [f"leaves out {sha}" for sha in dropped]
    return Event(
        id=f"deployment-{deployment.id}",
        kind="deployment",
        title=title,
        changed_at=status.created_at if status else deployment.created_at,
        author=deployment.creator.login if deployment.creator else "",
        author_id=_read_id(deployment.creator),
        environment=environment,
        state=status.state if status else "pending",
        ref=deployment.ref,
        sha=deployment.sha,
        service=read_service(deployment.payload),
        commits=commits,
        dropped=tuple(dropped),
        is_back=is_back,
        lines=tuple(lines),
        url=deployment.url,
    )


def read_run(run: RunAnswer) -> Event:
    """Return a run of a workflow."""
    state = run.conclusion or run.status or ""
    name = run.name or "workflow"
    return Event(
        id=f"run-{run.id}",
        kind="ci_run",
        title=f"{name} #{run.run_number}: {run.display_title}",
        changed_at=run.updated_at,
        author=run.actor.login if run.actor else "",
        author_id=_read_id(run.actor),
        state=state,
        ref=run.head_branch or "",
        sha=run.head_sha,
        lines=(f"{name} on {run.event}: {state}, head {run.head_sha}, started {format_instant(run.created_at)}",),
        url=run.url,
    )


def read_release(release: ReleaseAnswer, sha: str) -> Event | None:
    """Return a published release; `None` for a draft.

    Args:
        sha: The commit its tag stands for; empty when it is not known.
    """
    if release.draft or release.published_at is None:
        return None
    name = release.name or release.tag_name
    kind = "pre-release" if release.prerelease else "release"
    return Event(
        id=f"release-{release.id}",
        kind="release",
        title=name if release.tag_name in name else f"{name} ({release.tag_name})",
        changed_at=release.published_at,
        author=release.author.login if release.author else "",
        author_id=_read_id(release.author),
        state="published",
        ref=release.tag_name,
        sha=sha,
        lines=(f"{kind} {release.tag_name} of {sha or 'an unknown commit'}, {_say_who(release.author)}",),
        url=release.url,
    )


def read_merge(pull: PullAnswer) -> Event | None:
    """Return a merged pull request; `None` when it was closed without."""
    if pull.merged_at is None:
        return None
    return Event(
        id=f"pull-{pull.number}",
        kind="pull_request_merged",
        title=pull.title,
        changed_at=pull.merged_at,
        author=pull.user.login if pull.user else "",
        author_id=_read_id(pull.user),
        state="merged",
        ref=f"#{pull.number}",
        sha=pull.merge_commit_sha or "",
        lines=(f"#{pull.number} from {pull.head.ref}, merged as {pull.merge_commit_sha}, {_say_who(pull.user)}",),
        url=pull.url,
    )


def read_request(pull: PullAnswer) -> Request:
    """Return a pull request, whatever has become of it."""
    is_merged = pull.merged_at is not None
    return Request(
        number=pull.number,
        url=pull.html_url,
        branch=pull.head.ref,
        state="merged" if is_merged else pull.state,
        head=(pull.merge_commit_sha or "") if is_merged else pull.head.sha,
        title=pull.title,
        changed_at=pull.merged_at or pull.closed_at or pull.created_at,
    )


def read_service(payload: object) -> str:
    """Return the service that the payload of a deployment names; empty when it names none."""
    found = (payload.get(key) for key in _SERVICE_KEYS) if isinstance(payload, Mapping) else ()
    return next((value for value in found if isinstance(value, str)), "")


def _say_who(user: User | None) -> str:
    return f"by {user.login}" if user else "by nobody known"


def _read_id(user: User | None) -> str:
    return str(user.id) if user and user.id else ""
