"""Commits, their files and their lines, read from git's own output. Parsing is pure; the asking is one call each."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from fermata.integrations.git.client import GitClient
from fermata.kit.clock import format_instant

_FORMAT = "%H%x00%P%x00%an%x00%ct%x00%s%x00%b%x1e"
_BLAME = re.compile(rb"([0-9a-f]{40,64}) \d+ (\d+)(?: \d+)?")
_BLOB = re.compile(rb"[0-9a-f]{40,64} ([a-z]+) (\d+)")
_MISDATED = timedelta(days=1)
"""How far back a commit may be dated that is newer than it says."""
_MOST_MERGES = 20  # They bound how much history is walked through.
_SAID = re.compile(r"^This reverts commit ([0-9a-f]{40,64})\b", re.MULTILINE)
"""As `git revert` writes it."""
TRAILER = "Fermata-Action"
"""What a commit of Fermata's own carries in its last lines, with the mark of the action."""
PLAIN_DIFF = ("--no-color", "--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/")
"""A diff that is the same whatever the repository's own settings and attributes say."""
SUBMODULES = ("--ignore-submodules=none", "--submodule=short")
"""That another commit of a submodule is used is a change, whatever the repository says. Between commits only: of a
working copy git would start another git in each."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit."""

    sha: str
    parents: tuple[str, ...]
    author: str
    committed_at: datetime
    title: str
    body: str
    merge: Commit | None = None
    """What brought it to the line of HEAD; `None` where it was written there."""

    @property
    def came_at(self) -> datetime:
        """Return since when HEAD holds it: whoever merges an old branch changes what runs now."""
        return (self.merge or self).committed_at

    @property
    def base(self) -> tuple[str, ...]:
        """Return what HEAD's line held before it came."""
        return self.merge.parents[:1] if self.merge else self.parents

    @property
    def mark(self) -> str:
        """Return the mark that its last trailer of ours holds, whoever wrote it; empty without one."""
        found = [line for line in self.body.splitlines() if line.startswith(f"{TRAILER}: ")]
        return found[-1].removeprefix(f"{TRAILER}: ").strip() if found else ""


@dataclass(frozen=True, slots=True)
class Window:
    """When a commit has to have come."""

    since: datetime
    until: datetime
    now: datetime
    """What is dated ahead of this clock counts as well."""


@dataclass(frozen=True, slots=True)
class Merges:
    """The merges on HEAD's own line, asked for once, and what each of them brought to it."""

    listed: tuple[Commit, ...] = ()
    """Newest first."""
    brought_by: Mapping[str, Commit] = field(default_factory=dict)
    """By commit the merge that brought it, of those listed."""


async def list_merges(git: GitClient, since: datetime) -> Merges:
    """Return the merges since then, with what they brought, whichever files it touches.

    Raises:
        OperationalError: git failed, such as in a repository without commits.
    """
    since = since.replace(microsecond=0)
    most = f"--max-count={_MOST_MERGES}"
    output = await git.run(
        "log", "--first-parent", "--merges", most, _recent(since), f"--format={_FORMAT}", "HEAD", "--"
    )
    listed = parse_log(output.text)
    if not any(merge.committed_at >= since for merge in listed):
        return Merges()
    graph = await git.run("rev-list", "--parents", "HEAD", f"^{listed[-1].parents[0]}", "--")
    # Of a graph that was cut the last row may lack parents.
    rows = [row.split() for row in graph.text.split("\n")[:-1]]
    brought_by = find_brought({sha: tuple(parents) for sha, *parents in rows}, listed)
    return Merges(listed, {sha: merge for sha, merge in brought_by.items() if merge.committed_at >= since})


