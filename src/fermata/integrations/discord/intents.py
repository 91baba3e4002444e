"""The one switch in Discord that the observer needs; apart, since discord.py takes long to load."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fermata.integrations.discord.client import DiscordClient
from fermata.kit.errors import OperationalError

NO_INTENT = (
    'Discord sends no text of messages: switch on "Message Content Intent" under "Bot" in the developer portal, or set '
    "discord.observe to false"
)
_MESSAGE_CONTENT = (1 << 18) | (1 << 19)
"""Flags of an application that may read messages, in many servers or in few (reference, "Application Flags")."""


async def find_application(client: DiscordClient) -> Mapping[str, Any]:
    """Return what Discord says of the bot's application; nothing when it cannot be asked."""
    try:
        said = await client.ask("which application this is", "GET", "/applications/@me")
    except OperationalError:
        return {}
    return said if isinstance(said, Mapping) else {}


def may_read_messages(application: Mapping[str, Any]) -> bool | None:
    """Answer whether the switch is on; `None`: Discord does not say."""
    flags = application.get("flags")
    return bool(flags & _MESSAGE_CONTENT) if isinstance(flags, int) else None
