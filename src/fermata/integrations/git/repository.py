"""One repository as the settings declare it: where it is, which services live in it, and what a revert may do."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from fermata.domain.entity import Entity
from fermata.domain.scope import Scope
from fermata.integrations.git.client import GitClient
from fermata.kit.errors import OperationalError, UserError

SYSTEM = "git"
KIND = "repository"
SHORT_PLACEHOLDER = "<short>"


class RepositorySettings(BaseModel):
    """One working copy on this machine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]+$")
    """How alerts, guardrails and cards name it: `git:repository/<name>`."""
    path: Path
    """The top folder of its working copy; absolute."""
    services: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """By service: its files and folders, relative to `path`; `.` is all of it. Only listed services bring changes."""
    env_files: dict[str, str] = Field(default_factory=dict)
    """By service: the file of NAME=value lines that declares its variables, relative to `path`."""
    mode: Literal["working_copy", "branch"] = "branch"
    """What a revert does: commit on the checked-out branch and change its files, or make a branch for a person to
    merge. The default touches nothing that runs; `working_copy` is for services that run from this very folder."""
    branch: str = f"fermata/revert-{SHORT_PLACEHOLDER}"
    """Name of that branch; `<short>` becomes the first ten digits of the reverted commit."""

    @field_validator("path")
    @classmethod
    def _require_absolute(cls, value: Path) -> Path:
        if not value.is_absolute():
            message = "write an absolute path: what it is relative to would depend on who starts Fermata"
            raise ValueError(message)
        return value

    @field_validator("services", "env_files")
    @classmethod
    def _require_inside(cls, value: Mapping[str, tuple[str, ...] | str]) -> Mapping[str, tuple[str, ...] | str]:
        for paths in value.values():
            for path in (paths,) if isinstance(paths, str) else paths:
                if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts or not path:
                    message = f"{path!r} does not lie in the repository; write it relative to its top folder"
                    raise ValueError(message)
        return value

    @field_validator("branch")
    @classmethod
    def _require_branch_name(cls, value: str) -> str:
        # The shell's and git's odd characters are not needed; what is left is checked by git itself when it is made.
        plain = value.replace(SHORT_PLACEHOLDER, "0")
        if not plain or plain.startswith(("-", "/")) or not all(c.isalnum() or c in "/-_." for c in plain):
            message = "write a branch name of letters, digits, '/', '-', '_' and '.'; <short> becomes the commit"
            raise ValueError(message)
        return value


@dataclass(frozen=True, slots=True)
class Repository:
    """The settings with a git to ask. Holds no state."""

    settings: RepositorySettings
    git: GitClient

    @property
    def entity(self) -> Entity:
        """Return the repository as evidence and actions name it."""
        return Entity(system=SYSTEM, kind=KIND, name=self.settings.name)

    @property
    def copy(self) -> GitClient:
        """Return git for what reads or writes the files of the working copy: at `path`, whatever its settings say.

        They could name another folder (`core.worktree`), by the same file that whoever may write there can edit. Right
        only where `path` is the top folder: see `refuse_elsewhere`.
        """
        return self.git.with_environment(GIT_WORK_TREE=str(self.settings.path))

    async def refuse_elsewhere(self) -> None:
        """Refuse a repository whose working copy is not at the path that cards name.

        Raises:
            UserError: Git would read and write files of another folder.
            OperationalError: This is no repository.
        """
        path = self.settings.path
        output = await self.git.run("rev-parse", "--path-format=absolute", "--show-toplevel")
        top = Path(output.text.removesuffix("\n"))
        if not await asyncio.to_thread(_is_same, top, path):
            raise UserError(
                f"The working copy of {self.settings.name} is not {path}",
                why=f"git takes {top} for its top folder",
                do="Correct path in the git settings, or core.worktree in the repository's",
            )

    async def refuse_part(self) -> None:
        """Refuse a path below the top folder: git would look for the services' paths there, and find nothing of them.

        Raises:
            OperationalError: It is one, or this is no repository.
        """
        output = await self.git.run("rev-parse", "--show-prefix")
        if prefix := output.text.removesuffix("\n"):
            raise OperationalError(
                f"{self.settings.path} is not the top folder of its repository",
                why=f"git takes it for the folder {prefix} in it",
                do="Correct path in the git settings, or core.worktree in the repository's",
            )

    def match(self, scope: Scope, by_service: Mapping[str, object]) -> tuple[str, ...]:
        """Return the services, as the settings write them, that the scope names; letter case does not count."""
        names = {name.lower() for name in scope.list_names()}
        return tuple(service for service in by_service if service.lower() in names)

    def match_beside(self, scope: Scope) -> tuple[str, ...]:
        """Return the services of the settings that share a queue or a store with what the scope names."""
        beside, own = {name.lower() for name in scope.beside}, self.match(scope, self.settings.services)
        return tuple(one for one in self.settings.services if one.lower() in beside and one not in own)

    def list_env_files(self) -> frozenset[str]:
        """Return the paths that are files of settings."""
        return frozenset(self.settings.env_files.values())

    def name_branch(self, sha: str) -> str:
        """Return the branch that a revert of this commit makes."""
        return self.settings.branch.replace(SHORT_PLACEHOLDER, sha[:10])

    async def has_commits(self) -> bool:
        """Answer whether HEAD is a commit: it is none in a repository that was made a moment ago.

        Raises:
            OperationalError: This is no repository.
        """
        return bool((await self.git.run("rev-parse", "--quiet", "--verify", "HEAD", accept=(0, 1))).text.strip())

    async def is_shallow(self) -> bool:
        """Answer whether it is a clone that lacks what came before some commit.

        Raises:
            OperationalError: This is no repository.
        """
        return (await self.git.run("rev-parse", "--is-shallow-repository")).text.strip() == "true"

    async def fetch_head(self) -> str:
        """Return the full id of HEAD's commit.

        Raises:
            OperationalError: There is none, or this is no repository.
        """
        output = await self.git.run("rev-parse", "--verify", "HEAD^{commit}", accept=(0, 128))
        if not output.code:
            return output.text.strip()
        if await self.has_commits():
            raise self.git.say_failed("rev-parse", output.code, output.error)
        raise OperationalError(
            f"{self.settings.path} has no commit at HEAD",
            why="it is new, or HEAD names a branch that is not there",
            do="Make the first commit, check a branch out, or leave this repository out of the git settings",
        )


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
