"""Run as a process: `worker.py URL ADDRESS`. A worker over a store that asks one target once, and tells the others."""

import asyncio
import sys
from types import SimpleNamespace

from fermata.domain.model import ModelRequest, TaskKind
from fermata.flows.targets import write_states
from fermata.kit.clock import SystemClock
from fermata.models.gateway import Gateway
from fermata.models.settings import ModelSettings
from fermata.ports.model import NoModelAnswered
from fermata.store.connect import open_store
from fermata.testing.spend_book import MemorySpendBook

REQUEST = ModelRequest(
    kind=TaskKind.DIAGNOSE, prompt_name="p", prompt_digest="d", instructions="Say what is wrong.", content="killed"
)


def make_worker(url, address):
    """Give what the sweep and a flow need of a house: a gateway, a store and a clock."""
    target = {"base_url": address, "model": "m", "keys": [{"key": "k1", "label": "team"}], "local": True}
    settings = ModelSettings.model_validate({"targets": [target], "deadlines": {"high": {"wait_s": 0}}})
    clock, store = SystemClock(), open_store(url)
    return SimpleNamespace(models=Gateway(settings, MemorySpendBook(), clock), store=store, clock=clock)


async def work(url, address):
    """Ask, and write down what came of it."""
    worker = make_worker(url, address)
    try:
        await worker.models.ask(REQUEST)
    except NoModelAnswered as error:
        sys.stdout.write(f"{[outcome.value for outcome in error.outcomes]}\n")
    await write_states(worker)
    await worker.models.close()
    worker.store.close()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
