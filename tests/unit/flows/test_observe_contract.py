"""The house's observer keeps to the port's contract, over a real store."""

import pytest

from fermata.flows.observe import Watch
from fermata.testing.observer_contract import NOON, ObserverContract


class TestWatch(ObserverContract):
    @pytest.fixture(autouse=True)
    def _stage(self, build_stage):
        self.stage = build_stage(observer={"rooms": ["slack:C1"]})

    def make_observer(self):
        return Watch(self.stage.context)

    def list_kept(self, observer):
        del observer
        with self.stage.store.begin_read() as transaction:
            return transaction.trail.list_messages("slack", ["C1"], NOON, NOON)
