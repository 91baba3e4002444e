"""What is told of the one switch in Discord that the observer needs; apart, since discord.py takes long to load."""

from __future__ import annotations

NO_INTENT = (
    'Discord sends no text of messages: switch on "Message Content Intent" under "Bot" in the developer portal, or set '
    "discord.observe to false"
)
