"""Clicks and commands over HTTP, for those whose Fermata is reachable from Slack."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from fermata.integrations.slack.client import SlackClient
from fermata.integrations.slack.counter import SlackCounter
from fermata.integrations.slack.guests import SlackGuests
from fermata.integrations.slack.observing import EVENT_CALLBACK, SlackObserving
from fermata.integrations.slack.settings import SlackSettings
from fermata.kit.clock import Clock
from fermata.kit.errors import InvariantBroken, OperationalError
from fermata.kit.log import get_log
from fermata.kit.units import format_duration
from fermata.ports.channel import WebhookReply
from fermata.ports.chat.hearing import Hearing
from fermata.ports.desk import Desk
from fermata.ports.observer import Observer

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

_REFUSED = WebhookReply(status=401, body='{"error": "not signed with slack.signing_secret, or too old"}')
_NO_JSON = WebhookReply(status=400, body='{"error": "no JSON object"}')
_NO_CLICK = WebhookReply(status=400, body='{"error": "no interaction of Slack\'s"}')
_NOT_OFFERED = WebhookReply(status=404, body='{"error": "nothing here takes this kind of interaction"}')
_NOT_STORED = WebhookReply(status=503, body='{"error": "not stored, send it again"}')
_LIMITED = "app_rate_limited"
_SECONDS = re.compile(r"[0-9]{1,12}")
_log = get_log("slack")


class SlackWebhook:
    """Proves that Slack sent a request, then hands it to the counter.

    The proof is Slack's (docs.slack.dev, "Verifying requests from Slack", read 2026-11): HMAC-SHA256 over the time
    stamp and the body as it came, compared in constant time, not older than five minutes. Within them a copy of a
    request may pass the proof again; its trigger is known by then, and nothing is decided twice.
    """

    name = "slack"

    def __init__(
        self, client: SlackClient, settings: SlackSettings, clock: Clock, hearing: Hearing | None = None
    ) -> None:
        self._client = client
        self._settings = settings
        self._clock = clock
        self._observing = SlackObserving(client, clock, hearing)
        self._app: tuple[Desk, SlackCounter, AsyncApp] | None = None

    def attach(self, observer: Observer) -> None:
        """Tell this observer what people write, from now on."""
        self._observing.attach(observer)

    async def receive(self, headers: Mapping[str, str], body: bytes, desk: Desk) -> WebhookReply:
        """Prove the sender, do what is asked, answer within Slack's three seconds."""
        now = self._clock.now().timestamp()
        if not self._is_signed(headers, body, now):
            self._tell_clock(headers, body, now)
            return _REFUSED
        if headers.get("content-type", "").startswith("application/json"):
            payload = _read_json(body)
            if payload is None:
                return _NO_JSON
            if payload.get("type") == EVENT_CALLBACK:
                return await self._hand_to_observer(payload, desk)
            if payload.get("type") == _LIMITED:
                # Beyond 30,000 an hour Slack sends none: what is missing then, a draft reads from the history.
                _log.warning("slack.events_limited", minute=payload.get("minute_rate_limited"))
                return WebhookReply()
        elif (refusal := _refuse_form(body)) is not None:
            return refusal
        from slack_bolt.request.async_request import AsyncBoltRequest

        request = AsyncBoltRequest(body=body.decode(), headers=dict(headers))
        response = await self._find_served(desk)[2].async_dispatch(request)
        kind = (response.headers.get("content-type") or ["text/plain"])[0]
        return WebhookReply(status=response.status, body=str(response.body or ""), content_type=kind)

    async def _hand_to_observer(self, event: Mapping[str, Any], desk: Desk) -> WebhookReply:
        try:
            await self._observing.take(event)
        except OperationalError as error:
            _log.warning("slack.event_not_taken", reason=str(error))
            return _NOT_STORED
        self._find_served(desk)[1].overhear(event)
        return WebhookReply()

    def _find_served(self, desk: Desk) -> tuple[Desk, SlackCounter, AsyncApp]:
        """Return the one counter of a desk, which knows what is being dealt with, and its app."""
        from fermata.integrations.slack.app import build_app

        if self._app is None or self._app[0] is not desk:
            counter = SlackCounter(
                self._client, self._settings, SlackGuests(self._client, self._clock), desk, self._clock
            )
            self._app = desk, counter, build_app(self._client, counter)
        return self._app

    def _tell_clock(self, headers: Mapping[str, str], body: bytes, now: float) -> None:
        """Log that Slack did sign what was refused, but for another time: else nobody would look at the clock."""
        stamp = headers.get("x-slack-request-timestamp", "")
        if _SECONDS.fullmatch(stamp) and self._is_signed(headers, body, float(stamp)):
            off = format_duration(timedelta(seconds=abs(now - float(stamp))))
            reason = f"Slack signed it, and its time is {off} off. Set this machine's clock, or it was sent again late"
            _log.warning("slack.request_refused", reason=reason)

    def _is_signed(self, headers: Mapping[str, str], body: bytes, now: float) -> bool:
        from slack_sdk.signature import Clock as SlackTime
        from slack_sdk.signature import SignatureVerifier

        if self._settings.signing_secret is None:
            raise InvariantBroken("Mode http without a signing secret", do="Report this")

        class HouseTime(SlackTime):
            def now(self) -> float:
                return now

        verifier = SignatureVerifier(self._settings.signing_secret.get_secret_value(), HouseTime())
        try:
            return verifier.is_valid_request(body, dict(headers))
        # A time stamp that is no number, a body that is no text, a signature beyond ASCII: not from Slack.
        except (ValueError, TypeError):
            return False


def _refuse_form(body: bytes) -> WebhookReply | None:
    """Refuse a form that Slack's framework cannot look into, or that nobody here takes: it takes both for well-formed.

    Buttons of old attachments, dialogs and shortcuts are signed as well, and none of them is Fermata's.
    """
    fields = parse_qs(body.decode())
    if "payload" not in fields:
        return None  # A command, or what the framework answers itself.
    payload = _read_json(fields["payload"][0].encode())
    if payload is None:
        return _NO_CLICK
    if payload.get("type") == "block_actions":
        return None if _is_list_of_objects(payload.get("actions")) else _NO_CLICK
    if payload.get("type") == "view_submission":
        return None if isinstance(payload.get("view"), Mapping) else _NO_CLICK
    return _NOT_OFFERED


def _is_list_of_objects(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _read_json(body: bytes) -> Mapping[str, Any] | None:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(payload, Mapping) else None
