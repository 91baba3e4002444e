"""The pages of one folder or repository, as they are now.

A folder is read as it lies; with `ref` the pages are read from a repository's objects, so that a bare clone will do and
a half-edited page in somebody's working copy is not evidence. Nothing is fetched and nothing is written.
"""

from __future__ import annotations

import asyncio
import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict

from fermata.kit.errors import OperationalError
from fermata.ports.command import run_command

MOST_PAGES = 5_000
LARGEST_PAGE_BYTES = 1024 * 1024
_GIT_TIMEOUT_S = 5.0
_ENVIRONMENT = {"HOME": "/nonexistent", "LC_ALL": "C"} | {
    # Only what stands in the repository; a user's settings may name programs.
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
}


class LibrarySettings(BaseModel):
    """One place with runbooks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path
    """A folder, or a repository (a bare one too) when `ref` is set."""
    pattern: str = "*.md"
    """Glob of the pages' paths inside; `*` matches across folders."""
    ref: str = ""
    """A branch or tag to read from instead of the files as they lie, such as `main`."""


@dataclass(frozen=True, slots=True)
class PageMark:
    """A page that exists, and what tells whether it has changed."""

    path: str
    """Inside the folder, with forward slashes."""
    version: str
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """The pages there are."""

    pages: tuple[PageMark, ...]
    ref: str = ""
    """The commit they were listed at."""
    left_out: int = 0
    """Pages beyond the limits."""


class Library:
    """One place with runbooks."""

    def __init__(self, settings: LibrarySettings) -> None:
        self.settings = settings

    async def list_pages(self) -> Listing:
        """Return the pages there are now.

        Raises:
            OperationalError: The folder or repository cannot be read.
        """
        if self.settings.ref:
            return await self._list_committed()
        return await asyncio.to_thread(self._list_files)

    async def read_page(self, page: PageMark) -> str:
        """Return a page's text; what is not UTF-8 in it is replaced.

        Raises:
            OperationalError: It cannot be read, such as when it has just been removed.
        """
        if self.settings.ref:
            return (await self._git("cat-file", "blob", page.version)).decode(errors="replace")
        try:
            return await asyncio.to_thread(self._read_file, page.path)
        except OSError as error:
            raise OperationalError(
                f"The runbook {page.path} cannot be read", why=error.strerror or type(error).__name__
            ) from error

    async def list_unreadable(self, listing: Listing) -> tuple[str, ...]:
        """Return the paths of the pages that this user may not open; of a repository none."""
        if self.settings.ref:
            return ()
        return await asyncio.to_thread(self._find_unreadable, listing)

    def _find_unreadable(self, listing: Listing) -> tuple[str, ...]:
        unreadable = []
        for page in listing.pages:
            try:
                _open_page(self.settings.path / page.path).close()
            except OSError:
                unreadable.append(page.path)
        return tuple(unreadable)

    def _read_file(self, path: str) -> str:
        with _open_page(self.settings.path / path) as file:
            return file.read(LARGEST_PAGE_BYTES).decode(errors="replace")

    def _list_files(self) -> Listing:
        root = self.settings.path
        if not root.is_dir():
            raise OperationalError(
                f"There is no folder {root}",
                why="runbooks.libraries names it",
                do="Correct the path, or clone it there",
            )
        pages: list[PageMark] = []
        left_out = 0
        for path, name in self._walk(root):
            try:
                found = path.stat()
            except OSError:
                continue  # Removed between listing and looking.
            if not stat.S_ISREG(found.st_mode):
                continue
            if found.st_size > LARGEST_PAGE_BYTES or len(pages) >= MOST_PAGES:
                left_out += 1
                continue
            changed_at = datetime.fromtimestamp(found.st_mtime, UTC)
            pages.append(PageMark(name, f"{found.st_mtime_ns}-{found.st_size}", changed_at))
        return Listing(tuple(pages), left_out=left_out)

    def _walk(self, root: Path) -> Iterator[tuple[Path, str]]:
        for folder, folders, files in os.walk(root):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for file in sorted(files):
                path = Path(folder) / file
                name = path.relative_to(root).as_posix()
                # A link may lead out of the folder that somebody chose to show.
                if fnmatchcase(name, self.settings.pattern) and not path.is_symlink():
                    yield path, name

    async def _list_committed(self) -> Listing:
        commit = (
            await self._git("rev-parse", "--verify", "--end-of-options", f"{self.settings.ref}^{{commit}}")
        ).decode()
        tree = (await self._git("ls-tree", "-r", "-l", "-z", commit.strip())).decode(errors="replace")
        pages: list[PageMark] = []
        left_out = 0
        for entry in filter(None, tree.split("\0")):
            head, _, path = entry.partition("\t")
            mode, kind, blob, size = head.split()
            if kind != "blob" or mode == "120000" or not fnmatchcase(path, self.settings.pattern):
                continue
            if int(size) > LARGEST_PAGE_BYTES or len(pages) >= MOST_PAGES:
                left_out += 1
                continue
            pages.append(PageMark(path, blob))
        return Listing(tuple(pages), commit.strip(), left_out)

    async def _git(self, *arguments: str) -> bytes:
        path = str(self.settings.path)
        command = ("git", "-C", path, "-c", f"safe.directory={path}", *arguments)
        said = await run_command(command, environment=_ENVIRONMENT, timeout_s=_GIT_TIMEOUT_S)
        if said.code:
            raise OperationalError(
                f"The runbooks in {path} cannot be read at {self.settings.ref}",
                why=said.error,
                do="Check runbooks.libraries: the path of a repository, and a branch or tag in it",
            )
        return said.out


def _open_page(path: Path) -> BinaryIO:
    """Open a file that lies there itself. A pipe that nobody writes to would hold a thread of this process for ever.

    Raises:
        OSError: It cannot be opened, or is a link, a pipe or a device by now.
    """
    return open(path, "rb", opener=_open_regular)


def _open_regular(path: str, flags: int) -> int:
    number = os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError(errno.EINVAL, "It is no regular file")
    return number
