"""Says things to one person, or to the room: by the response address, and when that is used up by the Web API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from fermata.domain.card import Card
from fermata.integrations.slack.blocks import Block, escape, paragraph, rich, run
from fermata.integrations.slack.client import SlackClient
from fermata.integrations.slack.layout import lay_out_card
from fermata.integrations.slack.views import Place
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError, TransientError
from fermata.kit.log import get_log
from fermata.ports.chat.asking import ask_again

_log = get_log("slack")
_LONGEST_WAIT = timedelta(seconds=60)
"""Slack counts by the minute. An answer a minute late is one; whoever clicked sees nothing else."""
_RUNS_EACH = 3
"""Text elements of one message, of 2,900 characters each: within what a message may have."""


class SlackTelling:
    """Answers. One that cannot be told is logged: what was decided stands on the card."""

    def __init__(self, client: SlackClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def tell(self, place: Place, text: str, *, public: bool = False, card: Card | None = None) -> None:
        """Tell whoever asked; `public` tells the room too (in the card's thread, when there is a card).

        Args:
            card: Shown with it, without buttons: those of the incident's own card are the ones that change.
        """
        shown = list(_write_card(card)) if card is not None else []
        if public and place.ts:
            await self._post(place, text)
        in_room = public and not place.ts
        for blocks in [*_cut(text), *([shown] if shown else [])]:
            await self._send(place, blocks, text, in_room=in_room)

    async def whisper(self, place: Place, text: str) -> None:
        """Tell one person."""
        await self.tell(place, text)

    async def _send(self, place: Place, blocks: list[Block], text: str, *, in_room: bool) -> None:
        message: dict[str, Any] = {"text": escape(text)[:3000], "blocks": blocks}
        try:
            if not place.response_url:
                raise OperationalError("There is no response address")
            kind = "in_channel" if in_room else "ephemeral"
            await self._client.respond(
                place.response_url, {**message, "response_type": kind, "replace_original": False}
            )
        except TransientError as error:
            # Shown twice to one person does no harm; a room must not read a draft twice.
            if in_room:
                _log.warning("answer.untold", channel=place.channel, reason=str(error))
                text = (
                    "Slack did not say whether the channel was shown the answer. If it does not stand there, ask again."
                )
                message = {"text": text, "blocks": next(_cut(text))}
            await self._send_late(place, message, in_room=False)
        except OperationalError:
            await self._send_late(place, message, in_room=in_room)

    async def _send_late(self, place: Place, message: dict[str, Any], *, in_room: bool) -> None:
        """Half an hour is over, or five answers were given: the Web API knows no such limits."""
        try:
            # Only what Slack says it did not take is sent again.
            await ask_again(self._clock, lambda: self._call_late(place, message, in_room=in_room), _LONGEST_WAIT)
        except OperationalError as error:
            _log.warning("answer.untold", user=place.user, reason=str(error))

    async def _call_late(self, place: Place, message: dict[str, Any], *, in_room: bool) -> None:
        if in_room:
            await self._client.ask(
                "chat.postMessage", lambda web: web.chat_postMessage(channel=place.channel, **message)
            )
            return
        await self._client.ask(
            "chat.postEphemeral",
            lambda web: web.chat_postEphemeral(channel=place.channel, user=place.user, **message),
        )

    async def _post(self, place: Place, text: str) -> None:
        try:
            for blocks in _cut(text):
                await self._client.ask(
                    "chat.postMessage",
                    lambda web, blocks=blocks: web.chat_postMessage(  # type: ignore[misc]  # the loop's own blocks
                        channel=place.channel, thread_ts=place.ts, text=escape(text)[:3000], blocks=blocks
                    ),
                )
        except OperationalError as error:
            _log.warning("answer.untold", channel=place.channel, reason=str(error))


def _cut(text: str) -> Iterator[list[Block]]:
    """Return messages that hold the whole text together."""
    runs = run(text)
    for at in range(0, len(runs), _RUNS_EACH):
        yield [rich(paragraph(*runs[at : at + _RUNS_EACH]))]


def _write_card(card: Card) -> Iterator[Block]:
    layout = lay_out_card(card, f"shown-{card.incident_id}", timedelta(hours=1))
    doubt = "what is too long for a message is attached to the incident's own card." if layout.files else ""
    yield from layout.build(doubt=doubt) if doubt else layout.blocks
