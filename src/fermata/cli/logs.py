"""`fermata logs condense`: what of a log to read, within a budget of tokens."""

from __future__ import annotations

import codecs
import gzip
import json
import re
import shlex
import signal
import stat
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, TextIO

import typer

from fermata.cli.groups import WholeHelp
from fermata.cli.output import JsonFlag, print_json, say
from fermata.kit.errors import UserError

if TYPE_CHECKING:
    from fermata.rules.condense import Condensed

_logs = typer.Typer(cls=WholeHelp, help="Read logs for what matters in them.", no_args_is_help=True)
# Bytes of one line that are read into memory; the rest of a longer line is passed over.
_LONGEST_READ = 1_048_576
_GZIP = b"\x1f\x8b"
_PACKED = (
    ("xz", b"\xfd7zXZ\0", "xz -dc"),
    ("bzip2", b"BZh", "bzip2 -dc"),
    ("zstd", b"\x28\xb5\x2f\xfd", "zstd -dc"),
    ("lz4", b"\x04\x22\x4d\x18", "lz4 -dc"),
    ("zip", b"PK\x03\x04", "unzip -p"),
)
# The bytes that each begins with, as their formats' descriptions have them.
_LEAST_WIDE = 0.6  # The share of NULs on one side from which on a text is UTF-16: Latin letters have one in two bytes.
_MOST_NARROW = 0.1  # The same on the other side: what is NUL on both is a hole, as `copytruncate` leaves one in front.
_OCTETS = re.compile(rb'("[A-Z_][A-Z0-9_]*"\s*:\s*)\[\s*(\d{1,3}(?:\s*,\s*\d{1,3})*)\s*\]')
_GREATEST_OCTET = 255
_LINES_BETWEEN = 1_024  # After so many lines the clock is looked at.
_SAMPLE = 4_096  # Bytes of a file's beginning that tell what it is.
# Controls that no log in text holds: all but tabs, line ends, form feeds, and what colours and bells are made of.
_BINARY = re.compile(rb"[\x01-\x06\x0e-\x1a\x1c-\x1f]")
_MOST_BINARY = 0.02
_END = re.compile(rb"\r\n?|\n")
_CUT = re.compile(r"^\d+ x[\d?]+ cut\| ", re.MULTILINE)


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(_logs, name="logs")


@_logs.command("condense")
def condense_files(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE...", help="Log files, .gz too; none, or -, for what is piped in."),
    ] = None,
    budget: Annotated[int, typer.Option(min=1, help="Tokens that the text may have.")] = 2000,
    service: Annotated[str, typer.Option(help="The service the alert is about: its lines come first.")] = "",
    alert: Annotated[str, typer.Option(help="The alert's name: its words count.")] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Print the lines worth reading, verbatim but for secrets, with their numbers and how often their kind came."""
    from fermata.rules.condense import condense

    long: list[int] = []
    documents: list[str] = []
    names, unreadable = _part_unreadable(files or _name_pipe())
    read = ((name, _note_document(name, _note_long(_read(name), long), documents)) for name in names)
    sources = ((name, show_progress(lines, sys.stderr)) for name, lines in read)
    result = condense(sources, budget=budget, hint={"service": service, "alert": alert})
    if not as_json:
        if result.text:
            say(result.text)
        lines = f"{result.lines_in} line{'s' * (result.lines_in != 1)}"
        say(f"{lines} in, {len(result.kept)} kept, about {result.tokens_out} tokens", err=True)
    for note in (*_list_notes(result, budget, long), *documents):
        say(f"fermata: {note}", err=True)
    if as_json:
        _print_machines(result)
    if unreadable:
        # The others are shown, and nobody takes them for all.
        raise unreadable[0]


def _print_machines(result: Condensed) -> None:
    print_json(
        {
            "lines_in": result.lines_in,
            "tokens_out": result.tokens_out,
            "text": result.text,
            "kept": [{"file": kept.file, "line": kept.line, "why": kept.why} for kept in result.kept],
            "templates": [
                {
                    "template": item.template,
                    "count": item.count,
                    "first": item.first,
                    "last": item.last,
                    "file": item.file,
                }
                for item in result.templates
            ],
        }
    )


def _part_unreadable(names: Sequence[str]) -> tuple[list[str], list[UserError]]:
    """Return the files that can be opened, and why the others cannot: a name that is wrong costs no other its lines.

    Raises:
        UserError: None can be opened.
    """
    readable: list[str] = []
    unreadable: list[UserError] = []
    for name in names:
        try:
            if name != "-":
                with _open_raw(name):
                    pass
        except OSError as error:
            unreadable.append(_say_unreadable(name, error))
        else:
            readable.append(name)
    if not readable:
        raise unreadable[0]
    for other in unreadable[1:]:
        say(f"fermata: {other}", err=True)
    return readable, unreadable


def _say_unreadable(name: str, error: Exception) -> UserError:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return UserError(f"{name} cannot be read", why=reason, do="Name log files, or pipe them in and name -")


def _name_pipe() -> list[str]:
    """Return the name of what is piped in, where nobody named a file.

    Raises:
        UserError: Nothing is: a terminal would wait for somebody to type.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise UserError(
            "No log is named", do="Name log files, or pipe them in: kubectl logs web | fermata logs condense"
        )
    return ["-"]


