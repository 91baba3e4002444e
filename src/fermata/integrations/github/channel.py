"""Cards as issues on GitHub: the calls behind `ports.forge.issues`, REST API version 2022-11-28, and one of GraphQL.

Every call names the permission of a fine-grained token that it needs, so that a refusal says what to grant.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from urllib.parse import quote

from pydantic import TypeAdapter

from fermata.integrations.github.issue_wire import (
    EDITED_QUERY,
    REWRITTEN_QUERY,
    CommentAnswer,
    ContentEdit,
    EditedAnswer,
    EditorAnswer,
    IssueAnswer,
    IssueRepositoryAnswer,
    PermissionAnswer,
    QueryAnswer,
    QueryError,
    RewrittenAnswer,
    UserAnswer,
)
from fermata.integrations.github.limits import KEY, PAUSE, asking, says_too_fast
from fermata.kit.clock import format_instant
from fermata.kit.errors import OperationalError, TransientError
from fermata.kit.log import get_log
from fermata.ports.forge.issues.records import UNKNOWN, Account, Comment, Issue, IssueEdit, News, Rewriting, Standing
from fermata.ports.json_api import ApiSession, JsonApi, NotThere

_log = get_log("github")
LONGEST = 65_536
"""Characters of an issue's or a comment's text ("body is too long (maximum is 65536 characters)")."""
READ_ISSUES = "Issues: read"
WRITE_ISSUES = "Issues: write"
_MAY_WRITE = frozenset({"admin", "write"})
"""Of the four words of `permission`; the role `maintain` is told as `write`, `triage` as `read`."""
_MOVED = 301
_BY_ID = re.compile(r"/repositories/[0-9]+(?=/|$)")
_RATE_LIMITED = "RATE_LIMITED"
_FAILED = "something went wrong while executing your query"
"""GraphQL's words, with status 200, for its own fault or a time that ran out."""
_NOT_TOLD = frozenset({403, 404, 501})
_MOST_PAGES = 30


class GitHubIssues:
    """Opens repositories for their issues."""

    system = KEY
    title = "GitHub"
    longest = LONGEST
    command = "/"

    def __init__(self, api: JsonApi, label: str) -> None:
        self._api = api
        self._label = label
        self._self: Account | None = None

    @asynccontextmanager
    async def open_issues(self, repository: str) -> AsyncIterator[GitHubIssueSession]:
        """Open one repository; its connections are kept until it is closed."""
        async with self._api.connect() as session:
            opened = GitHubIssueSession(session, repository, self._self, label=self._label, url=self._api.target.url)
            try:
                yield opened
            finally:
                self._self = opened.me


