"""GitLab's answers about issues, as far as they are read: REST API v4, docs.gitlab.com/api read November 2026."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel


class UserAnswer(BaseModel):
    """`GET /user`, `GET /users/{id}`, and whoever wrote something."""

    id: int
    username: str
    state: str = "active"
    """`active`, `blocked`, `deactivated`, `banned` and more."""
    bot: bool | None = None
    """Only `GET /users/{id}` says it."""


class IssueAnswer(BaseModel):
    """One issue of a project."""

    iid: int
    title: str
    description: str | None = None
    author: UserAnswer | None = None
    labels: tuple[str, ...] = ()
    state: str
    confidential: bool = False
    """Only those who may see confidential issues can read it, and what is said on it."""
    web_url: str = ""
    created_at: datetime
    updated_at: datetime


class NoteAnswer(BaseModel):
    """One comment on an issue."""

    id: int
    body: str
    author: UserAnswer | None = None
    system: bool = False
    """GitLab wrote it itself: "closed", "added label"."""
    internal: bool = False
    """Only Reporters and above can read it, whoever reads the issue."""
    confidential: bool = False
    """What an older server calls it."""
    created_at: datetime
    updated_at: datetime

    @property
    def is_internal(self) -> bool:
        """Answer whether it was written for fewer people than its issue."""
        return self.internal or self.confidential


class MemberAnswer(BaseModel):
    """`GET /projects/{id}/members/all/{user_id}`: the highest role, from groups above and shared ones too."""

    id: int
    username: str
    state: str = "active"
    access_level: int


class IssueProjectAnswer(BaseModel):
    """`GET /projects/{id}`, as far as issues go."""

    archived: bool = False
    visibility: str = ""
    """`public`, `internal` (everybody with an account) or `private`."""
    issues_access_level: str = "enabled"
    """`disabled`, `private` or `enabled`."""


class TicketProjectAnswer(IssueProjectAnswer):
    """`GET /projects/{id}`, where tickets are made."""

    path_with_namespace: str


class KnownLabelAnswer(BaseModel):
    """One row of `GET /projects/{id}/labels`: the project's own labels, and those of the groups above."""

    name: str
