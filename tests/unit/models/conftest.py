"""Gateways in front of fake providers, with deadlines a test can wait for."""

from types import SimpleNamespace

import pytest

from fermata.domain.model import ModelRequest, TaskKind
from fermata.models.gateway import Gateway
from fermata.models.settings import ModelSettings
from fermata.testing.clock import FakeClock
from fermata.testing.spend_book import MemorySpendBook

SCHEMA = {
    "type": "object",
    "properties": {"cause": {"type": "string"}},
    "required": ["cause"],
    "additionalProperties": False,
}
# Short enough to be waited for, long enough for a busy machine to answer within.
DEADLINES = {"first_byte_s": 1.0, "stall_s": 0.5, "answer_s": 20, "wait_s": 0}


@pytest.fixture
def clock():
    """Give a clock that stands still."""
    return FakeClock()


@pytest.fixture
def book():
    """Give an empty ledger without budgets."""
    return MemorySpendBook()


@pytest.fixture
async def build(clock, book):
    """Give a maker of gateways; their connections are closed at the end."""
    made = []

    def build_gateway(*targets, **settings):
        deadlines = dict.fromkeys(("low", "medium", "high"), DEADLINES)
        whole = {"deadlines": deadlines, **settings, "targets": [{"slowness": 1, **target} for target in targets]}
        made.append(Gateway(ModelSettings.model_validate(whole), book, clock))
        return made[-1]

    yield build_gateway
    for gateway in made:
        await gateway.close()


@pytest.fixture
def make_request():
    """Give a maker of requests."""

    def make(**changes):
        values = {
            "kind": TaskKind.DIAGNOSE,
            "prompt_name": "diagnose",
            "prompt_digest": "d1",
            "instructions": "Say what is wrong.",
            "content": "checkout was killed",
            "output_schema": SCHEMA,
        }
        return ModelRequest(**values | changes)

    return make


@pytest.fixture
def texts():
    """Give the answers the fakes are told to give."""
    return SimpleNamespace(good='{"cause": "out of memory"}')
