"""HTTP requests of services, handed to whoever can prove and read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial

from fermata.domain.record import Instant, Record
from fermata.flows.boundary import contain
from fermata.flows.context import FlowContext
from fermata.kit.clock import format_instant
from fermata.kit.errors import NotFoundError
from fermata.kit.log import get_log
from fermata.ports.channel import Webhook, WebhookReply
from fermata.ports.desk import Desk
from fermata.ports.store import Transaction
from fermata.ports.system import CheckResult

_log = get_log("hooks")
_REFUSED = "hook_refused/"
_KEPT_EVERY = timedelta(minutes=1)
"""Anybody may send requests: they make nobody write more often."""


class Refusal(Record):
    """The last request to a webhook that was refused, as long as none was proved since."""

    at: Instant
    reason: str


def check_hooks(transaction: Transaction) -> Sequence[CheckResult]:
    """Say which webhooks refuse what is sent: the service tells nobody here. No failure, as a stranger can cause it."""
    return [
        CheckResult(name=f"{key.removeprefix(_REFUSED)}: requests", ok=True, is_partial=True, text=_say(refusal))
        for key, value in transaction.flags.list_named(_REFUSED)
        for refusal in [Refusal.from_json(value)]
    ]


def _say(refusal: Refusal) -> str:
    return (
        f"The last one was refused at {format_instant(refusal.at)}, and none was taken since: {refusal.reason}. If the "
        "service sent it, nothing that people do there arrives: compare the secret in the settings with the service's"
    )


class Hooks:
    """The webhooks of a house, by name."""

    def __init__(self, context: FlowContext, webhooks: Mapping[str, Webhook], desk: Desk) -> None:
        self._context = context
        self._webhooks = webhooks
        self._desk = desk
        self._noted: dict[str, Refusal | None] = {}

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
            from fermata.ports.api_faults import find_reason  # Not before: it brings a whole client of HTTP.

            _log.warning("hook.refused", hook=name, status=reply.status, reason=reply.body)
            await self._note(name, Refusal(at=self._context.clock.now(), reason=find_reason(reply.body.encode())))
        else:
            await self._note(name, None)
        return reply

    async def _note(self, name: str, refusal: Refusal | None) -> None:
        """Keep the last refusal until a request is proved; a store that cannot take it keeps nobody from an answer."""
        noted = self._noted.get(name)
        if refusal is None and name in self._noted and noted is None:
            return
        if refusal is not None and noted is not None and refusal.at - noted.at < _KEPT_EVERY:
            return
        kept = await contain(f"hook {name}", lambda: self._context.store.write(partial(_keep, name, refusal)))
        if not kept.failed:
            self._noted[name] = refusal


def _keep(name: str, refusal: Refusal | None, transaction: Transaction) -> None:
    if refusal is None:
        transaction.flags.remove(f"{_REFUSED}{name}")
    else:
        transaction.flags.put(f"{_REFUSED}{name}", refusal.to_json())
