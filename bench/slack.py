"""Slack: from an alert to its card, and from a click to the card that says what is done.

Goals, written down first: a card that can be decided within 2 s of its alert; every click acknowledged within the 3 s
that Slack waits; the card says that it is executed within 2 s of the click; one card for each incident, and no
complaint of the stand-in. `bench/chat.py` says what it is measured against.
"""

from __future__ import annotations

import asyncio

from chat import Chat, Shown, run

from fermata.integrations.slack.settings import SlackSettings
from fermata.integrations.slack.system import Slack
from fermata.kit.clock import SystemClock
from fermata.testing.slack.server import SlackServer
from fermata.testing.slack.workspace import APP_TOKEN, BOT_TOKEN, SlackWorkspace, list_buttons, read_blocks

ALICE = "UALICE"


def look_at(slack: SlackServer) -> Chat:
    """Return the stand-in as it is measured."""
    settings = SlackSettings(bot_token=BOT_TOKEN, app_token=APP_TOKEN, channel="C0INCIDENTS", api_url=slack.api_url)

    def list_cards() -> list[Shown]:
        return [
            Shown(one.ts, f"{one.text}\n{read_blocks(one.blocks)}", "approve" in list_buttons(one.blocks))
            for one in slack.space.list_cards()
        ]

    async def approve(card: str) -> float:
        return (await slack.sockets.click(ALICE, card, "approve")).after_s

    return Chat(
        name="slack",
        alice=ALICE,
        build_system=lambda clock: Slack(settings, clock),
        list_cards=list_cards,
        approve=approve,
        count_calls=lambda: len(slack.calls),
        complaints=slack.complaints,
    )


async def main() -> None:
    """Measure, and write the table."""
    async with SlackServer(SlackWorkspace(SystemClock())) as slack:
        await run(look_at(slack), slack.sockets.connected, table="slack", title="Slack")


if __name__ == "__main__":
    asyncio.run(main())
