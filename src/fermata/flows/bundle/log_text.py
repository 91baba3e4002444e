"""The lines of a log file: all of a usual one; of a huge one its head, its tail, and what fails in between.

Streamed: memory is bounded by the lines kept, whatever the file's size and whatever the length of its lines.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from fermata.flows.bundle.files import SourceFile, Unreadable, guess_encoding
from fermata.kit.hiding import LONGEST_LINE

HEAD = 2_000
TAIL = 20_000
"""Lines kept at a log's end: what a program ended on stands there."""
MIDDLE = 8_000
"""Lines kept between the two: those that say that something failed, each sort a few times."""
_OF_A_SORT = 20
_LONGEST_READ = 64 * 1024
_SAMPLE = 64 * 1024
_LARGEST = 4 * 1024**3
_FAILING = re.compile(
    rb"\b(?:ERR|ERROR|SEVERE|CRIT|CRITICAL|FATAL|PANIC|WARN|WARNING)\b|\[(?:error|crit|emerg|warn)\]|rror|ception|panic"
    rb"|Traceback|efused|imed? ?out|denied|killed|OOM|fail",
)
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
        Unreadable: It cannot be opened, is packed, or is larger than anybody would read.
    """
    if file.size > _LARGEST:
        raise Unreadable(f"{file.size:,} bytes are more than the {_LARGEST:,} that are read of a log")
    try:
        with file.path.open("rb") as stream:
            sample = stream.read(_SAMPLE)
            if sample[:2] == b"\x1f\x8b" or sample[:4] in (b"PK\x03\x04", b"\x28\xb5\x2f\xfd"):
                raise Unreadable("it is packed; unpack it into the folder first")
            encoding = guess_encoding(sample, is_whole=file.size <= _SAMPLE)
            stream.seek(0)
            return _choose(stream, encoding)
    except OSError as error:
        raise Unreadable(f"it cannot be opened: {error.strerror}") from error


def _choose(stream: BinaryIO, encoding: str) -> LogText:
    head: list[tuple[int, bytes]] = []
    middle: list[tuple[int, bytes]] = []
    tail: deque[tuple[int, bytes]] = deque()
    sorts: dict[bytes, int] = {}
    total = 0
    for total, line in enumerate(_split(stream, encoding), start=1):
        if total <= HEAD:
            head.append((total, line))
            continue
        tail.append((total, line))
        if len(tail) <= TAIL:
            continue
        number, passed = tail.popleft()
        if len(middle) < MIDDLE and _FAILING.search(passed[:LONGEST_LINE]):
            sort = _DIGITS.sub(b"#", passed[:200])
            sorts[sort] = sorts.get(sort, 0) + 1
            if sorts[sort] <= _OF_A_SORT:
                middle.append((number, passed))
    kept = [*head, *middle, *tail]
    cut = ""
    if len(kept) < total:
        cut = (
            f"{len(kept):,} of {total:,} lines: the first {HEAD:,}, the last {TAIL:,}, and {len(middle):,} between "
            f"them that name a failure"
        )
    return LogText(tuple(_decode(line, encoding) for _, line in kept), tuple(number for number, _ in kept), total, cut)


def _split(stream: BinaryIO, encoding: str) -> Iterator[bytes]:
    """Yield lines without their ends; of a line beyond 64 KiB the beginning only."""
    if encoding.startswith(("utf-16", "utf-32")):
        # A line feed is no single byte here; such logs come from small Windows tools, not from gigabytes.
        for line in stream.read(64 * 1024**2).decode(encoding, "replace").split("\n"):
            yield line.rstrip("\r").encode()
        return
    is_rest = False
    while chunk := stream.readline(_LONGEST_READ):
        ends = chunk.endswith(b"\n")
        if not is_rest:
            yield chunk.rstrip(b"\r\n")
        is_rest = not ends


def _decode(line: bytes, encoding: str) -> str:
    used = "utf-8" if encoding.startswith(("utf-16", "utf-32", "utf-8")) else encoding
    return line.decode(used, "replace").replace("\x00", "").removeprefix("\ufeff")
