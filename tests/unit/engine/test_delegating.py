"""An engine in front of another keeps the engine contract."""

import pytest

from fermata.engine.delegating import DelegatingEngine
from fermata.testing.engine import InlineEngine
from fermata.testing.engine_contract import EngineContract, EngineRig


class Front(DelegatingEngine):
    """Changes nothing."""

    def __init__(self, beneath):
        self.beneath = beneath

    @property
    def _engine(self):
        return self.beneath


class FrontRig(EngineRig):
    def __init__(self, store):
        self.store = store

    def make(self, executor_id="local"):
        return Front(InlineEngine(self.store, executor_id=executor_id))

    async def settle(self, engine):
        await engine.beneath.drain()


@pytest.fixture
def rig(sqlite_store):
    """Give a maker of engines over one store."""
    return FrontRig(sqlite_store)


class TestDelegatingEngine(EngineContract):
    """The suite, on an engine that only passes on."""


def test_engine_without_leases_has_nothing_to_reap(inline_engine):
    """A sweep may ask any engine; one alone has no dead neighbours."""
    assert Front(inline_engine).reap() == ()


def test_engine_without_leases_has_nothing_to_claim(inline_engine):
    """No other process can have its name."""
    Front(inline_engine).claim()


def test_engine_with_leases_is_asked_to_reap():
    """What the engine beneath took over is told."""

    class Leased:
        def reap(self):
            return ("run-1",)

    assert Front(Leased()).reap() == ("run-1",)
