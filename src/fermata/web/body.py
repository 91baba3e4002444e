"""Reading a body with its limit enforced before anything is kept, whatever its headers claim."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress

from starlette.requests import ClientDisconnect, Request

from fermata.kit.errors import TooLargeError, UserError
from fermata.kit.units import format_size

READ_TIMEOUT_S = 10.0
"""A sender on the same network needs milliseconds; one that trickles its body must not hold a connection for ever."""
DRAIN_TIMEOUT_S = 1.0
"""How long a refused body is still taken in and thrown away: closing on a sender that writes loses it our answer."""


class SlowBodyError(UserError):
    """The body did not arrive in time, or is shorter than its headers claim."""

    status = 408


_FEWER = "Send fewer alerts at once (Alertmanager: max_alerts), or raise server.max_body_bytes"


async def read_body(request: Request, limit: int, timeout_s: float = READ_TIMEOUT_S, do: str = _FEWER) -> bytes:
    """Return the body.

    Args:
        limit: The longest body that is kept, in bytes; a chunk that goes past it is the last one looked at.
        timeout_s: For the whole body.
        do: What whoever sent one that is too long does next.

    Raises:
        TooLargeError: The body is longer, or says it is.
        SlowBodyError: It did not arrive in time.
        ClientDisconnect: The sender hung up.
    """
    async with aclosing(request.stream()) as stream:
        try:
            if _declared_length(request) > limit:
                raise _too_large(limit, do)
            async with asyncio.timeout(timeout_s):
                return await _gather(stream, limit, do)
        except TooLargeError:
            await _discard(stream, limit)
            raise
        except TimeoutError as error:
            raise SlowBodyError(
                "The body did not arrive",
                why=f"it was not complete after {timeout_s:g} s",
                do="Check that Content-Length is the length of what is sent",
            ) from error


async def discard_body(request: Request, limit: int) -> None:
    """Throw away a body nobody will look at, up to the limit, so that its sender gets to read the refusal."""
    async with aclosing(request.stream()) as stream:
        await _discard(stream, limit)


async def _gather(stream: AsyncIterator[bytes], limit: int, do: str) -> bytes:
    kept = bytearray()
    async for chunk in stream:
        if len(kept) + len(chunk) > limit:
            raise _too_large(limit, do)
        kept += chunk
    return bytes(kept)


async def _discard(stream: AsyncIterator[bytes], limit: int) -> None:
    thrown = 0
    with suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(DRAIN_TIMEOUT_S):
            async for chunk in stream:
                thrown += len(chunk)
                if thrown > limit:
                    return


def _declared_length(request: Request) -> int:
    # At most 15 digits: Python refuses to read numbers of thousands of digits, and so do we.
    declared = request.headers.get("content-length", "")
    return int(declared[:15]) if declared.isascii() and declared.isdigit() else 0


def _too_large(limit: int, do: str) -> TooLargeError:
    return TooLargeError(
        "The body is too large",
        why=f"at most {format_size(limit)} is accepted",
        do=do,
        limit_bytes=limit,
    )
