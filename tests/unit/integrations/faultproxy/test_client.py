"""Answers of a control port, and what is none."""

import asyncio
import contextlib
import socket

import pytest
from pydantic import SecretStr

from fermata.integrations.faultproxy.client import Declined, ProxyClient
from fermata.integrations.faultproxy.settings import ProxySettings
from fermata.kit.errors import TransientError
from fermata.ports.faults import InjectorGone


async def test_refusal_has_its_status_and_reason(bench):
    """Nothing was changed, and it is no lost answer."""
    with pytest.raises(Declined, match="not there any more") as refusal:
        await bench.client.post("renew", {"experiment": "exp-1", "ttl_s": 3})

    assert refusal.value.status == 410


async def test_wrong_token_is_told(bench):
    """The settings' token is not the proxy's."""
    wrong = bench.settings.proxies[0].model_copy(update={"token": SecretStr("another")})

    with pytest.raises(Declined, match="token"):
        await ProxyClient(wrong, 1.0).fetch_state()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"220 smtp\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nno json",
        b"HTTP/1.1 200 OK\r\n\r\n7",
        b"HTTP/1.1 200 OK\r\n\r\n[1]",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"1" * 200_000,
        None,
    ],
)
async def test_what_is_no_proxy_gives_no_answer(answer):
    """It may have been done: the lease decides."""
    serving = set()

    async def respond(reader, writer):
        serving.add(asyncio.current_task())
        await reader.readuntil(b"\r\n\r\n")
        if answer is None:
            await reader.read()
        else:
            writer.write(answer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(respond, "127.0.0.1", 0)
    control = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    client = ProxyClient(ProxySettings(edge="payment", control=control, token=SecretStr("x")), 0.1)

    with pytest.raises(TransientError, match="gave no answer"):
        await client.fetch_state()

    server.close()
    await asyncio.gather(*serving)


async def test_proxy_that_is_gone_is_told_from_one_that_is_slow():
    """Nothing listens there: its process has died, and no patience mends that."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        control = f"127.0.0.1:{free.getsockname()[1]}"
    settings = ProxySettings(edge="payment", control=control, token=SecretStr("x"))

    with pytest.raises(
        InjectorGone, match=r"gave no answer: nothing listens there.* until then every call through it fails"
    ):
        await ProxyClient(settings, 1.0).fetch_state()


async def test_port_that_the_proxy_relays_is_told_from_its_control_port(bench):
    """A slip in the settings, and the service behind answers in its own way."""
    relayed = bench.settings.proxies[0].model_copy(update={"control": f"127.0.0.1:{bench.port}"})

    with pytest.raises(TransientError, match="perhaps it is the port of its --listen"):
        await ProxyClient(relayed, 1.0).fetch_state()
