"""What GitLab tells of an incident's time: one project's lists, page by page, and the comments that belong to it.

REST API v4. There is no list of all comments of a project: those of the issues and merge requests that changed and
name the incident are asked for, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, TypeAdapter

from fermata.integrations.gitlab.client import READING
from fermata.integrations.gitlab.events import find_time, read_deployment, read_merge, read_pipeline, read_release
from fermata.integrations.gitlab.issue_wire import IssueAnswer, NoteAnswer, UserAnswer
from fermata.integrations.gitlab.refusals import asking
from fermata.integrations.gitlab.wire import (
    DeploymentAnswer,
    MergeRequestAnswer,
    PipelineAnswer,
    ProjectAnswer,
    ReleaseAnswer,
    User,
)
from fermata.kit.clock import format_instant
from fermata.kit.errors import OperationalError
from fermata.kit.listing import join_cuts
from fermata.ports.forge.asking import ask_all
from fermata.ports.forge.issues.records import Account
from fermata.ports.forge.issues.text import read_marker
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
"""Of one list: 500 deployments, pipelines, releases, merge requests, issues."""
MOST_TALKS = 20
"""Issues and merge requests whose comments are read, a list each."""
MOST_NOTE_PAGES = 20
"""Of one of them: 2,000 notes, GitLab's own ("changed the description") among them."""
_GONE = 404
_LATE = timedelta(hours=1)
"""What ran so long before the window tells which deployment within it goes back."""


class GitLabStorySession:
    """GitLab over open connections."""

    def __init__(self, session: ApiSession, repositories: Mapping[str, ForgeRepositorySettings]) -> None:
        self._session = session
        self._repositories = repositories

    async def find_self(self) -> Account:
        """Return the account whose token is used."""
        with asking(READING):
            user = await self._session.get("/user", UserAnswer)
        return Account(str(user.id), user.username)

    def ask_changes(self, repository: str, span: Span) -> Mapping[str, Question]:
        """Return the four lists of changes."""
        return {
            "deployments": partial(self._list_deployments, repository, span),
            "pipelines": partial(self._list_pipelines, repository, span),
            "releases": partial(self._list_releases, repository, span),
            "merged merge requests": partial(self._list_merges, repository, span),
        }

    def ask_talk(self, repository: str, span: Span, belongs: Belongs) -> Mapping[str, Question]:
        """Return the comments of issues and merge requests."""
        return {"comments": partial(self._list_posts, repository, span, belongs)}

    async def list_talk(self, repository: str, place: str) -> Talk:
        """Return what stands at an issue or a merge request now; nothing where it was deleted or made confidential."""
        try:
            if place.startswith("#") and (await self._fetch_issue(repository, place)).confidential:
                return Talk()
            pages = await self._list_notes(repository, place)
        except OperationalError as error:
            if error.facts.get("status") != _GONE:
                raise
            # The same answer comes where nothing of the project may be read: then nothing is known.
            await self._fetch_project(repository)
            return Talk()
        ids = (str(note.id) for note in pages.items if not note.is_internal)
        return Talk(frozenset({"opened", *ids}), say_cut(pages))

    async def _list_deployments(self, repository: str, span: Span) -> Told:
        since = span.start - _LATE
        environments = self._find_settings(repository).environments
        asked: list[dict[str, str]] = [{"environment": name} for name in environments] or [{}]
        pages = await ask_all(
            self._turn_pages(
                repository,
                "/deployments",
                DeploymentAnswer,
                # Not by number: a job that is started by hand has its deployment since its pipeline was made.
                {**only, "order_by": "updated_at", "sort": "desc"},
                lambda one: (one.updated_at or one.created_at) < since,
            )
            for only in asked
        )
        unique = {one.id: one for page in pages for one in page.items}.values()
        known = sorted(unique, key=lambda one: (find_time(one), one.id))
        back = find_steps_back((one.id, one.environment.name, one.sha) for one in known if one.status == "success")
        web = (await self._fetch_project(repository)).web_url if known else ""
        found = [
            (read_deployment(one, None, None, is_back=one.id in back), f"{web}/-/commit/{one.sha}") for one in known
        ]
        cut = "" if all(page.is_whole for page in pages) else f"those before {format_instant(find_time(known[0]))}"
        return Told([Change(event, url) for event, url in found if event.changed_at in span], left_out=cut)

    async def _list_pipelines(self, repository: str, span: Span) -> Told:
        params = {
            "ref": await self._find_branch(repository),
            "updated_after": format_instant(span.start),
            "updated_before": format_instant(span.end),
            "order_by": "updated_at",
            "sort": "desc",
        }
        pages = await self._turn_pages(repository, "/pipelines", PipelineAnswer, params)
        found = [(read_pipeline(one), one.web_url) for one in pages.items]
        return tell_changes(found, span, pages)

    async def _list_releases(self, repository: str, span: Span) -> Told:
        params = {"order_by": "released_at", "sort": "desc"}
        pages = await self._turn_pages(
            repository,
            "/releases",
            ReleaseAnswer,
            params,
            lambda one: one.released_at is not None and one.released_at < span.start,
        )
        kept = [event for one in pages.items if (event := read_release(one, "")) and event.changed_at in span]
        web = (await self._fetch_project(repository)).web_url if kept else ""
        changes = [Change(event, f"{web}/-/releases/{quote(event.ref, safe='')}") for event in kept]
        return Told(changes, left_out=say_cut(pages))

    async def _list_merges(self, repository: str, span: Span) -> Told:
        params = {
            "state": "merged",
            "target_branch": await self._find_branch(repository),
            "updated_after": format_instant(span.start),
            "order_by": "updated_at",
            "sort": "desc",
        }
        pages = await self._turn_pages(repository, "/merge_requests", MergeRequestAnswer, params)
        found = [(event, one.web_url) for one in pages.items if (event := read_merge(one))]
        return tell_changes(found, span, pages)

    async def _list_posts(self, repository: str, span: Span, belongs: Belongs) -> Told:
        params = {"state": "all", "updated_after": format_instant(span.start), "order_by": "updated_at", "sort": "desc"}
        issues, requests = await ask_all(
            (
                self._turn_pages(repository, "/issues", IssueAnswer, {**params, "scope": "all"}),
                self._turn_pages(repository, "/merge_requests", MergeRequestAnswer, params),
            )
        )
        read = [(_read_issue(one), one.confidential) for one in issues.items]
        secret = sum(is_secret and belongs(head.body) for head, is_secret in read)
        heads = [head for head, is_secret in read if not is_secret]
        heads += [_read_merge_request(one) for one in requests.items]
        ours = [head for head in heads if belongs(head.body)]
        lists = await ask_all(self._list_notes(repository, head.place, span.end) for head in ours[:MOST_TALKS])
        notes = [
            (note, head)
            for head, own in zip(ours, lists, strict=False)
            for note in own.items
            if note.created_at in span and not note.system
        ]
        posts = [*ours, *(_read_note(note, head) for note, head in notes if not note.is_internal)]
        cut = [f"{say_cut(own)} of {head.place}" for head, own in zip(ours, lists, strict=False) if not own.is_whole]
        left_out = say_cut(issues) or say_cut(requests) or "; ".join(cut)
        if len(ours) > MOST_TALKS:
            left_out = f"those of {len(ours) - MOST_TALKS} of {len(ours)} issues and merge requests"
        kept = _say_kept_back(secret, sum(note.is_internal and not read_marker(note.body) for note, _ in notes))
        return Told(posts=[post for post in posts if post.at in span], left_out=join_cuts(left_out, kept))

    async def _list_notes(self, repository: str, place: str, end: datetime | None = None) -> Pages:
        """Return the notes of an issue or a merge request, the oldest first; until a moment, where one is named."""
        kind = "merge_requests" if place.startswith("!") else "issues"
        return await self._turn_pages(
            repository,
            f"/{kind}/{place[1:]}/notes",
            NoteAnswer,
            {"order_by": "created_at", "sort": "asc"},
            (lambda one: one.created_at > end) if end is not None else None,
            most_pages=MOST_NOTE_PAGES,
        )

    async def _find_branch(self, repository: str) -> str:
        return self._find_settings(repository).branch or (await self._fetch_project(repository)).default_branch or ""

    async def _fetch_issue(self, repository: str, place: str) -> IssueAnswer:
        with asking(READING):
            return await self._session.get(f"{_path(repository)}/issues/{place[1:]}", IssueAnswer)

    async def _fetch_project(self, repository: str) -> ProjectAnswer:
        with asking(READING):
            return await self._session.get(_path(repository), ProjectAnswer)

    def _find_settings(self, repository: str) -> ForgeRepositorySettings:
        return self._repositories.get(repository) or ForgeRepositorySettings()

    async def _turn_pages(
        self,
        repository: str,
        path: str,
        shape: type[T],
        params: Mapping[str, Any],
        is_enough: Callable[[Any], bool] | None = None,
        *,
        most_pages: int = MOST_PAGES,
    ) -> Pages:
        with asking(READING):
            return await self._session.list_pages(
                f"{_path(repository)}{path}",
                TypeAdapter(shape),
                {**params, "per_page": PAGE},
                most_pages,
                is_enough=is_enough,
            )


