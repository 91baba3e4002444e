"""A strict Linear on loopback with the issues of a small shop."""

from datetime import timedelta

import pytest
from tests.integration.api_contract import serve

from fermata.integrations.linear.settings import LinearSettings
from fermata.integrations.linear.system import Linear
from fermata.testing.clock import FakeClock
from fermata.testing.records import NOON
from fermata.testing.trackers.linear import KEY, FakeLinear, LinearIssue

SECRET = "glpat-" + "Ab3dEf6hIj9kLm2nOp5q"


def make_linear():
    """Give an open issue about checkout, an old one, a closed one of yesterday, and others."""
    return FakeLinear(
        [
            LinearIssue("ENG", 1, "checkout times out", labels=("till",), assignee="Ada", priority=2,
                        updated=NOON - timedelta(hours=1),
                        comments=[("Bob", NOON - timedelta(hours=2), "old"),
                                  (None, NOON - timedelta(hours=1), f"Restarting helped.\nToken was {SECRET}")]),
            LinearIssue("ENG", 2, "Pay again", "The Checkout pays twice", state=("Done", "completed"),
                        updated=NOON - timedelta(days=1)),
            LinearIssue("ENG", 3, "checkout was slow", state=("Canceled", "canceled"),
                        updated=NOON - timedelta(days=60)),
            LinearIssue("ENG", 4, "The checkouts of libraries", updated=NOON),
            LinearIssue("OPS", 1, "Alarm", labels=("checkout",), updated=NOON - timedelta(hours=3)),
            LinearIssue("HR", 1, "checkout desk", updated=NOON),
        ]
    )  # fmt: skip


@pytest.fixture
def linear():
    """Give what Linear holds."""
    return make_linear()


server = serve("linear")


@pytest.fixture
def make(server):
    """Give a maker of the system, with settings of one's own."""

    def build(**settings):
        values = {"url": server.url, "token": KEY, "teams": {"ENG": {}, "OPS": {}}, "timeout_s": 10}
        return Linear(LinearSettings(**(values | settings)), FakeClock())

    return build