def find_brought(graph: Mapping[str, Sequence[str]], merges: Sequence[Commit]) -> Mapping[str, Commit]:
    """Return by commit the merge that brought it: the first one on HEAD's line from which it can be reached.

    Args:
        graph: By commit its parents: all that HEAD holds and the oldest merge's first parent does not; HEAD first.
        merges: On HEAD's line, newest first.
    """
    line, sha = set(), next(iter(graph), "")
    while sha in graph and sha not in line:
        line.add(sha)
        sha = next(iter(graph[sha]), "")
    brought: dict[str, Commit] = {}
    for merge in reversed(merges):
        left = list(merge.parents[1:])
        while left:
            sha = left.pop()
            if sha in graph and sha not in line and sha not in brought:
                brought[sha] = merge
                left += graph[sha]
    return brought


async def list_commits(
    git: GitClient, paths: Sequence[str], window: Window, limit: int, merges: Merges
) -> tuple[Commit, ...]:
    """Return the commits reachable from HEAD that touch the paths and came within the window, newest first.

    One that is dated ahead of the window's `now` is among them: it is there, whatever the clock was that dated it.

    Raises:
        OperationalError: git failed, such as in a repository without commits.
    """
    since = window.since.replace(microsecond=0)
    log = ("log", f"--format={_FORMAT}")
    written = await git.run(*log, f"--max-count={limit}", _recent(since), "HEAD", "--", *paths)
    found = {commit.sha: commit for commit in parse_log(written.text)}
    brought = {}
    if merges.listed:
        output = await git.run(*log, "HEAD", f"^{merges.listed[-1].parents[0]}", "--", *paths)
        for commit in parse_log(output.text):
            merge = merges.brought_by.get(commit.sha)
            if merge is not None and merge.committed_at >= since:
                brought[commit.sha] = replace(commit, merge=merge)
    known = [
        one
        for one in {**found, **brought}.values()
        if since <= one.came_at and (one.came_at <= window.until or one.came_at > window.now)
    ]
    return tuple(sorted(known, key=lambda one: one.came_at, reverse=True) if brought else known)[:limit]


def _recent(since: datetime) -> str:
    # git stops at the first commit that is older, and a clock that was wrong, or a rebase, may have dated a commit
    # before its parents: newer ones behind it would be lost.
    return f"--since={format_instant(since - _MISDATED)}"


async def find_taken_back(git: GitClient, sha: str, paths: Sequence[str]) -> datetime | None:
    """Return since when nothing of a commit is left on HEAD, of one that reverts to nothing.

    Returns:
        The time of the latest commit that says that it reverts this one, else of the latest one to the same files;
        `None` where there is neither.
    """
    output = await git.run("log", f"--format={_FORMAT}", "--end-of-options", f"{sha}..HEAD", "--", *paths)
    later = parse_log(output.text)
    saying = (commit for commit in later if f"This reverts commit {sha}" in commit.body)
    found = next(saying, later[0] if later else None)
    return found.committed_at if found is not None else None


def find_said_back(commits: Sequence[Commit]) -> Mapping[str, datetime]:
    """Return by commit when another one said that it reverts it, and was not itself taken back since.

    Args:
        commits: Newest first.
    """
    back: dict[str, datetime] = {}
    for commit in commits:
        for sha in _SAID.findall(commit.body) if commit.sha not in back else ():
            back.setdefault(sha, commit.came_at)
    return back


async def find_commit(git: GitClient, sha: str) -> Commit | None:
    """Return one commit by its full id, or `None` when the repository does not have it."""
    output = await git.run(
        "log", "--max-count=1", f"--format={_FORMAT}", "--end-of-options", sha, "--", accept=(0, 128)
    )
    return parse_log(output.text)[0] if output.code == 0 and output.raw else None


def parse_log(text: str) -> tuple[Commit, ...]:
    """Return the commits of `git log` in the format used here."""
    commits = []
    for row in text.split("\x1e"):
        fields = row.lstrip("\n").split("\x00")
        if len(fields) == 6:  # as many as _FORMAT names
            sha, parents, author, at, title, body = fields
            moment = datetime.fromtimestamp(int(at), UTC)
            commits.append(Commit(sha, tuple(parents.split()), author, moment, title, body.strip()))
    return tuple(commits)


