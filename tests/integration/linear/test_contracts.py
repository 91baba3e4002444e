"""Collector and action keep their contracts."""

import copy

import pytest

from fermata.domain.entity import Entity
from fermata.kit.diffs import write_diff
from fermata.ports.action import MARK_PLACEHOLDER
from fermata.testing.action_contract import ActionContract
from fermata.testing.collector_contract import CollectorContract
from fermata.testing.records import make_scope
from fermata.testing.trackers.linear import PRIORITIES, TEAMS, LinearIssue
from fermata.testing.web_server import Answer, Fault

ENG = Entity.parse("linear:team/ENG")
TITLE = "Alert on slow statements"


def _read(markdown):
    """Return the text that Linear shows: a backslash before a line's end is a break of it."""
    return markdown.replace("\\\n", "\n")


class TestIssues(CollectorContract):
    """The collector."""

    @pytest.fixture(autouse=True)
    def _use(self, make, server, linear):
        self.make, self.server, self.linear = make, server, linear

    def make_collector(self):
        return self.make().list_collectors()[0]

    def give_scope(self):
        return make_scope("service/checkout")

    def give_foreign_scope(self):
        return make_scope("service/nobody")

    def take_snapshot(self):
        return str(self.linear.issues)

    def break_system(self):
        self.server.respond = lambda _: Answer(fault=Fault.DROP)

    def list_secrets(self):
        return ("Ab3dEf6hIj9kLm2nOp5q",)


class TestCreateIssue(ActionContract):
    """The action."""

    @pytest.fixture(autouse=True)
    def _use(self, make, server, linear):
        self.make, self.server, self.linear = make, server, linear
        self.before = copy.deepcopy(linear.issues)

    def make_action(self):
        return self.make().list_actions()[0]

    def give_target(self):
        return ENG

    def give_parameters(self):
        return {"title": TITLE, "description": "One.\nTwo.", "labels": ["till", "Needs review"], "priority": "low"}

    def list_bad_parameters(self):
        return [
            {},
            *({"title": bad} for bad in ("", 7, None, "two\nlines", "x" * 256)),
            *({"title": "x", "labels": bad} for bad in ("db", ["two\nlines"], [1])),
            {"title": "x", "priority": 2},
        ]

    def give_missing_target(self):
        return Entity.parse("linear:team/NOPE")

    async def take_snapshot(self):
        return str(self.linear.issues)

    async def cause_drift(self):
        self.linear.issues.append(LinearIssue("ENG", 9, TITLE))

    async def read_change(self, key):
        """Read what stands in Linear, in the form of the dry run."""
        (new,) = [one for one in self.linear.issues if one not in self.before]
        head = [f"title: {new.title}", f"team: {new.team} ({TEAMS[new.team]})", f"labels: {', '.join(new.labels)}"]
        text = "\n".join([*head, f"priority: {PRIORITIES[new.priority]}", "", _read(new.description)]) + "\n"
        return write_diff("linear/ENG/new issue", None, text.replace(key.mark, MARK_PLACEHOLDER))

    def break_system(self):
        self.server.respond = lambda _: Answer(fault=Fault.DROP)
