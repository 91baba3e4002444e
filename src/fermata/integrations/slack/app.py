"""Slack's own framework in front of the counter: it parses what Slack sends and finds who takes it."""

from __future__ import annotations

import logging
import re
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult

from fermata.integrations.slack.client import SlackClient
from fermata.integrations.slack.counter import SlackCounter
from fermata.integrations.slack.views import REJECT_FORM
from fermata.kit.log import get_log

_log = get_log("slack")
QUIET = logging.getLogger("fermata.slack.sdk")
"""For Slack's libraries. They log whole payloads; what is worth knowing is logged here."""
QUIET.setLevel(logging.CRITICAL + 1)


def build_app(client: SlackClient, counter: SlackCounter) -> AsyncApp:
    """Return the app that hands everything to a counter.

    Whoever dispatches to it has proved the sender: the socket by its token, the webhook by its signature.
    """
    token = client.web.token

    async def authorize() -> AuthorizeResult:
        # One workspace, and its token is known: asking Slack before each click would cost the time to answer it.
        return AuthorizeResult(enterprise_id=None, team_id=None, bot_token=token)

    app = AsyncApp(
        logger=QUIET,
        name="fermata",
        signing_secret="proved-before",  # noqa: S106 - not read: the check is done before, by the clock of the house
        client=client.web,
        authorize=authorize,
        request_verification_enabled=False,
    )

    async def on_click(ack: AsyncAck, body: dict[str, Any]) -> None:
        await counter.take_click(ack, body)

    async def on_form(ack: AsyncAck, body: dict[str, Any]) -> None:
        await counter.take_form(ack, body)

    async def on_command(ack: AsyncAck, body: dict[str, Any]) -> None:
        await counter.take_command(ack, body)

    async def on_error(error: Exception, body: dict[str, Any]) -> None:
        _log.error("click.failed", kind=body.get("type", "command"), error=type(error).__name__)
        await counter.tell_failure(body)

    # Every button, also one of another version: whoever clicked it is to be answered.
    app.action(re.compile(".*"))(on_click)
    app.view(REJECT_FORM)(on_form)
    app.command(re.compile(r"/.+"))(on_command)
    app.error(on_error)
    return app
