"""A question is answered whole, or not at all."""

import asyncio
import ssl

import pytest

from fermata.flows.rehearsal.asking import HttpAsker

_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
async def serve():
    """Give a function that serves fixed bytes on loopback and returns the address; what was asked is in `heads`."""
    servers, heads = [], []

    async def start(answer):
        async def respond(reader, writer):
            try:
                heads.append(await reader.readuntil(b"\r\n\r\n"))
            except asyncio.IncompleteReadError:
                writer.close()  # It began with TLS, or went away.
                return
            if answer is None:
                await reader.read()
            else:
                writer.write(answer)
            writer.close()

        server = await asyncio.start_server(respond, "127.0.0.1", 0)
        servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/pay?now=1"

    start.heads = heads
    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, b"ok"),
        (b"HTTP/1.1 503 x\r\n\r\nto the end", 503, b"to the end"),
        (b"HTTP/1.0 204 x\r\nContent-Length: 0\r\n\r\n", 204, b""),
        (_CHUNKED + b'8\r\n{"error"\r\na;x=1\r\n: "no db"}\r\n0\r\n\r\n', 200, b'{"error": "no db"}'),
    ],
)
async def test_whole_answer_has_a_status_and_a_body(serve, answer, status, body):
    """Whatever it is, and without the frames of its transfer."""
    url = await serve(answer)

    reply = await HttpAsker().ask(url, timeout_s=1, headers={"X-Fermata-Probe": "exp-1"})
    assert (reply.status, reply.body) == (status, body)

    assert serve.heads[0].startswith(b"GET /pay?now=1 HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nX-Fermata-Probe: exp-1\r\n" in serve.heads[0]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok",
        b"220 smtp\r\n\r\n",
        b"HTTP/1.1 no\r\n\r\n",
        _CHUNKED + b"8\r\n{}",
        _CHUNKED + b"2\r\n{}\r\n",
        _CHUNKED + b"no\r\n",
    ],
)
async def test_broken_answer_is_none(serve, answer):
    """A head or a body that breaks off, and what is no HTTP."""
    url = await serve(answer)

    with pytest.raises(ConnectionError):
        await HttpAsker().ask(url, timeout_s=1)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n",
        _CHUNKED + b"fffffff\r\n",
        _CHUNKED + b"80000\r\n" + b"x" * 0x80000 + b"\r\n80001\r\n" + b"x" * 0x80001 + b"\r\n",
    ],
)
async def test_answer_without_end_is_read_no_further(serve, head):
    """It answers, and that was the question."""
    url = await serve(head + b"x" * 2_000_000)

    assert (await HttpAsker().ask(url, timeout_s=1)).status == 200


async def test_silence_ends_by_its_time(serve):
    """A server that takes the question and says nothing."""
    url = await serve(None)

    with pytest.raises(TimeoutError):
        await HttpAsker().ask(url, timeout_s=0.05)


@pytest.mark.parametrize("url", ["ftp://shop/x", "http://dana:word@shop/x", "shop", "http:///x"])
async def test_address_that_is_none_is_refused(url):
    """Nothing is sent anywhere."""
    with pytest.raises(ValueError, match="without credentials"):
        await HttpAsker().ask(url, timeout_s=1)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Multiple exceptions: [Errno 111] Connect call failed ('::1', 9), [Errno 111] Connect call failed", True),
        ("Multiple exceptions: [Errno 111] Connect call failed ('::1', 9), [Errno 110] Connect call failed", False),
        ("no route", False),
    ],
)
async def test_name_whose_addresses_all_refuse_is_refused(monkeypatch, words, kind):
    """As localhost is on a machine with both kinds of addresses."""

    async def connect(*args, **options):
        raise OSError(words)

    monkeypatch.setattr(asyncio, "open_connection", connect)

    with pytest.raises(OSError, match="listens" if kind else words[:8]) as failed:
        await HttpAsker().ask("http://localhost:9/pay", timeout_s=1)
    assert isinstance(failed.value, ConnectionRefusedError) is kind


async def test_plain_answer_to_tls_is_none(serve):
    """Certificates are checked as everywhere."""
    url = await serve(b"HTTP/1.1 200 OK\r\n\r\n")

    with pytest.raises((ssl.SSLError, ConnectionError, TimeoutError)):
        await HttpAsker().ask(url.replace("http://", "https://"), timeout_s=0.2)
