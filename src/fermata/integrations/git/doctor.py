"""What is missing before these repositories can be read and reverted in, and how to mend it."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Sequence
from pathlib import Path

from fermata.integrations.git.client import GitClient
from fermata.integrations.git.repository import Repository
from fermata.kit.errors import OperationalError
from fermata.ports.system import CheckResult

# `apply --cached --3way`, which computes reverts, came with 2.32 (Documentation/RelNotes/2.32.0.txt, read 2026-11).
_OLDEST = (2, 32)


async def check_repositories(repositories: Sequence[Repository]) -> Sequence[CheckResult]:
    """Return findings for git and for each repository. Never raises for expected failures."""
    program = await _check_program()
    if not program.ok:
        return (program,)
    return (program, *[finding for repository in repositories for finding in await _check_one(repository)])


async def _check_program() -> CheckResult:
    try:
        text = (await GitClient(Path("/")).run("version")).text.strip()
    except OperationalError as error:
        return CheckResult(name="git: program", ok=False, text=str(error))
    match = re.search(r"(\d+)\.(\d+)", text)
    if match is None or (int(match[1]), int(match[2])) < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        return CheckResult(name="git: program", ok=False, text=f"{text} is too old; install git {oldest} or later")
    return CheckResult(name="git: program", ok=True, text=text)


async def _check_one(repository: Repository) -> list[CheckResult]:
    name = f"git: {repository.settings.name}"
    try:
        top = (await repository.git.run("rev-parse", "--path-format=absolute", "--show-toplevel")).text.strip()
        if not await repository.has_commits():
            text = f"{repository.settings.path} has no commit yet: make the first one, or leave this repository out"
            return [CheckResult(name=name, ok=False, text=text)]
        head = await repository.fetch_head()
        missing = [path for path in _list_paths(repository) if not await _is_at_head(repository, path)]
        is_shallow = await repository.is_shallow()
    except OperationalError as error:
        text = f"{error} Correct path in the git settings, or let this user read it"
        return [CheckResult(name=name, ok=False, text=text)]
    path = repository.settings.path
    if not await asyncio.to_thread(os.path.samefile, top, path):
        text = f"{path} lies inside the repository {top}: write that path, and services relative to it"
        return [CheckResult(name=name, ok=False, text=text)]
    if missing:
        text = f"HEAD of {path} has no {', '.join(missing)}: correct services and env_files in the git settings"
        return [CheckResult(name=name, ok=False, text=text)]
    locked = await asyncio.to_thread(_list_locked, repository)
    if locked:
        text = f"Not writable, so reverts will fail: {', '.join(locked)}. Let this user write there"
        return [CheckResult(name=name, ok=False, text=text)]
    text = f"{path} at {head[:10]}, mode {repository.settings.mode}"
    if is_shallow:
        text += "; a shallow clone: where it ends nothing is known to have changed (git fetch --unshallow)"
    return [CheckResult(name=name, ok=True, text=text)]


def _list_paths(repository: Repository) -> list[str]:
    settings = repository.settings
    paths = {path for paths in settings.services.values() for path in paths} | set(settings.env_files.values())
    return sorted(paths - {"."})


async def _is_at_head(repository: Repository, path: str) -> bool:
    output = await repository.git.run("cat-file", "-e", f"HEAD:{path.rstrip('/')}", accept=(0, 1, 128))
    return output.code == 0


def _list_locked(repository: Repository) -> list[str]:
    path = repository.settings.path
    places = [path / ".git"] if repository.settings.mode == "branch" else [path, path / ".git"]
    return [str(place) for place in places if place.exists() and not os.access(place, os.W_OK)]
