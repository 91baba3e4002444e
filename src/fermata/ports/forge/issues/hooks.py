"""A forge's HTTP requests: proved, deduplicated, and taken for no more than a hint to look now."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fermata.kit.errors import FermataError
from fermata.kit.log import get_log
from fermata.ports.channel import WebhookReply
from fermata.ports.desk import Desk
from fermata.ports.forge.issues.listener import IssueListener

_log = get_log("issues")
_MOST_ID = 200


@dataclass(frozen=True, slots=True)
class HookRules:
    """What differs between forges."""

    name: str
    """The last part of the path."""
    proves: Callable[[Mapping[str, str], bytes], bool]
    """Answers whether a request is the forge's; compares in constant time."""
    event_header: str
    events: frozenset[str]
    """Those that mean a comment; others are answered, and nothing happens."""
    find_text: Callable[[Mapping[str, Any]], object]
    """Returns the comment's text from the body's JSON; `None` for what is no new comment."""
    id_headers: tuple[str, ...]
    """Where the id of the delivery stands; the first that is there."""


class IssueWebhook:
    """Wakes the listener, which reads the comment from the forge itself.

    So a body that was made up, or a copy of an old one, can decide nothing: at most it makes Fermata look.
    """

    def __init__(self, rules: HookRules, listener: IssueListener) -> None:
        self._rules = rules
        self._listener = listener

    @property
    def name(self) -> str:
        """Return the last part of the path."""
        return self._rules.name

    async def receive(self, headers: Mapping[str, str], body: bytes, desk: Desk) -> WebhookReply:
        """Prove the sender and answer at once: 401, or 202 when it is looked into."""
        rules = self._rules
        if not rules.proves(headers, body):
            return _say(401, "not proved: check the secret on both sides")
        if headers.get(rules.event_header, "") not in rules.events or not self._may_command(body):
            return _say(200, "nothing to do")
        delivery = next((headers[name] for name in rules.id_headers if headers.get(name)), "")[:_MOST_ID]
        channel = f"{rules.name}-hook"
        try:
            if delivery and await desk.is_known(channel, delivery):
                return _say(200, "known")
            self._listener.wake()
            if delivery:
                await desk.remember(channel, delivery)
        except FermataError as error:
            # The forge does not send again by itself; the comment is found by asking.
            _log.warning("hook.not_remembered", hook=rules.name, reason=str(error))
            self._listener.wake()
        return _say(202, "looking")

    def _may_command(self, body: bytes) -> bool:
        """Answer whether it is worth a look: Fermata's own answers come here, too, and all talk of the repository.

        What cannot be read is looked into.
        """
        try:
            payload = json.loads(body)
        except ValueError:
            return True
        text = self._rules.find_text(payload) if isinstance(payload, Mapping) else None
        return isinstance(text, str) and text.startswith("/")


def _say(status: int, words: str) -> WebhookReply:
    return WebhookReply(status=status, body=json.dumps({"message": words}))
