"""An answer given on as it comes: to pydantic-ai one stream, behind it as many targets as it takes.

The request runs in a task of its own, with its deadlines, whatever pace its reader has. Until its reader has been given
a part, a target that fails is replaced by the next one; afterwards the reader hears of it, for two halves of two
answers are none. Imports pydantic-ai, so it is imported on first use.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import perf_counter
from typing import Any

from pydantic_ai.messages import FinalResultEvent, ModelResponse, ModelResponseStreamEvent
from pydantic_ai.models import ModelRequestParameters, StreamedResponse
from pydantic_ai.usage import RequestUsage

from fermata.kit.errors import InvariantBroken
from fermata.models.calling import Sink
from fermata.models.calls import Served


@dataclass(slots=True)
class _Pipe:
    """Keeps what came until it is read. Both ends are on one loop."""

    events: deque[ModelResponseStreamEvent] = field(default_factory=deque)
    source: StreamedResponse | None = None
    is_given: bool = False
    """Its reader has been given the stream."""
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def begin(self, streamed: StreamedResponse) -> None:
        """Take note that an answer begins."""
        self.source = streamed

    def drop(self) -> None:
        """Forget an answer that failed before anybody saw it."""
        self.events.clear()
        self.source = None

    def put(self, event: ModelResponseStreamEvent) -> None:
        """Keep one part."""
        self.events.append(event)
        self.news.set()

    def is_seen(self) -> bool:
        """Answer whether the reader has the stream."""
        return self.is_given

    async def wait(self, running: asyncio.Task[Served]) -> bool:
        """Wait for something to read; answer whether there is, or the answer has ended.

        Raises:
            NoModelAnswered: No target answered, or the one that did failed within its answer.
            GuardRefused: `budget`.
        """
        while not self.events:
            if running.done():
                if not (self.is_given and running.cancelled()):  # Otherwise its reader stopped it.
                    running.result()
                return False
            self.news.clear()
            await self.news.wait()
        return True


@asynccontextmanager
async def open_stream(
    run: Callable[[Sink], Coroutine[Any, Any, Served]], parameters: ModelRequestParameters
) -> AsyncGenerator[StreamedResponse]:
    """Give the stream of the first target whose answer begins.

    Whoever leaves early stops the call; its row in the ledger says so.

    Args:
        run: Brings the task to an answer, and gives its parts to the sink meanwhile.
        parameters: As the reader asked.

    Raises:
        NoModelAnswered: No target answered.
        GuardRefused: `budget`.
    """
    pipe = _Pipe()
    running = asyncio.ensure_future(run(pipe))
    running.add_done_callback(lambda _: pipe.news.set())
    try:
        await pipe.wait(running)
        if pipe.source is None:
            raise InvariantBroken("An answer without a part was taken for one", do="Report this")
        pipe.is_given = True
        yield RoutedStream(parameters, pipe, running, pipe.source)
    finally:
        running.cancel()
        # Until the row of the call is settled. What became of it was told to the reader already.
        await asyncio.wait([running])
        if not running.cancelled():
            running.exception()


@dataclass
class RoutedStream(StreamedResponse):
    """A target's stream, read from the pipe; everything else is the target's own."""

    pipe: _Pipe
    running: asyncio.Task[Served]
    source: StreamedResponse
    """The target's."""

    def __aiter__(self) -> AsyncIterator[ModelResponseStreamEvent]:
        """Give the target's events; it has added what pydantic-ai adds to them."""
        if self._event_iterator is None:
            self._event_iterator = self._get_event_iterator()
        return self._event_iterator

    async def _get_event_iterator(self) -> AsyncIterator[ModelResponseStreamEvent]:
        while await self.pipe.wait(self.running):
            event = self.pipe.events.popleft()
            if self._first_chunk_monotonic is None:
                self._first_chunk_monotonic = perf_counter()
            if isinstance(event, FinalResultEvent):
                self.final_result_event = event
            yield event
        self._finished = not self.cancelled

    async def close_stream(self) -> None:
        """Stop the call."""
        self.running.cancel()

    def get(self) -> ModelResponse:
        """Return the answer so far."""
        response = self.source.get()
        return replace(response, state="interrupted") if self.cancelled and response.state != "complete" else response

    @property
    def usage(self) -> RequestUsage:
        """Return the tokens so far."""
        return self.source.usage

    @property
    def model_name(self) -> str:
        """Return what the provider calls the model."""
        return self.source.model_name

    @property
    def provider_name(self) -> str | None:
        """Return which provider it is."""
        return self.source.provider_name

    @property
    def provider_url(self) -> str | None:
        """Return the address it was asked at."""
        return self.source.provider_url

    @property
    def timestamp(self) -> datetime:
        """Return when the answer began."""
        return self.source.timestamp
