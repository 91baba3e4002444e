"""GitHub as the house sees it: settings, what it offers, and the doctor."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from fermata.integrations.github.channel import GitHubIssues
from fermata.integrations.github.client import KEY, GitHubForge
from fermata.integrations.github.directory import GitHubTeams
from fermata.integrations.github.hooks import build_rules
from fermata.kit.clock import Clock
from fermata.ports.action import CatalogueAction
from fermata.ports.channel import Channel, Directory, Listener, Webhook
from fermata.ports.collector import Collector
from fermata.ports.forge.collect import ForgeChangeCollector
from fermata.ports.forge.doctor import check_repository
from fermata.ports.forge.health import RequestProbe
from fermata.ports.forge.issues.approvals import Approvals
from fermata.ports.forge.issues.directory import GroupDirectory
from fermata.ports.forge.issues.doctor import check_approvals
from fermata.ports.forge.issues.settings import ForgeApprovalSettings
from fermata.ports.forge.proposing import OpenRequestAction
from fermata.ports.forge.settings import ForgeRepositorySettings, check_base, check_names
from fermata.ports.health import HealthProbe
from fermata.ports.json_api import ApiTarget, JsonApi
from fermata.ports.system import CheckResult, System

_VERSION = "2022-11-28"  # Of the API; GitHub keeps each for two years after the next (docs "API Versions").
_PERMISSIONS = (
    "Metadata, Contents, Deployments, Actions, Pull requests and Checks: read; for pull requests Contents and "
    "Pull requests: write; for cards as issues Issues: write"
)


class GitHubSettings(BaseModel):
    """Which repositories there are on GitHub."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    url: Annotated[str, AfterValidator(check_base)] = "https://api.github.com"
    """Base address of the REST API; of GitHub Enterprise Server `https://<host>/api/v3`."""
    token: SecretStr
    """A fine-grained personal access token, or an installation's; by `env:` or `file:`."""
    repositories: dict[str, ForgeRepositorySettings] = {}
    """By `owner/name`: the repositories whose changes count."""
    approvals: ForgeApprovalSettings | None = None
    """Cards as issues, decided by comments. `None`: none are opened."""
    timeout_s: float = Field(default=5.0, gt=0, le=120)
    """Longest time for one call, answer included. 5: under the default deadline of a gathering (8 s)."""
    ca_file: Path | None = None
    """Certificates to trust instead of the system's, for a server of one's own."""

    @field_validator("repositories")
    @classmethod
    def _require_names(cls, value: dict[str, ForgeRepositorySettings]) -> dict[str, ForgeRepositorySettings]:
        check_names(KEY, tuple(value))
        deep = [name for name in value if name.count("/") != 1]
        if deep:
            message = f"{deep[0]!r} is not a repository of GitHub; write owner/name"
            raise ValueError(message)
        return value

    @field_validator("approvals")
    @classmethod
    def _require_two_parts(cls, value: ForgeApprovalSettings | None) -> ForgeApprovalSettings | None:
        deep = [name for name in value.list_repositories() if name.count("/") != 1] if value else []
        if deep:
            message = f"{deep[0]!r} is not a repository of GitHub; write owner/name"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _require_something(self) -> Self:
        if not self.repositories and self.approvals is None:
            message = "name repositories whose changes count, or approvals, or both"
            raise ValueError(message)
        return self


class GitHub(System):
    """Repositories on GitHub: changes, and pull requests."""

    name: ClassVar[str] = KEY
    Settings: ClassVar[type[BaseModel]] = GitHubSettings

    def __init__(self, settings: GitHubSettings, clock: Clock) -> None:
        super().__init__(settings, clock)
        headers: Mapping[str, str] = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {settings.token.get_secret_value()}",
            "X-GitHub-Api-Version": _VERSION,
        }
        target = ApiTarget(
            name="GitHub",
            url=settings.url,
            headers=headers,
            timeout_s=settings.timeout_s,
            most_at_once=8,
            ca_file=settings.ca_file,
            permissions=_PERMISSIONS,
            settings_key=KEY,
        )
        api = JsonApi(target, clock)
        self._forge = GitHubForge(api, dict(settings.repositories))
        self._issues = GitHubIssues(api, settings.approvals.label if settings.approvals else "")
        self._approvals: Approvals | None = None
        self._directory: Directory | None = None
        if settings.approvals is not None:
            secret = settings.approvals.webhook_secret
            rules = build_rules(secret) if secret else None
            groups = GitHubTeams(api, settings.approvals.list_repositories())
            self._directory = GroupDirectory(groups.list_teams, clock)
            self._approvals = Approvals(self._issues, settings.approvals, clock=clock, rules=rules)

    def list_collectors(self) -> Sequence[Collector]:
        """Return the changes, for each repository its own: one that fails leaves the others whole."""
        return tuple(ForgeChangeCollector(self._forge, name, self.clock) for name in self._forge.repositories)

    def list_actions(self) -> Sequence[CatalogueAction]:
        """Return the pull request."""
        return (OpenRequestAction(self._forge, self.clock),)

    def list_probes(self) -> Sequence[HealthProbe]:
        """Return the probe that reads what became of the pull request."""
        return (RequestProbe(self._forge, self.clock),)

    def find_channel(self) -> Channel | None:
        """Return the issues, where they are set up."""
        return self._approvals.channel if self._approvals else None

    def find_listener(self) -> Listener | None:
        """Return what asks for comments."""
        return self._approvals.listener if self._approvals else None

    def find_webhook(self) -> Webhook | None:
        """Return what takes GitHub's requests, where there is a secret to prove them by."""
        return self._approvals.webhook if self._approvals else None

    def find_directory(self) -> Directory | None:
        """Return what knows the teams of the repositories where cards are decided."""
        return self._directory

    async def check(self) -> Sequence[CheckResult]:
        """Look at each repository, and make each call that needs a permission of its own."""
        names = tuple(self._forge.repositories)
        found = await asyncio.gather(*(check_repository(self._forge, name, self.clock) for name in names))
        if self.settings.approvals is not None:
            found.append(await check_approvals(self._issues, self.settings.approvals))
        return tuple(finding for findings in found for finding in findings)