def _path(repository: str) -> str:
    return f"/projects/{quote(repository, safe='')}"


def _say_kept_back(issues: int, notes: int) -> str:
    """Say what was written for few people: a post-mortem goes to others, and nobody can take it back from there."""
    parts = [f"{issues} confidential {'issue' if issues == 1 else 'issues'}"] if issues else []
    parts += [f"{notes} internal {'note' if notes == 1 else 'notes'}"] if notes else []
    return f"what {' and '.join(parts)} say, which not everybody there may read" if parts else ""


def _read_issue(issue: IssueAnswer) -> Post:
    return Post(
        place=f"#{issue.iid}",
        id="opened",
        body=f"{issue.title}\n\n{issue.description or ''}".strip(),
        author=_read_account(issue.author),
        at=issue.created_at,
        by_machine=issue.author is None,
        url=issue.web_url,
    )


def _read_merge_request(request: MergeRequestAnswer) -> Post:
    return Post(
        place=f"!{request.iid}",
        id="opened",
        body=f"{request.title}\n\n{request.description or ''}".strip(),
        author=_read_account(request.author),
        at=request.created_at,
        by_machine=request.author is None,
        url=request.web_url,
    )


def _read_note(note: NoteAnswer, head: Post) -> Post:
    return Post(
        place=head.place,
        id=str(note.id),
        body=note.body,
        author=_read_account(note.author),
        at=note.created_at,
        by_machine=note.author is None,
        edited_at=note.updated_at if note.updated_at != note.created_at else None,
        url=f"{head.url}#note_{note.id}",
    )


def _read_account(user: User | UserAnswer | None) -> Account | None:
    return Account(str(user.id or user.username), user.username) if user else None
