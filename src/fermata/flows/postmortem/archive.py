"""Files of an export, in a folder or in a zip: found by name, bounded, decoded. Nothing is ever unpacked onto a disk.

An export comes from strangers: names that lead elsewhere are refused, what unfolds into too much is cut off and named,
and of a zip that breaks off before its list of contents whatever stands before that is read.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from fermata.flows.bundle.files import SourceFile, Unreadable, guess_encoding
from fermata.flows.bundle.haul import Haul

LARGEST_MEMBER = 128 * 1024 * 1024
"""Bytes of one file, unpacked: a channel of a hundred thousand messages takes about as much."""
LARGEST_WHOLE = 512 * 1024 * 1024
"""Bytes of all files that are read of one export, unpacked."""
MOST_MEMBERS = 20_000
_SAMPLE = 64 * 1024
_LOCAL = struct.Struct("<4s5H3L2H")
"""A file's header inside a zip (PKWARE APPNOTE 6.3, section 4.3.7)."""
_MAGIC, _STORED, _DEFLATED, _ENCRYPTED = b"PK\x03\x04", 0, 8, 1


class Archive:
    """The files of one export.

    Args:
        name: What warnings call it.
        readers: By the file's name inside it, what returns its content; told how many bytes it may return.
    """

    def __init__(self, name: str, readers: Mapping[str, Callable[[int], bytes]]) -> None:
        self.name = name
        self._readers = readers
        self._room = LARGEST_WHOLE

    @property
    def names(self) -> Sequence[str]:
        """Return the names of its files, with forward slashes, sorted."""
        return sorted(self._readers)

    def read(self, name: str) -> str:
        """Return one file as text.

        Raises:
            Unreadable: It is too large, damaged or packed in a way that is not read; or all of them are too much.
        """
        most = min(LARGEST_MEMBER, self._room)
        content = self._readers[name](most + 1)
        self._room -= min(len(content), most)
        if len(content) > most:
            raise Unreadable(f"it unfolds into more than the {most:,} bytes that are read")
        encoding = guess_encoding(content[:_SAMPLE], is_whole=len(content) <= _SAMPLE)
        return content.decode(encoding, errors="replace").replace("\x00", "")

    def find_heads(self, most: int = 4096) -> Iterator[tuple[str, str]]:
        """Yield each JSON file that can be opened with its first characters, to see what it is."""
        for name in self.names:
            if name.lower().endswith((".json", ".jsonl")):
                try:
                    yield name, self._readers[name](most).decode("utf-8", "replace")
                except Unreadable:
                    continue


def open_files(files: Sequence[SourceFile], name: str = "") -> Archive:
    """Return files of a folder as an archive."""
    return Archive(name, {file.name: _read_file(file.path) for file in files})


def open_zip(path: Path, name: str, haul: Haul) -> Archive:
    """Return a zip as an archive; of one that breaks off, what stands before that.

    Raises:
        Unreadable: It is no zip, or cannot be opened.
    """
    try:
        with zipfile.ZipFile(path) as file:
            members = [info for info in file.infolist() if not info.is_dir()]
    except zipfile.BadZipFile as error:
        return Archive(name, _save(path, name, haul, error))
    except OSError as error:
        raise Unreadable(f"it cannot be opened: {error.strerror}") from error
    except (ValueError, NotImplementedError, struct.error) as error:
        raise Unreadable("it is no zip that can be read") from error
    readers: dict[str, Callable[[int], bytes]] = {}
    for info in members[:MOST_MEMBERS]:
        if (inner := _find_name(info.filename, name, haul)) is not None:
            readers[inner] = _read_member(path, info)
    if len(members) > MOST_MEMBERS:
        haul.leave_out(name, f"{len(members) - MOST_MEMBERS:,} more files: {MOST_MEMBERS:,} are read")
    return Archive(name, readers)


