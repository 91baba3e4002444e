"""Commits read in two goes: first what each changed, of all of them; then, which takes longer, what is left of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath

from fermata.domain.facts import ChangeFacts, FileChange
from fermata.integrations.git.history import (
    Commit,
    Window,
    fetch_blame,
    fetch_files,
    find_said_back,
    find_taken_back,
)
from fermata.integrations.git.repository import Repository
from fermata.integrations.git.revert import Trial, Trials
from fermata.integrations.git.showing import Show, show_diffs, show_files, split_names
from fermata.integrations.git.yaml_places import ENDINGS, add_places
from fermata.kit.clock import format_instant
from fermata.kit.diffs import hide_diff, list_added
from fermata.kit.hiding import Hidden
from fermata.kit.redaction import redact

DIFF_LINES = 400
"""Lines of diff kept of one commit; the service's own files come first."""
_MOST_TRIALS = 10  # Trial reverts; each costs two git processes.
_MOST_BLAMES = 30
_MOST_OTHER_FILES = 100
_MOST_SETTINGS = 5  # Files of a commit that are read whole.
_LONGEST_MARK = 200


@dataclass(frozen=True, slots=True)
class Batch:
    """Commits that are read together."""

    window: Window
    paths: Sequence[str] = ()
    """The files and folders of the services that they are read for."""
    listed: Sequence[Commit] = ()
    """Newest first, each that will be read among them."""
    commits: Sequence[Commit] = ()
    left_out: str = ""
    """What was there and is not read."""
    is_beside: bool = False
    """Of services beside the scope's: how they revert is not tried."""


@dataclass(frozen=True, slots=True)
class Change:
    """One commit, read."""

    commit: Commit
    facts: ChangeFacts
    hidden: Hidden
    cut: str


@dataclass(frozen=True, slots=True)
class _Files:
    """What a commit touches."""

    mine: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def is_large(self) -> bool:
        return len(self.others) > _MOST_OTHER_FILES


@dataclass(frozen=True, slots=True)
class _Shown:
    """Where each thing of a commit is read."""

    mine: Show
    others: Show
    """Of commits with not too many of them."""
    texts: Mapping[tuple[str, str], str]
    """Files of settings as a commit left them, by commit and path."""
    trials: Trials


@asynccontextmanager
async def open_reader(repository: Repository, batch: Batch) -> AsyncIterator[ChangeReader]:
    """Open a reader of those commits; what it started ends with the block.

    Raises:
        OperationalError: The repository cannot be read.
    """
    git, shas = repository.git, [commit.sha for commit in batch.commits]
    files = {}
    async with show_files(git, shas) as names:
        for sha in shas:
            touched = split_names(await names.read(sha))
            own = tuple(name for name in touched if is_under(name, batch.paths))
            files[sha] = _Files(own, tuple(name for name in touched if name not in set(own)))
    beside = {name for touched in files.values() if not touched.is_large for name in touched.others}
    settings = [
        (sha, path) for sha in shas for path in [n for n in files[sha].mine if n.endswith(ENDINGS)][:_MOST_SETTINGS]
    ]
    texts = await fetch_files(git, settings)
    # Merges need a person to say which side stays; the first commit has nothing to go back to.
    tried = [one.sha for one in batch.commits[:_MOST_TRIALS] if len(one.parents) == 1] if not batch.is_beside else []
    small = [sha for sha in shas if files[sha].others and not files[sha].is_large]
    async with (
        show_diffs(git, shas, batch.paths) as mine,
        show_diffs(git, small, sorted(beside)) as others,
        Trials(git, tried) as trials,
    ):
        yield ChangeReader(repository, batch, files, _Shown(mine, others, texts, trials))


