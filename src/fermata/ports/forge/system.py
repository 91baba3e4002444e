"""A forge as the house sees it, whichever forge it is: what its settings and its offer have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Self

from pydantic import Field, SecretStr, model_validator

from fermata.kit.clock import Clock
from fermata.ports.action import CatalogueAction
from fermata.ports.api_settings import ApiSettings
from fermata.ports.channel import Channel, Directory, Listener, Webhook
from fermata.ports.collector import Collector
from fermata.ports.forge.collect import ForgeChangeCollector
from fermata.ports.forge.doctor import check_repository
from fermata.ports.forge.health import RequestProbe
from fermata.ports.forge.issues.approvals import Approvals
from fermata.ports.forge.issues.directory import Ask, FindAccount, GroupDirectory, Writers
from fermata.ports.forge.issues.doctor import check_approvals
from fermata.ports.forge.issues.hooks import HookRules
from fermata.ports.forge.issues.records import IssueForge
from fermata.ports.forge.issues.settings import ForgeApprovalSettings
from fermata.ports.forge.proposing import OpenRequestAction
from fermata.ports.forge.publishing import ForgePublisher
from fermata.ports.forge.records import Forge
from fermata.ports.forge.settings import ForgeRepositorySettings
from fermata.ports.forge.tickets.doctor import check_place
from fermata.ports.forge.tickets.maker import ForgeMaker
from fermata.ports.forge.tickets.records import TicketForge
from fermata.ports.forge.trail import ForgeTrail, Story
from fermata.ports.health import HealthProbe
from fermata.ports.publisher import Publisher
from fermata.ports.system import CheckResult, System
from fermata.ports.tracker.create import CreateIssueAction
from fermata.ports.trail import TrailSource


class ForgeSettings(ApiSettings):
    """Which repositories there are on a forge, and whether cards are shown there."""

    repositories: dict[str, ForgeRepositorySettings] = Field(default={})
    """By their names: the repositories whose changes count."""
    approvals: ForgeApprovalSettings | None = None
    """Cards as issues, decided by comments. `None`: none are opened."""

    @model_validator(mode="after")
    def _require_something(self) -> Self:
        if not self.repositories and self.approvals is None:
            message = "name repositories whose changes count, or approvals, or both"
            raise ValueError(message)
        return self


class ForgeSystem(System):
    """Repositories of one forge: their changes, proposals for them, and cards as issues where `approvals` is set."""

    def __init__(
        self,
        settings: ForgeSettings,
        clock: Clock,
        *,
        forge: Forge,
        issues: IssueForge,
        story: Story,
        tickets: TicketForge[Any],
    ) -> None:
        super().__init__(settings, clock)
        self._forge = forge
        self._story = story
        self._issues = issues
        self._approvals: Approvals | None = None
        self._directory: Directory | None = None
        self._maker = ForgeMaker(tickets, tuple(forge.repositories))

    def show_cards(
        self,
        settings: ForgeApprovalSettings,
        *,
        list_groups: Ask,
        find_account: FindAccount,
        build_rules: Callable[[SecretStr], HookRules],
    ) -> None:
        """Offer the issues too: called while the system is built, if `approvals` is set.

        Args:
            list_groups: Returns the groups of an account, of the repositories where cards are decided.
            find_account: Returns the account of a number, or `None`.
            build_rules: Returns how the forge proves its webhooks by that secret.
        """
        rules = build_rules(settings.webhook_secret) if settings.webhook_secret else None
        writers = Writers(self._issues, settings.list_repositories(), find_account)
        self._directory = GroupDirectory(list_groups, self.clock, writers)
        self._approvals = Approvals(self._issues, settings, clock=self.clock, rules=rules)

    def list_collectors(self) -> Sequence[Collector]:
        """Return the changes, for each repository its own: one that fails leaves the others whole."""
        return tuple(ForgeChangeCollector(self._forge, name, self.clock) for name in self._forge.repositories)

    def list_actions(self) -> Sequence[CatalogueAction]:
        """Return the pull request, or what the forge calls it, and the issue that a person ticks."""
        return (OpenRequestAction(self._forge, self.clock), CreateIssueAction(self._maker, self.clock))

    def list_probes(self) -> Sequence[HealthProbe]:
        """Return the probe that reads what became of the request."""
        return (RequestProbe(self._forge, self.clock),)

    def find_channel(self) -> Channel | None:
        """Return the issues, where they are set up."""
        return self._approvals.channel if self._approvals else None

    def find_listener(self) -> Listener | None:
        """Return what asks for comments."""
        return self._approvals.listener if self._approvals else None

    def find_webhook(self) -> Webhook | None:
        """Return what takes the forge's requests, where there is a secret to prove them by."""
        return self._approvals.webhook if self._approvals else None

    def find_directory(self) -> Directory | None:
        """Return what knows the groups of the repositories where cards are decided."""
        return self._directory

    def find_trail(self) -> TrailSource:
        """Return what tells of an incident's time."""
        approvals = self.settings.approvals
        return ForgeTrail(self._story, self.clock, card_places=approvals.list_repositories() if approvals else ())

    def find_publisher(self) -> Publisher | None:
        """Return what publishes documents as requests, where there are repositories for it."""
        return ForgePublisher(self._forge) if self._forge.repositories else None

    async def check(self) -> Sequence[CheckResult]:
        """Look at each repository, and make each call that needs a permission of its own."""
        names = tuple(self._forge.repositories)
        found = await asyncio.gather(*map(self._check_repository, names))
        if self.settings.approvals is not None:
            found.append(await check_approvals(self._issues, self.settings.approvals))
        return tuple(finding for findings in found for finding in findings)

    async def _check_repository(self, name: str) -> list[CheckResult]:
        found = await check_repository(self._forge, name, self.clock)
        # Of one that cannot be read at all, one finding says everything.
        if found[0].ok:
            found.append(await check_place(self._maker, name))
        return found
