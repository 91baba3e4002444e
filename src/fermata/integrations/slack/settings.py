"""Which Slack app Fermata is, where it shows cards, and how Slack reaches it."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import SecretStr, field_validator, model_validator

from fermata.ports.api_settings import ApiUrl
from fermata.ports.chat.settings import ChatSettings

CONVERSATION = re.compile(r"[CG][A-Z0-9]{2,}")
"""A channel's id (a direct message would take one more scope). Names can be changed by people, and finding a channel by
its name takes one more scope, too."""


class SlackSettings(ChatSettings):
    """The section `slack`."""

    bot_token: SecretStr
    """The app's bot token (`xoxb-...`), from "OAuth & Permissions". By `env:` or `file:`."""
    app_token: SecretStr | None = None
    """The app-level token (`xapp-...`) with `connections:write`, from "Basic Information". For `mode: socket`."""
    signing_secret: SecretStr | None = None
    """Proves Slack's requests, from "Basic Information". For `mode: http`."""
    channel: str
    """Id of the channel for cards (`C0123ABCD`: "View channel details", at the bottom), where no route says another."""
    mode: Literal["socket", "http"] = "socket"
    """How clicks come in. `socket`: over a connection that Fermata opens, so that nothing needs to be reachable from
    outside. `http`: Slack posts to `<server.public_url>/v1/hooks/slack`."""
    api_url: ApiUrl = "https://slack.com/api"
    """Base address of the Web API; GovSlack and gateways have their own."""
    proxy: SecretStr | None = None
    """Address of an HTTP proxy, for calls and for the socket; it may hold a password. `None`: the one that
    `HTTPS_PROXY` or `HTTP_PROXY` names, if any."""

    @field_validator("channel")
    @classmethod
    def _require_id(cls, value: str) -> str:
        if not CONVERSATION.fullmatch(value):
            message = f"{value!r} is no channel id; write it like C0123ABCD, from the channel's details"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _require_way_in(self) -> Self:
        if self.mode == "socket" and self.app_token is None:
            message = "mode socket needs app_token (xapp-...)"
            raise ValueError(message)
        if self.mode == "http" and self.signing_secret is None:
            message = "mode http needs signing_secret"
            raise ValueError(message)
        return self
