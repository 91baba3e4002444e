"""`fermata logs condense`: what of a log to read, within a budget of tokens."""

from __future__ import annotations

import gzip
import stat
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any, BinaryIO, TextIO

import typer

from fermata.cli.output import JsonFlag, print_json, say
from fermata.kit.errors import UserError

_logs = typer.Typer(help="Read logs for what matters in them.", no_args_is_help=True)
# Bytes of one line that are read into memory; the rest of a longer line is passed over.
_LONGEST_READ = 1_048_576
_GZIP = b"\x1f\x8b"
_LINES_BETWEEN = 1_024  # After so many lines the clock is looked at.


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

    sources = ((name, show_progress(_read(name), sys.stderr)) for name in files)
    result = condense(sources, budget=budget, hint={"service": service, "alert": alert})
    if not as_json:
        say(result.text)
        say(f"{result.lines_in} lines in, {len(result.kept)} kept, about {result.tokens_out} tokens", err=True)
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
            yield from _list_lines(file)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise UserError(
            f"{name} cannot be read", why=reason, do="Name log files, or pipe them in and name -"
        ) from error


@contextmanager
def _open(name: str) -> Iterator[BinaryIO]:
    with _open_raw(name) as raw:
        start = raw.peek(2)[:2]
        if start == _GZIP:
            with gzip.GzipFile(fileobj=raw) as unzipped:
                yield unzipped  # type: ignore[misc]  # reads like any binary file
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
