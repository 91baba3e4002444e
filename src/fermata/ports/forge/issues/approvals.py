"""Everything that a forge's system offers once `approvals` is set, built together: it shares what it knows."""

from __future__ import annotations

from fermata.kit.clock import Clock
from fermata.ports.forge.issues.channel import IssueChannel
from fermata.ports.forge.issues.counter import IssueCounter
from fermata.ports.forge.issues.hooks import HookRules, IssueWebhook
from fermata.ports.forge.issues.listener import IssueListener
from fermata.ports.forge.issues.records import IssueForge
from fermata.ports.forge.issues.settings import ForgeApprovalSettings


class Approvals:
    """A channel, its ear, and what wakes the ear. Opens no connection."""

    def __init__(
        self, forge: IssueForge, settings: ForgeApprovalSettings, *, clock: Clock, rules: HookRules | None
    ) -> None:
        self.channel = IssueChannel(forge, settings)
        self.listener = IssueListener(forge, IssueCounter(forge, self.channel), settings=settings, clock=clock)
        self.webhook = IssueWebhook(rules, self.listener) if rules is not None else None
        """`None` without a secret."""
