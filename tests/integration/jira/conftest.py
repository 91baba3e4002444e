"""A strict Jira on loopback with the issues of a small shop."""

from datetime import timedelta

import pytest
from tests.integration.api_contract import serve

from fermata.integrations.jira.adf import write_document
from fermata.integrations.jira.settings import JiraSettings
from fermata.integrations.jira.system import Jira
from fermata.testing.clock import FakeClock
from fermata.testing.records import NOON
from fermata.testing.trackers.jira import EMAIL, TOKEN, FakeJira, JiraIssue

SECRET = "glpat-" + "Ab3dEf6hIj9kLm2nOp5q"


def make_jira():
    """Give an open issue about checkout, an old one, a closed one of today, and others."""
    said = write_document(f"Restarting helped.\nToken was {SECRET}\n" + "\n".join(f"line {n}" for n in range(20)))
    return FakeJira(
        [
            JiraIssue("SHOP", 1, "checkout times out", "x", ("till",), assignee="Ada",
                      updated=NOON - timedelta(hours=1),
                      comments=[("Bob", NOON - timedelta(hours=2), write_document("old")),
                                ("Ada", NOON - timedelta(hours=1), said)]),
            JiraIssue("SHOP", 2, "Pay again", "The checkout pays twice", status=("Done", "done"),
                      updated=NOON - timedelta(days=1)),
            JiraIssue("SHOP", 3, "checkout was slow", status=("Done", "done"), updated=NOON - timedelta(days=60)),
            JiraIssue("SHOP", 4, "cart looks odd", updated=NOON),
            JiraIssue("OPS", 1, "checkout alarm", updated=NOON - timedelta(hours=3), priority=None),
            JiraIssue("HR", 1, "checkout desk", updated=NOON),
        ]
    )  # fmt: skip


@pytest.fixture
def jira():
    """Give what Jira holds."""
    return make_jira()


server = serve("jira")


@pytest.fixture
def make(server, jira):
    """Give a maker of the system, with settings of one's own."""

    def build(**settings):
        login = {"email": EMAIL} if jira.is_cloud else {"edition": "server"}
        values = {"url": server.url, "token": TOKEN, "projects": {"SHOP": {}, "OPS": {}}, "timeout_s": 10} | login
        return Jira(JiraSettings(**(values | settings)), FakeClock())

    return build
