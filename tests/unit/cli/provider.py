"""A provider of models that serves on a loop of its own: commands have theirs."""

import asyncio
import contextlib
import threading

from fermata.testing.providers import FakeOpenAi, Script
from fermata.testing.web_server import WebServer


@contextlib.contextmanager
def serve_provider(say):
    """Serve an OpenAI-compatible endpoint that says something, in a thread."""
    server = WebServer(FakeOpenAi(Script(say=say)))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(5)
        yield server
        asyncio.run_coroutine_threadsafe(server.__aexit__(), loop).result(5)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
