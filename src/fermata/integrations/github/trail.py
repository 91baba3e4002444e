"""What GitHub tells of an incident's time: one repository's lists, page by page, and the comments that belong to it.

REST API, version 2022-11-28. No list of deployments, releases or pull requests can be asked for by time: each is read
from its newest end until it is older than what is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, TypeAdapter

from fermata.integrations.github.channel import READ_ISSUES
from fermata.integrations.github.events import find_status, read_deployment, read_merge, read_release, read_run
from fermata.integrations.github.issue_wire import CommentAnswer, IssueAnswer, UserAnswer
from fermata.integrations.github.limits import asking
from fermata.integrations.github.listing import READ_ACTIONS, READ_CONTENTS, READ_DEPLOYMENTS, READ_PULLS
from fermata.integrations.github.wire import (
    CompareAnswer,
    DeploymentAnswer,
    PullAnswer,
    ReleaseAnswer,
    RepositoryAnswer,
    RunAnswer,
    RunsAnswer,
    StatusAnswer,
)
from fermata.kit.clock import format_instant
from fermata.kit.errors import OperationalError
from fermata.ports.forge.asking import ask_all
from fermata.ports.forge.issues.records import Account
from fermata.ports.forge.settings import ForgeRepositorySettings
from fermata.ports.forge.trail import (
    Belongs,
    Change,
    Post,
    Question,
    Span,
    Talk,
    Told,
    find_steps_back,
    say_cut,
    tell_changes,
)
from fermata.ports.json_api import ApiSession, Pages

T = TypeVar("T", bound=BaseModel)

PAGE = 100
MOST_PAGES = 5
"""Of one list: 500 deployments, releases, pull requests, issues; a thousand comments are asked for by time."""
MOST_COMMENT_PAGES = 10
MOST_READ = 50
"""Deployments whose statuses are read, a question each; the others are told as they were created."""
_BACK = CompareAnswer(status="behind")
_GONE = frozenset({404, 410})
"""What GitHub answers of an issue that was deleted ("Issues", REST API, read 2026-11)."""
_LATE = timedelta(hours=1)
"""A run that was begun so long before the window may have ended within it."""
_LONGEST_WAIT = timedelta(days=30)
"""A deployment may wait so long for a review ("Reviewing deployments", docs.github.com, read 2026-11)."""


class GitHubStorySession:
    """GitHub over open connections."""

    def __init__(self, session: ApiSession, repositories: Mapping[str, ForgeRepositorySettings]) -> None:
        self._session = session
        self._repositories = repositories

    async def find_self(self) -> Account:
        """Return the account whose token is used; an installation's token may not ask, which is an error."""
        user = await self._session.get("/user", UserAnswer)
        return Account(str(user.id), user.login)

    def ask_changes(self, repository: str, span: Span) -> Mapping[str, Question]:
        """Return the four lists of changes."""
        return {
            "deployments": partial(self._list_deployments, repository, span),
            "workflow runs": partial(self._list_runs, repository, span),
            "releases": partial(self._list_releases, repository, span),
            "merged pull requests": partial(self._list_merges, repository, span),
        }

    def ask_talk(self, repository: str, span: Span, belongs: Belongs) -> Mapping[str, Question]:
        """Return the comments of issues and pull requests; those on lines of code are not asked for."""
        return {"comments": partial(self._list_posts, repository, span, belongs)}

    async def list_talk(self, repository: str, place: str) -> Talk:
        """Return what stands at an issue or a pull request now; nothing where it was deleted."""
        path = f"{_path(repository)}/issues/{place[1:]}/comments"
        try:
            pages = await self._turn_pages(path, CommentAnswer, READ_ISSUES, {}, most_pages=MOST_COMMENT_PAGES)
        except OperationalError as error:
            if error.facts.get("status") not in _GONE:
                raise
            # The same answer comes where nothing of the repository may be read: then nothing is known.
            await self._get(repository, "", RepositoryAnswer, "Metadata: read")
            return Talk()
        return Talk(frozenset({"opened", *(str(one.id) for one in pages.items)}), say_cut(pages))

    async def _list_deployments(self, repository: str, span: Span) -> Told:
        oldest = span.start - _LONGEST_WAIT
        environments = self._find_settings(repository).environments
        asked: list[dict[str, str]] = [{"environment": name} for name in environments] or [{}]
        pages = await ask_all(
            self._turn_pages(
                f"{_path(repository)}/deployments",
                DeploymentAnswer,
                READ_DEPLOYMENTS,
                only,
                is_enough=lambda one: one.created_at < oldest,
            )
            for only in asked
        )
        known = sorted({one.id: one for page in pages for one in page.items}.values(), key=lambda one: one.id)
        recent = [one for one in known if one.created_at <= span.end and span.start <= _find_last(one)]
        lists = await ask_all(self._list_statuses(repository, one) for one in recent[:MOST_READ])
        statuses = {one.id: own for one, own in zip(recent, lists, strict=False)}
        back = find_steps_back(_list_live(known, statuses))
        web = (await self._get(repository, "", RepositoryAnswer, "Metadata: read")).html_url if recent else ""
        changes = []
        for one in recent:
            own = statuses.get(one.id, ())
            event = read_deployment(one, own, None, _BACK if one.id in back else None)
            if one.id not in statuses:
                event = replace(event, state="")  # Nobody asked what became of it.
            log = next((status.log_url for status in own if status.log_url), "")
            if event.changed_at in span:
                changes.append(Change(event, log or f"{web}/commit/{one.sha}"))
        left_out = [] if all(page.is_whole for page in pages) else [f"those before {_name_oldest(known)}"]
        if len(recent) > MOST_READ:
            left_out.append(f"what became of {len(recent) - MOST_READ} of {len(recent)}")
        return Told(changes, left_out="; ".join(left_out))

    async def _list_statuses(self, repository: str, deployment: DeploymentAnswer) -> tuple[StatusAnswer, ...]:
        path = f"{_path(repository)}/deployments/{deployment.id}/statuses"
        with asking(READ_DEPLOYMENTS):
            return await self._session.get(path, TypeAdapter(tuple[StatusAnswer, ...]), {"per_page": 30})

    async def _list_runs(self, repository: str, span: Span) -> Told:
        created = f"{format_instant(span.start - _LATE)[:19]}Z..{format_instant(span.end)[:19]}Z"
        params = {"branch": await self._find_branch(repository), "created": created, "per_page": PAGE}
        runs: list[RunAnswer] = []
        total = 0
        for page in range(1, MOST_PAGES + 1):
            answer = await self._get(repository, "/actions/runs", RunsAnswer, READ_ACTIONS, params | {"page": page})
            runs += answer.workflow_runs
            total = answer.total_count
            if len(runs) >= total or not answer.workflow_runs:
                break
        events = [(read_run(run), run.html_url) for run in runs]
        changes = [Change(event, url) for event, url in events if event.changed_at in span]
        return Told(changes, left_out=f"the {len(runs)} newest of {total}" if len(runs) < total else "")

    async def _list_releases(self, repository: str, span: Span) -> Told:
        pages = await self._turn_pages(
            f"{_path(repository)}/releases",
            ReleaseAnswer,
            READ_CONTENTS,
            {},
            is_enough=lambda one: one.published_at is not None and one.published_at < span.start,
        )
        events = [(event, one.html_url) for one in pages.items if (event := read_release(one, ""))]
        return tell_changes(events, span, pages)

    async def _list_merges(self, repository: str, span: Span) -> Told:
        branch = await self._find_branch(repository)
        pages = await self._turn_pages(
            f"{_path(repository)}/pulls",
            PullAnswer,
            READ_PULLS,
            {"state": "closed", "base": branch, "sort": "updated", "direction": "desc"},
            is_enough=lambda one: one.updated_at < span.start,
        )
        events = [(event, one.html_url) for one in pages.items if (event := read_merge(one))]
        return tell_changes(events, span, pages)

    async def _list_posts(self, repository: str, span: Span, belongs: Belongs) -> Told:
        since = {"since": format_instant(span.start), "sort": "updated"}
        issues, comments = await ask_all(
            (
                self._turn_pages(
                    f"{_path(repository)}/issues",
                    IssueAnswer,
                    READ_ISSUES,
                    {**since, "state": "all", "direction": "desc"},
                ),
                self._turn_pages(
                    f"{_path(repository)}/issues/comments",
                    CommentAnswer,
                    READ_ISSUES,
                    {**since, "direction": "asc"},
                    most_pages=MOST_COMMENT_PAGES,
                ),
            )
        )
        posts = [_read_issue(one) for one in issues.items] + [_read_comment(one) for one in comments.items]
        titles = {f"#{one.number}": f"{one.title}\n{one.body or ''}" for one in issues.items}
        ours = {post.place for post in posts if belongs(post.body) or belongs(titles.get(post.place, ""))}
        kept = [post for post in posts if post.place in ours and post.at in span]
        return Told(posts=kept, left_out=say_cut(issues) or say_cut(comments))

    async def _find_branch(self, repository: str) -> str:
        own = self._find_settings(repository).branch
        return own or (await self._get(repository, "", RepositoryAnswer, "Metadata: read")).default_branch

    def _find_settings(self, repository: str) -> ForgeRepositorySettings:
        return self._repositories.get(repository) or ForgeRepositorySettings()

    async def _get(
        self, repository: str, path: str, shape: type[T], needs: str, params: Mapping[str, Any] | None = None
    ) -> T:
        with asking(needs):
            return await self._session.get(f"{_path(repository)}{path}", shape, params)

    async def _turn_pages(
        self,
        path: str,
        shape: type[T],
        needs: str,
        params: Mapping[str, Any],
        *,
        most_pages: int = MOST_PAGES,
        is_enough: Any = None,
    ) -> Pages:
        with asking(needs):
            return await self._session.list_pages(
                path, TypeAdapter(shape), {**params, "per_page": PAGE}, most_pages, is_enough=is_enough
            )


