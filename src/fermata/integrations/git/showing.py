"""What git shows of many commits by one process: each is read when its turn comes, and git waits until then."""

from __future__ import annotations

import os
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from fermata.integrations.git.client import OUTPUT_LIMIT_BYTES, GitClient, GitOutput, GitProcess
from fermata.integrations.git.history import PLAIN_DIFF, SUBMODULES

# A line of a diff begins with a sign or with a word of git's: with this begins what is said of the next commit.
_START = b"\x1e"
_CHUNK_BYTES = 64 * 1024


class Show:
    """One way to show commits. Leaving it ends its process."""

    def __init__(
        self, git: GitClient, shas: Sequence[str], *options: str, paths: Sequence[str] = (), end: bytes = b"\n"
    ) -> None:
        """Get ready to ask; git is started by the first reading.

        Args:
            shas: In the order in which they will be read; some may be left out then.
            paths: What is shown; everything when empty.
            end: What ends a line: a zero byte where the options say `-z`.
        """
        self._git = git
        self._left = list(shas)
        self._options = options
        self._paths = paths
        self._end = end
        self._process: GitProcess | None = None
        self._read = bytearray()
        """What git said, and nobody took yet; it begins with a commit."""

    async def __aenter__(self) -> Self:
        """Start nothing yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End git, whatever it still wanted to say."""
        await self._stop()

    async def read(self, sha: str) -> GitOutput:
        """Return what git shows of a commit, cut at the client's limit; nothing where that touches none of the paths.

        Raises:
            OperationalError: git is not there, or failed.
            TransientError: It did not come in time.
        """
        if self._process is None:
            at = self._left.index(sha)
            self._process = await self._git.start(
                "show",
                f"--format={_START.decode()}%H",
                *self._options,
                *SUBMODULES,
                "--diff-merges=first-parent",
                "--end-of-options",
                *self._left[at:],
                "--",
                *self._paths,
            )
        self._left = self._left[self._left.index(sha) + 1 :]
        head = _START + sha.encode() + self._end
        while len(self._read) < len(head) and await self._fill():
            pass
        # Of those that are left out, too: what is said of them is passed over.
        while self._read and not self._read.startswith(head):
            other = self._read[len(_START) : len(head) - 1].decode()
            if other in self._left:
                return GitOutput(0, b"", "")
            await self._take(len(head))
        return await self._take(len(head)) if self._read else GitOutput(0, b"", "")

    async def _take(self, start: int) -> GitOutput:
        """Return what is said of the commit that comes next, and pass over it."""
        border, seen = self._end + _START, start - 1
        while (found := self._read.find(border, seen)) < 0:
            if len(self._read) > OUTPUT_LIMIT_BYTES:
                raw = bytes(self._read[start : start + OUTPUT_LIMIT_BYTES])
                # The next one is asked for by another process: this one would first have to say all of it.
                await self._stop()
                return GitOutput(0, raw.removeprefix(b"\n"), "", is_cut=True)
            seen = max(start - 1, len(self._read) - len(border))
            if not await self._fill():
                found = len(self._read) - len(self._end)
                break
        raw = bytes(self._read[start : found + len(self._end)])
        del self._read[: found + len(self._end)]
        return GitOutput(0, raw.removeprefix(b"\n"), "")

    async def _fill(self) -> bool:
        """Read some more; answer whether there was any."""
        if self._process is None:
            return False
        chunk = await self._process.read(_CHUNK_BYTES)
        self._read += chunk
        return bool(chunk)

    async def _stop(self) -> None:
        self._read.clear()
        if self._process is not None:
            process, self._process = self._process, None
            await process.end()


def show_files(git: GitClient, shas: Sequence[str]) -> Show:
    """Show the names of what commits touch; take them by `split_names`."""
    return Show(git, shas, "-z", "--name-only", "--no-renames", end=b"\0")


def split_names(output: GitOutput) -> tuple[str, ...]:
    """Return the paths of what `show_files` shows, old and new names of a rename alike."""
    return tuple(os.fsdecode(name) for name in output.raw.split(b"\0") if name)


def show_diffs(git: GitClient, shas: Sequence[str], paths: Sequence[str]) -> Show:
    """Show the diffs of commits, of some paths."""
    return Show(git, shas, *PLAIN_DIFF, paths=paths)
