"""`fermata logs condense`: what of a log to read, within a budget of tokens."""

from __future__ import annotations

import gzip
import re
import stat
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, TextIO

import typer

from fermata.cli.output import JsonFlag, print_json, say
from fermata.kit.errors import UserError

if TYPE_CHECKING:
    from fermata.rules.condense import Condensed

_logs = typer.Typer(help="Read logs for what matters in them.", no_args_is_help=True)
# Bytes of one line that are read into memory; the rest of a longer line is passed over.
_LONGEST_READ = 1_048_576
_GZIP = b"\x1f\x8b"
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
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Log files, .gz too, or - for standard input.")],
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
    read = ((name, _note_document(name, _note_long(_read(name), long), documents)) for name in files)
    sources = ((name, show_progress(lines, sys.stderr)) for name, lines in read)
    result = condense(sources, budget=budget, hint={"service": service, "alert": alert})
    if not as_json:
        if result.text:
            say(result.text)
        say(f"{result.lines_in} lines in, {len(result.kept)} kept, about {result.tokens_out} tokens", err=True)
    for note in (*_list_notes(result, budget, long), *documents):
        say(f"fermata: {note}", err=True)
    if not as_json:
        return
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
            if _is_binary(sample):
                say(
                    f"fermata: {name} begins like a binary file, not like a log: what is shown may mean nothing",
                    err=True,
                )
            yield from _list_old_lines(file) if _has_old_ends(sample) else _list_lines(file)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise UserError(
            f"{name} cannot be read", why=reason, do="Name log files, or pipe them in and name -"
        ) from error


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
        yield sys.stdin.buffer
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
