"""A repository on a forge as the rest sees it: the port that each forge's integration implements, and its records."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from fermata.ports.forge.settings import ForgeRepositorySettings


@dataclass(frozen=True, slots=True)
class Base:
    """The branch that is deployed, as it is now."""

    branch: str
    sha: str


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One file of a commit."""

    path: str
    old_path: str = ""
    """Before a rename; empty without one."""
    patch: str | None = ""
    """Its hunks, without a header; `None` when the forge did not give them (binary, too large)."""
    is_new: bool = False
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class CommitMark:
    """One row of a list of commits."""

    sha: str
    committed_at: datetime


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit with its diff against its first parent."""

    sha: str
    parents: tuple[str, ...]
    title: str
    body: str
    author: str
    committed_at: datetime
    files: tuple[ChangedFile, ...] = ()
    is_whole: bool = True
    """False when the forge named only some of its files."""
    url: str = ""
    """Where a person reads it."""
    merge: Commit | None = None
    """The merge that brought it to the deployed branch; `None` where it was written there, or nobody looked."""

    @property
    def came_at(self) -> datetime:
        """Return since when the deployed branch holds it, as far as that is known."""
        return max(self.committed_at, self.merge.committed_at) if self.merge else self.committed_at


@dataclass(frozen=True, slots=True)
class Event:
    """A change that is no commit: a deployment, a release, a merged request, a run of a pipeline."""

    id: str
    kind: str
    """As `ChangeFacts.kind`: `deployment`, `release`, `pull_request_merged`, `ci_run`."""
    title: str
    changed_at: datetime
    author: str = ""
    """Login name."""
    author_id: str = ""
    """Of the account; empty where the forge does not say."""
    environment: str = ""
    state: str = ""
    ref: str = ""
    sha: str = ""
    service: str = ""
    """What it says itself; empty when it says nothing."""
    commits: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    """As `ChangeFacts.dropped`."""
    is_back: bool = False
    """A deployment of what the one before held already: it changes nothing but what it leaves out."""
    is_former: bool = False
    """It ran before the window."""
    lines: tuple[str, ...] = ()
    """What is known of it, a line each."""
    url: str = ""
    """Where it can be asked for again."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of what a forge was asked for."""

    events: tuple[Event, ...] = ()
    left_out: str = ""
    """What is not here, in words; empty when nothing is."""


@dataclass(frozen=True, slots=True)
class Window:
    """What is asked for."""

    since: datetime
    until: datetime
    branch: str


@dataclass(frozen=True, slots=True)
class TreeFile:
    """One file at one commit."""

    content: bytes
    mode: str
    """As git writes it: `100644`, `100755`, `120000`."""
    version: str
    """Id of its blob."""


@dataclass(frozen=True, slots=True)
class FileEdit:
    """One file of a commit to be made."""

    path: str
    before: str | None
    """The whole text; `None` when there is no such file."""
    after: str | None
    """The whole text; `None` when it goes."""
    mode: str = "100644"
    version: str = ""
    """Id of the blob that is replaced; empty for a new file."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Paths of files."""

    paths: tuple[str, ...]
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Checks:
    """What a forge's own checks say of a commit."""

    state: str
    """`passed`, `failed`, `running` or `none`."""
    text: str = ""
    """In words, with numbers."""


@dataclass(frozen=True, slots=True)
class Request:
    """A pull request or a merge request."""

    number: int
    url: str
    branch: str
    state: str
    """`open`, `merged` or `closed`."""
    head: str = ""
    """Id of its last commit; of a merged one, of the commit it was merged with, where that is known."""
    title: str = ""
    changed_at: datetime | None = None
    """When it was merged or closed, else when it was opened."""