class GitHubIssueSession:
    """The issues of one repository over open connections."""

    def __init__(self, session: ApiSession, repository: str, me: Account | None, *, label: str, url: str) -> None:
        self.repository = repository
        self._label = label
        self.me = me
        """Whose token it is, once that is known."""
        self.session = session
        self.path = f"/repos/{quote(repository)}"
        # Of GitHub Enterprise Server: https://<host>/api/v3 beside https://<host>/api/graphql.
        self._graphql = f"{url.removesuffix('/v3')}/graphql"

    async def find_self(self) -> Account:
        """Return the account whose token is used; an unknown one until it has written something, where nobody says.

        The token of an app's installation may not ask who it is.
        """
        if self.me is None:
            try:
                self._learn(await self.session.get("/user", UserAnswer))
            except TransientError:
                raise
            except OperationalError as error:
                if error.facts.get("status") not in _NOT_TOLD:
                    raise
        return self.me or UNKNOWN

    async def list_own_issues(self, page: int) -> Sequence[Issue]:
        """Return a page of the issues that this account opened, pull requests included: these bear no marker."""
        me = await self.find_self()
        params = {
            **({"creator": me.login} if me.id else {"labels": self._label}),
            "state": "all",
            "sort": "created",
            "direction": "desc",
            "per_page": 100,
            "page": page,
        }
        with asking(READ_ISSUES):
            found = await self.session.get(f"{self.path}/issues", TypeAdapter(tuple[IssueAnswer, ...]), params)
        return [_read_issue(one) for one in found]

    async def get_issue(self, number: int) -> Issue:
        """Return one issue; one that was moved to another repository is gone from this one."""
        try:
            with asking(READ_ISSUES):
                return _read_issue(await self.session.get(f"{self.path}/issues/{number}", IssueAnswer))
        except OperationalError as error:
            if error.facts.get("status") != _MOVED:
                raise
            await self._describe()  # A repository under its old name says so, and its issues are where they were.
            raise NotThere(error.what, why="It was moved", do="Another one is opened", status=_MOVED) from error

    async def open_issue(self, title: str, body: str, labels: Sequence[str]) -> Issue:
        """Open an issue. Labels that do not exist yet come into being with it."""
        given = {"title": title, "body": body, "labels": list(labels)}
        with asking(WRITE_ISSUES):
            answer = await self.session.post(f"{self.path}/issues", IssueAnswer, given)
        self._learn(answer.user)
        return _read_issue(answer)

    async def edit_issue(self, issue: Issue, edit: IssueEdit) -> Issue:
        """Change an issue, then its labels one by one: a whole list would drop what somebody added meanwhile."""
        given: dict[str, object] = {"title": edit.title, "body": edit.body}
        if edit.is_open is not None:
            given |= {"state": "open"} if edit.is_open else {"state": "closed", "state_reason": "completed"}
        with asking(WRITE_ISSUES):
            reply = await self.session.send("PATCH", f"{self.path}/issues/{issue.number}", body=given)
        try:
            changed = _read_issue(IssueAnswer.model_validate(reply.read()))
        except ValueError as error:
            raise OperationalError(
                f"GitHub answered the change of issue {issue.number} with something else than an issue",
                do=f"Check that {KEY}.url points at the API itself",
            ) from error
        # Last, because a closed issue is opened again by what its labels still say.
        await self._edit_labels(f"{self.path}/issues/{issue.number}/labels", edit)
        return changed

    async def _edit_labels(self, path: str, edit: IssueEdit) -> None:
        try:
            with asking(WRITE_ISSUES):
                if edit.add_labels:
                    await self.session.send("POST", path, body={"labels": list(edit.add_labels)})
                for name in edit.remove_labels:
                    with suppress(NotThere):  # Somebody took it away already.
                        await self.session.send("DELETE", f"{path}/{quote(name, safe='')}")
        except TransientError:
            raise
        except OperationalError as error:  # A new issue's labels are dropped as well where the token may not set any.
            _log.warning("labels.not_written", path=path, reason=str(error))

    async def list_comments(self, number: int) -> Sequence[Comment]:
        """Return the comments of one issue, the first 3,000 of them."""
        with asking(READ_ISSUES):
            pages = await self.session.list_pages(
                f"{self.path}/issues/{number}/comments", TypeAdapter(CommentAnswer), {"per_page": 100}, _MOST_PAGES
            )
        return [_read_comment(one) for one in pages.items]

    async def was_edited(self, comment: Comment) -> bool:
        """Ask GraphQL: within the second in which a comment was written, REST gives its edit the same time."""
        answer = await self._ask_edited(comment.node)
        if answer.data is not None and answer.data.node is not None:
            return answer.data.node.last_edited_at is not None
        raise _describe_query("GitHub does not say whether the comment was edited", answer)

    async def list_rewritings(self, issue: Issue, since: datetime) -> Sequence[Rewriting]:
        """Ask GraphQL for the history of an issue's text: REST knows only how it is now."""
        with asking(READ_ISSUES):
            body = {"query": REWRITTEN_QUERY, "variables": {"id": issue.node}}
            answer = await self.session.post(self._graphql, RewrittenAnswer, body)
        what = "GitHub does not say who rewrote the text of the issue"
        if answer.data is None or answer.data.node is None:
            raise _describe_query(what, answer)
        ends = answer.data.node.first, answer.data.node.last
        newest = max((part.nodes for part in ends if part.nodes), key=_latest, default=())
        oldest = min((one.edited_at for one in newest), default=since)
        # Also where GitHub counts edits and shows none of them: what is not read may be the one that matters.
        if len(newest) < ends[0].total and oldest >= since:
            raise OperationalError(what, why="It was rewritten more often than is read", do="Decide on the page")
        return [
            Rewriting(one.edited_at, str(editor.database_id or ""), editor.login)
            for one in newest
            for editor in (one.editor or EditorAnswer(),)
            if one.edited_at >= since
        ]

    async def _ask_edited(self, node: str) -> EditedAnswer:
        with asking(READ_ISSUES):
            body = {"query": EDITED_QUERY, "variables": {"id": node}}
            return await self.session.post(self._graphql, EditedAnswer, body)

    async def list_news(self, since: datetime) -> News:
        """Return the comments of the whole repository that changed since then, at most 1,000 at once."""
        params = {"since": format_instant(since), "sort": "updated", "direction": "asc", "per_page": 100}
        with asking(READ_ISSUES):
            pages = await self.session.list_pages(f"{self.path}/issues/comments", TypeAdapter(CommentAnswer), params)
        comments = tuple(_read_comment(one) for one in pages.items)
        return News(comments, max((one.updated_at for one in comments), default=None), pages.is_whole)

    async def write_comment(self, number: int, body: str, *, is_internal: bool = False) -> Comment:
        """Comment on an issue; GitHub has none that only some can read."""
        del is_internal
        with asking(WRITE_ISSUES):
            answer = await self.session.post(f"{self.path}/issues/{number}/comments", CommentAnswer, {"body": body})
        self._learn(answer.user)
        return _read_comment(answer)

    async def delete_comment(self, comment: Comment) -> None:
        """Delete a comment."""
        with asking(WRITE_ISSUES):
            await self.session.send("DELETE", f"{self.path}/issues/comments/{quote(comment.id)}")

    async def describe_writer(self, account: Account) -> Standing:
        """Ask for somebody's permission by their name, and make sure that the name is still theirs."""
        path = f"{self.path}/collaborators/{quote(account.login, safe='')}/permission"
        try:
            with asking("Metadata: read"):
                answer = await self.session.get(path, PermissionAnswer)
        except NotThere:
            return Standing(barred="no account of that name works on the repository")
        # Without an account in the answer the name is as fresh as the comment that bore it.
        if answer.user is not None and str(answer.user.id) != account.id:
            return Standing(barred=f"the name {account.login} belongs to another account now")
        if answer.permission not in _MAY_WRITE:
            return Standing(barred=f"no write permission on {self.repository} (it is {answer.permission})")
        return Standing(bot=answer.user is not None and answer.user.is_machine)

    async def describe_rights(self) -> str:
        """Say what is known of the right to write: GitHub tells the user's, not a fine-grained token's own."""
        repository = await self._describe()
        if repository.archived or not repository.has_issues:
            what = "is archived" if repository.archived else "has its issues switched off"
            raise OperationalError(
                f"{self.repository} {what}", do=f"Mend that, or name another repository in {KEY}.approvals"
            )
        if not repository.permissions.get("push"):
            raise OperationalError(
                f"Issues of {self.repository} get no labels, and cannot be edited",
                why="The token's user may not push there",
                do=f"Give the token {WRITE_ISSUES}, and its user write access",
            )
        await self.list_own_issues(1)
        # Without an answer no approval would count; that there is no such comment is one.
        await self._ask_edited("IC_none")
        return f"readable; whether the token itself has {WRITE_ISSUES}, GitHub does not tell before it is tried"

    async def is_public(self) -> bool:
        """Ask the repository itself."""
        return (await self._describe()).visibility == "public"

    async def _describe(self) -> IssueRepositoryAnswer:
        try:
            with asking(READ_ISSUES):
                return await self.session.get(self.path, IssueRepositoryAnswer)
        except OperationalError as error:
            found = _BY_ID.search(str(error.facts.get("location")))
            if found is None:
                raise
            with asking(READ_ISSUES):
                now = await self.session.get(found[0], IssueRepositoryAnswer)
            raise OperationalError(
                f"{self.repository} was renamed or moved",
                why=f"It is {now.full_name} now",
                do=f"Write that in {KEY}.approvals, and restart",
            ) from error

    def _learn(self, user: UserAnswer | None) -> None:
        if self.me is None and user is not None:
            self.me = Account(str(user.id), user.login)


