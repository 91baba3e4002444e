"""What lies in the folder: a repository and its remotes, Terraform states, runbooks, a supervisord. Blocking: files."""

from __future__ import annotations

import asyncio
import configparser
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from fermata.flows.bundle.files import Unreadable
from fermata.flows.bundle.parsing import parse_yaml_documents
from fermata.flows.setup.backends import find_place
from fermata.flows.setup.programs import Program, list_programs, read_ini
from fermata.flows.setup.surroundings import Surroundings
from fermata.flows.setup.units import list_unit_programs
from fermata.kit.errors import OperationalError
from fermata.ports.command import run_command
from fermata.rules.servicegraph.compose import FILE_NAMES
from fermata.rules.setup.findings import Found, Secret
from fermata.rules.setup.remotes import Remote, read_remote
from fermata.rules.setup.sources import list_sources

_GIT_TIMEOUT_S = 3.0
_ENVIRONMENT = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
_RUNBOOKS = re.compile(r"(?:run-?_?books?|play-?_?books?|oncall|on-call)", re.IGNORECASE)
_SKIPPED = frozenset({"node_modules", "vendor", "venv", "__pycache__", "dist", "build", "target", "modules"})
_DEEPEST = 4
_MOST_FOLDERS = 2_000
"""A checkout has hundreds; beyond these it is somebody's home, and to be quick matters more than to be complete."""
_MOST_STATES = 5
_TOKENS = {
    "github": (
        ("GITHUB_TOKEN", "GH_TOKEN"),
        "a fine-grained token with read access to Contents, Metadata, Deployments, Actions, Pull requests and Checks",
    ),
    "gitlab": (("GITLAB_TOKEN", "GL_TOKEN"), "a project access token, role Reporter, scope read_api"),
}
_LANDING = (
    "A revert becomes a branch, for a person to merge. Where it shall change the files of this folder, and what runs "
    "from them be restarted, write `mode: working_copy` beside `path`."
)
_CARDS = (
    "Cards as issues, decided by comments, where there is no chat: `approvals: {{repository: owner/incidents}}`, a "
    "private one, and a token that may write issues (docs/systems/{forge}.md#approving-on-issues)."
)


async def find_repository(surroundings: Surroundings) -> list[Found]:
    """Return the repository that holds the folder, else what is run here, and what it is on each forge."""
    main = _find_main_file(surroundings)
    programs = await asyncio.to_thread(list_programs, main) if main is not None else ()
    units = await asyncio.to_thread(list_unit_programs, surroundings)
    top = _find_top(surroundings.folder) or next(
        (held for program in (*programs, *units) for place in program.places if (held := _find_top(place)) is not None),
        None,
    )
    if top is None:
        return []
    name = _NAME.sub("-", top.name).strip("-.") or "repository"
    services, told = await _list_services(surroundings.folder, top), "As the compose file builds them."
    landing = () if services else (_LANDING,)
    if not services:
        services, told = (
            await _list_sources(programs, top),
            "As supervisord's files start them: add what else they use.",
        )
    if not services:
        services = {**_list_folders(units, top), **await _list_sources(units, top)}
        told = "As the units of systemd start them: add what else they use."
    if not services:
        services, told, landing = {name: ["."]}, f"That all of it is {name!r} is a guess.", ()
    found = [
        Found(
            "git",
            f"git: the working copy {top}",
            section={"repositories": [{"name": name, "path": str(top), "services": services}]},
            notes=(f"`services`: which service is made from which paths. {told}", *landing),
        )
    ]
    remotes = {remote.name: remote for remote in map(read_remote, await _list_remotes(top)) if remote is not None}
    for forge in ("github", "gitlab"):
        own = [remote for remote in remotes.values() if remote.forge == forge]
        if own:
            found.append(_describe_forge(forge, own, surroundings.variables))
    return found


def _find_top(place: Path) -> Path | None:
    """Return the working copy that holds a place."""
    return next((path for path in (place, *place.parents) if _is_there(path / ".git")), None)


def _is_there(path: Path) -> bool:
    """Answer whether a path exists; one behind a closed door, or with a name too long for a file, does not."""
    try:
        return path.exists()
    except OSError:
        return False


