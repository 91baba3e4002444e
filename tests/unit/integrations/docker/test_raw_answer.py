"""The log's own way through HTTP: chunks taken apart, and every way an answer can break."""

import asyncio

import pytest

from fermata.integrations.docker.faults import AnswerLost, EngineRefused, NoSuchObject, NotDelivered
from fermata.integrations.docker.raw_answer import BrokenAnswer, Dechunker
from fermata.kit.errors import OperationalError

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(content):
    """Write one chunk."""
    return b"%x\r\n%s\r\n" % (len(content), content)


@pytest.mark.parametrize("step", [1, 2, 3, 5, 11, 1000])
def test_content_comes_out_however_it_is_cut(step):
    """Inside a size, a content or a line break; line breaks of the content stay."""
    data = chunk(b"one\r\n") + b"3;name=value\r\ntwo\r\n" + chunk(b"x" * 300) + b"0\r\n\r\n"
    chunks = Dechunker()

    content = b"".join(chunks.feed(data[at : at + step]) for at in range(0, len(data), step))

    assert content == b"one\r\ntwo" + b"x" * 300
    assert chunks.is_finished


@pytest.mark.parametrize("size", [b"x\r\n", b"-5\r\n", b"\r\n", b"1_0\r\n", b"+3\r\n", b"f" * 100])
def test_chunk_without_a_size_is_refused(size):
    """What Python would read as a number is not always one."""
    with pytest.raises(BrokenAnswer, match="no chunk begins with"):
        Dechunker().feed(size)


async def read(engine, timeout_s=2.0):
    """Read a stream to its end; give its content."""
    async with (
        engine.client().connect() as session,
        session.stream("/containers/x/logs", {"a": "b c"}, timeout_s) as answer,
    ):
        return b"".join([piece async for piece in answer.read()])


async def fail(engine, timeout_s=2.0):
    """Read a stream that has to fail, and give the error."""
    with pytest.raises(OperationalError) as failure:
        await read(engine, timeout_s)
    return failure.value


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + chunk(b"hello ") + chunk(b"log") + b"0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello log",
        b"HTTP/1.0 200 OK\r\n\r\nhello log",
        b"HTTP/1.1 200 OK\r\ncontent-length: 0009\r\nX:\r\n\r\nhello log",
    ],
)
async def test_body_of_every_form_is_read(engine, answer):
    """Chunked, of a stated length, or until the connection ends: engines and proxies differ."""
    await engine.start(lambda _: answer)

    assert await read(engine) == b"hello log"
    assert engine.requests[1] == "GET /v1.43/containers/x/logs?a=b+c HTTP/1.1"


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + chunk(b"hello") + b"5\r\nhal",
        HEAD,
        HEAD + b"nonsense\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nhello log",
        b"220 mail ready\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: 1",
        b"",
        b"x" * 300_000,
    ],
)
async def test_half_an_answer_and_nonsense_are_lost(engine, answer):
    """It never passes for the whole."""
    await engine.start(lambda _: answer)

    error = await fail(engine)

    assert isinstance(error, AnswerLost)
    assert "GET /containers/x/logs" in error.what


async def test_hanging_log_is_given_up_in_time(engine):
    """The head comes, the lines do not."""

    async def hang(_, reader, writer):
        writer.write(HEAD + chunk(b"first"))
        await writer.drain()
        await reader.read()

    await engine.start(hang)

    assert "within 0.1 s" in (await fail(engine, 0.1)).what


@pytest.mark.parametrize(("status", "kind"), [(403, EngineRefused), (404, NoSuchObject), (302, EngineRefused)])
async def test_refusal_is_told_in_its_own_words(engine, status, kind):
    """As for every other call."""
    await engine.start(lambda _: engine.answer({"message": "no such log"}, status=f"{status} No"))

    error = await fail(engine)

    assert isinstance(error, kind)
    assert error.said == "no such log"


async def test_engine_that_went_after_the_first_call_was_not_reached(engine):
    """The socket is gone between two calls: nothing was asked."""
    await engine.start(lambda _: b"")

    async with engine.client().connect() as session:
        await session._negotiate()
        engine.close()
        engine.socket.unlink(missing_ok=True)
        with pytest.raises(NotDelivered):
            async with session.stream("/containers/x/logs", {}, 2.0):
                pass


async def test_reader_that_stops_early_leaves_no_connection(engine):
    """A log that is not read to its end is let go at once."""
    ended = asyncio.Event()

    async def pour(_, __, writer):
        writer.write(HEAD)
        try:
            while True:
                writer.write(chunk(b"x" * 1000))
                await writer.drain()
        except ConnectionError:
            ended.set()

    await engine.start(pour)
    async with engine.client().connect() as session, session.stream("/containers/x/logs", {}, 2.0) as answer:
        async for _ in answer.read():
            break

    await asyncio.wait_for(ended.wait(), 2)
