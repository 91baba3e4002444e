"""The files of a bundle: found, bounded and decoded. Nothing outside the folder is ever opened.

A bundle comes from strangers: links that lead out of it, devices, pipes and endless files are refused with a reason,
and the reader goes on with the rest.
"""

from __future__ import annotations

import codecs
import os
import stat
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath

from fermata.kit.errors import UserError
from fermata.kit.redaction import redact

MOST_FILES = 20_000
LARGEST_FILE = 32 * 1024 * 1024
"""Bytes of a file that is parsed as a whole; logs are streamed and have a limit of their own."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SUFFIXES_OF_FILES = frozenset(
    {
        ".json",
        ".jsonl",
        ".ndjson",
        ".yaml",
        ".yml",
        ".log",
        ".txt",
        ".csv",
        ".tsv",
        ".diff",
        ".patch",
        ".md",
        ".tfstate",
    }
)
_SHORTEST_SECRET = 8
"""Characters of a name from which it may hold a secret."""
_SAMPLE = 64 * 1024


class Unreadable(UserError):
    """A file, or a part of one, cannot be used: it is named, left out, and the rest goes on.

    Args:
        reason: In words, without the file's name.
        line: Where, counted from 1; `None` when it is the whole file.
    """

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__("A part of the bundle cannot be used", why=reason, line=line)
        self.reason = reason
        self.line = line


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of the bundle."""

    name: str
    """Its path inside the bundle, with forward slashes."""
    path: Path
    size: int
    """Bytes."""

    @property
    def top(self) -> str:
        """Return the folder it lies in, at the bundle's top; empty for a file that lies there itself."""
        return self.name.partition("/")[0] if "/" in self.name else ""

    @property
    def suffix(self) -> str:
        """Return the end of its name in lower case: `.json`."""
        return self.path.suffix.lower()

    @property
    def stem(self) -> str:
        """Return its name without folders and without its last suffix."""
        return PurePosixPath(self.name).stem


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies in the folder."""

    files: tuple[SourceFile, ...]
    """Sorted by name."""
    refused: dict[str, str] = field(default_factory=dict)
    """Names that are not opened, with the reason."""


def open_file(path: Path) -> SourceFile:
    """Return a file that was asked for by its own path, whatever folder it lies in.

    Raises:
        Unreadable: There is none, or it is a folder, a pipe or a device.
    """
    try:
        status = path.stat()
    except OSError as error:
        message = f"it cannot be opened: {error.strerror}"
        raise Unreadable(message) from error
    if not stat.S_ISREG(status.st_mode):
        # A pipe or a device would keep the reader waiting for ever.
        raise Unreadable("it is a folder" if stat.S_ISDIR(status.st_mode) else "it is no regular file")
    return SourceFile(path.name, path, status.st_size)


def list_files(folder: Path) -> Listing:
    """Return the bundle's regular files. Hidden files and folders (`.git`, `.DS_Store`) are no part of a bundle.

    Raises:
        UserError: The folder is none, or cannot be listed.
    """
    if not folder.is_dir():
        raise UserError(
            f"{folder} is no bundle",
            why="it is no folder" if folder.exists() else "there is no such folder",
            do="Give the folder that holds bundle.yaml; docs/bundle.md describes it",
        )
    root = folder.resolve()
    found: list[SourceFile] = []
    refused: dict[str, str] = {}

    def fail(error: OSError) -> None:
        refused[_relate(Path(error.filename or folder), folder)] = f"the folder cannot be listed: {error.strerror}"

    for parent, folders, names in os.walk(folder, onerror=fail):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            if reason := _find_folder_refusal(Path(parent) / name):
                refused[_relate(Path(parent) / name, folder)] = reason
        for name in sorted(names):
            if name.startswith("."):
                continue
            path = Path(parent) / name
            reason = _find_refusal(path, root)
            if reason:
                refused[_relate(path, folder)] = reason
            elif len(found) >= MOST_FILES:
                refused["..."] = f"only the first {MOST_FILES:,} files are read"
            else:
                found.append(SourceFile(_relate(path, folder), path, path.stat().st_size))
    return Listing(tuple(sorted(found, key=lambda file: file.name)), refused)


def _relate(path: Path, folder: Path) -> str:
    """Return a name as it may be shown: a secret in it hidden, and on one line whatever it holds."""
    # A name that is no UTF-8 can be shown in part only.
    name = path.relative_to(folder).as_posix().encode("utf-8", "replace").decode()
    if not name.isprintable():
        name = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in name)
    *parents, last = name.split("/")
    # With its suffix a secret would read like the name of a file.
    suffix = PurePosixPath(last).suffix
    stem = last.removesuffix(suffix)
    return "/".join([*map(_hide_part, parents), _hide_part(stem) + suffix])


@lru_cache(maxsize=1024)
def _hide_part(part: str) -> str:
    return redact(part).text if len(part) >= _SHORTEST_SECRET else part


def _find_folder_refusal(path: Path) -> str:
    if path.is_symlink():
        return "a link to a folder is not followed"
    return "it is a folder, where a file is expected" if path.suffix.lower() in _SUFFIXES_OF_FILES else ""


def _find_refusal(path: Path, root: Path) -> str:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return "its name is no UTF-8"
    try:
        if path.is_symlink() and not path.resolve(strict=True).is_relative_to(root):
            return "a link that leads out of the bundle is not followed"
        # A pipe or a device would keep the reader waiting for ever.
        if not path.is_file():
            return "it is no regular file"
    except (OSError, RuntimeError) as error:
        return f"it cannot be opened: {getattr(error, 'strerror', None) or 'the link leads nowhere'}"
    return ""


def read_text(file: SourceFile) -> str:
    """Return a whole file as text, NULs taken out and line ends as line feeds.

    Raises:
        Unreadable: It is larger than 32 MiB, cannot be opened, or is packed.
    """
    if file.size > LARGEST_FILE:
        raise Unreadable(f"{file.size:,} bytes are more than the {LARGEST_FILE:,} that are read of such a file")
    try:
        content = file.path.read_bytes()
    except OSError as error:
        raise Unreadable(f"it cannot be opened: {error.strerror}") from error
    if content[:2] == b"\x1f\x8b" or content[:4] in (b"PK\x03\x04", b"BZh9", b"\x28\xb5\x2f\xfd"):
        raise Unreadable("it is packed; unpack it into the folder first")
    encoding = guess_encoding(content[:_SAMPLE], is_whole=len(content) <= _SAMPLE)
    text = content.decode(encoding, errors="replace")
    return text.replace("\r\n", "\n").replace("\x00", "")


def guess_encoding(sample: bytes, *, is_whole: bool = False) -> str:
    """Return the encoding that the first bytes of a file speak for: a mark, else UTF-8, else Latin-1.

    Args:
        is_whole: The sample is the whole file, so that a character cut at its end counts against UTF-8.
    """
    for mark, encoding in _BOMS:
        if sample.startswith(mark):
            return encoding
    # UTF-16 without a mark, as PowerShell redirections write it: every other byte of western text is zero. Where all
    # are, a log was truncated while somebody wrote it.
    if len(sample) >= 4 and len(sample) % 2 == 0:
        even, odd = sample[0::2].count(0), sample[1::2].count(0)
        if max(even, odd) > len(sample) * 0.4 and min(even, odd) < len(sample) * 0.1:
            return "utf-16-le" if odd > even else "utf-16-be"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(sample, final=is_whole)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"