async def _list_sources(programs: Sequence[Program], top: Path) -> dict[str, list[str]]:
    """Return the committed files that each program is started from and declared in, by its name."""
    inside = {
        program.name: [
            str(place.relative_to(top)) for place in (*program.places, program.file) if place.is_relative_to(top)
        ]
        for program in programs
    }
    committed = set(await _list_committed(top, sorted({path for paths in inside.values() for path in paths} - {"."})))
    kept = {name: [path for path in dict.fromkeys(paths) if path in committed] for name, paths in inside.items()}
    return {name: paths for name, paths in kept.items() if paths}


def _list_folders(units: Sequence[Program], top: Path) -> dict[str, list[str]]:
    """Return all of the repository for each unit that runs in its top folder; `python -m shop` names no file."""
    return {unit.name: ["."] for unit in units if top in unit.places}


async def _list_services(folder: Path, top: Path) -> dict[str, list[str]]:
    """Return the paths of each service of the folder's compose file, as far as they are committed."""
    # Where the repository is another's than the folder, what the folder composes is not made from it.
    owned = [own for own in (folder, top) if own.is_relative_to(top)]
    place = next((own / name for own in owned for name in FILE_NAMES if (own / name).is_file()), None)
    if place is None:
        return {}
    try:
        document, *_ = (*parse_yaml_documents(place.read_text()), None)
    except (OSError, UnicodeDecodeError, Unreadable):
        return {}  # What is wrong with it is compose's to say.
    sources = list_sources(document, str(place.relative_to(top))) if isinstance(document, dict) else {}
    asked = sorted({path for paths in sources.values() for path in paths} - {"."})
    committed = {".", *await _list_committed(top, asked)}
    kept = {name: [path for path in paths if path in committed] for name, paths in sources.items()}
    return {name: paths for name, paths in kept.items() if paths}


async def _list_committed(top: Path, paths: Sequence[str]) -> Sequence[str]:
    """Return which of the paths HEAD holds; a file of variables is often left out on purpose."""
    listing = ("-c", "core.quotePath=false", "ls-tree", "--name-only", "--full-tree", "HEAD", "--", *paths)
    return await _ask_git(top, *listing) if paths else ()


async def _list_remotes(top: Path) -> list[str]:
    said = await _ask_git(top, "config", "--get-regexp", r"^remote\..*\.url$")
    return [line.partition(" ")[2] for line in said]


async def _ask_git(top: Path, *words: str) -> list[str]:
    try:
        said = await run_command(["git", "-C", str(top), *words], environment=_ENVIRONMENT, timeout_s=_GIT_TIMEOUT_S)
    except OperationalError:
        return []  # No git here: the working copy is still worth proposing, and `check` says what is missing.
    return said.out.decode(errors="replace").splitlines()


def _describe_forge(forge: str, remotes: Sequence[Remote], variables: frozenset[str]) -> Found:
    names, how = _TOKENS[forge]
    variable = next((name for name in names if name in variables), names[0])
    api = remotes[0].api
    section: dict[str, Any] = {"url": api} if api else {}
    # One address, one section: a remote on another host of the same kind needs a Fermata of its own.
    own = [remote for remote in remotes if remote.api == api]
    section |= {
        "token": f"env:{variable}",
        "repositories": {remote.name: {"services": [remote.name.rpartition("/")[2]]} for remote in own},
    }
    words = {"github": "GitHub", "gitlab": "GitLab"}[forge]
    return Found(
        forge,
        f"{words}: {', '.join(remote.name for remote in own)}",
        section=section,
        secrets=() if variable in variables else (Secret(variable, how),),
        notes=(
            "`services`: which services are made from it; a map of service to paths narrows it.",
            _CARDS.format(forge=forge),
        ),
    )


