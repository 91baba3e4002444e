"""GitHub as the house sees it: settings, what it offers, and the doctor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, Field, SecretStr, field_validator

from fermata.integrations.github.channel import LONGEST, GitHubIssues
from fermata.integrations.github.client import WORDS, GitHubForge
from fermata.integrations.github.directory import GitHubTeams
from fermata.integrations.github.hooks import build_rules
from fermata.integrations.github.limits import KEY
from fermata.integrations.github.tickets import WORDS as TRACKER
from fermata.integrations.github.tickets import GitHubTicketSession
from fermata.integrations.github.trail import GitHubStorySession
from fermata.kit.clock import Clock
from fermata.ports.forge.issues.settings import ForgeApprovalSettings
from fermata.ports.forge.settings import ForgeRepositorySettings, check_base, check_names
from fermata.ports.forge.system import ForgeSettings, ForgeSystem
from fermata.ports.forge.tickets.records import TicketForge
from fermata.ports.forge.trail import Story
from fermata.ports.json_api import ApiTarget, JsonApi

_VERSION = "2022-11-28"  # Of the API; GitHub keeps each for two years after the next (docs "API Versions").
_PERMISSIONS = (
    "Metadata, Contents, Deployments, Actions, Pull requests and Checks: read; for pull requests Contents and "
    "Pull requests: write; for tickets and cards as issues Issues: write"
)


class GitHubSettings(ForgeSettings):
    """Which repositories there are on GitHub."""

    url: Annotated[str, AfterValidator(check_base)] = "https://api.github.com"
    """Base address of the REST API; of GitHub Enterprise Server `https://<host>/api/v3`."""
    token: SecretStr
    """A fine-grained personal access token, or an installation's; by `env:` or `file:`."""
    repositories: dict[str, ForgeRepositorySettings] = Field(default={})
    """By `owner/name`: the repositories whose changes count."""

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


class GitHub(ForgeSystem):
    """Repositories on GitHub: changes, pull requests, and issues."""

    name: ClassVar[str] = KEY
    Settings: ClassVar[type[BaseModel]] = GitHubSettings

    def __init__(self, settings: GitHubSettings, clock: Clock) -> None:
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
        forge = GitHubForge(api, dict(settings.repositories))
        issues = GitHubIssues(api, settings.approvals.label if settings.approvals else "")
        story = Story(WORDS, api, settings.repositories, GitHubStorySession)
        tickets = TicketForge(TRACKER, LONGEST, issues.open_issues, GitHubTicketSession)
        super().__init__(settings, clock, forge=forge, issues=issues, story=story, tickets=tickets)
        if settings.approvals is not None:
            groups = GitHubTeams(api, settings.approvals.list_repositories())
            self.show_cards(
                settings.approvals,
                list_groups=groups.list_teams,
                find_account=groups.find_account,
                build_rules=build_rules,
            )
