"""GitHub's answers, as far as they are read: REST API, version 2022-11-28, docs.github.com/rest read November 2026.

Fields that Fermata does not need are left out and ignored; one that is missing makes the answer none of GitHub's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel


class RepositoryAnswer(BaseModel):
    """`GET /repos/{owner}/{repo}`."""

    full_name: str
    html_url: str = ""
    default_branch: str
    archived: bool = False
    permissions: dict[str, bool] = {}
    """What the token's user may do; a fine-grained token may do less."""


class ObjectMark(BaseModel):
    """Something of git, by its id."""

    sha: str


class RefAnswer(BaseModel):
    """`GET /git/ref/{ref}`."""

    object: ObjectMark


class User(BaseModel):
    """Who did it."""

    id: int = 0
    login: str


class Signature(BaseModel):
    """An author or a committer, in git's own words."""

    name: str = ""
    date: datetime | None = None


class CommitText(BaseModel):
    """The commit object itself."""

    message: str
    author: Signature | None = None
    committer: Signature | None = None


class FileAnswer(BaseModel):
    """One file of a commit."""

    filename: str
    status: str
    previous_filename: str = ""
    patch: str | None = None
    changes: int = 0


class CommitAnswer(BaseModel):
    """`GET /commits/{ref}`; rows of `GET /commits` come without files."""

    sha: str
    html_url: str = ""
    commit: CommitText
    parents: tuple[ObjectMark, ...] = ()
    files: tuple[FileAnswer, ...] = ()


class GitCommitAnswer(BaseModel):
    """`GET /git/commits/{sha}`."""

    sha: str
    tree: ObjectMark


class TreeEntry(BaseModel):
    """One name in a folder."""

    path: str
    mode: str
    type: str
    sha: str


class TreeAnswer(BaseModel):
    """`GET /git/trees/{sha}`."""

    sha: str
    tree: tuple[TreeEntry, ...] = ()
    truncated: bool = False


class BlobAnswer(BaseModel):
    """`GET /git/blobs/{sha}`."""

    sha: str
    content: str
    encoding: str


class CompareAnswer(BaseModel):
    """`GET /compare/{base}...{head}`."""

    status: str
    """`ahead`, `behind`, `diverged`, `identical`: the head against the base."""
    total_commits: int = 0
    commits: tuple[ObjectMark, ...] = ()


class DeploymentAnswer(BaseModel):
    """One row of `GET /deployments`."""

    id: int
    sha: str
    ref: str = ""
    task: str = ""
    environment: str
    transient_environment: bool = False
    """One of its own for a request: a preview."""
    description: str | None = None
    payload: Any = None
    creator: User | None = None
    created_at: datetime
    updated_at: datetime | None = None
    """Later than its creation where a status came later: behind an approval, days may lie between them."""
    url: str = ""


class StatusAnswer(BaseModel):
    """One row of `GET /deployments/{id}/statuses`."""

    state: str
    description: str | None = None
    created_at: datetime
    log_url: str = ""
    """Whatever whoever deployed gave."""


class RunAnswer(BaseModel):
    """One run of a workflow."""

    id: int
    name: str | None = None
    display_title: str = ""
    event: str = ""
    status: str | None = None
    conclusion: str | None = None
    head_branch: str | None = None
    head_sha: str
    run_number: int = 0
    actor: User | None = None
    created_at: datetime
    updated_at: datetime
    url: str = ""
    html_url: str = ""


class RunsAnswer(BaseModel):
    """`GET /actions/runs`."""

    total_count: int
    workflow_runs: tuple[RunAnswer, ...]


class ReleaseAnswer(BaseModel):
    """One row of `GET /releases`."""

    id: int
    tag_name: str
    name: str | None = None
    draft: bool = False
    prerelease: bool = False
    author: User | None = None
    published_at: datetime | None = None
    url: str = ""
    html_url: str = ""


class HeadAnswer(BaseModel):
    """The branch that a pull request comes from."""

    ref: str
    sha: str


class PullAnswer(BaseModel):
    """One pull request."""

    number: int
    title: str
    state: str
    html_url: str
    url: str = ""
    user: User | None = None
    head: HeadAnswer
    merge_commit_sha: str | None = None
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    merged_at: datetime | None = None


class CheckRun(BaseModel):
    """One check of a commit."""

    name: str
    status: str
    conclusion: str | None = None


class CheckRunsAnswer(BaseModel):
    """`GET /commits/{ref}/check-runs`."""

    total_count: int
    check_runs: tuple[CheckRun, ...]
