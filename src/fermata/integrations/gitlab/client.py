"""GitLab over its REST API: one project, asked and changed through the calls that are documented."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, TypeAdapter

from fermata.integrations.gitlab.doctor import find_token
from fermata.integrations.gitlab.events import read_request
from fermata.integrations.gitlab.listing import list_parts
from fermata.integrations.gitlab.refusals import KEY, asking, refuse_moved
from fermata.integrations.gitlab.wire import (
    BranchAnswer,
    CommitAnswer,
    CommitStatus,
    DiffAnswer,
    FileAnswer,
    MergeRequestAnswer,
    ProjectAnswer,
    TreeEntry,
)
from fermata.integrations.gitlab.wire import CommitMark as CommitId
from fermata.kit.clock import format_instant
from fermata.kit.errors import OperationalError
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

WORDS = ForgeWords(system=KEY, name="GitLab", request="merge request", verb="open_merge_request", sign="!")
READING = "scope read_api, and the role Reporter in the project"
WRITING = "scope api, and the role Developer in the project"
_DEVELOPER = 30
_GRANULAR = "granular"  # What a fine-grained token calls its scopes.
_MOST_TREE_PAGES = 20  # Of 100 names each.
_MOST_DIFF_PAGES = 3  # Of 100 files each.
_PASSED = frozenset({"success", "skipped", "manual"})
_FAILED = frozenset({"failed", "canceled"})


class GitLabForge:
    """Opens the projects of the settings."""

    words = WORDS

    def __init__(self, api: JsonApi, repositories: dict[str, ForgeRepositorySettings]) -> None:
        self._api = api
        self.repositories = repositories
        """By `group/project`."""
        self._files = {name: FileCache() for name in repositories}

    @asynccontextmanager
    async def open(self, repository: str) -> AsyncIterator[GitLabSession]:
        """Open one project of the settings; its connections are kept until it is closed."""
        async with self._api.connect() as session:
            settings, files = self.repositories[repository], self._files[repository]
            yield GitLabSession(session, repository, settings, self._api.target.url, files)


class GitLabSession:
    """One project over open connections."""

    def __init__(
        self, session: ApiSession, repository: str, settings: ForgeRepositorySettings, url: str, files: FileCache
    ) -> None:
        self._files = files
        self.settings = settings
        self.repository = repository
        self._session = session
        self._url = url
        self._path = f"/projects/{quote(repository, safe='')}"

    def name_url(self, path: str) -> str:
        """Return where something below the project's path can be asked for again."""
        return f"{self._url}{self._path}{path}"

    async def get(self, path: str, shape: type[T], params: Mapping[str, Any] | None = None) -> T:
        """Return the answer to a GET below the project's path.

        Raises:
            OperationalError: It cannot be asked, or refuses; the message names scope and role.
        """
        with asking(READING):
            return await self._session.get(f"{self._path}{path}", shape, params)

    async def list(self, path: str, shape: type[T], params: Mapping[str, Any]) -> tuple[T, ...]:
        """Return one page of a list below the project's path.

        Raises:
            OperationalError: As `get`.
        """
        with asking(READING):
            return await self._session.get(f"{self._path}{path}", TypeAdapter(tuple[shape, ...]), params)  # type: ignore[valid-type]  # a class given as a value

    async def fetch_project(self) -> ProjectAnswer:
        """Return what GitLab says of the project itself."""
        try:
            return await self.get("", ProjectAnswer)
        except OperationalError as error:
            await refuse_moved(self._session, self.repository, error)
            raise

    async def fetch_base(self) -> Base:
        """Return the branch of the settings, or the default one, and its newest commit."""
        branch = self.settings.branch or (await self.fetch_project()).default_branch
        sha = await self.find_branch(branch) if branch else None
        if branch is None or sha is None:
            raise NotThere(
                f"{self.repository} has no branch {branch or 'at all'}",
                do=f"Correct the branch in the settings of {KEY}",
                status=404,
            )
        return Base(branch, sha)

    async def find_branch(self, branch: str) -> str | None:
        """Return the newest commit of a branch, or `None`."""
        try:
            return (await self.get(f"/repository/branches/{quote(branch, safe='')}", BranchAnswer)).commit.id
        except NotThere:
            # A vanished project answers the same; then its own address says so.
            await self.fetch_project()
            return None

    async def list_commits(self, window: Window, path: str, limit: int) -> tuple[CommitMark, ...]:
        """Return the newest commits of the branch within the window that touch a path, at most `limit` (or 100)."""
        params = {
            "ref_name": window.branch,
            "since": format_instant(window.since),
            "until": format_instant(window.until),
            "per_page": min(limit, 100),
        }
        if path != WHOLE:
            params["path"] = path
        found = await self.list("/repository/commits", CommitAnswer, params)
        return tuple(CommitMark(one.id, one.committed_date) for one in found)

    async def list_parts(self, window: Window) -> Sequence[tuple[str, Part | BaseException]]:
        """Return deployments, pipelines, releases and merged requests, all asked at once."""
        return await list_parts(self, window)

    async def fetch_commit(self, sha: str) -> Commit:
        """Return one commit with its diff; of a large one the first 300 files."""
        path = f"/repository/commits/{quote(sha, safe='')}"
        answer = await self.get(path, CommitAnswer)
        with asking(READING):
            diffs = await self._session.list_pages(
                f"{self._path}{path}/diff", TypeAdapter(DiffAnswer), {"per_page": 100}, _MOST_DIFF_PAGES
            )
        _, _, body = answer.message.partition("\n")
        return Commit(
            sha=answer.id,
            parents=answer.parent_ids,
            title=answer.title,
            body=body.strip(),
            author=answer.author_name,
            committed_at=answer.committed_date,
            files=tuple(_read_file(diff) for diff in diffs.items),
            is_whole=diffs.is_whole,
            url=answer.web_url,
        )

    async def list_brought(self, merge: Commit) -> tuple[str, ...]:
        """Return the commits that a merge brought: the newest hundred."""
        params = {"ref_name": f"{merge.parents[0]}..{merge.sha}", "per_page": 100}
        found = await self.list("/repository/commits", CommitAnswer, params)
        return tuple(one.id for one in found if one.id != merge.sha)

    async def is_ancestor(self, sha: str, head: str) -> bool:
        """Answer whether `head` holds the commit: then it is their merge base."""
        try:
            found = await self.get("/repository/merge_base", CommitId, {"refs[]": [sha, head]})
        except NotThere:  # Nothing in common.
            return False
        return found.id == sha

    async def find_file(self, sha: str, path: str) -> TreeFile | None:
        """Return a file as of a commit; `None` when it has none there."""
        key = (sha, path)
        if self._files.holds(key):
            return self._files.get(key)
        file = await self._read_file(sha, path)
        self._files.put(key, file)
        return file

    async def _read_file(self, sha: str, path: str) -> TreeFile | None:
        try:
            answer = await self.get(f"/repository/files/{quote(path, safe='')}", FileAnswer, {"ref": sha})
        except NotThere as error:
            # A project that the token may not see any more says 404 too; that must not pass for a deleted file.
            if "file not found" not in error.why.lower():
                raise
            return None
        return TreeFile(_decode(answer), "100755" if answer.execute_filemode else "100644", answer.blob_id)

    async def list_files(self, sha: str, folder: str) -> Listing:
        """Return the files below a folder, of the first 2,000 names."""
        params = {"ref": sha, "recursive": "true", "per_page": 100} | ({"path": folder} if folder else {})
        try:
            with asking(READING):
                pages = await self._session.list_pages(
                    f"{self._path}/repository/tree", TypeAdapter(TreeEntry), params, _MOST_TREE_PAGES
                )
        except NotThere:  # No such folder.
            return Listing(())
        return Listing(tuple(entry.path for entry in pages.items if entry.type == "blob"), is_whole=pages.is_whole)

    async def write_branch(self, branch: str, base: Base, message: str, edits: Sequence[FileEdit]) -> str:
        """Make a branch that is one commit ahead of `base`: one call, which does all of it or nothing."""
        body = {
            "branch": branch,
            "start_sha": base.sha,
            "commit_message": message,
            "actions": [_write_action(edit) for edit in edits],
        }
        return (await self._post("/repository/commits", CommitId, body)).id

    async def extend_branch(self, branch: str, head: str, message: str, edits: Sequence[FileEdit]) -> str:
        """Put one commit on a branch. GitLab cannot be told what it has to follow: so that is looked at right before.

        A push within that moment is in the branch's history, under this commit.
        """
        if await self.find_branch(branch) != head:
            raise OperationalError(f"{branch} has moved on since it was read", do="Look at it, and try again")
        body = {"branch": branch, "commit_message": message, "actions": [_write_action(edit) for edit in edits]}
        return (await self._post("/repository/commits", CommitId, body)).id

    async def open_request(self, branch: str, base: Base, title: str, body: str) -> Request:
        """Open the merge request."""
        given = {"source_branch": branch, "target_branch": base.branch, "title": title, "description": body}
        return read_request(await self._post("/merge_requests", MergeRequestAnswer, given))

    async def delete_branch(self, branch: str) -> None:
        """Delete a branch."""
        with asking(WRITING):
            await self._session.send("DELETE", f"{self._path}/repository/branches/{quote(branch, safe='')}")

    async def find_request(self, branch: str) -> Request | None:
        """Return the newest merge request from a branch of this project."""
        params = {"source_branch": branch, "state": "all", "per_page": 10}
        found = [read_request(one) for one in await self.list("/merge_requests", MergeRequestAnswer, params)]
        return max(found, key=lambda request: request.number, default=None)

    async def list_requests(self) -> tuple[Request, ...]:
        """Return the 50 merge requests that changed last."""
        params = {"state": "all", "order_by": "updated_at", "sort": "desc", "per_page": 50}
        return tuple(read_request(one) for one in await self.list("/merge_requests", MergeRequestAnswer, params))

    async def fetch_checks(self, sha: str) -> Checks:
        """Return what the jobs and outside checks of a commit say, the first 100 of them."""
        path = f"/repository/commits/{quote(sha, safe='')}/statuses"
        found = await self.list(path, CommitStatus, {"per_page": 100})
        failed = [one.name for one in found if one.status in _FAILED and not one.allow_failure]
        running = [one.name for one in found if one.status not in _FAILED | _PASSED]
        if failed:
            return Checks("failed", f"{', '.join(failed[:3])} of {len(found)} failed")
        if running:
            return Checks("running", f"{', '.join(running[:3])} of {len(found)} not finished")
        return Checks("passed", f"all {len(found)} passed") if found else Checks("none", "none")

    async def describe_rights(self) -> str:
        """Say what the token may do, by its scopes and its user's role."""
        project = await self.fetch_project()
        if project.archived:
            raise OperationalError(
                f"{project.path_with_namespace} is archived", do=f"Take it out of the settings of {KEY}"
            )
        scopes, until = await self._read_token()
        roles = [
            access.access_level
            for access in (project.permissions.project_access, project.permissions.group_access)
            if access
        ]
        lacking = ["the scope api"] if scopes and not {"api", _GRANULAR} & set(scopes) else []
        lacking += [] if max(roles, default=0) >= _DEVELOPER else ["the role Developer in the project"]
        if lacking:
            raise OperationalError(
                f"No merge request can be opened in {project.path_with_namespace}",
                why=f"The token has the scopes {', '.join(scopes) or 'that GitLab does not tell'}",
                do=f"Give the token of {KEY} {' and '.join(lacking)}",
            )
        if not scopes or _GRANULAR in scopes:
            return f"its user may write; whether the token itself may, GitLab does not tell before it is tried{until}"
        return f"the token may write{until}"

    async def _read_token(self) -> tuple[tuple[str, ...], str]:
        """Return the scopes of the token and until when it is valid; nothing for a kind that cannot be asked for."""
        token = await find_token(self._session, READING)
        if token is None:
            return (), ""
        return token.scopes, f", valid until {token.expires_at}" if token.expires_at else ""

    async def _post(self, path: str, shape: type[T], body: Any) -> T:
        with asking(WRITING):
            return await self._session.post(f"{self._path}{path}", shape, body)


