"""What goes through the proxy arrives unchanged, and feels the fault that is there, and no other.

A fault that would last for minutes shows without a clock that it holds: nothing comes until it is withdrawn, then all.
"""

import asyncio
import contextlib

import pytest
from tests.unit.integrations.faultproxy.conftest import build_request

from fermata.domain.experiment import FaultKind, FaultSpec
from fermata.integrations.faultproxy.client import Declined

LONG = {"latency_ms": 600_000}
KEEP = "Connection: keep-alive\r\n"


async def is_silent(work):
    """Answer whether something has not come after everything else had its turn."""
    done, _ = await asyncio.wait((work,), timeout=0.05)
    return not done


async def test_without_a_fault_all_goes_through(bench):
    """Several requests on one connection, pipelined, with bodies."""
    async with bench.connect() as (reader, writer):
        writer.write(build_request("/a", b"one", KEEP) + build_request("/b", b"two", KEEP))
        writer.write(build_request("/c", b"x" * 300_000))
        answer = await reader.read()

    assert [part in answer for part in (b"/a one", b"/b two", b"/c xxx")] == [True] * 3
    assert len(bench.seen[2]) > 300_000
    state = await bench.state()
    assert (state["calls"], state["in_flight"], state["affected"]) == (3, 0, 0)


async def test_chunked_bodies_go_through(open_bench):
    """In both directions, however they are cut."""

    async def respond(reader, writer, seen):
        seen.append(await reader.readuntil(b"0\r\n\r\n"))
        for piece in (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", b"\r\n2\r", b"\nok\r\n0\r\n", b"\r\n"):
            writer.write(piece)
            await writer.drain()
        await reader.read()

    async with open_bench(respond) as bench, bench.connect() as (reader, writer):
        request = b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        for byte in request:
            writer.write(bytes([byte]))
            await writer.drain()
        answer = await reader.readuntil(b"0\r\n\r\n")

    assert bench.seen == [request]
    assert answer.endswith(b"2\r\nok\r\n0\r\n\r\n")


async def test_upgraded_connection_is_bytes(open_bench):
    """WebSocket frames are no HTTP, and go both ways."""

    async def respond(reader, writer, seen):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02hi")
        seen.append(await reader.readexactly(4))
        writer.write(b"\x81\x03bye")

    async with open_bench(respond) as bench, bench.connect() as (reader, writer):
        writer.write(b"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n")
        await reader.readuntil(b"\x81\x02hi")
        writer.write(b"\x81\x02yo")
        assert await reader.read() == b"\x81\x03bye"

    assert bench.seen == [b"\x81\x02yo"]


async def test_other_protocols_are_bytes(open_bench):
    """A server that speaks first, and a client that speaks no HTTP."""

    async def respond(reader, writer, seen):
        writer.write(b"220 hello\r\n")
        seen.append(await reader.readexactly(6))
        writer.write(b"250 ok\r\n")

    async with open_bench(respond) as bench, bench.connect() as (reader, writer):
        assert await reader.readline() == b"220 hello\r\n"
        writer.write(b"EHLO x")
        assert await reader.read() == b"250 ok\r\n"


async def test_client_that_speaks_first_and_no_http_is_bytes(open_bench):
    """Redis, TLS, a database."""

    async def respond(reader, writer, seen):
        seen.append(await reader.readexactly(14))
        writer.write(b"+PONG\r\n")

    async with open_bench(respond) as bench, bench.connect() as (reader, writer):
        writer.write(b"*1\r\n$4\r\nPING\r\n")
        assert await reader.read() == b"+PONG\r\n"


async def test_dead_server_closes_the_clients_connection(open_bench):
    """As it would without the proxy."""
    async with open_bench() as bench:
        bench.server.close()
        await bench.server.wait_closed()
        with contextlib.suppress(ConnectionError):
            assert await bench.ask() == b""


async def test_latency_holds_calls_until_it_ends(bench):
    """They reach the server only then, and are answered."""
    await bench.begin("latency", **LONG)
    call = asyncio.create_task(bench.ask("/held", body=b"x" * 400_000))

    assert await is_silent(call)
    assert bench.seen == []
    state = await bench.state()
    assert (state["affected"], state["in_flight"]) == (1, 1)
    await bench.end()
    assert b"/held xxx" in await call


async def test_short_latency_passes_by_itself(bench):
    """With jitter, around it."""
    await bench.begin("latency", latency_ms=20, jitter_ms=10)

    assert b"200 OK" in await bench.ask()
    assert (await bench.state())["affected"] == 1


async def test_caller_that_hangs_up_is_not_waited_for(bench):
    """Its call is over when it is, and never reaches the server."""
    await bench.begin("latency", **LONG)
    async with bench.connect() as (_, writer):
        writer.write(build_request())
        await bench.wait_for(in_flight=1)

    await bench.wait_for(in_flight=0)
    await bench.end()
    assert bench.seen == []


async def test_share_of_the_held_calls_fails(bench):
    """After their wait, with the status that was asked for."""
    await bench.begin("latency", latency_ms=1, status=503, failing_percent=100)

    answer = await bench.ask()

    assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert bench.seen == []


async def test_error_is_answered_in_the_servers_place(bench):
    """Once the request is whole; the connection goes on as the client wants it."""
    await bench.begin("error", status=502)
    async with bench.connect() as (reader, writer):
        for _ in range(2):
            writer.write(build_request(headers=KEEP, body=b"abc"))
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
            assert b"Connection: close" not in head
            body = await reader.readexactly(int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0]))
            assert b"injected on purpose" in body
        writer.write(b"HEAD /pay HTTP/1.1\r\nConnection: close\r\n\r\n")
        last = await reader.read()

    assert last.endswith(b"Connection: close\r\n\r\n")
    assert (await bench.state())["affected"] == 3
    assert bench.seen == []


