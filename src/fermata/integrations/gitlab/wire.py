"""GitLab's answers, as far as they are read: REST API v4, docs.gitlab.com/api read November 2026.

Fields that Fermata does not need are left out and ignored; one that is missing makes the answer none of GitLab's.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel


class Access(BaseModel):
    """A role, as a number: 20 Reporter, 30 Developer, 40 Maintainer, 50 Owner."""

    access_level: int


class Permissions(BaseModel):
    """What the token's user is in the project and in its group."""

    project_access: Access | None = None
    group_access: Access | None = None


class ProjectAnswer(BaseModel):
    """`GET /projects/:id`."""

    id: int
    path_with_namespace: str
    web_url: str = ""
    default_branch: str | None = None
    archived: bool = False
    permissions: Permissions = Permissions()


class TokenAnswer(BaseModel):
    """`GET /personal_access_tokens/self`."""

    scopes: tuple[str, ...]
    expires_at: str | None = None


class CommitMark(BaseModel):
    """A commit by its id."""

    id: str
    committed_date: datetime | None = None


class BranchAnswer(BaseModel):
    """`GET /repository/branches/:branch`."""

    name: str
    commit: CommitMark


class CommitAnswer(BaseModel):
    """`GET /repository/commits/:sha`, and a row of the list."""

    id: str
    title: str
    message: str = ""
    author_name: str = ""
    committed_date: datetime
    parent_ids: tuple[str, ...] = ()
    web_url: str = ""


class DiffAnswer(BaseModel):
    """One file of `GET /repository/commits/:sha/diff`."""

    old_path: str
    new_path: str
    diff: str = ""
    new_file: bool = False
    renamed_file: bool = False
    deleted_file: bool = False
    collapsed: bool | None = None
    too_large: bool | None = None
    """`None` on servers that do not say (before 17.3, as far as known)."""


class FileAnswer(BaseModel):
    """`GET /repository/files/:path`."""

    blob_id: str
    content: str
    encoding: str
    execute_filemode: bool = False


class TreeEntry(BaseModel):
    """One row of `GET /repository/tree`."""

    type: str
    path: str
    mode: str = ""


class User(BaseModel):
    """Who did it."""

    id: int = 0
    username: str


class Environment(BaseModel):
    """Where it went."""

    name: str


class DeploymentAnswer(BaseModel):
    """One row of `GET /deployments`."""

    id: int
    iid: int
    ref: str = ""
    sha: str
    status: str
    created_at: datetime
    updated_at: datetime | None = None
    finished_at: datetime | None = None
    user: User | None = None
    environment: Environment


class PipelineAnswer(BaseModel):
    """One row of `GET /pipelines`."""

    id: int
    status: str
    source: str = ""
    ref: str = ""
    sha: str
    web_url: str = ""
    created_at: datetime
    updated_at: datetime


class ReleaseAnswer(BaseModel):
    """One row of `GET /releases`."""

    tag_name: str
    name: str | None = None
    released_at: datetime | None = None
    upcoming_release: bool = False
    author: User | None = None
    commit: CommitMark | None = None


class MergeRequestAnswer(BaseModel):
    """One merge request."""

    iid: int
    title: str
    description: str | None = None
    state: str
    """`opened`, `closed`, `locked` or `merged`."""
    source_branch: str
    web_url: str
    author: User | None = None
    sha: str | None = None
    merge_commit_sha: str | None = None
    squash_commit_sha: str | None = None
    created_at: datetime
    updated_at: datetime
    merged_at: datetime | None = None
    closed_at: datetime | None = None


class CommitStatus(BaseModel):
    """One job's or outside check's word about a commit."""

    name: str
    status: str
    allow_failure: bool = False
