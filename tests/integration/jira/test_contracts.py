"""Collector and action keep their contracts, in both editions."""

import pytest
from tests.integration.api_contract import ApiCollectorContract, IssueActionContract

from fermata.domain.entity import Entity
from fermata.integrations.jira.adf import read_document
from fermata.kit.diffs import write_diff
from fermata.ports.action import MARK_PLACEHOLDER
from fermata.testing.trackers.jira import JiraIssue

SHOP = Entity.parse("jira:project/SHOP")
TITLE = "Alert on slow statements"


class TestIssues(ApiCollectorContract):
    """The collector."""

    def take_snapshot(self):
        return str(self.fake.issues)


class TestCreateIssue(IssueActionContract):
    """The action, on Cloud."""

    is_cloud = True

    @pytest.fixture(autouse=True)
    def _choose(self, jira):
        jira.is_cloud = self.is_cloud

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

    async def cause_drift(self):
        self.fake.issues.append(JiraIssue("SHOP", 9, TITLE))

    async def read_change(self, key):
        """Read what stands in Jira, in the form of the dry run."""
        new = self.find_new()
        head = [f"title: {new.summary}", f"project: {new.project}", "type: Task", f"labels: {', '.join(new.labels)}"]
        text = "\n".join([*head, f"priority: {new.priority}", "", read_document(new.description)]) + "\n"
        return write_diff("jira/SHOP/new issue", None, text.replace(key.mark, MARK_PLACEHOLDER))


class TestCreateIssueOnServer(TestCreateIssue):
    """The action, on Data Center."""

    is_cloud = False
