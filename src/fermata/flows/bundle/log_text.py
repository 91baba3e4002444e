"""The lines of a log file: all of a usual one; of a huge one its head, its tail, and what fails in between.

Streamed: memory is bounded by the lines kept, whatever the file's size and whatever the length of its lines.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from typing import BinaryIO

from fermata.flows.bundle.files import SourceFile, Unreadable, guess_encoding
from fermata.kit.hiding import LONGEST_LINE
from fermata.kit.listing import join_cuts
from fermata.kit.redaction.cutting import BEYOND

HEAD = 2_000
TAIL = 20_000
"""Lines kept at a log's end: what a program ended on stands there."""
MIDDLE = 8_000
"""Lines kept between the two: those that say that something failed, each sort a few times."""
_OF_A_SORT = 20
_BLOCK = 1024**2
_TAIL_BYTES = 32 * 1024**2
"""However long its lines are, the tail takes no more memory than this."""
_LONGEST_BYTES = 4 * (LONGEST_LINE + BEYOND + 1)  # A character has at most four bytes in UTF-8.
_LONGEST_READ = 64 * 1024
_SAMPLE = 64 * 1024
_LARGEST = 4 * 1024**3
_LARGEST_WIDE = 64 * 1024**2
# Fixed words: finding one costs a twentieth of running a pattern over every line.
_FAILING = (
    b"rror", b"RROR", b"ATAL", b"atal", b"WARN", b"xception", b"anic", b"PANIC", b"Traceback", b"efused", b"imeout",
    b"imed out", b"ailed", b"FAIL", b"enied", b"illed", b"OOM",
)  # fmt: skip
_MOST_OF_A_WORD = 500
"""Places of one word looked at in one block: where every line fails, the first ones tell."""
_CONTROLS = bytes({*range(1, 32), 127} - {*b"\t\n\v\f\r\b\x1b"})
_MOST_CONTROLS = 0.05
"""Share of them from which bytes are binary: chance alone brings a tenth."""
_DIGITS = re.compile(rb"[0-9a-fA-F]*[0-9][0-9a-fA-F]*")


@dataclass(frozen=True, slots=True)
class LogText:
    """Lines with their numbers in the file."""

    lines: tuple[str, ...]
    numbers: tuple[int, ...]
    total: int
    """Lines of the whole file."""
    cut: str
    """What was left out; empty when nothing was."""


def read_log(file: SourceFile) -> LogText:
    """Return a log's lines, bounded.

    Raises:
        Unreadable: It cannot be opened, is packed, is binary, or is larger than anybody would read.
    """
    if file.size > _LARGEST:
        raise Unreadable(f"{file.size:,} bytes are more than the {_LARGEST:,} that are read of a log")
    try:
        with file.path.open("rb") as stream:
            sample = stream.read(_SAMPLE)
            if sample[:2] == b"\x1f\x8b" or sample[:4] in (b"PK\x03\x04", b"\x28\xb5\x2f\xfd"):
                raise Unreadable("it is packed; unpack it into the folder first")
            encoding = guess_encoding(sample, is_whole=file.size <= _SAMPLE)
            if not encoding.startswith(("utf-16", "utf-32")) and _is_binary(sample):
                raise Unreadable("it is binary, and no text")
            stream.seek(0)
            if encoding.startswith(("utf-16", "utf-32")):
                # A line feed is no single byte here; such logs come from small Windows tools, not from gigabytes.
                text = stream.read(_LARGEST_WIDE).decode(encoding, "replace")
                read = _Chooser("utf-8").choose(BytesIO(text.encode("utf-8", "replace")))
                if file.size <= _LARGEST_WIDE:
                    return read
                note = f"only the first {_LARGEST_WIDE:,} of {file.size:,} bytes are read in this encoding"
                return replace(read, cut=join_cuts(note, read.cut))
            return _Chooser(encoding).choose(stream)
    except OSError as error:
        raise Unreadable(f"it cannot be opened: {error.strerror}") from error


def _is_binary(sample: bytes) -> bool:
    """Answer whether bytes are no text: too many controls beside those of lines, tabs, colours and NULs.

    NULs alone say nothing: a log that is truncated while it is written begins with a hole of them.
    """
    written = sample.translate(None, b"\0")
    return len(written) - len(written.translate(None, _CONTROLS)) > len(written) * _MOST_CONTROLS


