"""Which Discord bot Fermata is, where it shows cards, and how it reaches Discord."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr, field_validator

from fermata.ports.api_settings import ApiUrl
from fermata.ports.chat.settings import ChatSettings

SNOWFLAKE = re.compile(r"\d{2,20}")
"""An id of Discord's: 64 bits in decimal digits."""


def _check_gateway(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"ws", "wss"} or not parts.hostname:
        message = "write it like wss://gateway.discord.gg"
        raise ValueError(message)
    return value


class DiscordSettings(ChatSettings):
    """The section `discord`."""

    token: SecretStr
    """The bot's token, from "Bot" in the developer portal. By `env:` or `file:`."""
    channel: str
    """Id of the channel for cards (developer mode on, "Copy Channel ID"), where no route says another. Its
    server is the one where the slash commands are made."""
    api_url: ApiUrl = "https://discord.com/api/v10"
    """Base address of the HTTP API, version 10; proxies have their own."""
    observe: bool = False
    """Hear what people write in observed rooms, for post-mortems (docs/observer.md). It needs the Message Content
    Intent, a switch in the developer portal under "Bot". No: no intent is asked for, and history is read instead."""
    gateway_url: Annotated[str, AfterValidator(_check_gateway)] | None = None
    """Address of the gateway. `None`: what the API names."""

    @field_validator("channel", mode="before")
    @classmethod
    def _require_id(cls, value: object) -> str:
        text = str(value)  # YAML reads an id without quotes as a number.
        if isinstance(value, bool) or not SNOWFLAKE.fullmatch(text):
            message = f"{text!r} is no channel id; write it like '1180000000000000001', from \"Copy Channel ID\""
            raise ValueError(message)
        return text