async def list_files(git: GitClient, sha: str) -> tuple[str, ...]:
    """Return the paths a commit touches, old and new names of a rename alike; of a merge, against its first parent."""
    output = await git.run(
        "show",
        "--format=",
        "--name-only",
        "-z",
        "--no-renames",
        *SUBMODULES,
        "--diff-merges=first-parent",
        "--end-of-options",
        sha,
        "--",
    )
    return tuple(os.fsdecode(name) for name in output.raw.split(b"\0") if name)


async def list_siblings(git: GitClient, paths: Sequence[str]) -> tuple[str, ...]:
    """Return, by name, the files that HEAD has in the folders of those paths that are files; not of folders in them."""
    folders = sorted({str(PurePosixPath(path).parent) for path in paths if path not in ("", ".")})
    # A folder's own name lists the folder, with a slash what is in it. Without a commit there is no HEAD (128).
    asked = [f"{folder}/" for folder in folders if folder != "."]
    outputs = [await git.run("ls-tree", "-z", "HEAD", "--", *asked, accept=(0, 128))] if asked else []
    outputs += [await git.run("ls-tree", "-z", "HEAD", accept=(0, 128))] if "." in folders else []
    rows = [row.partition(b"\t") for output in outputs for row in output.raw.split(b"\0")]
    blobs = {os.fsdecode(name) for about, _, name in rows if b" blob " in about}
    own = {str(PurePosixPath(path)) for path in paths}
    beside = {str(PurePosixPath(path).parent) for path in own & blobs}
    return tuple(sorted(name for name in blobs if str(PurePosixPath(name).parent) in beside))


async def fetch_files(git: GitClient, wanted: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
    """Return files as commits left them, by commit and path; without those that a commit has not, or beyond the limit.

    Raises:
        OperationalError: git failed.
    """
    # A line names one.
    asked = [(sha, path) for sha, path in wanted if "\n" not in path]
    if not asked:
        return {}
    lines = b"".join(os.fsencode(f"{sha}:{path}\n") for sha, path in asked)
    return parse_blobs((await git.run("cat-file", "--batch", stdin=lines)).raw, asked)


def parse_blobs(raw: bytes, asked: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return the files that `git cat-file --batch` says, in the order of the asking; others are left out."""
    files, at = {}, 0
    for one in asked:
        end = raw.find(b"\n", at)
        found = _BLOB.fullmatch(raw[at:end]) if end >= 0 else None
        at = end + 1
        if end < 0 or (found is not None and at + int(found[2]) > len(raw)):
            break
        if found is not None:
            if found[1] == b"blob":
                files[one] = raw[at : at + int(found[2])].decode(errors="replace")
            at += int(found[2]) + 1
    return files


async def fetch_blame(git: GitClient, path: str, since: Commit) -> Mapping[str, tuple[int, ...]] | None:
    """Return by commit the lines of a file at HEAD that are its; `None` when there is no such file at HEAD.

    Only HEAD's numbers fit the tracebacks of what runs; a commit's own drift with everything committed after it.
    White space counts: in Python an indentation is a change.

    Args:
        since: The oldest commit that is asked about. What is older is nobody's here: git would
            go through all of the file's history for it, which is most of the time that reading commits takes.
    """
    older = [f"^{sha}" for sha in since.base]
    output = await git.run("blame", "-s", "--porcelain", "--no-textconv", *older, "HEAD", "--", path, accept=(0, 128))
    return None if output.code or output.is_cut else parse_blame(output.raw)


def parse_blame(raw: bytes) -> dict[str, tuple[int, ...]]:
    """Return line numbers by commit from `git blame --porcelain`; lines of the file itself begin with a tab.

    Where git looked no further back, what is there already counts as nobody's: a boundary wrote none of it.
    """
    lines: dict[str, list[int]] = {}
    boundaries: set[str] = set()
    sha = ""
    for line in raw.split(b"\n"):
        if match := _BLAME.fullmatch(line):
            sha = match[1].decode()
            lines.setdefault(sha, []).append(int(match[2]))
        elif line == b"boundary":
            boundaries.add(sha)
    return {sha: tuple(numbers) for sha, numbers in lines.items() if sha not in boundaries}