async def test_many_pipelined_calls_are_answered_in_turn(bench):
    """However many lie in the pipe, and without one inside the other."""
    await bench.begin("error", status=500)
    async with bench.connect() as (reader, writer):
        writer.write(build_request(headers=KEEP) * 3000 + build_request())
        answers = b""
        while data := await reader.read(65536):
            answers += data

    assert answers.count(b"HTTP/1.1 500") == 3001
    assert (await bench.state())["affected"] == 3001


async def test_error_does_not_wait_for_a_body_that_waits_for_leave(bench):
    """Expect: 100-continue."""
    await bench.begin("error", status=599)
    async with bench.connect() as (reader, writer):
        writer.write(b"POST /pay HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 599 Fault\r\n")


async def test_share_of_the_calls_feels_it(bench):
    """Drawn for each call: of two hundred, half, within five standard deviations."""
    await bench.begin("error", status=500, percent=50)

    statuses = [(await bench.ask())[9:12] for _ in range(200)]

    assert 65 <= statuses.count(b"500") <= 135
    assert (await bench.state())["affected"] == statuses.count(b"500")


async def test_blackhole_is_silent_until_it_ends(bench):
    """Then the connection is closed: the answer never comes."""
    await bench.begin("blackhole")
    call = asyncio.create_task(bench.ask())

    assert await is_silent(call)
    await bench.end()
    with contextlib.suppress(ConnectionError):
        assert await call == b""
    assert bench.seen == []


async def test_reset_breaks_the_answer_in_the_middle(bench):
    """Half of it comes, and then a reset."""
    await bench.begin("reset")
    async with bench.connect() as (reader, writer):
        writer.write(build_request())
        with pytest.raises(ConnectionResetError):
            await reader.readuntil(b"/pay")

    assert len(bench.seen) == 1


async def test_slow_body_begins_at_once_and_trickles(bench):
    """The head is there; the rest comes when the fault ends."""
    await bench.begin("slow_body", bytes_per_s=10)
    async with bench.connect() as (reader, writer):
        writer.write(build_request("/abcdefghijklmnopqrstuvwxyz"))
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK")
        rest = asyncio.create_task(reader.read())
        assert await is_silent(rest)
        await bench.end()
        assert (await rest).endswith(b"wxyz ")


async def test_bandwidth_slows_the_request_too(bench):
    """The server waits for it."""
    await bench.begin("bandwidth", bytes_per_s=10)
    call = asyncio.create_task(bench.ask(body=b"x" * 1000))

    assert await is_silent(call)
    assert bench.seen == []
    await bench.end()
    assert b"xxx" in await call


