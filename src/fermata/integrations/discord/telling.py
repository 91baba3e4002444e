"""Answers interactions: at once, or after "thinking", and in as many messages as it takes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from fermata.domain.card import Card
from fermata.integrations.discord.answers import ALREADY_ANSWERED, DiscordRefusal
from fermata.integrations.discord.client import DiscordClient
from fermata.integrations.discord.interactions import Interaction
from fermata.integrations.discord.layout import MOST_CONTENT, lay_out_card, measure
from fermata.integrations.discord.markdown import escape
from fermata.integrations.discord.settings import DiscordSettings
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.kit.log import get_log
from fermata.ports.chat.asking import ask_again
from fermata.ports.chat.clicks import Said

_log = get_log("discord")
_MESSAGE, _THINKING, _MODAL = 4, 5, 9
"""Types of answers."""
_ONLY_TO_THEM = 64
"""Flag of a message that only whoever asked sees."""
_FIRST_WAIT = timedelta(seconds=3)
"""Before the first answer: Discord waits no longer."""
_LONGEST_WAIT = timedelta(seconds=60)
"""Before what follows it, for which Discord gives a quarter of an hour: whoever clicked reads "thinking" until then."""


class DiscordTelling:
    """Answers. One that cannot be told is logged: what was decided stands on the card."""

    def __init__(self, client: DiscordClient, settings: DiscordSettings, clock: Clock) -> None:
        self._client = client
        self._settings = settings
        self._clock = clock

    async def think(self, interaction: Interaction) -> bool:
        """Say that the answer follows, to whoever asked; answer whether that was taken."""
        return await self._answer(interaction, {"type": _THINKING, "data": {"flags": _ONLY_TO_THEM}})

    async def show_form(self, interaction: Interaction, form: dict[str, Any]) -> bool:
        """Open a form."""
        return await self._answer(interaction, {"type": _MODAL, "data": form})

    async def tell(self, interaction: Interaction, said: Said, *, is_thinking: bool) -> None:
        """Tell whoever asked; what is public is told to the room instead.

        Args:
            is_thinking: Whether `think` was told.
        """
        messages = [_write(text) for text in cut(escape(said.text))]
        if said.card is not None:
            messages += self._write_card(said.card)
        flags = {} if said.public else {"flags": _ONLY_TO_THEM}
        first, rest = messages[0], messages[1:]
        if is_thinking and said.public:
            # What was begun for one person stays theirs: they get a word, and the room gets the answer.
            await self._replace(interaction, _write("Done."))
            rest = messages
        elif is_thinking:
            await self._replace(interaction, first)
        elif not await self._answer(interaction, {"type": _MESSAGE, "data": {**first, **flags}}):
            rest = messages
        for message in rest:
            await self._follow(interaction, {**message, **flags})

    async def _answer(self, interaction: Interaction, body: dict[str, Any]) -> bool:
        path = f"/interactions/{interaction.id}/{interaction.token}/callback"
        return await self._try("POST", path, body, can_repeat=True, longest=_FIRST_WAIT)

    async def _replace(self, interaction: Interaction, message: dict[str, Any]) -> None:
        path = f"/webhooks/{interaction.application_id}/{interaction.token}/messages/@original"
        await self._try("PATCH", path, message, can_repeat=True)

    async def _follow(self, interaction: Interaction, message: dict[str, Any]) -> None:
        path = f"/webhooks/{interaction.application_id}/{interaction.token}"
        await self._try("POST", path, message, can_repeat=False)

    async def _try(
        self, method: str, path: str, body: dict[str, Any], *, can_repeat: bool, longest: timedelta = _LONGEST_WAIT
    ) -> bool:
        """Make a call, at most twice; answer whether Discord took it.

        Args:
            can_repeat: Whether it may be made again when it is not known whether it was taken.
            longest: How long is waited for a limit.
        """
        tries = 0

        async def call() -> None:
            nonlocal tries
            tries += 1
            await self._client.ask("the answer", method, path, body=body)

        try:
            await ask_again(self._clock, call, longest, is_repeatable=can_repeat)
        except OperationalError as error:
            if tries > 1 and isinstance(error, DiscordRefusal) and error.code == ALREADY_ANSWERED:
                return True  # The first one was taken, and only its receipt was lost.
            _log.warning("answer.untold", reason=str(error))
            return False
        return True

    def _write_card(self, card: Card) -> list[dict[str, Any]]:
        """Return the card without buttons: those of the incident's own card are the ones that change."""
        layout = lay_out_card(card, self._settings.snooze)
        doubt = "what is too long for a message is attached to the incident's own card." if layout.files else ""
        return [{**layout.build("shown", card.incident_id, doubt=doubt), "components": []}]


def cut(text: str) -> Iterator[str]:
    """Yield pieces that fit into messages and hold the whole text together, cut at line feeds where there are any."""
    while measure(text) > MOST_CONTENT:
        at = text.rfind("\n", 0, MOST_CONTENT // 2) + 1 or MOST_CONTENT // 2
        # Not between a backslash and what it is for.
        at -= text[at - 1] == "\\"
        yield text[:at]
        text = text[at:]
    yield text


def _write(text: str) -> dict[str, Any]:
    return {"content": text or "\N{EM DASH}", "allowed_mentions": {"parse": []}}