class ChangeReader:
    """Read commits one after the other, blaming each file once for all of them."""

    def __init__(self, repository: Repository, batch: Batch, touched: Mapping[str, _Files], shown: _Shown) -> None:
        self._repository = repository
        self._batch = batch
        self._files = touched
        self._shown = shown
        self._said_back = find_said_back(batch.listed)
        self._blames: dict[str, Mapping[str, tuple[int, ...]] | None] = {}

    async def read(self, commit: Commit) -> Change:
        """Return a commit by what it changed itself: with its own numbers of lines, and no trial revert."""
        git, touched = self._repository.git, self._files[commit.sha]
        shown = await self._shown.mine.read(commit.sha)
        texts = {path: self._shown.texts.get((commit.sha, path), "") for path in touched.mine}
        diff, is_cut = add_places(shown.text, texts), shown.is_cut
        lines = diff.removesuffix("\n").split("\n")
        is_read = not is_cut and len(lines) <= DIFF_LINES
        added = list_added(diff)
        if touched.others:
            if touched.is_large:
                async with show_diffs(git, [commit.sha], touched.others[:_MOST_OTHER_FILES]) as alone:
                    more = await alone.read(commit.sha)
            else:
                more = await self._shown.others.read(commit.sha)
            added |= list_added(more.text)
            lines += more.text.removesuffix("\n").split("\n")
            is_cut = is_cut or more.is_cut or touched.is_large
        total = f"more than {len(lines)}" if is_cut else str(len(lines))
        is_dated = commit.came_at <= self._batch.window.now
        head = _describe(commit, is_dated=is_dated)
        facts = ChangeFacts(
            id=commit.sha,
            title=commit.title or "(no title)",
            author=commit.author,
            changed_at=commit.came_at if is_dated else self._batch.window.since,
            is_dated=is_dated,
            repository=self._repository.entity.ref,
            files=tuple(FileChange(path=name, added=added.get(name, ())) for name in (*touched.mine, *touched.others)),
            diff_read=is_read,
            # Whoever wrote the mark: a commit that claims to be Fermata's is for people to take back.
            revertible=False if commit.mark else None,
            is_reverted_aside=self._repository.settings.mode == "branch",
            taken_back_at=self._said_back.get(commit.sha),
            # Before it is cut: half a secret may look like none.
            mark=redact(commit.mark).text[:_LONGEST_MARK],
        )
        cut = f"first {DIFF_LINES} of {total} lines of the diff" if is_cut or len(lines) > DIFF_LINES else ""
        hidden = hide_diff([*head, *lines[:DIFF_LINES]], self._repository.list_env_files())
        return Change(commit, facts, hidden, cut)

    async def complete(self, change: Change) -> Change:
        """Return a commit with the numbers that its lines have at HEAD, and with what reverting it comes to."""
        commit, facts = change.commit, change.facts
        trial = await self._try_revert(commit)
        known = {
            "files": tuple([await self._read_file(commit, file) for file in facts.files]),
            "revertible": facts.revertible if commit.mark or trial is None else trial is Trial.CLEAN,
            "taken_back_at": await self._find_back(facts, trial),
        }
        return replace(change, facts=facts.model_copy(update=known))

    async def _read_file(self, commit: Commit, file: FileChange) -> FileChange:
        """Return the file with the commit's lines as HEAD numbers them, or as the commit did where HEAD cannot tell."""
        if file.added and file.path not in self._blames and len(self._blames) < _MOST_BLAMES:
            blame = await fetch_blame(self._repository.git, file.path, self._batch.listed[-1])
            self._blames[file.path] = blame
        known = self._blames.get(file.path)
        return file if known is None or not file.added else file.model_copy(update={"added": known.get(commit.sha, ())})

    async def _find_back(self, facts: ChangeFacts, trial: Trial | None) -> datetime | None:
        """Return since when it is taken back: as a trial shows, or as a later commit says where none could."""
        if trial is Trial.EMPTY:
            return await find_taken_back(self._repository.git, facts.id, [file.path for file in facts.files])
        return None if trial is Trial.CLEAN else facts.taken_back_at

    async def _try_revert(self, commit: Commit) -> Trial | None:
        if self._batch.is_beside or commit not in self._batch.commits[:_MOST_TRIALS]:
            return None
        return await self._shown.trials.try_revert(commit.sha) if len(commit.parents) == 1 else Trial.CONFLICT


def is_under(path: str, paths: Sequence[str]) -> bool:
    """Answer whether a file is one of the paths, or lies in one of them; `.` holds everything."""
    return any(name in (".", "") or PurePosixPath(path).is_relative_to(name) for name in paths)


def _describe(commit: Commit, *, is_dated: bool) -> list[str]:
    head = [f"commit {commit.sha}", f"author {commit.author}", f"date   {format_instant(commit.committed_at)}"]
    if commit.merge is not None:
        head.append(f"merged {format_instant(commit.came_at)} with {commit.merge.sha[:10]}: {commit.merge.title}")
    head += [] if is_dated else ["Its date is ahead of this machine's clock: when it was made is not known."]
    return [*head, "", f"    {commit.title}", *(f"    {line}".rstrip() for line in commit.body.splitlines()), ""]