def _describe_query(what: str, answer: QueryAnswer) -> OperationalError:
    said = QueryError(message=answer.message or "It is gone, or not shown to this token")
    error = answer.errors[0] if answer.errors else said
    if says_too_fast(error.message):
        return TransientError(what, why=error.message, retry_after=PAUSE)
    if error.type == _RATE_LIMITED or error.message.lower().startswith(_FAILED):
        return TransientError(what, why=error.message)
    return OperationalError(what, why=error.message, do=f"Give the token {READ_ISSUES}")


def _latest(nodes: Sequence[ContentEdit]) -> datetime:
    return max(one.edited_at for one in nodes)


def _read_issue(answer: IssueAnswer) -> Issue:
    return Issue(
        number=answer.number,
        title=answer.title,
        body=answer.body or "",
        author_id=str(answer.user.id) if answer.user else "",
        labels=tuple(label if isinstance(label, str) else label.name or "" for label in answer.labels),
        is_open=answer.state == "open",
        node=answer.node_id,
    )


def _read_comment(answer: CommentAnswer) -> Comment:
    user = answer.user
    return Comment(
        id=str(answer.id),
        issue=int(answer.issue_url.rpartition("/")[2]),
        body=answer.body,
        author=Account(str(user.id), user.login) if user else None,
        # An app that acts for a person is still an app: nobody sees whether the person wrote it.
        by_machine=user is None or user.is_machine or answer.performed_via_github_app is not None,
        created_at=answer.created_at,
        updated_at=answer.updated_at,
        node=answer.node_id,
    )