def _read_file(diff: DiffAnswer) -> ChangedFile:
    is_withheld = bool(diff.collapsed or diff.too_large)
    if not diff.diff and diff.too_large is None:  # It does not say; only a rename has none for certain.
        is_withheld = not diff.renamed_file
    return ChangedFile(
        path=diff.new_path,
        old_path=diff.old_path if diff.old_path != diff.new_path else "",
        patch=None if is_withheld else _cut_header(diff.diff),
        is_new=diff.new_file,
        is_gone=diff.deleted_file,
    )


def _cut_header(diff: str) -> str:
    """Return the hunks alone: old servers put the names of the files before them."""
    return diff[diff.find("@@") :] if diff.startswith("--- ") and "@@" in diff else diff


def _write_action(edit: FileEdit) -> dict[str, Any]:
    if edit.after is None:
        return {"action": "delete", "file_path": edit.path}
    action: dict[str, Any] = {"file_path": edit.path, "content": edit.after, "encoding": "text"}
    if edit.before is None:
        return action | {"action": "create", "execute_filemode": edit.mode == "100755"}
    return action | {"action": "update"}


def _decode(answer: FileAnswer) -> bytes:
    try:
        return base64.b64decode(answer.content) if answer.encoding == "base64" else answer.content.encode()
    except (binascii.Error, ValueError) as error:
        raise OperationalError(f"GitLab gave a file that is not {answer.encoding}", do="Ask again") from error
