"""GitHub over its REST API: one repository, asked and changed through the calls that are documented.

Every call names the permission of a fine-grained token that it needs, so that a refusal says what to grant.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, TypeAdapter

from fermata.integrations.github.events import read_request
from fermata.integrations.github.limits import KEY, asking
from fermata.integrations.github.listing import READ_CONTENTS, READ_PULLS, list_parts
from fermata.integrations.github.wire import (
    BlobAnswer,
    CheckRunsAnswer,
    CommitAnswer,
    CompareAnswer,
    GitCommitAnswer,
    ObjectMark,
    PullAnswer,
    RefAnswer,
    RepositoryAnswer,
    TreeAnswer,
    TreeEntry,
)
from fermata.kit.clock import format_instant
from fermata.kit.errors import OperationalError
from fermata.ports.forge.asking import end_all
from fermata.ports.forge.files import FileCache
from fermata.ports.forge.records import (
    Base,
    ChangedFile,
    Checks,
    Commit,
    CommitMark,
    FileEdit,
    ForgeWords,
    Listing,
    Part,
    Request,
    TreeFile,
    Window,
)
from fermata.ports.forge.settings import WHOLE, ForgeRepositorySettings
from fermata.ports.json_api import ApiSession, JsonApi, NotThere

T = TypeVar("T", bound=BaseModel)

WORDS = ForgeWords(system=KEY, name="GitHub", request="pull request", verb="open_pull_request")
WRITE_CONTENTS = "Contents: write"
WRITE_PULLS = "Pull requests: write"
MOST_FILES = 300
"""Files that one commit's answer holds at most."""
_NO_SUCH_COMMIT = 422  # "No commit found for SHA": this call keeps 404 for names.
_TREE, _LINK_TYPES = "tree", frozenset({"blob", "commit"})
_GOOD = frozenset({"success", "neutral", "skipped"})


class GitHubForge:
    """Opens the repositories of the settings."""

    words = WORDS

    def __init__(self, api: JsonApi, repositories: dict[str, ForgeRepositorySettings]) -> None:
        self._api = api
        self.repositories = repositories
        """By `owner/name`."""
        # Each its own: a blob's id alone would let one repository's permission answer for another's.
        self._files = {name: FileCache() for name in repositories}

    @asynccontextmanager
    async def open(self, repository: str) -> AsyncIterator[GitHubSession]:
        """Open one repository of the settings; its connections are kept until it is closed."""
        async with self._api.connect() as session:
            opened = GitHubSession(session, repository, self.repositories[repository], self._files[repository])
            try:
                yield opened
            finally:
                await opened.close()


