"""Takes clicks, forms and commands to the desk, acknowledges them to Slack, and answers whoever made them.

The order is the point. Slack wants an acknowledgement within 3 seconds, and forgets what was acknowledged. So the desk
takes it first, and only when the time runs out is it acknowledged before. What comes twice is taken once: while it is
being dealt with, here; afterwards, by the house's memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fermata.domain.ids import IncidentId
from fermata.domain.proposal import Ruling
from fermata.integrations.slack.client import SlackClient
from fermata.integrations.slack.guests import SlackGuests
from fermata.integrations.slack.layout import APPROVE, ASK, REJECT, SNOOZE
from fermata.integrations.slack.settings import SlackSettings
from fermata.integrations.slack.telling import SlackTelling
from fermata.integrations.slack.views import Place, build_reject_form, read_reject_form
from fermata.integrations.slack.words import SlackWords
from fermata.kit.clock import Clock
from fermata.ports.chat.clicks import Clicks, Said, Work, hear
from fermata.ports.chat.nonce import can_decide_on, split_value
from fermata.ports.desk import Desk, Guest

Body = Mapping[str, Any]
Acknowledge = Callable[[], Awaitable[object]]

ACK_S = 2.5
"""When to acknowledge what is not dealt with yet: Slack waits for 3 s, and the way there takes some of it."""


class SlackCounter:
    """Slack's side of the desk."""

    def __init__(
        self, client: SlackClient, settings: SlackSettings, guests: SlackGuests, desk: Desk, clock: Clock
    ) -> None:
        self._client = client
        self._settings = settings
        self._guests = guests
        self._desk = desk
        self._telling = SlackTelling(client, clock)
        self._clicks = Clicks(desk, "slack")
        self._words = SlackWords(client, desk, clock)

    async def take_click(self, ack: Acknowledge, body: Body) -> None:
        """Deal with one click on a card."""
        action = body["actions"][0]
        place = read_place(body)
        name = _read_name(body)
        # The trigger is this click's own id, also when Slack delivers it again.
        delivery = str(body.get("trigger_id") or f"{place.user}/{action.get('action_ts')}")
        await self._take(ack, delivery, lambda: self._click(action, body, place, name), place)

    async def take_form(self, ack: Acknowledge, body: Body) -> None:
        """Deal with a rejection's form that was sent off."""
        view = body["view"]
        value, place, reason = read_reject_form(view)
        user = body["user"]["id"]
        # The address belongs to whoever opened the form.
        address = place.response_url if place.user == user else ""
        place = Place(user=user, channel=place.channel, ts=place.ts, response_url=address)
        name = _read_name(body)

        async def work() -> Said | None:
            guest = await self._guests.identify(user, name)
            return await self._decide(guest, Ruling.REJECT, value, reason=reason)

        await self._take(ack, f"view/{view['id']}", work, place)

    async def take_command(self, ack: Acknowledge, body: Body) -> None:
        """Deal with a slash command. `/generate-postmortem` is a command of the desk under its own name."""
        place = Place(str(body["user_id"]), str(body["channel_id"]), response_url=str(body.get("response_url") or ""))
        command = str(body["command"]).removeprefix("/")
        text = str(body.get("text") or "").strip()
        words = f"{command} {text}".strip() if command == "generate-postmortem" else text

        async def work() -> Said | None:
            guest = await self._guests.identify(place.user, str(body.get("user_name") or ""))
            asked = guest.model_copy(update={"room": place.channel})
            return hear(await self._desk.command(asked, words or "help"))

        await self._take(ack, str(body["trigger_id"]), work, place)

    def overhear(self, payload: Body) -> None:
        """Tell who decides in words below a card that nothing is decided by it, in the background."""
        self._words.take(payload)

    async def tell_failure(self, body: Body) -> None:
        """Answer somebody whose click met a bug of ours."""
        place = read_place(body)
        await self._telling.whisper(
            place, "Something failed in Fermata. Look at the card: if it did not change, nothing was decided."
        )

    async def settle(self) -> None:
        """Wait a little for what is being dealt with, before a stop."""
        await self._clicks.settle()
        await self._words.settle()

    async def _take(self, ack: Acknowledge, delivery: str, work: Work, place: Place) -> None:
        task, is_first = self._clicks.begin(delivery, work)
        await asyncio.wait({task}, timeout=ACK_S)
        if task.done():
            task.result()  # A bug of ours: not acknowledged, so that Slack tells whoever clicked, too.
        await ack()
        if not is_first:
            return
        if not task.done():
            await self._telling.whisper(place, "Working on it: the answer follows here.")
        if (said := await task) is not None:
            await self._telling.tell(place, said.text, public=said.public, card=said.card)

    async def _click(self, action: Body, body: Body, place: Place, name: str) -> Said | None:
        guest = await self._guests.identify(place.user, name)
        value = str(action.get("value") or "")
        incident_id = IncidentId(value.rpartition(":")[0] or value)
        match action["action_id"]:
            case kind if kind == APPROVE:
                return await self._decide(guest, Ruling.APPROVE, value)
            case kind if kind == REJECT:
                return await self._open_form(guest, value, str(body.get("trigger_id")), place)
            case kind if kind == ASK:
                return hear(await self._desk.ask_for_more(guest, incident_id))
            case kind if kind == SNOOZE:
                return hear(await self._desk.snooze(guest, incident_id, self._settings.snooze))
        return Said("This button is not known to this version of Fermata.")

    async def _decide(self, guest: Guest, ruling: Ruling, value: str, *, reason: str = "") -> Said:
        incident_id, nonce = split_value(value)
        if not incident_id:
            return Said("Not counted: the button does not say which plan it belongs to.")
        heard = await self._desk.decide(guest, ruling, incident_id=incident_id, nonce=nonce, reason=reason)
        return hear(heard)

    async def _open_form(self, guest: Guest, value: str, trigger: str, place: Place) -> Said | None:
        """Ask for the reason, unless there is nothing left to reject: then the desk says what was decided."""
        incident_id, nonce = split_value(value)
        card = await self._desk.find_card(incident_id) if incident_id else None
        if not can_decide_on(card, nonce):
            return await self._decide(guest, Ruling.REJECT, value)
        view = build_reject_form(value, place)
        await self._client.ask("views.open", lambda web: web.views_open(trigger_id=trigger, view=view))
        return None


def read_place(body: Body) -> Place:
    """Return where whoever sent this is to be answered."""
    container = body.get("container") or {}
    user, channel = body.get("user") or {}, body.get("channel") or {}
    return Place(
        user=str(user.get("id") or body.get("user_id") or ""),
        channel=str(channel.get("id") or container.get("channel_id") or body.get("channel_id") or ""),
        ts=str(container.get("message_ts") or ""),
        response_url=str(body.get("response_url") or ""),
    )


def _read_name(body: Body) -> str:
    user = body.get("user") or {}
    return str(user.get("name") or user.get("username") or "")
