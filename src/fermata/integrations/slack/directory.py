"""Which user groups somebody is in, and whether their account may still decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from fermata.integrations.slack.client import SlackClient
from fermata.integrations.slack.guests import SlackGuests
from fermata.kit.clock import Clock, is_within

_FRESH = timedelta(seconds=30)
"""How long an answer counts: within the minute that the port allows."""


class SlackDirectory:
    """Asks for all user groups with their members at once: one call, whoever clicks."""

    def __init__(self, client: SlackClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._guests = SlackGuests(client, clock)
        self._members: dict[str, frozenset[str]] = {}
        self._asked_at: datetime | None = None

    async def list_groups(self, handle: str) -> Sequence[str]:
        """Return the ids of the groups of a user id (`S0123ABC`), at most half a minute old. Disabled ones are none.

        Raises:
            OperationalError: Slack cannot be asked, or the app lacks `usergroups:read`.
        """
        now = self._clock.now()
        if self._asked_at is None or not is_within(_FRESH, self._asked_at, now):
            answer = await self._client.ask("usergroups.list", lambda web: web.usergroups_list(include_users=True))
            groups: Sequence[dict[str, Any]] = answer.get("usergroups") or ()
            self._members = {str(group["id"]): await self._list_members(group) for group in groups}
            self._asked_at = now
        return [group for group, members in self._members.items() if handle in members]

    async def find_bar(self, handle: str) -> str:
        """Return what Slack says now against a user id: deactivated, a guest, of another workspace; empty: nothing.

        Raises:
            OperationalError: Slack cannot be asked.
        """
        return await self._guests.find_bar(handle)

    async def _list_members(self, group: Mapping[str, Any]) -> frozenset[str]:
        if "users" in group:
            return frozenset(group["users"] or ())
        one = str(group["id"])
        answer = await self._client.ask("usergroups.users.list", lambda web: web.usergroups_users_list(usergroup=one))
        return frozenset(answer.get("users") or ())
