"""GitHub's answers about issues, as far as they are read: REST API, version 2022-11-28, read November 2026."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field


class UserAnswer(BaseModel):
    """`GET /user`, and whoever wrote something."""

    id: int
    login: str
    type: str = "User"
    """`User`, `Bot`, `Organization`, `Mannequin`."""

    @property
    def is_machine(self) -> bool:
        """Answer whether it is no person's account."""
        return self.type != "User" or self.login.endswith("[bot]")


class LabelAnswer(BaseModel):
    """A label of an issue."""

    name: str | None = None


class IssueAnswer(BaseModel):
    """`GET /repos/{owner}/{repo}/issues/{number}`."""

    number: int
    node_id: str = ""
    title: str
    body: str | None = None
    user: UserAnswer | None = None
    """Null where the account was deleted."""
    labels: tuple[LabelAnswer | str, ...] = ()
    state: str
    html_url: str = ""
    created_at: datetime
    performed_via_github_app: Any = None


class CommentAnswer(BaseModel):
    """One comment on an issue or a pull request."""

    id: int
    node_id: str = ""
    issue_url: str
    body: str = ""
    user: UserAnswer | None = None
    created_at: datetime
    updated_at: datetime
    html_url: str = ""
    performed_via_github_app: Any = None
    """The app that wrote it, for itself or for its user."""


class EditedNode(BaseModel):
    """A comment as GraphQL tells it: REST has its times in whole seconds, and nobody who rewrote it."""

    last_edited_at: datetime | None = Field(alias="lastEditedAt")


class EditedData(BaseModel):
    """What was asked for."""

    node: EditedNode | None = None
    """Null where it is gone, or is not shown to the token."""


class QueryError(BaseModel):
    """Why GraphQL does not answer, with status 200."""

    type: str = ""
    message: str = ""


class QueryAnswer(BaseModel):
    """What every answer of `POST /graphql` may hold: also a refusal comes with status 200."""

    errors: tuple[QueryError, ...] = ()
    message: str = ""
    """In place of all else, where the query was not looked at."""


class EditedAnswer(QueryAnswer):
    """`POST /graphql` with `EDITED_QUERY`."""

    data: EditedData | None = None


EDITED_QUERY = "query($id: ID!) { node(id: $id) { ... on IssueComment { lastEditedAt } } }"


class EditorAnswer(BaseModel):
    """Who rewrote a text."""

    login: str = ""
    database_id: int | None = Field(alias="databaseId", default=None)


class ContentEdit(BaseModel):
    """One time that a text was rewritten; the first is its writing, once there is another."""

    edited_at: datetime = Field(alias="editedAt")
    editor: EditorAnswer | None = None
    """Null where the account was deleted."""


class ContentEdits(BaseModel):
    """A part of all of them."""

    total: int = Field(alias="totalCount")
    nodes: tuple[ContentEdit, ...]


class RewrittenNode(BaseModel):
    """An issue as GraphQL tells it. The order of the edits is not described: both ends are asked for."""

    first: ContentEdits
    last: ContentEdits


class RewrittenData(BaseModel):
    """What was asked for."""

    node: RewrittenNode | None = None
    """Null where it is gone, or is not shown to the token."""


class RewrittenAnswer(QueryAnswer):
    """`POST /graphql` with `REWRITTEN_QUERY`."""

    data: RewrittenData | None = None


_MOST_EDITS = 100
"""GraphQL gives no more at once."""
_EDITS = "{ totalCount nodes { editedAt editor { login ... on User { databaseId } ... on Bot { databaseId } } } }"
REWRITTEN_QUERY = (
    "query($id: ID!) { node(id: $id) { ... on Issue { "
    f"first: userContentEdits(first: {_MOST_EDITS}) {_EDITS} last: userContentEdits(last: {_MOST_EDITS}) {_EDITS} "
    "} } }"
)


class PermissionAnswer(BaseModel):
    """`GET /repos/{owner}/{repo}/collaborators/{username}/permission`."""

    permission: str
    """`admin`, `write`, `read` or `none`."""
    user: UserAnswer | None = None


class IssueRepositoryAnswer(BaseModel):
    """`GET /repos/{owner}/{repo}`."""

    full_name: str = ""
    visibility: str = ""
    """`public`, `private` or `internal`; empty on old servers."""
    archived: bool = False
    has_issues: bool = True
    permissions: dict[str, bool] = {}


class TeamAnswer(BaseModel):
    """One row of `GET /repos/{owner}/{repo}/teams`."""

    slug: str


class MembershipAnswer(BaseModel):
    """`GET /orgs/{org}/teams/{team_slug}/memberships/{username}`."""

    state: str
    """`active`, or `pending` while an invitation waits."""


class TicketAnswer(IssueAnswer):
    """One issue or pull request, where tickets are looked for and made."""

    updated_at: datetime
    pull_request: Any = None
    """There where it is a pull request, which lists of issues hold too."""


class TicketRepositoryAnswer(IssueRepositoryAnswer):
    """`GET /repos/{owner}/{repo}`, where tickets are made."""

    full_name: str


class KnownLabelAnswer(BaseModel):
    """`GET /repos/{owner}/{repo}/labels/{name}`."""

    name: str