def _find_name(raw: str, archive: str, haul: Haul) -> str | None:
    """Return a file's name inside an archive; `None` for one that leads elsewhere, which is named."""
    name = raw.replace("\\", "/")
    if name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith("."):
        return None
    # A letter and a colon are a drive of Windows; Slack has folders with colons of their own (`FC:F0123:notes`).
    if name.startswith("/") or name[1:2] == ":" or ".." in name.split("/") or not name.isprintable():
        haul.leave_out(archive, f"the name {ascii(raw)[:80]} leads out of it, and is not read")
        return None
    return name


def _read_file(path: Path) -> Callable[[int], bytes]:
    def read(most: int) -> bytes:
        try:
            with path.open("rb") as file:
                return file.read(most)
        except OSError as error:
            raise Unreadable(f"it cannot be opened: {error.strerror}") from error

    return read


def _read_member(path: Path, info: zipfile.ZipInfo) -> Callable[[int], bytes]:
    def read(most: int) -> bytes:
        if info.flag_bits & _ENCRYPTED:
            raise Unreadable("it is encrypted")
        try:
            # Not by its announced size, which may lie.
            with zipfile.ZipFile(path) as whole, whole.open(info) as file:
                return file.read(most)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise Unreadable("it is damaged") from error
        except (OSError, NotImplementedError, RuntimeError, ValueError) as error:
            raise Unreadable("it is packed in a way that is not read") from error

    return read


def _save(path: Path, archive: str, haul: Haul, error: Exception) -> dict[str, Callable[[int], bytes]]:
    """Return the files of a zip without its list of contents, from the header that stands before each."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_WHOLE)
    except OSError as failure:
        raise Unreadable(f"it cannot be opened: {failure.strerror}") from failure
    found: dict[str, Callable[[int], bytes]] = {}
    position = 0
    while data[position : position + 4] == _MAGIC and len(data) >= position + _LOCAL.size and len(found) < MOST_MEMBERS:
        _, _, flags, method, _, _, _, packed, _, name_size, extra_size = _LOCAL.unpack_from(data, position)
        begin = position + _LOCAL.size + name_size + extra_size
        if begin > len(data):
            break
        raw = data[position + _LOCAL.size : position + _LOCAL.size + name_size].decode("utf-8", "replace")
        end = _find_end(data, begin, method, packed, flags)
        if (name := _find_name(raw, archive, haul)) is not None and not name.endswith("/"):
            found[name] = _read_saved(data, begin, method, end if end is not None else len(data))
        if end is None:
            break
        # A descriptor of unknown length may follow the content.
        position = data.find(_MAGIC, end)
        if position < 0:
            break
    if not found:
        raise Unreadable("it is no zip") from error
    haul.leave_out(archive, f"it breaks off; {len(found):,} files before that are used")
    return found


def _find_end(data: bytes, begin: int, method: int, packed: int, flags: int) -> int | None:
    """Return where a file's content ends; `None` when it breaks off, or cannot be told."""
    if packed and not flags & 8:
        return begin + packed if begin + packed <= len(data) else None
    if method != _DEFLATED:
        return None
    unpacking = zlib.decompressobj(-15)
    left, room = data[begin:], LARGEST_WHOLE
    try:
        while left and not unpacking.eof and room > 0:
            room -= len(unpacking.decompress(left, 1 << 20))
            left = unpacking.unconsumed_tail
    except zlib.error:
        return None
    return len(data) - len(unpacking.unused_data) if unpacking.eof else None


def _read_saved(data: bytes, begin: int, method: int, end: int) -> Callable[[int], bytes]:
    def read(most: int) -> bytes:
        if method == _STORED:
            return data[begin : min(end, begin + most)]
        if method != _DEFLATED:
            raise Unreadable("it is packed in a way that is not read")
        try:
            return zlib.decompressobj(-15).decompress(data[begin:end], most)
        except zlib.error as error:
            raise Unreadable("it is damaged") from error

    return read
