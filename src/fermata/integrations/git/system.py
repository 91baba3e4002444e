"""git as the house sees it: settings, what it offers, and the doctor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, field_validator

from fermata.integrations.git.actions import RevertCommitAction
from fermata.integrations.git.client import GitClient
from fermata.integrations.git.collect import ChangeCollector, DesiredCollector
from fermata.integrations.git.doctor import check_repositories
from fermata.integrations.git.repository import Repository, RepositorySettings
from fermata.kit.clock import Clock
from fermata.ports.action import CatalogueAction
from fermata.ports.collector import Collector
from fermata.ports.system import CheckResult, System


class GitSettings(BaseModel):
    """Which repositories there are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    repositories: tuple[RepositorySettings, ...]
    """Working copies on this machine; nothing is ever fetched or pushed."""
    timeout_s: float = Field(default=10, gt=0, le=120)
    """Of one git command. Most take milliseconds; a blame in a large repository takes seconds."""

    @field_validator("repositories")
    @classmethod
    def _require_distinct_names(cls, value: tuple[RepositorySettings, ...]) -> tuple[RepositorySettings, ...]:
        names = [repository.name for repository in value]
        if len(set(names)) < len(names):
            message = f"each repository needs a name of its own: {sorted(names)}"
            raise ValueError(message)
        return value


class Git(System):
    """The repositories of the settings."""

    name: ClassVar[str] = "git"
    Settings: ClassVar[type[BaseModel]] = GitSettings

    def __init__(self, settings: Any, clock: Clock) -> None:
        super().__init__(settings, clock)
        self._repositories = {
            item.name: Repository(item, GitClient(item.path, settings.timeout_s)) for item in settings.repositories
        }

    async def list_services(self) -> Sequence[str]:
        """Return the services of the settings."""
        return tuple(name for item in self.settings.repositories for name in item.services)

    def list_collectors(self) -> Sequence[Collector]:
        """Return changes and declarations, for each repository its own: one that fails leaves the others whole."""
        return tuple(
            kind(repository, self.clock)
            for repository in self._repositories.values()
            for kind in (ChangeCollector, DesiredCollector)
        )

    def list_actions(self) -> Sequence[CatalogueAction]:
        """Return the revert."""
        return (RevertCommitAction(self._repositories, self.clock),)

    async def check(self) -> Sequence[CheckResult]:
        """Look at git itself, and at each repository and its paths."""
        return await check_repositories(tuple(self._repositories.values()))