def find_terraform(surroundings: Surroundings) -> list[Found]:
    """Return the Terraform folders below, each a workspace."""
    workspaces: dict[str, Any] = {}
    secrets: list[Secret] = []
    notes: list[str] = []
    uninitialised = []
    for folder in _walk(surroundings.folder):
        if not any(folder.glob("*.tf")) or len(workspaces) >= _MOST_STATES:
            continue
        name = _NAME.sub("-", str(folder.relative_to(surroundings.folder))).strip("-.") or "main"
        if (place := find_place(folder)) is not None:
            workspaces[name] = place.section
            secrets += [
                one for one in place.secrets if one not in secrets and one.variable not in surroundings.variables
            ]
            notes += filter(None, [place.note])
        else:
            uninitialised.append(str(folder))
    if workspaces:
        title = f"Terraform: {', '.join(workspaces)}"
        section = {"workspaces": workspaces}
        return [Found("terraform", title, section=section, secrets=tuple(secrets), notes=tuple(notes))]
    if uninitialised:
        problem = f"it has no state here: run terraform init in {uninitialised[0]}, or name the state's place yourself"
        return [Found("terraform", f"Terraform: {uninitialised[0]}", problem=problem)]
    return []


def find_runbooks(surroundings: Surroundings) -> list[Found]:
    """Return the folders of runbooks below, in one section."""
    libraries: list[Path] = []
    for folder in _walk(surroundings.folder):
        is_below = any(folder.is_relative_to(library) for library in libraries)
        if _RUNBOOKS.fullmatch(folder.name) and not is_below and any(folder.rglob("*.md")):
            libraries.append(folder)
    if not libraries:
        return []
    pages = sum(1 for library in libraries for _ in library.rglob("*.md"))
    shown = ", ".join(str(library.relative_to(surroundings.folder)) for library in libraries)
    section = {"libraries": [{"path": str(library)} for library in libraries]}
    return [Found("runbooks", f"Runbooks in {shown}", detail=f"pages: {pages}", section=section)]


def _walk(top: Path) -> Iterator[Path]:
    """Yield the folder and those below it, nearest first; hidden ones and other people's code are left out."""
    pending = [(top, 0)]
    seen = 0
    while pending:
        folder, depth = pending.pop(0)
        yield folder
        seen += 1
        if depth >= _DEEPEST or seen > _MOST_FOLDERS:
            continue
        try:
            below = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False))
        except OSError:
            continue
        pending += [(folder / name, depth + 1) for name in below if name[0] != "." and name not in _SKIPPED]


def find_supervisor(surroundings: Surroundings) -> list[Found]:
    """Return the supervisord whose configuration is found first."""
    path = _find_main_file(surroundings)
    if path is None:
        return []
    title = f"supervisord: {path}"
    try:
        parser = read_ini(path)
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        return [Found("supervisor", title, problem=f"{path} cannot be read: {str(error).splitlines()[0]}")]
    url, own = _find_address(parser, path)
    if not url:
        problem = "it has no [unix_http_server] and no [inet_http_server]: nothing can be asked. Add the first"
        return [Found("supervisor", title, problem=problem)]
    section: dict[str, Any] = {"url": url}
    secrets: tuple[Secret, ...] = ()
    if parser.get(own, "username", fallback=""):
        section |= {"username": parser.get(own, "username"), "password": "env:SUPERVISOR_PASSWORD"}
        if "SUPERVISOR_PASSWORD" not in surroundings.variables:
            secrets = (Secret("SUPERVISOR_PASSWORD", f"the password in [{own}] of {path}"),)
    notes: tuple[str, ...] = ()
    if os.access(path, os.W_OK):
        section["config_path"] = str(path)
    else:
        notes = (f"config_path: {path} would let it propose changes to the configuration; it is not writable here.",)
    programs = tuple(program.name for program in list_programs(path))
    detail = f"programs: {', '.join(programs)}" if programs else ""
    return [Found("supervisor", title, detail, section=section, secrets=secrets, notes=notes, services=programs)]


def _find_main_file(surroundings: Surroundings) -> Path | None:
    return next((path for path in surroundings.supervisor_files if path.is_file()), None)


def _find_address(parser: configparser.RawConfigParser, path: Path) -> tuple[str, str]:
    """Return the address and the section that it stands in; empty when there is none."""
    socket = parser.get("unix_http_server", "file", fallback="")
    if socket:
        expanded = Path(socket.replace("%(here)s", str(path.parent)))
        return f"unix://{expanded if expanded.is_absolute() else path.parent / expanded}", "unix_http_server"
    port = parser.get("inet_http_server", "port", fallback="")
    if port:
        host, _, number = port.rpartition(":")
        return f"http://{'127.0.0.1' if host in {'', '*', '0.0.0.0'} else host}:{number}", "inet_http_server"  # noqa: S104 - compared, not bound
    return "", ""
