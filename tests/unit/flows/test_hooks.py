"""Services' requests reach the one they are for, and are counted by their answer."""

import pytest
from structlog.testing import capture_logs

from fermata.flows.hooks import Hooks
from fermata.kit.errors import NotFoundError
from fermata.ports.channel import WebhookReply


class ScriptedWebhook:
    """Answers as its body says."""

    name = "forge"

    async def receive(self, headers, body, desk):
        """Answer."""
        self.received = (dict(headers), body, desk)
        return WebhookReply(status=int(body), body="seen")


async def test_request_is_handed_over_as_it_came(stage):
    """Headers, bytes and the desk. Why one was refused is logged: the service tells nobody here."""
    webhook = ScriptedWebhook()
    hooks = Hooks(stage.context, {"forge": webhook}, stage.house.desk)

    reply = await hooks.receive("forge", {"x-signature": "s"}, b"202")
    with capture_logs() as logs:
        refused = await hooks.receive("forge", {}, b"401")

    assert (reply.status, refused.status) == (202, 401)
    assert [(one["event"], one["reason"]) for one in logs] == [("hook.refused", "seen")]
    assert webhook.received == ({}, b"401", stage.house.desk)
    assert 'fermata_hooks_total{hook="forge",status="401"} 1.0' in stage.context.meters.render().decode()


async def test_refused_request_is_told_by_the_doctor_until_one_is_proved(stage):
    """Else nobody would know that clicks do not arrive; more of them write nothing anew."""
    hooks = Hooks(stage.context, {"forge": ScriptedWebhook()}, stage.house.desk)
    await hooks.receive("forge", {}, b"202")
    assert await stage.house.check_channels() == []

    for status in (b"401", b"403", b"401"):
        await hooks.receive("forge", {}, status)
    (found,) = await stage.house.check_channels()
    await Hooks(stage.context, {"forge": ScriptedWebhook()}, stage.house.desk).receive("forge", {}, b"202")

    assert (found.name, found.ok, found.is_partial) == ("forge: requests", True, True)
    assert "and none was taken since: seen. If the service sent it" in found.text
    assert await stage.house.check_channels() == []


async def test_request_for_nobody_is_an_error(stage):
    """With what there is."""
    hooks = Hooks(stage.context, {}, stage.house.desk)

    assert "forge" not in hooks
    with pytest.raises(NotFoundError, match="no webhook of this name"):
        await hooks.receive("forge", {}, b"")
