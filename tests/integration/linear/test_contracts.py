"""Collector and action keep their contracts."""

from tests.integration.api_contract import ApiCollectorContract, IssueActionContract

from fermata.domain.entity import Entity
from fermata.kit.diffs import write_diff
from fermata.ports.action import MARK_PLACEHOLDER
from fermata.testing.trackers.linear import PRIORITIES, TEAMS, LinearIssue

ENG = Entity.parse("linear:team/ENG")
TITLE = "Alert on slow statements"


def _read(markdown):
    """Return the text that Linear shows: a backslash before a line's end is a break of it."""
    return markdown.replace("\\\n", "\n")


class TestIssues(ApiCollectorContract):
    """The collector."""

    def take_snapshot(self):
        return str(self.fake.issues)


class TestCreateIssue(IssueActionContract):
    """The action."""

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

    async def cause_drift(self):
        self.fake.issues.append(LinearIssue("ENG", 9, TITLE))

    async def read_change(self, key):
        """Read what stands in Linear, in the form of the dry run."""
        new = self.find_new()
        head = [f"title: {new.title}", f"team: {new.team} ({TEAMS[new.team]})", f"labels: {', '.join(new.labels)}"]
        text = "\n".join([*head, f"priority: {PRIORITIES[new.priority]}", "", _read(new.description)]) + "\n"
        return write_diff("linear/ENG/new issue", None, text.replace(key.mark, MARK_PLACEHOLDER))