class ForgeSession(Protocol):
    """One repository over open connections. Every call may raise `OperationalError`; `NotThere` where 404 is an answer.

    Only `write_branch`, `extend_branch`, `open_request` and `delete_branch` change anything. They are sent once.
    """

    async def fetch_base(self) -> Base:
        """Return the branch of the settings, or the default one, and its newest commit."""
        ...

    async def list_commits(self, window: Window, path: str, limit: int) -> tuple[CommitMark, ...]:
        """Return the newest commits of the branch within the window that touch a path (`.`: any), at most `limit`."""
        ...

    async def list_parts(self, window: Window) -> Sequence[tuple[str, Part | BaseException]]:
        """Return deployments, runs, releases and merged requests within the window, all asked at once.

        Each part has its name; one that could not be had is the error in its place.
        """
        ...

    async def fetch_commit(self, sha: str) -> Commit:
        """Return one commit with its diff.

        Raises:
            NotThere: There is none.
        """
        ...

    async def list_brought(self, merge: Commit) -> tuple[str, ...]:
        """Return the commits that a merge brought to the branch that it was made on, at most 100, without itself."""
        ...

    async def is_ancestor(self, sha: str, head: str) -> bool:
        """Answer whether `head` holds the commit."""
        ...

    async def find_file(self, sha: str, path: str) -> TreeFile | None:
        """Return a file as of a commit; `None` when it has none there."""
        ...

    async def list_files(self, sha: str, folder: str) -> Listing:
        """Return the files below a folder (empty: all) as of a commit."""
        ...

    async def find_branch(self, branch: str) -> str | None:
        """Return the newest commit of a branch, or `None`."""
        ...

    async def write_branch(self, branch: str, base: Base, message: str, edits: Sequence[FileEdit]) -> str:
        """Make a branch that is one commit ahead of `base`, in one step, and return the commit's id."""
        ...

    async def extend_branch(self, branch: str, head: str, message: str, edits: Sequence[FileEdit]) -> str:
        """Put one commit on a branch whose newest one is `head`, and return its id.

        Raises:
            OperationalError: Also when the branch has moved on since.
        """
        ...

    async def open_request(self, branch: str, base: Base, title: str, body: str) -> Request:
        """Open the request that asks to merge the branch."""
        ...

    async def delete_branch(self, branch: str) -> None:
        """Delete a branch that nothing else rests on."""
        ...

    async def find_request(self, branch: str) -> Request | None:
        """Return the newest request from a branch, whatever has become of it."""
        ...

    async def list_requests(self) -> tuple[Request, ...]:
        """Return the newest requests of the repository, the one changed last first."""
        ...

    async def fetch_checks(self, sha: str) -> Checks:
        """Return what the forge's checks say of a commit."""
        ...

    async def describe_rights(self) -> str:
        """Say what is known of the token's right to write, without writing.

        Raises:
            OperationalError: It has none; the message says what to grant.
        """
        ...


@dataclass(frozen=True, slots=True)
class ForgeWords:
    """How a forge calls things."""

    system: str
    """The integration's name: `github`."""
    name: str
    """As people call it: `GitHub`."""
    request: str
    """`pull request` or `merge request`."""
    verb: str
    """The action's own: `open_pull_request`."""
    sign: str = "#"
    """Before a request's number."""


class Forge(Protocol):
    """Opens repositories. Holds no connection."""

    @property
    def words(self) -> ForgeWords:
        """Return how it calls things."""
        ...

    @property
    def repositories(self) -> dict[str, ForgeRepositorySettings]:
        """Return the repositories of the settings by `owner/name`."""
        ...

    def open(self, repository: str) -> AbstractAsyncContextManager[ForgeSession]:
        """Open one repository of the settings."""
        ...


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a request would hold, computed on the base as it is now."""

    base: Base
    title: str
    message: str
    """The commit's, without its trailer."""
    reason: str
    """The request's text, without what Fermata says of itself."""
    edits: tuple[FileEdit, ...]
    warnings: tuple[str, ...] = field(default=())
    """What a person should know before approving it."""
