"""GitLab as the house sees it: settings, what it offers, and the doctor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, Field, SecretStr, field_validator

from fermata.integrations.gitlab.channel import LONGEST, GitLabIssues
from fermata.integrations.gitlab.client import READING, WORDS, WRITING, GitLabForge
from fermata.integrations.gitlab.directory import GitLabGroups, find_account
from fermata.integrations.gitlab.doctor import check_token
from fermata.integrations.gitlab.hooks import build_rules
from fermata.integrations.gitlab.refusals import KEY
from fermata.integrations.gitlab.tickets import WORDS as TRACKER
from fermata.integrations.gitlab.tickets import GitLabTicketSession
from fermata.integrations.gitlab.trail import GitLabStorySession
from fermata.kit.clock import Clock
from fermata.ports.forge.settings import ForgeRepositorySettings, check_base, check_names
from fermata.ports.forge.system import ForgeSettings, ForgeSystem
from fermata.ports.forge.tickets.records import TicketForge
from fermata.ports.forge.trail import Story
from fermata.ports.json_api import ApiTarget, JsonApi
from fermata.ports.system import CheckResult

_PERMISSIONS = f"{READING}; for merge requests {WRITING}; for tickets and cards as issues scope api"


class GitLabSettings(ForgeSettings):
    """Which projects there are on GitLab."""

    url: Annotated[str, AfterValidator(check_base)] = "https://gitlab.com"
    """Base address of GitLab itself, with its path if it has one; `/api/v4` is added where it is missing."""
    token: SecretStr
    """A personal, group or project access token; by `env:` or `file:`."""
    repositories: dict[str, ForgeRepositorySettings] = Field(default={})
    """By `group/project`, deeper groups included: the projects whose changes count."""

    @field_validator("repositories")
    @classmethod
    def _require_names(cls, value: dict[str, ForgeRepositorySettings]) -> dict[str, ForgeRepositorySettings]:
        check_names(KEY, tuple(value))
        return value


class GitLab(ForgeSystem):
    """Projects on GitLab: changes, merge requests, and issues."""

    name: ClassVar[str] = KEY
    Settings: ClassVar[type[BaseModel]] = GitLabSettings

    def __init__(self, settings: GitLabSettings, clock: Clock) -> None:
        target = ApiTarget(
            name="GitLab",
            url=f"{settings.url.removesuffix('/api/v4')}/api/v4",
            headers={"PRIVATE-TOKEN": settings.token.get_secret_value()},
            timeout_s=settings.timeout_s,
            most_at_once=8,
            ca_file=settings.ca_file,
            permissions=_PERMISSIONS,
            settings_key=KEY,
        )
        self._api = api = JsonApi(target, clock)
        forge = GitLabForge(api, dict(settings.repositories))
        issues = GitLabIssues(api)
        story = Story(WORDS, api, settings.repositories, GitLabStorySession)
        tickets = TicketForge(TRACKER, LONGEST, issues.open_issues, GitLabTicketSession)
        super().__init__(settings, clock, forge=forge, issues=issues, story=story, tickets=tickets)
        if settings.approvals is not None:
            groups = GitLabGroups(api, settings.approvals.list_repositories())
            self.show_cards(
                settings.approvals,
                list_groups=groups.list_groups,
                find_account=find_account,
                build_rules=build_rules,
            )

    async def check(self) -> Sequence[CheckResult]:
        """Return the findings of a forge, and until when the token is good."""
        found = await super().check()
        # Where nothing at all can be asked, that says everything.
        return [*found, *(await check_token(self._api) if any(one.ok for one in found) else ())]
