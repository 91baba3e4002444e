"""Discord: from an alert to its card, and from a click to the card that says what is done.

Goals, written down first: a card that can be decided within 2 s of its alert; every click answered within the 3 s that
Discord waits; the card says that it is executed within 2 s of the click; one card for each incident, and no complaint
of the stand-in. `bench/chat.py` says what it is measured against. (Not `discord.py`: a script's folder comes first when
modules are looked for, and the library has that name.)
"""

from __future__ import annotations

import asyncio
import time

from chat import Chat, Shown, run

from fermata.integrations.discord.settings import DiscordSettings
from fermata.integrations.discord.system import Discord
from fermata.kit.clock import SystemClock
from fermata.testing.discord.guild import ALICE, CHANNEL, TOKEN, DiscordGuild
from fermata.testing.discord.server import DiscordServer


def look_at(discord: DiscordServer) -> Chat:
    """Return the stand-in as it is measured."""
    settings = DiscordSettings(token=TOKEN, channel=CHANNEL, api_url=discord.api_url)

    def list_cards() -> list[Shown]:
        return [Shown(one.id, one.read(), "approve" in one.list_buttons()) for one in discord.guild.list_cards()]

    async def approve(card: str) -> float:
        began = time.monotonic()
        click = await discord.gateway.click(ALICE, card, "approve")
        await click.wait()
        return time.monotonic() - began

    return Chat(
        name="discord",
        alice=ALICE,
        build_system=lambda clock: Discord(settings, clock),
        list_cards=list_cards,
        approve=approve,
        count_calls=lambda: len(discord.calls),
        complaints=discord.complaints,
    )


async def main() -> None:
    """Measure, and write the table."""
    async with DiscordServer(DiscordGuild(SystemClock())) as discord:
        await run(look_at(discord), discord.gateway.connected, table="discord_cards", title="Discord")


if __name__ == "__main__":
    asyncio.run(main())
