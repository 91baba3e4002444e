"""What all connections of a proxy share."""

import asyncio
import contextlib

import pytest

from fermata.integrations.faultproxy.lease import Lease, Traffic
from fermata.integrations.faultproxy.relay import Connection
from fermata.integrations.faultproxy.wire import Wire, count_most_connections


@pytest.mark.parametrize(
    ("files", "most"), [(1024, 480), (64, 1), (3, 1), (1_000_000, 10_000), (-1, 10_000), (20_000, 9_968)]
)
def test_connections_leave_files_for_the_control_port(files, most):
    """Each takes one at either end; -1 is a system without a limit."""
    assert count_most_connections(files) == most


async def test_connection_too_many_is_closed_as_it_comes(bench):
    """The others go on: a proxy without a file left to open would do nothing any more, and could not be stopped."""
    loop = asyncio.get_running_loop()
    wire = Wire(loop, bench.server.sockets[0].getsockname(), Lease(), Traffic(), most=1)
    relay = await loop.create_server(lambda: Connection(wire).client_side, "127.0.0.1", 0)
    address = relay.sockets[0].getsockname()

    async with relay, asyncio.timeout(30):
        first, writer = await asyncio.open_connection(*address)
        second, other = await asyncio.open_connection(*address)
        with contextlib.closing(writer), contextlib.closing(other):
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await second.readexactly(1)
            writer.write(b"GET /pay HTTP/1.1\r\nConnection: close\r\n\r\n")
            assert (await first.read()).startswith(b"HTTP/1.1 200")
