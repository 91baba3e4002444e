"""A proxy listens where it is told, and its control port on loopback alone."""

import socket
from contextlib import closing

import pytest

from fermata.integrations.faultproxy.serve import Address, FaultProxy, ProxyOptions, parse_address, refuse_open_control
from fermata.kit.errors import OperationalError, UserError

HERE = Address("127.0.0.1", 0)
TOKEN = "long-enough-a-token"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_control_port_on_loopback_is_fine(host):
    """In each of its spellings."""
    refuse_open_control(ProxyOptions(HERE, HERE, Address(host, 1), TOKEN))


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "::", "shop.example.com", ""])
def test_control_port_that_others_reach_is_refused(host):
    """Whoever reaches it can break what goes through."""
    with pytest.raises(UserError, match="cannot be on"):
        refuse_open_control(ProxyOptions(HERE, HERE, Address(host, 1), TOKEN))


def test_short_token_is_refused():
    """It could be guessed."""
    with pytest.raises(UserError, match="too short"):
        refuse_open_control(ProxyOptions(HERE, HERE, HERE, "short"))


async def test_taken_port_is_said(bench):
    """And nothing is left listening."""
    options = ProxyOptions(bench.proxy.listen, HERE, HERE, TOKEN)

    with pytest.raises(OperationalError, match="cannot listen"):
        async with FaultProxy(options):
            pytest.fail("it listened")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:80", Address("127.0.0.1", 80)),
        ("[::1]:80", Address("::1", 80)),
        (":0", HERE),
        ("shop:8080", Address("shop", 8080)),
    ],
)
def test_address_is_read_and_written(text, address):
    """IPv6 in brackets; without a host, this machine."""
    assert parse_address(text) == address
    assert parse_address(str(address)) == address


@pytest.mark.parametrize("text", ["shop", "shop:", "shop:http", "shop:70000", "::1:80", "shop:-1", "shop:٣"])
def test_what_is_no_address_is_refused(text):
    """It says how to write one."""
    with pytest.raises(UserError, match="HOST:PORT"):
        parse_address(text)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_proxy_of_itself_is_refused(host):
    """One call would go round until no file is left to open; and nothing is left listening."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    options = ProxyOptions(Address("127.0.0.1", port), Address(host, port), HERE, TOKEN)

    with pytest.raises(UserError, match="it listens there itself"):
        async with FaultProxy(options):
            pytest.fail("it listened")

    socket.create_server(("127.0.0.1", port)).close()


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1"])
async def test_same_port_elsewhere_is_another_service(host):
    """A name that nobody knows yet, and an address that is none of this machine's."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]

    async with FaultProxy(ProxyOptions(Address("127.0.0.1", port), Address(host, port), HERE, TOKEN)) as proxy:
        assert proxy.listen.port == port
