"""Computing a revert without touching anything: another index and another object store, in a folder that goes away.

The same computation against the real object store gives the tree that `execute` commits, so that what was shown and
what is done cannot differ.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Self

from fermata.integrations.git.client import GitClient, GitOutput
from fermata.integrations.git.history import PLAIN_DIFF, SUBMODULES
from fermata.integrations.git.showing import Show
from fermata.kit.errors import UserError

LARGEST_DIFF_BYTES = 256 * 1024
"""More than a person reads on a card."""
# Attributes and settings of the repository may call a script binary, or leave submodules out: all of it is shown.
_WHOLE = ("--text", *SUBMODULES, "--unified=3", "--inter-hunk-context=0")
_SUBMODULE = re.compile(r"^(?:index \S+|(?:new file|deleted file|old|new) mode) 160000$", re.MULTILINE)
_PATCH = ("--binary", "--full-index", "--no-renames", *SUBMODULES, *PLAIN_DIFF)


@dataclass(frozen=True, slots=True)
class Revert:
    """What reverting one commit on top of HEAD gives."""

    tree: str
    """The resulting tree's id; empty when it does not apply cleanly."""
    diff: str
    """From HEAD to that tree."""
    conflict: str
    """Why it does not apply cleanly, in git's words; empty when it does."""

    @property
    def is_of_submodule(self) -> bool:
        """Answer whether it takes another commit of a submodule, whose files lie in a repository of their own."""
        return _SUBMODULE.search(self.diff) is not None


class Trial(Enum):
    """What a revert would come to."""

    CLEAN = "clean"
    CONFLICT = "conflict"
    EMPTY = "empty"
    """It changes nothing: what the commit wrote is gone already."""


class Trials:
    """Reverts of several commits with one parent on HEAD, tried one after the other. They change nothing."""

    def __init__(self, git: GitClient, shas: Sequence[str]) -> None:
        """Get ready to try; nothing is asked before the first one.

        Args:
            shas: In the order in which they will be tried; some may be left out then.
        """
        self._git = git
        self._patches = Show(git, shas, "-R", *_PATCH)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._aside = git

    async def __aenter__(self) -> Self:
        """Take no place yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the place aside back."""
        await self._patches.__aexit__(kind, error, trace)
        if self._folder is not None:
            self._folder.cleanup()

    async def try_revert(self, sha: str) -> Trial:
        """Return what reverting a commit would come to.

        Raises:
            OperationalError: git failed.
        """
        patch = await self._patches.read(sha)
        if not patch.raw:
            return Trial.EMPTY
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="fermata-git-")
            self._aside = await _aside(self._git, Path(self._folder.name))
        # HEAD's index is made once: in a repository of many files that takes longer than all else here.
        index = Path(self._folder.name) / "index"
        tried = index.with_name("tried")
        await asyncio.to_thread(shutil.copyfile, index, tried)
        aside = self._aside.with_environment(GIT_INDEX_FILE=str(tried))
        if await _apply(aside, patch):
            return Trial.CONFLICT
        compared = await aside.run("diff", "--cached", "--quiet", *SUBMODULES, *PLAIN_DIFF, "HEAD", "--", accept=(0, 1))
        return Trial.CLEAN if compared.code else Trial.EMPTY


async def compute_revert(git: GitClient, sha: str, *, keep: bool = False) -> Revert:
    """Return what reverting a commit with one parent on HEAD gives. The working copy, index and refs stay untouched.

    Args:
        keep: Write the new objects into the repository, so that the tree can be committed.

    Raises:
        UserError: The change is too large to be shown.
        OperationalError: git failed.
    """
    with tempfile.TemporaryDirectory(prefix="fermata-git-") as folder:
        aside = await _aside(git, Path(folder), keep=keep)
        patch = await aside.run("diff", *_PATCH, "--end-of-options", sha, f"{sha}^", "--")
        conflict = await _apply(aside, patch)
        if conflict:
            return Revert("", "", conflict)
        tree = (await aside.run("write-tree")).text.strip()
        diff = await aside.run("diff", *PLAIN_DIFF, *_WHOLE, "HEAD", tree, "--")
    if len(diff.raw) > LARGEST_DIFF_BYTES:
        raise UserError(
            f"The revert of {sha[:10]} is too large",
            why=f"Its diff has {len(diff.raw)} bytes, and nobody reads more than {LARGEST_DIFF_BYTES} on a card",
            do=f"Revert it by hand: git revert {sha}",
        )
    return Revert(tree, diff.text, "")


async def _aside(git: GitClient, folder: Path, *, keep: bool = False) -> GitClient:
    """Return a client with an index of its own, holding HEAD, and unless `keep` with an object store of its own."""
    environment = {"GIT_INDEX_FILE": str(folder / "index")}
    if not keep:
        objects = (await git.run("rev-parse", "--path-format=absolute", "--git-path", "objects")).text.strip()
        (folder / "objects").mkdir()
        environment |= {"GIT_OBJECT_DIRECTORY": str(folder / "objects"), "GIT_ALTERNATE_OBJECT_DIRECTORIES": objects}
    aside = git.with_environment(**environment, **await _without_drivers(git))
    await aside.run("read-tree", "HEAD")
    return aside


async def _without_drivers(git: GitClient) -> dict[str, str]:
    """Return an environment in which each merge driver of the repository fails: its file is in conflict then.

    A driver is a program that .git/config names for the files that .gitattributes says, and a dry run would start it.
    """
    found = await git.run("config", "--null", "--name-only", "--get-regexp", r"^merge\..*\.driver$", accept=(0, 1))
    names = [name for name in found.text.split("\0") if name]
    pairs = ((f"GIT_CONFIG_KEY_{n}", name) for n, name in enumerate(names))
    return {
        **dict(pairs),
        **{f"GIT_CONFIG_VALUE_{n}": "false" for n in range(len(names))},
        "GIT_CONFIG_COUNT": str(len(names)),
    }


async def _apply(aside: GitClient, patch: GitOutput) -> str:
    """Apply a patch to the client's index; return why it does not fit, or nothing."""
    if patch.is_cut:
        return "the commit is too large to be reverted by Fermata"
    if not patch.raw:
        return ""
    # Three-way, as `git revert` merges: it fits although lines have moved since.
    done = await aside.run(
        "apply", "--cached", "--3way", "--whitespace=nowarn", "-", stdin=patch.raw, accept=(0, 1, 128)
    )
    return "" if done.code == 0 else (done.error or "it does not apply")
