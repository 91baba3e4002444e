"""The way to Slack: a proxy, and certificates of one's own, for calls, uploads, the socket and answers alike."""

import asyncio
import contextlib

import pytest
from pydantic import SecretStr

from fermata.integrations.slack.channel import SlackChannel
from fermata.integrations.slack.client import SlackClient
from fermata.integrations.slack.listener import SlackListener
from fermata.kit.errors import TransientError
from fermata.testing.channel_contract import build_long_card
from fermata.testing.slack.server import SlackServer
from fermata.testing.web_server import make_tls


async def test_everything_goes_through_the_proxy(slack, settings, clock, desk, told):
    """The name that Slack has here is known to nobody but the proxy, which is the stand-in itself."""
    behind = settings.model_copy(
        update={"api_url": "http://slack.invalid/api", "proxy": SecretStr(slack.url), "timeout_s": 5}
    )
    listener = SlackListener(SlackClient(behind, clock), behind, clock, ping_s=0.1)
    slack.url = "http://slack.invalid"

    await SlackChannel(SlackClient(behind, clock), behind, clock).deliver(build_long_card(), key="inc-1", receipt=None)
    (message,) = slack.space.list_cards()
    task = asyncio.create_task(listener.listen(desk))
    await asyncio.wait_for(slack.sockets.connected.wait(), 5)
    await slack.sockets.click("UALICE", message.ts, "approve")
    said = await told("UALICE")
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task

    assert said["text"] == "Approved by alice."
    assert len(slack.space.files) == 1


async def test_certificates_of_the_settings_are_trusted_for_everything(space, settings, clock, desk, tmp_path):
    """A proxy that opens TLS has its own authority; without it nothing is sent."""
    async with SlackServer(space, make_tls(tmp_path)) as slack:
        with_ca = settings.model_copy(
            update={"api_url": slack.api_url, "ca_file": tmp_path / "certificate.pem", "timeout_s": 5}
        )
        without = with_ca.model_copy(update={"ca_file": None})
        listener = SlackListener(SlackClient(with_ca, clock), with_ca, clock, ping_s=0.1)

        with pytest.raises(TransientError, match=r"slack\.ca_file"):
            await SlackChannel(SlackClient(without, clock), without, clock).deliver(
                build_long_card(), key="inc-1", receipt=None
            )
        channel = SlackChannel(SlackClient(with_ca, clock), with_ca, clock)
        await channel.deliver(build_long_card(), key="inc-1", receipt=None)
        (message,) = space.list_cards()
        task = asyncio.create_task(listener.listen(desk))
        await asyncio.wait_for(slack.sockets.connected.wait(), 5)
        await slack.sockets.click("UALICE", message.ts, "approve")
        for _ in range(500):
            if space.whispers:
                break
            await asyncio.sleep(0.01)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    assert [(one["by"], one["text"]) for one in space.whispers] == [("response_url", "Approved by alice.")]