async def test_probe_feels_the_fault_and_is_not_counted(bench):
    """It proves the fault, and is not what it was meant for."""
    await bench.begin("error", status=500)

    answer = await bench.ask(headers="X-Fermata-Probe: exp-1\r\n")

    assert answer.startswith(b"HTTP/1.1 500")
    state = await bench.state()
    assert (state["affected"], state["calls"]) == (0, 0)


async def echo(reader, writer, _):
    """Send back what comes."""
    while data := await reader.read(100):
        writer.write(data)
        await writer.drain()


@pytest.mark.parametrize(
    ("kind", "fields"),
    [("latency", LONG), ("slow_body", {"bytes_per_s": 1}), ("bandwidth", {"bytes_per_s": 1})],
)
async def test_bytes_are_held_until_the_fault_ends(open_bench, kind, fields):
    """A protocol that is no HTTP feels it, too."""
    async with open_bench(echo) as bench, bench.connect() as (reader, writer):
        writer.write(b"*0\r\n")
        assert await reader.readexactly(4) == b"*0\r\n"
        await bench.begin(kind, **fields)
        writer.write(b"*1\r\n")
        answer = asyncio.create_task(reader.readexactly(8))
        assert await is_silent(answer)
        writer.write(b"*2\r\n")
        await bench.end()
        assert await answer == b"*1\r\n*2\r\n"
        assert (await bench.state())["affected"] >= 1


@pytest.mark.parametrize("kind", ["blackhole", "reset"])
async def test_bytes_are_lost_with_their_connection(open_bench, kind):
    """Silence until it ends, or a reset at once; nothing comes after."""
    async with open_bench(echo) as bench, bench.connect() as (reader, writer):
        writer.write(b"*0\r\n")
        await reader.readexactly(4)
        await bench.begin(kind)
        writer.write(b"*1\r\n")
        answer = asyncio.create_task(reader.read())
        if kind == "blackhole":
            assert await is_silent(answer)
            await bench.end()
        with contextlib.suppress(ConnectionError):
            assert await answer == b""


async def test_error_cannot_be_put_into_other_protocols(open_bench):
    """Such bytes pass, and are not counted as if they had been hit."""
    async with open_bench(echo) as bench, bench.connect() as (reader, writer):
        await bench.begin("error", status=500)
        writer.write(b"*1\r\n")
        assert await reader.readexactly(4) == b"*1\r\n"
        assert (await bench.state())["affected"] == 0


async def test_bytes_are_calls_until_something_comes_back(open_bench):
    """Of a database's protocol too: what is in flight, and what ended, also where its client hangs up."""

    async def respond(reader, writer, seen):
        seen.append(await reader.readexactly(4))
        writer.write(b"+1\r\n")
        seen.append(await reader.readexactly(4))
        await reader.read()

    async with open_bench(respond) as bench:
        async with bench.connect() as (reader, writer):
            writer.write(b"*1\r\n")
            await reader.readline()
            await bench.wait_for(calls=1, in_flight=0, no_http=True)
            writer.write(b"*2\r\n")
            await bench.wait_for(calls=1, in_flight=1)
        await bench.wait_for(calls=2, in_flight=0)
        assert (await bench.state())["call_seconds"] > 0


async def test_error_is_refused_where_nothing_was_http(open_bench, make_experiment):
    """Before anything is measured, and by the proxy itself; a reset is not."""
    error = make_experiment(fault=FaultSpec(kind=FaultKind.ERROR, status=503))
    async with open_bench(echo) as bench, bench.connect() as (reader, writer):
        assert all(finding.ok for finding in await bench.injector.check_sandbox(error))
        writer.write(b"*0\r\n")
        await reader.readexactly(4)

        unmet = [finding for finding in await bench.injector.check_sandbox(error) if not finding.ok]
        with pytest.raises(Declined, match="rehearse a reset"):
            await bench.begin("error", status=503)

        assert [finding.name for finding in unmet] == ["protocol"]
        assert "write `reset` as its fault's kind" in unmet[0].text
        assert (await bench.begin("reset"))["active"]


async def test_error_is_taken_where_some_calls_are_http(open_bench):
    """What is bytes beside them passes, as ever."""
    async with open_bench(echo) as bench, bench.connect() as (reader, writer):
        writer.write(b"*0\r\n")
        await reader.readexactly(4)
        async with bench.connect() as (_, other):
            other.write(build_request("/pay", b"", ""))
            await bench.wait_for(in_flight=1)
        assert (await bench.begin("error", status=503))["active"]
