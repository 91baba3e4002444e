"""Who clicked: Slack proves the user id, and says here whether it is a machine's or somebody's from outside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fermata.integrations.slack.answers import SlackRefusal
from fermata.integrations.slack.client import SlackClient
from fermata.kit.clock import Clock, is_within
from fermata.kit.errors import OperationalError
from fermata.ports.chat.clicks import say_when
from fermata.ports.desk import Guest

_FRESH = timedelta(minutes=1)
"""How long an answer about somebody counts. Somebody who becomes a guest of the workspace may decide for as long."""


class SlackGuests:
    """Asks `users.info` about everybody who clicks. What it cannot say bars them: no answer opens no gate."""

    def __init__(self, client: SlackClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[str, tuple[datetime, Guest]] = {}

    async def identify(self, user_id: str, name: str) -> Guest:
        """Return who it is, with what Slack itself says against them.

        Args:
            user_id: From a payload that Slack is proven to have sent; empty for what no user did.
            name: As Slack shows them.
        """
        if not user_id:
            return Guest(channel="slack", handle="-", name=name, bot=True)
        try:
            return await self._ask(user_id, name)
        except SlackRefusal as error:
            barred = f"Slack does not say who this is: {error.why}. {error.do}"
        except OperationalError as error:
            barred = f"Slack does not say at the moment who this is ({error.why}); click again{say_when(error)}"
        return Guest(channel="slack", handle=user_id, name=name, barred=barred, is_unsure=True)

    async def find_bar(self, user_id: str) -> str:
        """Return what Slack says now against somebody who decided before; empty: nothing.

        Raises:
            OperationalError: Slack cannot be asked.
        """
        guest = await self._ask(user_id, "")
        return "the account is a machine's" if guest.bot else guest.barred

    async def _ask(self, user_id: str, name: str) -> Guest:
        now = self._clock.now()
        if (held := self._known.get(user_id)) is not None and is_within(_FRESH, held[0], now):
            return held[1]
        try:
            answer = await self._client.ask("users.info", lambda web: web.users_info(user=user_id))
            team_id = (await self._client.fetch_self()).team_id
        except SlackRefusal as error:
            if error.code != "unknown_method":
                raise
            # A server that speaks Slack's API and keeps no profiles: then the proven id is all there is.
            return Guest(channel="slack", handle=user_id, name=name)
        user: Mapping[str, Any] = answer.get("user") or {}
        guest = Guest(
            channel="slack",
            handle=user_id,
            name=name or str(user.get("name") or ""),
            bot=bool(user.get("is_bot") or user.get("is_workflow_bot") or user_id == "USLACKBOT"),
            barred=_find_bar(user, team_id),
        )
        self._known[user_id] = (now, guest)
        return guest


def _find_bar(user: Mapping[str, Any], team_id: str) -> str:
    """Return why somebody may decide nothing, by Slack's word.

    `is_stranger` alone does not do: it is false for somebody of another company in a channel shared with the app.
    """
    if user.get("deleted"):
        return "the account is deactivated in Slack"
    if user.get("is_stranger") or not team_id or user.get("team_id") != team_id:
        return "the account belongs to another workspace"
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return "the account is a guest of the workspace"
    return ""
