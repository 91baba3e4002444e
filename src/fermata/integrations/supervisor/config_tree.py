"""The configuration on disk: the main file, what it includes, and which section declares which process.

Reads anew each time: people edit these files during an incident. Blocking; callers run it in a thread.
"""

from __future__ import annotations

import glob
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fermata.integrations.supervisor.config_file import SectionSpan, scan
from fermata.integrations.supervisor.variables import expand, parse_variables
from fermata.kit.digest import compute_bytes_digest, compute_digest
from fermata.kit.errors import OperationalError, UserError

_LARGEST_FILE_BYTES = 1024 * 1024
_PROGRAM_KINDS = ("program:", "fcgi-program:", "eventlistener:")
_MOST_PROCESSES = 1000  # Of one program: enough for any real numprocs, and bounds the work a typing mistake causes.


@dataclass(frozen=True, slots=True)
class IniFile:
    """One configuration file. Bytes that are not UTF-8 are kept as surrogates, so that writing gives them back."""

    path: Path
    text: str

    def encode(self, text: str) -> bytes:
        """Return text of this file as it goes to disk."""
        return text.encode(errors="surrogateescape")


@dataclass(frozen=True, slots=True)
class Program:
    """One program's section, and the processes it makes."""

    file: IniFile
    section: SectionSpan
    group: str
    processes: tuple[str, ...]
    """Names within the group, in order."""

    @property
    def text(self) -> str:
        """Return the section's text, header included."""
        return self.file.text[self.section.start : self.section.end]

    @property
    def digest(self) -> str:
        """Return the digest of the section's text: what an edit is computed against."""
        return compute_bytes_digest(self.file.encode(self.text))


@dataclass(frozen=True, slots=True)
class Config:
    """Everything read at one moment."""

    main: Path
    files: tuple[IniFile, ...]
    programs: tuple[Program, ...]
    variables: Mapping[str, str]
    """What `[supervisord]` gives to every program."""

    def find_program(self, group: str, process: str) -> Program | None:
        """Return the program that declares a process, or `None`.

        Raises:
            UserError: Its section is written more than once, so that an edit could miss what supervisord reads.
        """
        found = [p for p in self.programs if p.group == group and process in p.processes]
        if len(found) > 1:
            places = ", ".join(str(program.file.path) for program in found)
            raise UserError(
                f"[{found[0].section.header}] is written {len(found)} times",
                why=f"In {places}",
                do="Join them into one section first",
            )
        return found[0] if found else None

    def find_declared(self, group: str, process: str) -> Program | None:
        """Return the program that declares a process, for reading; `None` when none does, or more than one."""
        try:
            return self.find_program(group, process)
        except UserError:
            return None

    def compute_version(self, group: str, besides: str = "") -> str:
        """Return the digest of all that comes into force with a group: its own and its programs' sections.

        `[supervisord]` is among them, as it gives variables to every program.

        Args:
            besides: Header of a section to leave out.
        """
        headers = {program.section.header for program in self.programs if program.group == group}
        headers.add("supervisord")
        return compute_digest(
            [
                (section.header, compute_bytes_digest(file.encode(file.text[section.start : section.end])))
                for file in self.files
                for section in scan(file.text)
                if (section.header in headers or _name_group(section) == group) and section.header != besides
            ]
        )

    def read_command(self, program: Program, process: str) -> str | None:
        """Return a process's command as supervisord expands it; `None` when that is not known here."""
        option = program.section.find("command")
        try:
            return expand(option.value, self._list_expansions(program, process)) if option else None
        except ValueError:
            return None

    def describe_path(self, file: IniFile) -> str:
        """Return the file's path relative to the main configuration's folder, for people."""
        return os.path.relpath(file.path, self.main.parent)

    def read_variables(self, program: Program, process: str) -> dict[str, str]:
        """Return the variables that the configuration gives a process, expanded; the program's win.

        Raises:
            ValueError: An expansion is not known here, such as of supervisord's own environment.
        """
        option = program.section.find("environment")
        own = parse_variables(expand(option.value, self._list_expansions(program, process))) if option else {}
        return {**self.variables, **own}

    def _list_expansions(self, program: Program, process: str) -> dict[str, str]:
        names = _expansions(self.main, program.section.header, program.group)
        names |= {f"ENV_{name}": value for name, value in self.variables.items()}
        names["process_num"] = "".join(c for c in process if c.isdigit())
        return names


