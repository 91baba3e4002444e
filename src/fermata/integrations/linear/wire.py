"""The data of Linear's answers, as far as it is read."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, Field

N = TypeVar("N")


class Nodes(BaseModel, Generic[N]):
    """A part of a list."""

    nodes: list[N]


class State(BaseModel):
    """Where an issue stands."""

    name: str
    type: str


class Person(BaseModel):
    """Somebody, or nobody's bot."""

    name: str = Field(alias="displayName")


class Label(BaseModel):
    """A label on an issue."""

    name: str


class TeamKey(BaseModel):
    """A team as it is referred to."""

    key: str


class Issue(BaseModel):
    """One issue."""

    identifier: str
    title: str
    description: str | None = None
    url: str
    priority: str = Field(alias="priorityLabel")
    created_at: AwareDatetime = Field(alias="createdAt")
    updated_at: AwareDatetime = Field(alias="updatedAt")
    state: State
    assignee: Person | None = None
    team: TeamKey
    labels: Nodes[Label]


class PageInfo(BaseModel):
    """Where the list goes on."""

    has_next: bool = Field(alias="hasNextPage")
    end: str | None = Field(default=None, alias="endCursor")


class IssuePage(Nodes[Issue]):
    """A page of issues."""

    page: PageInfo = Field(alias="pageInfo")


class IssuesData(BaseModel):
    """What `ISSUES` asks for."""

    issues: IssuePage


class Remark(BaseModel):
    """One comment."""

    body: str
    created_at: AwareDatetime = Field(alias="createdAt")
    user: Person | None = None


class BothEnds(BaseModel):
    """The first and the last comment of a list."""

    head: Nodes[Remark]
    tail: Nodes[Remark]


class CommentsData(BaseModel):
    """What `COMMENTS` asks for."""

    issue: BothEnds


class Team(BaseModel):
    """One team."""

    id: str
    key: str
    name: str


class TeamsData(BaseModel):
    """What `TEAMS` asks for."""

    viewer: Person
    teams: Nodes[Team]


class KnownLabel(BaseModel):
    """A label as it may be put on an issue; one of a whole workspace has no team."""

    id: str
    name: str
    is_group: bool = Field(alias="isGroup")
    team: TeamKey | None = None


class LabelsData(BaseModel):
    """What `LABELS` asks for."""

    labels: Nodes[KnownLabel] = Field(alias="issueLabels")


class IssueCreated(BaseModel):
    """The answer to a new issue."""

    success: bool
    issue: Issue | None = None


class CreateData(BaseModel):
    """What `CREATE` asks for."""

    created: IssueCreated = Field(alias="issueCreate")
