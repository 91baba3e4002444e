import asyncio
import subprocess
import sys
import threading

import pytest

from fermata.models.warming import WarmUp
from fermata.testing.gateways import ScriptedGateway


class Preloading(ScriptedGateway):
    """A gateway that notes where it is told to import."""

    def __init__(self):
        super().__init__([])
        self.thread, self.done = None, threading.Event()

    def preload(self):
        """Note the thread."""
        self.thread = threading.current_thread()
        self.done.set()


async def test_imports_are_beside_the_loop():
    """In a thread that keeps no process alive."""
    gateway = Preloading()

    WarmUp(gateway, after_s=0).start()
    await asyncio.to_thread(gateway.done.wait, 5)

    assert gateway.thread is not threading.main_thread()
    assert gateway.thread.daemon


async def test_process_that_ends_at_once_imports_nothing():
    """Nothing is begun after the end."""
    gateway = Preloading()
    warming = WarmUp(gateway, after_s=0)

    warming.start()
    warming.stop()
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert not gateway.done.is_set()


@pytest.mark.parametrize("gateway", [None, ScriptedGateway([])])
async def test_without_targets_nothing_is_begun(gateway):
    """Nor with a gateway that has nothing to import."""
    before = threading.active_count()
    warming = WarmUp(gateway, after_s=0)

    warming.start()
    await asyncio.sleep(0)
    warming.stop()

    assert threading.active_count() == before


async def test_what_cannot_be_imported_fails_nobody(build, monkeypatch):
    """The process serves on; whoever asks hears why."""
    gateway = build({"base_url": "http://127.0.0.1:1", "model": "x"})
    # None in sys.modules is how Python is told that a module cannot be imported.
    monkeypatch.setitem(sys.modules, "pydantic_ai.providers.openai_compatible", None)

    gateway.preload()

    assert not gateway._is_loaded


def test_gateway_imports_what_its_targets_need_and_no_more():
    """Nothing of it before it is told to; nothing of providers that are not configured."""
    code = (
        "import gc, sys\n"
        "from fermata.kit.clock import SystemClock\nfrom fermata.models.gateway import Gateway\n"
        "from fermata.models.settings import ModelSettings\n"
        "target = {'base_url': 'http://127.0.0.1:1', 'model': 'x'}\n"
        "gateway = Gateway(ModelSettings.model_validate({'targets': [target]}), None, SystemClock())\n"
        "assert not {'pydantic_ai', 'openai', 'httpx2'} & set(sys.modules)\n"
        "gateway.preload()\n"
        "assert {'pydantic_ai', 'openai'} <= set(sys.modules)\n"
        "assert not {'anthropic', 'boto3'} & set(sys.modules)\n"
        "assert gc.get_freeze_count()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
