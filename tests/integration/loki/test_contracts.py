"""The collector keeps the collectors' contract."""

import pytest

from fermata.testing.collector_contract import CollectorContract
from fermata.testing.records import make_scope
from fermata.testing.web_server import Answer, Fault


class TestLogs(CollectorContract):
    """Against the strict Loki."""

    @pytest.fixture(autouse=True)
    def _use(self, make, server, loki):
        self.make, self.server, self.loki = make, server, loki

    def make_collector(self):
        return self.make().list_collectors()[0]

    def give_scope(self):
        return make_scope("service/checkout")

    def give_foreign_scope(self):
        return make_scope("service/nobody")

    def take_snapshot(self):
        return str(self.loki.streams)

    def break_system(self):
        self.server.respond = lambda _: Answer(fault=Fault.DROP)

    def list_secrets(self):
        return ("hunter2secret",)
