"""A strict New Relic on loopback with the rows of a small shop."""

from datetime import timedelta

import pytest
from tests.integration.api_contract import serve

from fermata.integrations.newrelic.settings import NewRelicSettings
from fermata.integrations.newrelic.system import NewRelic
from fermata.testing.clock import FakeClock
from fermata.testing.records import NOON
from fermata.testing.telemetry.newrelic import ACCOUNT, KEY, FakeNewRelic

SECRET = "glpat-" + "Ab3dEf6hIj9kLm2nOp5q"


def at(minutes):
    """Give milliseconds of an instant before noon."""
    return int((NOON - timedelta(minutes=minutes)).timestamp() * 1000)


def make_rows(name, *values):
    """Give the buckets of a query that end at noon."""
    start = int(NOON.timestamp()) - 10 * len(values)
    return [
        {"beginTimeSeconds": start + 10 * n, "endTimeSeconds": start + 10 * n + 10, name: value}
        for n, value in enumerate(values)
    ]


def make_newrelic():
    """Give requests that begin to fail, a deployment before, and the errors' classes."""
    return FakeNewRelic(
        {
            ("Transaction", "checkout", "requests"): make_rows("requests", *[10] * 60),
            ("Transaction", "checkout", "errors"): make_rows("errors", *[0] * 40, *[9.0] * 20),
            ("Transaction", "checkout", "p95"): make_rows(
                "p95", *[{"95": 0.1}] * 40, *[{"95": 2.0}] * 19, {"95": None}
            ),
            ("Deployment", "checkout", ""): [
                {"timestamp": at(20), "deploymentId": "d1", "version": "v42", "commit": "83db48f", "user": "ada",
                 "deploymentType": "ROLLING", "description": f"log in with {SECRET}", "deepLink": "https://ci/1"},
                {"version": "without a time"},
            ],
            ("TransactionError", "checkout", "errors"): [
                {"facet": ["ValueError", "bad total"], "errors": 540, "latest": at(1)},
                {"facet": ["IOError", None], "errors": 2, "latest": at(30)},
                {"facet": None, "errors": None, "latest": None},
            ],
            ("Transaction", "", "apps"): [{"apps": ["checkout", "cart"]}],
        }
    )  # fmt: skip


@pytest.fixture
def newrelic():
    """Give what New Relic holds."""
    return make_newrelic()


server = serve("newrelic")


@pytest.fixture
def make(server):
    """Give a maker of the system, with settings of one's own."""

    def build(**settings):
        values = {"url": server.url, "api_key": KEY, "account_id": ACCOUNT, "timeout_s": 10}
        return NewRelic(NewRelicSettings(**(values | settings)), FakeClock())

    return build
