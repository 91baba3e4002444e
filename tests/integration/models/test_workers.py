"""Two processes over one store: what one meets, the other leaves alone."""

import asyncio
import importlib.util
import os
import sys
from pathlib import Path

import pytest

from fermata.flows.targets import share_states
from fermata.ports.model import NoModelAnswered
from fermata.testing.providers import FakeOpenAi, ModelFault
from fermata.testing.web_server import WebServer

WORKER = Path(__file__).with_name("worker.py")
SOURCE = Path(__file__).parents[3] / "src"
_SPEC = importlib.util.spec_from_file_location("models_worker", WORKER)
worker = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(worker)


@pytest.fixture
async def target():
    """Give an endpoint that both may ask."""
    async with WebServer(FakeOpenAi()) as server:
        yield server
    assert server.complaints == []


@pytest.fixture
async def this(store_url, target):
    """Give this process's worker."""
    made = worker.make_worker(store_url, target.url)
    yield made
    await made.models.close()
    made.store.close()


async def run_other(store_url, target):
    """Let the other process ask once, and give how that ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, WORKER, store_url, target.url, stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode == 0
    return said.decode().splitlines()[-1] if said else ""


@pytest.mark.parametrize(
    ("fault", "outcome"), [(ModelFault.RATE_LIMITED_LONG, "rate_limited"), (ModelFault.SERVER_ERROR, "overloaded")]
)
async def test_worker_leaves_alone_what_another_one_met(store_url, target, this, fault, outcome):
    """A key and a circuit alike, from the next sweep on; nothing is sent to find out."""
    target.respond.script.fault = fault
    assert await run_other(store_url, target) == f"['{outcome}']"
    before = len(target.respond.script.hits)

    await share_states(this)
    with pytest.raises(NoModelAnswered, match=f"{outcome} for another"):
        await this.models.ask(worker.REQUEST)

    assert len(target.respond.script.hits) == before


async def test_worker_hears_that_a_target_is_well_again(store_url, target, this):
    """Whoever probes first tells the others."""
    other = worker.make_worker(store_url, target.url)
    target.respond.script.plan(ModelFault.SERVER_ERROR)
    with pytest.raises(NoModelAnswered):
        await this.models.ask(worker.REQUEST)
    state = this.models.describe()[0]["circuit"]["state"]
    await share_states(this)
    await share_states(other)
    # As it is once the other worker has probed.
    lane = other.models.switchboard.lanes[0]
    now = other.clock.now()
    other.models.switchboard.note_success(lane, 0, sent_at=now, now=now)

    await share_states(other)
    await share_states(this)
    other.store.close()

    assert (state, this.models.describe()[0]["circuit"]["state"]) == ("open", "closed")
    await this.models.ask(worker.REQUEST)
