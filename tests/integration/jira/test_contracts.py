"""Collector and action keep their contracts, in both editions."""

import copy

import pytest

from fermata.domain.entity import Entity
from fermata.integrations.jira.adf import read_document
from fermata.kit.diffs import write_diff
from fermata.ports.action import MARK_PLACEHOLDER
from fermata.testing.action_contract import ActionContract
from fermata.testing.collector_contract import CollectorContract
from fermata.testing.records import make_scope
from fermata.testing.trackers.jira import JiraIssue
from fermata.testing.web_server import Answer, Fault

SHOP = Entity.parse("jira:project/SHOP")
TITLE = "Alert on slow statements"


class TestIssues(CollectorContract):
    """The collector."""

    @pytest.fixture(autouse=True)
    def _use(self, make, server, jira):
        self.make, self.server, self.jira = make, server, jira

    def make_collector(self):
        return self.make().list_collectors()[0]

    def give_scope(self):
        return make_scope("service/checkout")

    def give_foreign_scope(self):
        return make_scope("service/nobody")

    def take_snapshot(self):
        return str(self.jira.issues)

    def break_system(self):
        self.server.respond = lambda _: Answer(fault=Fault.DROP)

    def list_secrets(self):
        return ("Ab3dEf6hIj9kLm2nOp5q",)


class TestCreateIssue(ActionContract):
    """The action, on Cloud."""

    is_cloud = True

    @pytest.fixture(autouse=True)
    def _use(self, make, server, jira):
        jira.is_cloud = self.is_cloud
        self.make, self.server, self.jira = make, server, jira
        self.before = copy.deepcopy(jira.issues)

    def make_action(self):
        return self.make().list_actions()[0]

    def give_target(self):
        return SHOP

    def give_parameters(self):
        return {"title": TITLE, "description": "One.\nTwo.\n\n\nThree. ", "labels": ["db", "db"], "priority": "low"}

    def list_bad_parameters(self):
        return [
            {},
            *({"title": bad} for bad in ("", " ", 7, None, "two\nlines", "x" * 256)),
            *({"title": "x", "labels": bad} for bad in ("db", ["two words"], [1], ["x"] * 21, [""])),
            *({"title": "x", "priority": bad} for bad in ("High", 1, "")),
            *({"title": "x", "description": bad} for bad in (None, 1, "x" * 20_001)),
        ]

    def give_missing_target(self):
        return Entity.parse("jira:project/NOPE")

    async def take_snapshot(self):
        return str(self.jira.issues)

    async def cause_drift(self):
        self.jira.issues.append(JiraIssue("SHOP", 9, TITLE))

    async def read_change(self, key):
        """Read what stands in Jira, in the form of the dry run."""
        (new,) = [one for one in self.jira.issues if one not in self.before]
        head = [f"title: {new.summary}", f"project: {new.project}", "type: Task", f"labels: {', '.join(new.labels)}"]
        text = "\n".join([*head, f"priority: {new.priority}", "", read_document(new.description)]) + "\n"
        return write_diff("jira/SHOP/new issue", None, text.replace(key.mark, MARK_PLACEHOLDER))

    def break_system(self):
        self.server.respond = lambda _: Answer(fault=Fault.DROP)


class TestCreateIssueOnServer(TestCreateIssue):
    """The action, on Data Center."""

    is_cloud = False
