"""HTTP requests of services, handed to whoever can prove and read them."""

from __future__ import annotations

from collections.abc import Mapping

from fermata.flows.context import FlowContext
from fermata.kit.errors import NotFoundError
from fermata.kit.log import get_log
from fermata.ports.channel import Webhook, WebhookReply
from fermata.ports.desk import Desk

_log = get_log("hooks")


class Hooks:
    """The webhooks of a house, by name."""

    def __init__(self, context: FlowContext, webhooks: Mapping[str, Webhook], desk: Desk) -> None:
        self._context = context
        self._webhooks = webhooks
        self._desk = desk

    def __contains__(self, name: object) -> bool:
        """Answer whether there is such a webhook."""
        return name in self._webhooks

    async def receive(self, name: str, headers: Mapping[str, str], body: bytes) -> WebhookReply:
        """Hand a request over, and return the answer.

        Args:
            headers: Names in lower case.

        Raises:
            NotFoundError: No configured system takes requests under this name.
            OperationalError: It could not be taken; the service should send it again.
        """
        webhook = self._webhooks.get(name)
        if webhook is None:
            known = ", ".join(sorted(self._webhooks)) or "none"
            raise NotFoundError(
                "There is no webhook of this name",
                why=f"Configured are: {known}",
                do="Check the path: /v1/hooks/<name>, and that the system is set to take webhooks",
            )
        reply = await webhook.receive(headers, body, self._desk)
        self._context.meters.hooks.labels(name, str(reply.status)).inc()
        if reply.status in (401, 403):
            _log.warning("hook.refused", hook=name, status=reply.status, reason=reply.body)
        return reply