def _note_long(lines: Iterable[bytes], found: list[int]) -> Iterator[bytes]:
    from fermata.rules.condense.reading import SEARCHED

    for line in lines:
        if len(line) > SEARCHED:
            found.append(len(line))
        yield line


@cache
def _find_document() -> re.Pattern[bytes]:
    """Return how an export begins: a list, an object that goes on below, or records within an object, on one line."""
    from fermata.rules.logs import RECORDS

    names = "|".join(RECORDS).encode()
    return re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:[\[{]\s*$|\[\s*[\[{]|\{\s*\"(?:" + names + rb")\"\s*:\s*[\[{])")


def _note_document(name: str, lines: Iterable[bytes], found: list[str]) -> Iterator[bytes]:
    """Give the lines, and note of a file that begins one JSON document that its records are not its lines."""
    for number, line in enumerate(lines):
        if not number and _find_document().match(line):
            found.append(
                f"{name} begins like one JSON document, whose records are not its lines: have each written on a line "
                "(`jq -c '.[]'`, or `.events[]`), or put it into the folder logs/ of a bundle, which reads such exports"
            )
        yield line


def _list_notes(result: Condensed, budget: int, long: Sequence[int]) -> Iterator[str]:
    """Give what a reader should know of what is not shown."""
    from fermata.rules.condense.reading import SEARCHED

    if result.lines_in and not result.kept:
        yield f"not one line fits into {budget} tokens: raise --budget (2,000 when nobody says)"
    cut = len(_CUT.findall(result.text))
    if cut:
        lines = "1 line is" if cut == 1 else f"{cut} lines are"
        yield f"{lines} marked `cut`: of a long line only parts are shown"
    if long:
        lines = "1 line is" if len(long) == 1 else f"{len(long):,} lines are"
        yield f"{lines} longer than {SEARCHED:,} bytes: what stands behind those was not looked at"


def show_progress(
    lines: Iterable[bytes], stream: TextIO, *, clock: Callable[[], float] = time.monotonic
) -> Iterable[bytes]:
    """Give the lines, and where a person watches, say every second how many there were.

    Args:
        stream: Where it is said; nothing is said where it is no terminal.
        clock: Seconds.
    """
    return _count_aloud(lines, stream, clock) if stream.isatty() else lines


def _count_aloud(lines: Iterable[bytes], stream: TextIO, clock: Callable[[], float]) -> Iterator[bytes]:
    said, shown = clock(), ""
    for number, line in enumerate(lines, 1):
        yield line
        if not number % _LINES_BETWEEN and clock() - said >= 1:
            said, shown = clock(), f"{number:,} lines read"
            stream.write(f"\r{shown}")
            stream.flush()
    if shown:
        stream.write(f"\r{' ' * len(shown)}\r")


def _read(name: str) -> Iterator[bytes]:
    """Give a file's lines, as bytes, one at a time.

    Raises:
        UserError: It is no file, cannot be opened, or what is compressed is damaged.
    """
    try:
        with _open(name) as file:
            sample = file.peek(_SAMPLE)[:_SAMPLE]
            _refuse_packed(name, sample)
            if _is_binary(sample):
                say(
                    f"fermata: {name} begins like a binary file, not like a log: what is shown may mean nothing",
                    err=True,
                )
            wide = _find_wide(sample)
            lines = _list_wide_lines(file, wide) if wide else _list_lines(file)
            yield from map(_write_octets, _list_old_lines(file) if _has_old_ends(sample) else lines)
    except (OSError, EOFError, zlib.error) as error:
        raise _say_unreadable(name, error) from error


def _refuse_packed(name: str, sample: bytes) -> None:
    """Refuse what is packed in a way that is not read here: its bytes would be shown for lines.

    Raises:
        UserError: With the command that unpacks it.
    """
    packer, command = next(((told, how) for told, start, how in _PACKED if sample.startswith(start)), ("", ""))
    if packer:
        raise UserError(
            f"{name} cannot be read",
            why=f"it is packed with {packer}",
            do=f"{command} {'' if name == '-' else f'{shlex.quote(name)} '}| fermata logs condense -",
        )


def _find_wide(sample: bytes) -> str:
    """Return which UTF-16 a file is in, by its mark or by where its NULs stand; empty for any other encoding."""
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    pairs = len(sample) // 2
    nulls = sample[0::2].count(0), sample[1::2].count(0)
    if not pairs or max(nulls) < _LEAST_WIDE * pairs or min(nulls) > _MOST_NARROW * pairs:
        return ""
    return "utf-16-le" if nulls[1] > nulls[0] else "utf-16-be"


def _list_wide_lines(file: BinaryIO, encoding: str) -> Iterator[bytes]:
    """Give the lines in UTF-8: what is looked for in them is looked for in bytes."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    rest = ""
    for part in iter(partial(file.read, _SAMPLE), b""):
        text = decoder.decode(part)
        if len(rest) >= _LONGEST_READ and "\n" not in text:
            continue  # Passed over; put behind a rest of this size, each part would cost as much as all before it.
        *whole, rest = (rest + text).split("\n")
        yield from (line.encode("utf-8", "replace") for line in whole)
        rest = rest[:_LONGEST_READ]
    rest += decoder.decode(b"", final=True)
    if rest:
        yield rest.encode("utf-8", "replace")


def _write_octets(line: bytes) -> bytes:
    """Write a field of the systemd journal as text that `journalctl -o json` gives as a list of bytes.

    It does so for whatever is no clean text, colours foremost (systemd.io, Journal JSON Format): as numbers nobody
    reads what it says, and no secret is found in it.
    """
    return _OCTETS.sub(_write_text, line) if b'"__REALTIME_TIMESTAMP"' in line else line


def _write_text(found: re.Match[bytes]) -> bytes:
    from fermata.rules.condense.reading import strip_controls

    numbers = [int(number) for number in found[2].split(b",")]
    if max(numbers) > _GREATEST_OCTET:
        return found[0]
    text = strip_controls(bytes(numbers).decode("utf-8", "replace"))
    return found[1] + json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")


def _is_binary(sample: bytes) -> bool:
    # UTF-16 is full of NULs, and names itself by a mark where its other bytes may be anything.
    told = sample.replace(b"\0", b"")
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    return len(_BINARY.findall(told)) > _MOST_BINARY * len(told)


def _has_old_ends(sample: bytes) -> bool:
    """Tell whether lines end with a carriage return alone, as some terminals and devices write them."""
    return b"\n" not in sample and sample.count(b"\r") > 1


def _list_old_lines(file: BinaryIO) -> Iterator[bytes]:
    rest = b""
    for part in iter(partial(file.read, _LONGEST_READ), b""):
        # A line feed behind a return belongs to it, also where the two were read apart.
        while part.endswith(b"\r") and (more := file.read(1)):
            part += more  # noqa: PLW2901 - the same part, up to its line's end
        *whole, rest = _END.split(rest + part)
        yield from whole
        rest = rest[:_LONGEST_READ]
    if rest:
        yield rest


class _Pipe:
    """What is piped in, which ends where a person presses Ctrl-C: what was read until then is shown.

    The first Ctrl-C ends it, a second one ends Fermata.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._is_over = self._is_reading = False
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._end)

    def read(self, size: int = -1) -> bytes:
        return self._try(partial(self._file.read, size))

    def readline(self, size: int = -1) -> bytes:
        return self._try(partial(self._file.readline, size))

    def peek(self, size: int = 0) -> bytes:
        return self._try(partial(self._file.peek, size))  # type: ignore[attr-defined]  # A buffered reader has it.

    def _try(self, read: Callable[[], bytes]) -> bytes:
        try:
            # Between the two only a read is under way, and nothing else can be torn apart.
            self._is_reading = True
            return b"" if self._is_over else read()
        except _EndOfPipe:
            return b""
        finally:
            self._is_reading = False

    def _end(self, _signal: int, _frame: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._is_over = True
        say("\nfermata: stopped by Ctrl-C; what was read until then is shown", err=True)
        if self._is_reading:
            raise _EndOfPipe


class _EndOfPipe(Exception):
    """Somebody ended what is piped in while it was waited for."""


@contextmanager
def _open(name: str) -> Iterator[Any]:
    with _open_raw(name) as raw:
        start = raw.peek(2)[:2]
        if start == _GZIP:
            with gzip.GzipFile(fileobj=raw) as unzipped:
                yield unzipped
        else:
            yield raw


@contextmanager
def _open_raw(name: str) -> Iterator[Any]:
    if name == "-":
        yield _Pipe(sys.stdin.buffer)
    else:
        # A pipe would wait for its writer and a device may never end: neither is opened by its name.
        mode = Path(name).stat().st_mode
        if not stat.S_ISREG(mode):
            raise OSError("It is a folder" if stat.S_ISDIR(mode) else "It is a device or a pipe, not a file")
        with Path(name).open("rb") as file:
            yield file


def _list_lines(file: BinaryIO) -> Iterator[bytes]:
    read = partial(file.readline, _LONGEST_READ)
    for line in iter(read, b""):
        if line == b"\0":
            continue  # The second half of UTF-16's last line feed is no line.
        yield line
        rest = line
        while len(rest) == _LONGEST_READ and not rest.endswith(b"\n"):
            rest = read()
