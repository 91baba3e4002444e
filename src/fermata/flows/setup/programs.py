"""The programs that a supervisord's files declare, and where their code lies. Blocking: files.

Only what a person would read off the files: expansions other than `%(here)s` are left alone.
"""

from __future__ import annotations

import configparser
import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_SECTION = "program:"


@dataclass(frozen=True, slots=True)
class Program:
    """One program, as a file declares it."""

    name: str
    file: Path
    """The file that declares it."""
    places: tuple[Path, ...]
    """What its command names, against the folder that it runs in; absolute. They need not exist."""


def read_ini(path: Path) -> configparser.RawConfigParser:
    """Read a file as supervisord does: without interpolation, since it expands `%(here)s` itself.

    Raises:
        OSError, UnicodeDecodeError, configparser.Error: It cannot be read.
    """
    parser = configparser.RawConfigParser(inline_comment_prefixes=(";", " #"), strict=False)
    parser.read_string(path.read_text(encoding="utf-8"))
    return parser


def list_programs(path: Path) -> tuple[Program, ...]:
    """Return the programs in a file and in those that it includes; what cannot be read is left out."""
    return tuple(
        Program(section.removeprefix(_SECTION).strip(), file, tuple(_list_places(parser[section], file)))
        for file, parser in _list_files(path)
        for section in parser.sections()
        if section.startswith(_SECTION)
    )


def _list_files(path: Path) -> Iterator[tuple[Path, configparser.RawConfigParser]]:
    main = _read_quietly(path)
    if main is None:
        return
    yield path, main
    for pattern in main.get("include", "files", fallback="").replace("%(here)s", str(path.parent)).split():
        # Joined to an absolute pattern, the folder falls away, as supervisord has it.
        whole = path.parent / pattern
        try:
            files: Sequence[Path] = sorted(Path(whole.anchor).glob(str(whole.relative_to(whole.anchor))))
        except OSError:
            continue
        yield from ((file, parser) for file in files if (parser := _read_quietly(file)) is not None)


def _read_quietly(path: Path) -> configparser.RawConfigParser | None:
    try:
        return read_ini(path)
    except (OSError, UnicodeDecodeError, configparser.Error):
        return None  # `check` tells of a broken file; here only names are wanted.


def _list_places(section: configparser.SectionProxy, file: Path) -> Iterator[Path]:
    here = str(file.parent)
    folder = Path(section.get("directory", "").replace("%(here)s", here) or "/")
    try:
        words = shlex.split(section.get("command", "").replace("%(here)s", here))
        # `sh -c "cd app; exec python app.py"`: what the shell is told names the code.
        words = [part for word in words for part in (shlex.split(word) if " " in word else [word])]
    except ValueError:
        return  # A quote that is not closed.
    for word in words:
        if not word.startswith("-"):
            yield Path(os.path.normpath(folder / word))
