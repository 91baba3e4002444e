"""The ports of a stage are its own from the start."""

import http.server
import socket
import sys

import pytest

from fermata.cli.demo.processes import HeldPorts

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a held port cannot be listened on")


@pytest.fixture
def held():
    """Hold three ports until the test is over."""
    ports = HeldPorts(3)
    yield ports
    ports.release()


def test_held_port_is_passed_by_whoever_looks_for_a_free_one(held):
    """Between the choice of a port and its server's start nobody else may be given it."""
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", held.numbers[0]))

    assert len(set(held.numbers)) == 3


def test_server_listens_on_a_held_port_and_again_after_a_restart(held):
    """The stage's own servers reuse addresses, so that the hold is nothing to them."""
    for _ in range(2):
        address = ("127.0.0.1", held.numbers[0])
        with (
            http.server.HTTPServer(address, http.server.BaseHTTPRequestHandler),
            socket.create_connection(address, timeout=5),
        ):
            pass


def test_released_port_is_free(held):
    """One port can be let go, as for an engine that binds it itself, while the others stay held."""
    held.release(held.numbers[0])
    held.release(held.numbers[0])

    with socket.socket() as other:
        other.bind(("127.0.0.1", held.numbers[0]))
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", held.numbers[1]))
