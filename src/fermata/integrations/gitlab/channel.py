"""Cards as issues on GitLab: the calls behind `ports.forge.issues`, REST API v4.

GitLab has no list of all comments of a project: the issues that changed are asked for, then the comments of each. A
comment touches its issue only if that was not touched within the last minute (`ThrottledTouch`), so the time up to
which issues were seen may lie behind by as much; the listener asks for five minutes more.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pydantic import TypeAdapter

from fermata.integrations.gitlab.doctor import find_token
from fermata.integrations.gitlab.issue_wire import (
    IssueAnswer,
    IssueProjectAnswer,
    MemberAnswer,
    NoteAnswer,
    UserAnswer,
)
from fermata.integrations.gitlab.refusals import KEY, asking, refuse_moved
from fermata.kit.clock import format_instant
from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.forge.asking import ask_all
from fermata.ports.forge.issues.records import Account, Comment, Issue, IssueEdit, News, Rewriting, Standing
from fermata.ports.json_api import ApiSession, JsonApi, NotThere, Pages

LONGEST = 1_000_000
"""Characters of a description or a note (docs.gitlab.com, "Application limits": 1,048,576 and 1,000,000)."""
READING = WRITING = "scope api, and the role Reporter in the project"
DEVELOPER = 30
_PLANNER = 15
"""The lowest role that may label and edit issues; Reporter, which is asked for, is 20 (docs.gitlab.com, "Roles and
permissions", read 2026-11)."""
_WRITES = frozenset({"api", "granular"})
"""Scopes of which one is needed to write; a fine-grained token tells no more of itself."""
_FORBIDDEN = 403
_OPEN = f"Mend that, or name another project in {KEY}.approvals"
_ACTIVE = "active"
_BOT = re.compile(r"(?:project|group)_\d+_bot(?:_[0-9a-f]+)?")
"""Names of the accounts of access tokens, for servers that do not say `bot`."""
_MOST_PAGES = 30
_MOST_NEWS_PAGES = 5
_REWRITTEN = ("changed the description", "changed title ", "marked the checklist item ", "marked the task ")
"""How GitLab's own notes of a change begin (`SystemNotes::IssuablesService`): in English, whatever the language.

Of a change that ticks a box GitLab notes the box alone, whatever else of the text it changes
(`Issuable::CommonSystemNotesService#handle_description_change_note`, read 2026-11).
"""


class GitLabIssues:
    """Opens projects for their issues."""

    system = KEY
    title = "GitLab"
    longest = LONGEST
    # GitLab keeps `/approve` for merge requests, and swallows it on issues too: the comment would never be there.
    command = "/fermata "

    def __init__(self, api: JsonApi) -> None:
        self._api = api
        self._self: Account | None = None

    @asynccontextmanager
    async def open_issues(self, repository: str) -> AsyncIterator[GitLabIssueSession]:
        """Open one project; its connections are kept until it is closed."""
        async with self._api.connect() as session:
            opened = GitLabIssueSession(session, repository, self._self)
            yield opened
            self._self = opened.me


class GitLabIssueSession:
    """The issues of one project over open connections."""

    def __init__(self, session: ApiSession, repository: str, me: Account | None) -> None:
        self.repository = repository
        self.me = me
        """Whose token it is, once that is known."""
        self.session = session
        self.path = f"/projects/{quote(repository, safe='')}"

    async def find_self(self) -> Account:
        """Return the account whose token is used; a project's or a group's token has one of its own."""
        if self.me is None:
            try:
                with asking(READING):
                    user = await self.session.get("/user", UserAnswer)
            except NotThere as error:  # Every GitLab answers this one.
                do = f"Check {KEY}.url: it is GitLab's own address, with its path where it has one"
                raise OperationalError(error.what, why="This is no GitLab's API", do=do) from error
            self.me = Account(str(user.id), user.username)
        return self.me

    async def list_own_issues(self, page: int) -> Sequence[Issue]:
        """Return a page of the issues that this account opened, the newest first."""
        params = {
            "author_id": (await self.find_self()).id,
            "scope": "all",
            "state": "all",
            "order_by": "created_at",
            "sort": "desc",
            "per_page": 100,
            "page": page,
        }
        with asking(READING):
            found = await self.session.get(f"{self.path}/issues", TypeAdapter(tuple[IssueAnswer, ...]), params)
        return [_read_issue(one) for one in found]

    async def get_issue(self, number: int) -> Issue:
        """Return one issue."""
        with asking(READING):
            return _read_issue(await self.session.get(f"{self.path}/issues/{number}", IssueAnswer))

    async def open_issue(self, title: str, body: str, labels: Sequence[str]) -> Issue:
        """Open an issue. Labels that do not exist yet come into being with it."""
        given = {"title": title, "description": body, "labels": ",".join(labels)}
        async with self._writing():
            return _read_issue(await self.session.post(f"{self.path}/issues", IssueAnswer, given))

    async def edit_issue(self, issue: Issue, edit: IssueEdit) -> Issue:
        """Change an issue."""
        given = {"title": edit.title, "description": edit.body}
        given |= {"add_labels": ",".join(edit.add_labels)} if edit.add_labels else {}
        given |= {"remove_labels": ",".join(edit.remove_labels)} if edit.remove_labels else {}
        if edit.is_open is not None:
            given["state_event"] = "reopen" if edit.is_open else "close"
        async with self._writing():
            reply = await self.session.send("PUT", f"{self.path}/issues/{issue.number}", body=given)
        try:
            return _read_issue(IssueAnswer.model_validate(reply.read()))
        except ValueError as error:
            raise OperationalError(
                f"GitLab answered the change of issue {issue.number} with something else than an issue",
                do=f"Check that {KEY}.url points at GitLab itself",
            ) from error

    async def list_comments(self, number: int) -> Sequence[Comment]:
        """Return the comments of one issue, the first 3,000 of them."""
        notes = await self._list_notes(number, "asc", _MOST_PAGES)
        return [_read_note(note, number) for note in notes]

    async def was_edited(self, comment: Comment) -> bool:
        """Answer by its times, which GitLab tells to the millisecond."""
        return comment.is_edited

    async def list_rewritings(self, issue: Issue, since: datetime) -> Sequence[Rewriting]:
        """Read the notes that GitLab itself writes of each change to a description, a box in it, or a title."""
        pages = await self._fetch_notes(issue.number, "desc", _MOST_NEWS_PAGES)
        if not pages.is_whole and min((note.created_at for note in pages.items), default=since) >= since:
            raise OperationalError(
                "GitLab does not say who rewrote the text of the issue",
                why="More was written there than is read",
                do="Decide on the page",
            )
        return [
            Rewriting(note.created_at, str(note.author.id), note.author.username)
            if note.author
            else Rewriting(note.created_at, "")
            for note in pages.items
            if note.system and note.body.startswith(_REWRITTEN) and note.created_at >= since
        ]

    async def list_news(self, since: datetime) -> News:
        """Return the comments that changed since then, on issues of our own that did."""
        params = {
            "author_id": (await self.find_self()).id,
            "scope": "all",
            "state": "all",
            "updated_after": format_instant(since),
            "order_by": "updated_at",
            "sort": "asc",
            "per_page": 100,
        }
        with asking(READING):
            pages = await self.session.list_pages(f"{self.path}/issues", TypeAdapter(IssueAnswer), params)
        lists = await ask_all(self._list_new_notes(issue.iid, since) for issue in pages.items)
        found = sorted((comment for own in lists for comment in own), key=lambda comment: int(comment.id))
        return News(tuple(found), max((issue.updated_at for issue in pages.items), default=None), pages.is_whole)

    async def write_comment(self, number: int, body: str, *, is_internal: bool = False) -> Comment:
        """Comment on an issue; an internal note is read by Reporters and above alone."""
        fields: dict[str, Any] = {"body": body} | ({"internal": True} if is_internal else {})
        async with self._writing():
            note = await self.session.post(f"{self.path}/issues/{number}/notes", NoteAnswer, fields)
        return _read_note(note, number)

    async def delete_comment(self, comment: Comment) -> None:
        """Delete a comment."""
        async with self._writing():
            await self.session.send("DELETE", f"{self.path}/issues/{comment.issue}/notes/{quote(comment.id)}")

    async def describe_writer(self, account: Account) -> Standing:
        """Ask for somebody's role, and whether the account is a person's and in use."""
        try:
            with asking(READING):
                path = f"{self.path}/members/all/{quote(account.id)}"
                member = await self.session.get(path, MemberAnswer)
        except NotThere:
            return Standing(barred=f"not a member of {self.repository}")
        if member.access_level < DEVELOPER:
            return Standing(barred=f"no role Developer in {self.repository} (the level is {member.access_level})")
        user = await self._find_user(account)
        states = [state for state in (user.state, member.state) if state != _ACTIVE]
        if states:
            return Standing(barred=f"the account is {states[0]}")
        is_bot = bool(user.bot) if user.bot is not None else _BOT.fullmatch(user.username) is not None
        return Standing(bot=is_bot)

    async def describe_rights(self) -> str:
        """Say whether there are issues, and whether the token's scopes and its user's role are enough to write."""
        try:
            with asking(READING):
                project = await self.session.get(self.path, IssueProjectAnswer)
        except OperationalError as error:
            await refuse_moved(self.session, self.repository, error)
            raise
        if closed := _say_closed(project):
            raise OperationalError(f"{self.repository} {closed}", do=_OPEN)
        await self.list_own_issues(1)
        me = await self.find_self()
        with asking(READING):
            try:
                member = await self.session.get(f"{self.path}/members/all/{quote(me.id)}", MemberAnswer)
            except NotThere as error:
                do = f"Give the token of {KEY} {WRITING}"
                raise OperationalError(f"{me.login} is not a member of {self.repository}", do=do) from error
        if lack := await self.find_lack():
            raise _refuse_writing(self.repository, lack)
        if member.access_level < _PLANNER:
            level = f"The role of {me.login} has the access level {member.access_level}: its issues get no labels"
            raise _refuse_writing(self.repository, level)
        return f"readable, with the access level {member.access_level}; whether it may write is known when it is tried"

    async def find_lack(self) -> str:
        """Say that none of the token's scopes is enough to write; empty where one is, or GitLab tells of none."""
        token = await find_token(self.session, READING)
        if token is None or not token.scopes or _WRITES & set(token.scopes):
            return ""
        return f"The token has the scopes {', '.join(token.scopes)}"

    async def is_public(self) -> bool:
        """Ask the project itself; issues that only its members see are not."""
        with asking(READING):
            project = await self.session.get(self.path, IssueProjectAnswer)
        return project.visibility == "public" and project.issues_access_level != "private"

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[None]:
        """As `asking`; a project that takes nothing is refused with 403 as well, and no token helps there."""
        try:
            with asking(WRITING):
                yield
        except OperationalError as error:
            if error.facts.get("status") != _FORBIDDEN:
                raise
            with asking(READING):
                closed = _say_closed(await self.session.get(self.path, IssueProjectAnswer))
            if not closed:
                raise
            why = f"{self.repository} {closed}"
            raise OperationalError(error.what, why=why, do=_OPEN, **error.facts) from error

    async def _list_new_notes(self, number: int, since: datetime) -> list[Comment]:
        try:
            notes = await self._list_notes(number, "desc", _MOST_NEWS_PAGES)
        except NotThere:  # Deleted since it was listed.
            return []
        return [_read_note(note, number) for note in notes if note.updated_at >= since]

    async def _find_user(self, account: Account) -> UserAnswer:
        """Return the account's profile; where a server keeps it to itself, what the comment says of it."""
        try:
            return await self.session.get(f"/users/{quote(account.id)}", UserAnswer)
        except TransientError:
            raise
        except OperationalError:
            return UserAnswer(id=int(account.id), username=account.login)

    async def _list_notes(self, number: int, order: str, most_pages: int) -> list[NoteAnswer]:
        pages = await self._fetch_notes(number, order, most_pages)
        return [note for note in pages.items if not note.system]

    async def _fetch_notes(self, number: int, order: str, most_pages: int) -> Pages:
        params = {"order_by": "created_at", "sort": order, "per_page": 100}
        with asking(READING):
            return await self.session.list_pages(
                f"{self.path}/issues/{number}/notes", TypeAdapter(NoteAnswer), params, most_pages
            )


def _refuse_writing(repository: str, why: str) -> OperationalError:
    return OperationalError(f"No card can be kept in {repository}", why=why, do=f"Give the token of {KEY} {WRITING}")


def _say_closed(project: IssueProjectAnswer) -> str:
    """Say why nobody can write an issue there; empty where somebody can."""
    if project.archived:
        return "is archived"
    return "has its issues switched off" if project.issues_access_level == "disabled" else ""


def _read_issue(answer: IssueAnswer) -> Issue:
    return Issue(
        number=answer.iid,
        title=answer.title,
        body=answer.description or "",
        author_id=str(answer.author.id) if answer.author else "",
        labels=answer.labels,
        is_open=answer.state == "opened",
    )


def _read_note(note: NoteAnswer, number: int) -> Comment:
    author = note.author
    return Comment(
        id=str(note.id),
        issue=number,
        body=note.body,
        author=Account(str(author.id), author.username) if author else None,
        by_machine=note.system,
        created_at=note.created_at,
        updated_at=note.updated_at,
        is_internal=note.is_internal,
    )