class _Chooser:
    """Reads a log in blocks and keeps what is to be kept of it."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._middle: list[tuple[int, bytes]] = []
        self._sorts: dict[bytes, int] = {}
        self._failing = 0
        self._is_counted = True

    def choose(self, stream: BinaryIO) -> LogText:
        """Return the lines of a stream, bounded."""
        head = [line for _, line in zip(range(HEAD), _split(stream), strict=False)]
        blocks: deque[_Block] = deque()
        number, size = len(head) + 1, 0
        while content := _read_block(stream):
            block = _Block(number, content)
            blocks.append(block)
            number, size = block.end, size + len(content)
            while len(blocks) > 1 and (number - blocks[1].first >= TAIL or size > _TAIL_BYTES):
                passed = blocks.popleft()
                size -= len(passed.content)
                self._scan(passed)
        rest = [(block.first + index, line) for block in blocks for index, line in enumerate(block.split())]
        for passed_number, line in rest[:-TAIL]:
            if any(word in line for word in _FAILING):
                self._keep(passed_number, line)
        return self._finish([*enumerate(head, start=1)], rest[-TAIL:], number - 1)

    def _scan(self, block: _Block) -> None:
        """Keep the lines of a block that name a failure; its other lines are gone."""
        content = block.content
        starts: set[int] = set()
        for word in _FAILING:
            position = content.find(word)
            for _ in range(_MOST_OF_A_WORD):
                if position < 0:
                    break
                starts.add(content.rfind(b"\n", 0, position) + 1)
                end = content.find(b"\n", position)
                position = content.find(word, end) if end >= 0 else -1
            else:
                self._is_counted = self._is_counted and position < 0
        number, counted = block.first, 0
        for start in sorted(starts):
            number += content.count(b"\n", counted, start)
            counted = start
            end = content.find(b"\n", start)
            self._keep(number, content[start : end if end >= 0 else len(content)])

    def _keep(self, number: int, line: bytes) -> None:
        self._failing += 1
        if len(self._middle) >= MIDDLE:
            return
        sort = _DIGITS.sub(b"#", line[:200])
        self._sorts[sort] = self._sorts.get(sort, 0) + 1
        if self._sorts[sort] <= _OF_A_SORT:
            self._middle.append((number, line))

    def _finish(self, head: list[tuple[int, bytes]], tail: list[tuple[int, bytes]], total: int) -> LogText:
        kept = [*head, *self._middle, *tail]
        cut = ""
        if len(kept) < total:
            cut = (
                f"{len(kept):,} of {total:,} lines: the first {len(head):,}, the last {len(tail):,}, and "
                f"{self._count_middle()} between them that name a failure"
            )
        lines = tuple(self._decode(line) for _, line in kept)
        return LogText(lines, tuple(number for number, _ in kept), total, cut)

    def _count_middle(self) -> str:
        kept = len(self._middle)
        if kept == self._failing and self._is_counted:
            return f"{kept:,}"
        return f"{kept:,} of {'' if self._is_counted else 'more than '}{self._failing:,}"

    def _decode(self, line: bytes) -> str:
        text = line[:_LONGEST_BYTES].decode(self._encoding, "replace")
        return text.rstrip("\r").replace("\x00", "").removeprefix("\ufeff")


@dataclass(frozen=True, slots=True)
class _Block:
    """A part of a log: whole lines, of an endless one only the beginning."""

    first: int
    """The number of its first line."""
    content: bytes

    @property
    def end(self) -> int:
        """Return the number of the line after it."""
        return self.first + self.content.count(b"\n") + (not self.content.endswith(b"\n"))

    def split(self) -> list[bytes]:
        """Return its lines without their ends."""
        return self.content.removesuffix(b"\n").split(b"\n")


def _split(stream: BinaryIO) -> Iterator[bytes]:
    """Yield lines without their ends; of a line beyond 64 KiB the beginning only."""
    while chunk := stream.readline(_LONGEST_READ):
        yield chunk.rstrip(b"\r\n").lstrip(b"\0")[:_LONGEST_BYTES]  # A hole is no text.
        if not chunk.endswith(b"\n"):
            _skip_line(stream)


def _read_block(stream: BinaryIO) -> bytes:
    """Return the next lines, about a megabyte of them; empty at the end."""
    content = stream.read(_BLOCK)
    if not content or content.endswith(b"\n"):
        return content
    rest = stream.readline(_LONGEST_READ)
    if rest and not rest.endswith(b"\n"):
        _skip_line(stream)
    return content + rest if rest.endswith(b"\n") or not rest else content + rest + b"\n"


def _skip_line(stream: BinaryIO) -> None:
    while (chunk := stream.readline(_BLOCK)) and not chunk.endswith(b"\n"):
        pass
