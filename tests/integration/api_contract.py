"""The contracts of collectors and actions, as those of an API on loopback keep them."""

import copy

import pytest

from fermata.testing.action_contract import ActionContract
from fermata.testing.collector_contract import CollectorContract
from fermata.testing.records import make_scope
from fermata.testing.web_server import Answer, Fault


class OnLoopback:
    """A fake behind a real server, which can be made to say nothing."""

    @pytest.fixture(autouse=True)
    def _use(self, make, server):
        self.make, self.server, self.fake = make, server, server.respond

    def break_system(self):
        self.server.respond = lambda _: Answer(fault=Fault.DROP)


class ApiCollectorContract(OnLoopback, CollectorContract):
    """One collector of a system that knows the service checkout."""

    position = 0
    secret = "Ab3dEf6hIj9kLm2nOp5q"

    def make_collector(self):
        return self.make().list_collectors()[self.position]

    def give_scope(self):
        return make_scope("service/checkout")

    def give_foreign_scope(self):
        return make_scope("service/nobody")

    def list_secrets(self):
        return (self.secret,)


class IssueActionContract(OnLoopback, ActionContract):
    """The one action of a tracker: a new issue."""

    @pytest.fixture(autouse=True)
    def _remember(self, _use):
        self.before = copy.deepcopy(self.fake.issues)

    def make_action(self):
        return self.make().list_actions()[0]

    def find_new(self):
        """Give the issue that was made."""
        (new,) = [one for one in self.fake.issues if one not in self.before]
        return new

    async def take_snapshot(self):
        return str(self.fake.issues)
