"""Takes clicks, forms and commands to the desk, and answers whoever made them.

The order is the point. Discord wants an answer within 3 seconds, and sends nothing again that was answered. So the desk
takes it first, and only when the time runs out is it answered with "thinking", which whoever clicked sees.
"""

from __future__ import annotations

import asyncio

from fermata.domain.ids import IncidentId
from fermata.domain.proposal import Ruling
from fermata.integrations.discord.channel import SUPPRESSED
from fermata.integrations.discord.client import DiscordClient
from fermata.integrations.discord.forms import build_reject_form, read_reason
from fermata.integrations.discord.interactions import CLICK, COMMAND, FORM, Interaction, write_command
from fermata.integrations.discord.layout import APPROVE, ASK, REJECT, SNOOZE
from fermata.integrations.discord.settings import DiscordSettings
from fermata.integrations.discord.telling import DiscordTelling
from fermata.kit.errors import OperationalError
from fermata.kit.log import get_log
from fermata.ports.chat.clicks import Clicks, Said, hear
from fermata.ports.chat.nonce import can_decide_on, split_value
from fermata.ports.desk import Desk

ANSWER_S = 1.8
"""When to answer what is not dealt with yet: Discord waits for 3 s, counted from its own clock, and the way there and
back takes some of it."""
_FAILED = "Something failed in Fermata. Look at the card: if it did not change, nothing was decided."
_HIDDEN = (
    "Not counted: somebody has removed the card's text from this message, and what is not shown cannot be approved. "
    "It is shown again now; read it, and click again."
)
_log = get_log("discord")


class DiscordCounter:
    """Discord's side of the desk."""

    def __init__(self, client: DiscordClient, settings: DiscordSettings, telling: DiscordTelling, desk: Desk) -> None:
        self._client = client
        self._settings = settings
        self._telling = telling
        self._desk = desk
        self._clicks = Clicks(desk, "discord", is_broadcast=True)

    async def take(self, interaction: Interaction) -> None:
        """Deal with one interaction, and answer it. One that comes again is dealt with and answered once.

        Never raises: a bug of ours is logged, and told to whoever clicked.
        """
        if interaction.kind not in (COMMAND, CLICK, FORM):
            return
        task, is_first = self._clicks.begin(interaction.id, lambda: self._deal(interaction))
        if not is_first:
            return
        await asyncio.wait({task}, timeout=ANSWER_S)
        is_thinking = not task.done() and await self._telling.think(interaction)
        await asyncio.wait({task})
        if task.cancelled():
            return
        said: Said | None
        if (error := task.exception()) is None:
            said = task.result()
        else:
            _log.error("click.failed", kind=interaction.kind, error=type(error).__name__)
            said = Said(_FAILED)
        if said is None and is_thinking:
            said = Said("This was dealt with already: look at the card.")
        if said is not None:
            await self._telling.tell(interaction, said, is_thinking=is_thinking)

    async def settle(self) -> None:
        """Wait a little for what is being dealt with, before a stop."""
        await self._clicks.settle()

    async def _deal(self, interaction: Interaction) -> Said | None:
        if interaction.kind == COMMAND:
            return hear(await self._desk.command(interaction.guest, write_command(interaction.data)))
        if interaction.kind == FORM:
            return await self._decide(interaction, Ruling.REJECT, reason=read_reason(interaction.data))
        return await self._click(interaction)

    async def _click(self, interaction: Interaction) -> Said | None:
        action, incident_id, _ = split_custom_id(interaction.custom_id)
        match action:
            case kind if kind == APPROVE:
                if int(interaction.message.get("flags") or 0) & SUPPRESSED:
                    return await self._show_again(interaction)
                return await self._decide(interaction, Ruling.APPROVE)
            case kind if kind == REJECT:
                return await self._open_form(interaction)
            case kind if kind == ASK:
                return hear(await self._desk.ask_for_more(interaction.guest, incident_id))
            case kind if kind == SNOOZE:
                return hear(await self._desk.snooze(interaction.guest, incident_id, self._settings.snooze))
        return Said("This button is not known to this version of Fermata.")

    async def _decide(self, interaction: Interaction, ruling: Ruling, *, reason: str = "") -> Said:
        _, incident_id, nonce = split_custom_id(interaction.custom_id)
        if not incident_id or not nonce:
            return Said("Not counted: the button does not say which plan it belongs to.")
        answer = await self._desk.decide(interaction.guest, ruling, incident_id=incident_id, nonce=nonce, reason=reason)
        return hear(answer)

    async def _open_form(self, interaction: Interaction) -> Said | None:
        """Ask for the reason, unless there is nothing left to reject: then the desk says what was decided."""
        _, incident_id, nonce = split_custom_id(interaction.custom_id)
        card = await self._desk.find_card(incident_id) if incident_id else None
        if not nonce or not can_decide_on(card, nonce):
            return await self._decide(interaction, Ruling.REJECT)
        is_open = await self._telling.show_form(interaction, build_reject_form(interaction.custom_id))
        return None if is_open else Said("The form could not be opened: nothing was decided. Click again.")

    async def _show_again(self, interaction: Interaction) -> Said:
        message = interaction.message
        path = f"/channels/{interaction.channel_id}/messages/{message.get('id')}"
        try:
            flags = int(message.get("flags") or 0) & ~SUPPRESSED
            await self._client.ask("showing the card", "PATCH", path, body={"flags": flags})
        except OperationalError as error:
            return Said(f"{_HIDDEN.partition(' It is')[0]} {error}")
        return Said(_HIDDEN)


def split_custom_id(custom_id: str) -> tuple[str, IncidentId, str]:
    """Return action, incident and nonce; what is missing is empty."""
    action, _, rest = custom_id.partition(":")
    return action, *split_value(rest)