class GitHubSession:
    """One repository over open connections."""

    def __init__(
        self, session: ApiSession, repository: str, settings: ForgeRepositorySettings, files: FileCache
    ) -> None:
        self.settings = settings
        self.repository = repository
        self._session = session
        self._path = f"/repos/{quote(repository)}"
        self._files = files
        self._trees: dict[str, asyncio.Future[TreeAnswer]] = {}
        self._roots: dict[str, asyncio.Future[GitCommitAnswer]] = {}

    async def close(self) -> None:
        """End what still waits for an answer."""
        await end_all(self._trees.values())
        await end_all(self._roots.values())

    async def get(self, path: str, shape: type[T], needs: str, params: Mapping[str, Any] | None = None) -> T:
        """Return the answer to a GET below the repository's path.

        Args:
            needs: The permission, in GitHub's words.

        Raises:
            OperationalError: It cannot be asked, or refuses; the message names the permission.
        """
        with asking(needs):
            return await self._session.get(f"{self._path}{path}", shape, params)

    async def list(self, path: str, shape: type[T], needs: str, params: Mapping[str, Any]) -> tuple[T, ...]:
        """Return one page of a list below the repository's path.

        Raises:
            OperationalError: As `get`.
        """
        with asking(needs):
            return await self._session.get(f"{self._path}{path}", TypeAdapter(tuple[shape, ...]), params)  # type: ignore[valid-type]  # a class given as a value

    async def fetch_repository(self) -> RepositoryAnswer:
        """Return what GitHub says of the repository itself."""
        return await self.get("", RepositoryAnswer, "Metadata: read")

    async def fetch_base(self) -> Base:
        """Return the branch of the settings, or the default one, and its newest commit."""
        branch = self.settings.branch or (await self.fetch_repository()).default_branch
        sha = await self.find_branch(branch)
        if sha is None:
            raise NotThere(
                f"{self.repository} has no branch {branch}",
                do=f"Correct the branch in the settings of {KEY}",
                status=404,
            )
        return Base(branch, sha)

    async def find_branch(self, branch: str) -> str | None:
        """Return the newest commit of a branch, or `None`."""
        try:
            return (await self.get(f"/git/ref/heads/{quote(branch)}", RefAnswer, READ_CONTENTS)).object.sha
        except NotThere:
            # A vanished repository answers the same; then its own address says so.
            await self.fetch_repository()
            return None

    async def list_commits(self, window: Window, path: str, limit: int) -> tuple[CommitMark, ...]:
        """Return the newest commits of the branch within the window that touch a path, at most `limit` (or 100)."""
        params = {
            "sha": window.branch,
            "since": format_instant(window.since),
            "until": format_instant(window.until),
            "per_page": min(limit, 100),
        }
        if path != WHOLE:
            params["path"] = path
        found = await self.list("/commits", CommitAnswer, READ_CONTENTS, params)
        return tuple(CommitMark(one.sha, _read_time(one)) for one in found)

    async def list_parts(self, window: Window) -> Sequence[tuple[str, Part | BaseException]]:
        """Return deployments, runs, releases and merged pull requests, all asked at once."""
        return await list_parts(self, window)

    async def fetch_commit(self, sha: str) -> Commit:
        """Return one commit with its diff; of a large one the first 300 files."""
        try:
            answer = await self.get(f"/commits/{quote(sha, safe='')}", CommitAnswer, READ_CONTENTS)
        except OperationalError as error:
            if error.facts.get("status") != _NO_SUCH_COMMIT:
                raise
            raise NotThere(error.what, why=error.why, do="Correct the id", status=_NO_SUCH_COMMIT) from error
        title, _, body = answer.commit.message.partition("\n")
        return Commit(
            sha=answer.sha,
            parents=tuple(parent.sha for parent in answer.parents),
            title=title,
            body=body.strip(),
            author=answer.commit.author.name if answer.commit.author else "",
            committed_at=_read_time(answer),
            files=tuple(
                ChangedFile(
                    path=file.filename,
                    old_path=file.previous_filename if file.status == "renamed" else "",
                    # Without changed lines there is nothing to show: a rename, a mode, a binary file.
                    patch=file.patch if file.patch is not None or file.changes else "",
                    is_new=file.status in ("added", "copied"),
                    is_gone=file.status == "removed",
                )
                for file in answer.files
            ),
            is_whole=len(answer.files) < MOST_FILES,
            url=answer.html_url,
        )

    async def compare(self, base: str, head: str, page: int = 1, per_page: int = 100) -> CompareAnswer:
        """Return how two commits stand to each other. Only the first page carries files, which nobody reads here."""
        path = f"/compare/{quote(base, safe='')}...{quote(head, safe='')}"
        return await self.get(path, CompareAnswer, READ_CONTENTS, {"page": page, "per_page": per_page})

    async def list_brought(self, merge: Commit) -> tuple[str, ...]:
        """Return the commits that a merge brought: the first hundred."""
        found = await self.compare(merge.parents[0], merge.sha)
        return tuple(one.sha for one in found.commits if one.sha != merge.sha)

    async def is_ancestor(self, sha: str, head: str) -> bool:
        """Answer whether `head` holds the commit."""
        return (await self.compare(sha, head, page=2, per_page=1)).status in ("ahead", "identical")

    async def find_file(self, sha: str, path: str) -> TreeFile | None:
        """Return a file as of a commit, found folder by folder: a folder that did not change is asked for once."""
        entry = await self._find_entry(sha, path)
        if entry is None or entry.type not in _LINK_TYPES:
            return None
        if entry.type == "commit":  # Another repository; it has no content here.
            return TreeFile(b"", entry.mode, entry.sha)
        key = (entry.sha, entry.mode)
        if self._files.holds(key):
            return self._files.get(key)
        blob = await self.get(f"/git/blobs/{entry.sha}", BlobAnswer, READ_CONTENTS)
        file = TreeFile(_decode(blob), entry.mode, entry.sha)
        self._files.put(key, file)
        return file

    async def list_files(self, sha: str, folder: str) -> Listing:
        """Return the files below a folder; GitHub cuts lists of more than 100,000 names or 7 MB."""
        root = await self._find_root(sha)
        if folder:
            entry = await self._find_entry(sha, folder)
            if entry is None or entry.type != _TREE:
                return Listing(())
            root = entry.sha
        tree = await self.get(f"/git/trees/{root}", TreeAnswer, READ_CONTENTS, {"recursive": "1"})
        prefix = f"{folder}/" if folder else ""
        paths = tuple(f"{prefix}{entry.path}" for entry in tree.tree if entry.type == "blob")
        return Listing(paths, is_whole=not tree.truncated)

    async def write_branch(self, branch: str, base: Base, message: str, edits: Sequence[FileEdit]) -> str:
        """Make a branch that is one commit ahead of `base`. Until the last call nothing refers to what was written."""
        commit = await self._write_commit(base.sha, message, edits)
        needs = WRITE_CONTENTS
        if any(edit.path.startswith(".github/workflows/") for edit in edits):
            needs += ", and Workflows: write"
        await self._post("/git/refs", RefAnswer, {"ref": f"refs/heads/{branch}", "sha": commit}, needs)
        return commit

    async def extend_branch(self, branch: str, head: str, message: str, edits: Sequence[FileEdit]) -> str:
        """Put one commit on a branch. GitHub refuses it with 422 when somebody else was faster."""
        commit = await self._write_commit(head, message, edits)
        path = f"{self._path}/git/refs/heads/{quote(branch)}"
        with asking(WRITE_CONTENTS):
            await self._session.write("PATCH", path, RefAnswer, body={"sha": commit, "force": False})
        return commit

    async def _write_commit(self, parent: str, message: str, edits: Sequence[FileEdit]) -> str:
        entries = [
            {"path": edit.path, "mode": edit.mode, "type": "blob"}
            | ({"sha": None} if edit.after is None else {"content": edit.after})
            for edit in edits
        ]
        root = await self._find_root(parent)
        tree = await self._post("/git/trees", ObjectMark, {"base_tree": root, "tree": entries}, WRITE_CONTENTS)
        body = {"message": message, "tree": tree.sha, "parents": [parent]}
        return (await self._post("/git/commits", ObjectMark, body, WRITE_CONTENTS)).sha

    async def open_request(self, branch: str, base: Base, title: str, body: str) -> Request:
        """Open the pull request."""
        given = {"title": title, "head": branch, "base": base.branch, "body": body}
        return read_request(await self._post("/pulls", PullAnswer, given, WRITE_PULLS))

    async def delete_branch(self, branch: str) -> None:
        """Delete a branch."""
        with asking(WRITE_CONTENTS):
            await self._session.send("DELETE", f"{self._path}/git/refs/heads/{quote(branch)}")

    async def find_request(self, branch: str) -> Request | None:
        """Return the newest pull request from a branch of this repository."""
        owner = self.repository.partition("/")[0]
        params = {"head": f"{owner}:{branch}", "state": "all", "per_page": 10}
        found = await self.list("/pulls", PullAnswer, READ_PULLS, params)
        own = [read_request(pull) for pull in found if pull.head.ref == branch]
        return max(own, key=lambda request: request.number, default=None)

    async def list_requests(self) -> tuple[Request, ...]:
        """Return the 50 pull requests that changed last."""
        params = {"state": "all", "sort": "updated", "direction": "desc", "per_page": 50}
        return tuple(read_request(pull) for pull in await self.list("/pulls", PullAnswer, READ_PULLS, params))

    async def fetch_checks(self, sha: str) -> Checks:
        """Return what the check runs of a commit say, the first 100 of them."""
        answer = await self.get(f"/commits/{sha}/check-runs", CheckRunsAnswer, "Checks: read", {"per_page": 100})
        runs = answer.check_runs
        failed = [run.name for run in runs if run.status == "completed" and run.conclusion not in _GOOD]
        running = [run.name for run in runs if run.status != "completed"]
        if failed:
            return Checks("failed", f"{', '.join(failed[:3])} of {answer.total_count} failed")
        if running:
            return Checks("running", f"{', '.join(running[:3])} of {answer.total_count} not finished")
        return Checks("passed", f"all {answer.total_count} passed") if runs else Checks("none", "none")

    async def describe_rights(self) -> str:
        """Say what is known of the right to write: GitHub tells the user's, not a fine-grained token's own."""
        repository = await self.fetch_repository()
        if repository.archived:
            raise OperationalError(f"{repository.full_name} is archived", do=f"Take it out of the settings of {KEY}")
        if not repository.permissions.get("push"):
            raise OperationalError(
                f"No pull request can be opened in {repository.full_name}",
                why="The token's user may not push there",
                do=f"Give the token {WRITE_CONTENTS} and {WRITE_PULLS}, and its user write access",
            )
        return (
            f"the token's user may push; whether the token itself has {WRITE_CONTENTS} and {WRITE_PULLS}, GitHub does "
            "not tell before it is tried"
        )

    async def _post(self, path: str, shape: type[T], body: Any, needs: str) -> T:
        with asking(needs):
            return await self._session.post(f"{self._path}{path}", shape, body)

    async def _find_root(self, sha: str) -> str:
        if sha not in self._roots:
            asked = self.get(f"/git/commits/{quote(sha, safe='')}", GitCommitAnswer, READ_CONTENTS)
            self._roots[sha] = asyncio.ensure_future(asked)
        return (await self._roots[sha]).tree.sha

    async def _find_entry(self, sha: str, path: str) -> TreeEntry | None:
        """Return the name at the end of a path, or `None` where there is none."""
        folder = await self._find_root(sha)
        *parts, last = path.split("/")
        for part in parts:
            entry = await self._find_name(folder, part)
            if entry is None or entry.type != _TREE:
                return None
            folder = entry.sha
        return await self._find_name(folder, last)

    async def _find_name(self, tree: str, name: str) -> TreeEntry | None:
        if tree not in self._trees:
            # The same folder is wanted by several files at once: all wait for one call.
            self._trees[tree] = asyncio.ensure_future(self.get(f"/git/trees/{tree}", TreeAnswer, READ_CONTENTS))
        answer = await self._trees[tree]
        return next((entry for entry in answer.tree if entry.path == name), None)


def _read_time(answer: CommitAnswer) -> datetime:
    """Return when a commit was made: the description lets GitHub leave it out, git does not."""
    for signature in (answer.commit.committer, answer.commit.author):
        if signature is not None and signature.date is not None:
            return signature.date
    raise OperationalError(f"GitHub does not say when {answer.sha[:10]} was committed", do="Ask it by hand")


def _decode(blob: BlobAnswer) -> bytes:
    try:
        return base64.b64decode(blob.content) if blob.encoding == "base64" else blob.content.encode()
    except (binascii.Error, ValueError) as error:
        raise OperationalError(f"GitHub gave a blob that is not {blob.encoding}", do="Ask again") from error
