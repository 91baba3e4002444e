"""Who people are, for a draft: the name that Slack shows, and the zone that "our time" means. Asked once a day."""

from __future__ import annotations

from datetime import datetime, timedelta

from fermata.domain.heard import HeardPerson
from fermata.integrations.slack.answers import SlackRefusal
from fermata.integrations.slack.client import SlackClient
from fermata.kit.clock import Clock
from fermata.ports.chat.slack_wire import read_person

_FRESH = timedelta(days=1)
_MOST_KNOWN = 10_000


class SlackPeople:
    """Asks `users.info`, one person after the other."""

    def __init__(self, client: SlackClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[str, tuple[datetime, HeardPerson | None]] = {}

    def is_known(self, user_id: str) -> bool:
        """Answer whether somebody was asked for within a day."""
        held = self._known.get(user_id)
        return held is not None and self._clock.now() - held[0] < _FRESH

    def note(self, user_id: str, person: HeardPerson | None) -> None:
        """Remember who somebody is; `None`: Slack knows nobody of this id."""
        if len(self._known) >= _MOST_KNOWN:
            self._known.pop(next(iter(self._known)))
        self._known[user_id] = (self._clock.now(), person)

    async def fetch(self, user_id: str) -> HeardPerson | None:
        """Return somebody; `None` when Slack knows nobody of this id.

        Raises:
            OperationalError: Slack cannot be asked, or the app lacks `users:read`.
        """
        if self.is_known(user_id):
            return self._known[user_id][1]
        try:
            answer = await self._client.ask("users.info", lambda web: web.users_info(user=user_id))
        except SlackRefusal as error:
            if error.code not in ("user_not_found", "user_not_visible"):
                raise
            person = None
        else:
            person = read_person(answer.get("user") or {})
        self.note(user_id, person)
        return person
