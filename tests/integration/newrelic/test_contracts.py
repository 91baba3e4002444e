"""Both collectors keep the collectors' contract."""

import pytest

from fermata.testing.collector_contract import CollectorContract
from fermata.testing.records import make_scope
from fermata.testing.web_server import Answer, Fault


class _Contract(CollectorContract):
    position: int

    @pytest.fixture(autouse=True)
    def _use(self, make, server, newrelic):
        self.make, self.server, self.newrelic = make, server, newrelic

    def make_collector(self):
        return self.make().list_collectors()[self.position]

    def give_scope(self):
        return make_scope("service/checkout")

    def give_foreign_scope(self):
        return make_scope("service/nobody")

    def take_snapshot(self):
        return str(self.newrelic.rows)

    def break_system(self):
        self.server.respond = lambda _: Answer(fault=Fault.DROP)

    def list_secrets(self):
        return ("Ab3dEf6hIj9kLm2nOp5q",)


class TestMetrics(_Contract):
    """Series."""

    position = 0


class TestEvents(_Contract):
    """Deployments and errors."""

    position = 1