def read_config(main: Path) -> Config:
    """Read the main file and all it includes.

    Raises:
        OperationalError: A file cannot be read, or is too large to be a configuration.
    """
    first = _read_file(main)
    sections = scan(first.text)
    files = (first, *(_read_file(path) for path in _list_included(main, sections)))
    spans = [(file, section) for file in files for section in scan(file.text)]
    groups = _read_groups([section for _, section in spans])
    programs = tuple(
        _build_program(file, section, main, groups)
        for file, section in spans
        if section.header.startswith(_PROGRAM_KINDS)
    )
    return Config(main, files, programs, _read_own_variables(main, sections))


def _read_file(path: Path) -> IniFile:
    try:
        with path.open("rb") as stream:
            content = stream.read(_LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise OperationalError(
            f"supervisord's configuration {path} cannot be read",
            why=error.strerror or str(error),
            do="Correct config_path in the supervisor settings, or let this user read the file",
            path=str(path),
        ) from error
    if len(content) > _LARGEST_FILE_BYTES:
        raise OperationalError(f"{path} is no configuration", why=f"It is over {_LARGEST_FILE_BYTES} bytes")
    # Symbolic links are followed now: an edit replaces the file itself, never the link.
    return IniFile(path.resolve(), content.decode(errors="surrogateescape"))


def _list_included(main: Path, sections: tuple[SectionSpan, ...]) -> list[Path]:
    option = next((found for s in sections if s.header == "include" and (found := s.find("files"))), None)
    if option is None:
        return []
    folder = main.absolute().parent
    try:
        patterns = expand(option.value, {"here": str(folder), "host_node_name": platform.node()}).split()
    except ValueError as error:
        raise OperationalError(
            f"[include] of {main} cannot be followed",
            why=str(error),
            do="Write its files without %(ENV_...)s, or leave config_path empty to stay read-only",
        ) from error
    # In supervisord's own order: by pattern, then by name.
    return [Path(name) for pattern in patterns for name in sorted(glob.glob(str(folder / pattern)))]  # noqa: PTH207 - supervisord globs text; Path.glob refuses absolute patterns


def _read_groups(sections: list[SectionSpan]) -> dict[str, str]:
    """Return the group of each program that a [group:x] section names."""
    groups = {}
    for section in sections:
        programs = section.find("programs")
        if (name := _name_group(section)) and programs:
            groups.update({program.strip(): name for program in programs.value.split(",")})
    return groups


def _name_group(section: SectionSpan) -> str:
    """Return the name that a [group:x] section gives a group; empty for any other section."""
    kind, _, name = section.header.partition(":")
    return name.strip() if kind == "group" else ""


def _build_program(file: IniFile, section: SectionSpan, main: Path, groups: Mapping[str, str]) -> Program:
    name = section.header.partition(":")[2].strip()
    group = groups.get(name, name)
    return Program(file, section, group, _list_processes(section, main, group))


def _list_processes(section: SectionSpan, main: Path, group: str) -> tuple[str, ...]:
    count, first = (_read_number(section, key, default) for key, default in (("numprocs", 1), ("numprocs_start", 0)))
    template = section.find("process_name")
    names = _expansions(main, section.header, group)
    pattern = template.value if template else "%(program_name)s"
    try:
        # process_num alone is a number there: people write %(process_num)02d.
        return tuple(
            pattern % {**names, "process_num": number, "numprocs": count}
            for number in range(first, first + min(count, _MOST_PROCESSES))
        )
    except (KeyError, TypeError, ValueError):
        # Named after something we do not know: then this program is not found, and nothing is edited.
        return ()


def _read_number(section: SectionSpan, key: str, default: int) -> int:
    option = section.find(key)
    return int(option.value) if option and option.value.isdigit() else default


def _expansions(main: Path, header: str, group: str) -> dict[str, str]:
    return {
        "here": str(main.absolute().parent),
        "host_node_name": platform.node(),
        "program_name": header.partition(":")[2].strip(),
        "group_name": group,
    }


def _read_own_variables(main: Path, sections: tuple[SectionSpan, ...]) -> dict[str, str]:
    option = next((found for s in sections if s.header == "supervisord" and (found := s.find("environment"))), None)
    try:
        return parse_variables(expand(option.value, _expansions(main, "", ""))) if option else {}
    except ValueError:
        # It leans on supervisord's own environment; the program's own variables are what matters.
        return {}
