"""GET /events: tells a tab at once that something changed. It never carries what changed: the page asks for that.

The format is `text/event-stream` (https://html.spec.whatwg.org/multipage/server-sent-events.html, read 2026-11):

    id: 412
    event: journal
    data: {"incidents":["inc-..."],"switched":false}

`incidents` is null when too much happened to name it. `alive` comes while nothing happens, and `signed_out` last.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from fermata.flows.sessions import Session
from fermata.kit.digest import canonical_json
from fermata.web.desk import Desk, get_desk
from fermata.web.forms import refuse_foreign
from fermata.web.signin import require_session
from fermata.web.streams import Stream, wait_for_news

ALIVE_EVERY_S = 10.0
"""The page takes a stream that was silent for 25 s for dead. Proxies give up after 30 to 60 s."""
RETRY_MS = 2000
"""How long a browser waits before it comes again."""
ENDLESS = "fermata.endless"
"""Key of the request's scope: this answer never ends by itself, so a server that stops must not wait for it."""


async def stream_events(request: Request) -> Response:
    """Answer GET /events: a stream for as long as the tab is there, the session lasts and the server runs.

    `Last-Event-ID` is the last entry the tab was told of, as browsers send it when they come again.

    Raises:
        UnauthenticatedError: Nobody is signed in.
        TooManyStreamsError: There are as many streams as there may be.
    """
    session = await require_session(request)
    refuse_foreign(request)
    return _EventStream(get_desk(request), session, _parse_place(request.headers.get("last-event-id", "")))


def _parse_place(text: str) -> int | None:
    """Return the entry a browser was told of last; `None` when it says none, or anything else than a number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


class _EventStream(Response):
    """The answer.

    Not Starlette's StreamingResponse: that one notices that nobody is left only when it has something to say, and a
    server that stops would wait for it.
    """

    media_type = "text/event-stream"

    def __init__(self, desk: Desk, session: Session, place: int | None) -> None:
        # nginx holds answers back unless it is told not to.
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._desk = desk
        self._session = session
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell until there is nobody left to tell."""
        scope[ENDLESS] = True
        async with self._desk.streams.open(self._session.id, self._place) as stream:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            leaving = asyncio.create_task(_wait_until_gone(receive, stream))
            try:
                # A connection that is gone says so here or in `leaving`, whichever comes first.
                with suppress(OSError):
                    async for part in self._write_events(stream, leaving):
                        await send({"type": "http.response.body", "body": part, "more_body": True})
                    await send({"type": "http.response.body", "body": b""})
            finally:
                leaving.cancel()

    async def _write_events(self, stream: Stream, leaving: asyncio.Task[None]) -> AsyncIterator[bytes]:
        yield f"retry: {RETRY_MS}\n".encode() + _write_event("alive", {}, stream.place)
        while True:
            await wait_for_news(stream, ALIVE_EVERY_S)
            if leaving.done() or not self._desk.streams.is_looking:
                return
            if stream.is_ended or not await self._is_signed_in():
                yield _write_event("signed_out", {})
                return
            news = self._desk.streams.read_news(stream)
            if news is None:
                yield _write_event("alive", {})
            else:
                yield _write_event("journal", {"incidents": news.incidents, "switched": news.switched}, news.sequence)

    async def _is_signed_in(self) -> bool:
        """Answer whether the session still stands: it may have been ended by another process, or by the clock."""
        session = await self._desk.house.sessions.find(self._session.id)
        return session is not None and self._desk.clock.now() < session.expires_at


async def _wait_until_gone(receive: Receive, stream: Stream) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.wake()


def _write_event(name: str, data: object, place: int | None = None) -> bytes:
    """Return one event. `data` is one line: canonical JSON holds no newline."""
    number = f"id: {place}\n" if place is not None else ""
    return f"{number}event: {name}\ndata: {canonical_json(data)}\n\n".encode()
