"""Who decides in words below a card is told, once and alone, that only its buttons count. Nothing is ever counted here.

Slack sends what is written only where the app hears messages (the observer's events); elsewhere there is silence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from fermata.domain.ids import IncidentId
from fermata.integrations.slack.client import SlackClient
from fermata.integrations.slack.rooms import SlackRooms
from fermata.kit.clock import Clock
from fermata.kit.errors import FermataError
from fermata.kit.log import get_log
from fermata.ports.chat.assent import reads_as_decision
from fermata.ports.chat.wire import find_text, get_fields
from fermata.ports.desk import Desk

_log = get_log("slack")
_NOT_COUNTED = (
    "Not counted: words decide nothing, and the plan waits. To decide, press Approve or Reject on the card that this "
    "thread hangs from: the button names the plan that is shown there. Only you see this, once in this thread."
)
_WRITTEN = ("", "thread_broadcast")
"""Subtypes of what a person wrote anew; an edit is told nothing again."""


class SlackWords:
    """Looks at what is written in threads, beside the observer."""

    def __init__(self, client: SlackClient, desk: Desk, clock: Clock) -> None:
        self._client = client
        self._desk = desk
        self._rooms = SlackRooms(client, clock)
        self._telling: set[asyncio.Task[None]] = set()

    def take(self, payload: Mapping[str, Any]) -> None:
        """Look at one event; Slack waits for no answer, so that it is given in the background."""
        event = get_fields(payload, "event")
        is_reply = find_text(event, "thread_ts") not in ("", find_text(event, "ts"))
        if event.get("type") != "message" or find_text(event, "subtype") not in _WRITTEN or not is_reply:
            return
        if (
            find_text(event, "bot_id")
            or not find_text(event, "user")
            or not reads_as_decision(find_text(event, "text"))
        ):
            return
        task = asyncio.create_task(self._tell(event))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def settle(self) -> None:
        """Stop telling, before a stop."""
        for task in self._telling:
            task.cancel()
        await asyncio.gather(*self._telling, return_exceptions=True)

    async def _tell(self, event: Mapping[str, Any]) -> None:
        room, thread, user = (find_text(event, name) for name in ("channel", "thread_ts", "user"))
        try:
            key = await self._rooms.find_key(room, thread)
            card = await self._desk.find_card(IncidentId(key)) if key else None
            # After a decision "approved" is talk about it.
            if card is None or not card.can_decide or not await self._desk.remember("slack", f"{room}/{thread}/{user}"):
                return
            await self._client.ask(
                "chat.postEphemeral",
                lambda web: web.chat_postEphemeral(channel=room, user=user, thread_ts=thread, text=_NOT_COUNTED),
            )
        except FermataError as error:
            _log.warning("answer.untold", user=user, reason=str(error))
