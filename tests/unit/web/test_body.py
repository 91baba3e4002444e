"""Bodies are bounded before they are kept, whatever the headers claim."""

import asyncio

import pytest
from starlette.requests import ClientDisconnect, Request

from fermata.kit.errors import TooLargeError
from fermata.web.body import SlowBodyError, discard_body, read_body


class Sender:
    """Sends chunks as an ASGI server hands them over, and counts those that were asked for."""

    def __init__(self, chunks, *, hang=False):
        self.chunks = list(chunks)
        self.hang = hang
        self.taken = 0

    async def receive(self):
        if not self.chunks:
            if self.hang:
                await asyncio.Event().wait()
            return {"type": "http.disconnect"}
        self.taken += 1
        chunk = self.chunks.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(self.chunks) or self.hang}


def request_of(sender, length=None):
    """Give a request whose body the sender sends."""
    headers = [] if length is None else [(b"content-length", length.encode())]
    return Request({"type": "http", "method": "POST", "headers": headers}, sender.receive)


async def test_body_at_the_limit_is_whole():
    """The limit itself is allowed."""
    assert await read_body(request_of(Sender([b"ab", b"cd"])), 4) == b"abcd"


async def test_body_past_the_limit_is_refused_without_keeping_it():
    """A body that says nothing of its length is stopped when it goes past the limit."""
    sender = Sender([b"x" * 10] * 1000)

    with pytest.raises(TooLargeError, match="at most 25 B"):
        await read_body(request_of(sender), 25)

    assert sender.taken < 10


@pytest.mark.parametrize("length", ["26", "9" * 30, "9" * 5000])
async def test_declared_length_past_the_limit_is_refused_unread(length):
    """A sender that says it is too long is believed; digits without end do no harm."""
    with pytest.raises(TooLargeError):
        await read_body(request_of(Sender([b"x"]), length), 25)


@pytest.mark.parametrize("length", ["2", "0", "-5", "²", "many"])
async def test_declared_length_is_never_trusted_to_be_small(length):
    """A length that lies downwards, or is no number, changes nothing of the limit."""
    with pytest.raises(TooLargeError):
        await read_body(request_of(Sender([b"x" * 30]), length.encode().decode("latin-1")), 25)


async def test_body_that_never_ends_is_given_up():
    """A sender that promises more than it sends does not hold the connection."""
    with pytest.raises(SlowBodyError, match=r"not complete after 0\.05 s"):
        await read_body(request_of(Sender([b"{"], hang=True), "100"), 1000, timeout_s=0.05)


async def test_sender_that_hangs_up_is_not_taken_for_done():
    """Half a body is no body."""
    sender = Sender([])

    with pytest.raises(ClientDisconnect):
        await read_body(request_of(sender), 10)


async def test_discarding_stops_at_the_limit():
    """A refused body is thrown away up to the limit, and then no longer listened to."""
    sender = Sender([b"x" * 10] * 1000)

    await discard_body(request_of(sender), 25)

    assert sender.taken == 3