def _path(repository: str) -> str:
    return f"/repos/{quote(repository)}"


def _find_last(deployment: DeploymentAnswer) -> datetime:
    """Return when something became of a deployment last: long after it was created, where it waited for a person."""
    return max(deployment.created_at, deployment.updated_at or deployment.created_at)


def _list_live(
    known: Sequence[DeploymentAnswer], statuses: Mapping[int, Sequence[StatusAnswer]]
) -> Sequence[tuple[int, str, str]]:
    """Return what ran, in the order in which it went live; what is known not to have come so far is left out."""
    ran = []
    for one in known:
        status = find_status(statuses.get(one.id, ()))
        if one.id not in statuses or (status is not None and status.state == "success"):
            ran.append((status.created_at if status else one.created_at, one.id, one))
    return [(number, one.environment, one.sha) for _, number, one in sorted(ran, key=lambda row: row[:2])]


def _name_oldest(known: Sequence[DeploymentAnswer]) -> str:
    return format_instant(known[0].created_at)


def _read_issue(issue: IssueAnswer) -> Post:
    return Post(
        place=f"#{issue.number}",
        id="opened",
        body=f"{issue.title}\n\n{issue.body or ''}".strip(),
        author=_read_account(issue.user),
        at=issue.created_at,
        by_machine=issue.user is None or issue.user.is_machine or issue.performed_via_github_app is not None,
        url=issue.html_url,
    )


def _read_comment(comment: CommentAnswer) -> Post:
    user = comment.user
    return Post(
        place=f"#{comment.issue_url.rpartition('/')[2]}",
        id=str(comment.id),
        body=comment.body,
        author=_read_account(user),
        at=comment.created_at,
        by_machine=user is None or user.is_machine or comment.performed_via_github_app is not None,
        edited_at=comment.updated_at if comment.updated_at != comment.created_at else None,
        url=comment.html_url,
    )


def _read_account(user: UserAnswer | None) -> Account | None:
    return Account(str(user.id), user.login) if user else None
