"""A strict Datadog on loopback with the traces and events of a small shop."""

from datetime import timedelta

import pytest
from tests.integration.api_contract import serve

from fermata.integrations.datadog.settings import DatadogSettings
from fermata.integrations.datadog.system import Datadog
from fermata.testing.clock import FakeClock
from fermata.testing.records import NOON
from fermata.testing.telemetry.datadog import API_KEY, APP_KEY, DatadogEvent, FakeDatadog

SECRET = "glpat-" + "Ab3dEf6hIj9kLm2nOp5q"


def make_series(values, step=20, **tags):
    """Give a series that ends at noon."""
    start = int(NOON.timestamp()) - step * len(values)
    return {"service": "checkout", **tags}, [(start + step * n, value) for n, value in enumerate(values)]


def make_datadog():
    """Give requests that begin to fail, a deployment before, and an alert."""
    good, bad = [10.0] * 50, [10.0] * 30
    return FakeDatadog(
        {
            "trace.web.request.hits": make_series(good + bad),
            "trace.web.request.errors": make_series([0.0] * 50 + [9.0] * 30),
            "trace.web.request.duration": make_series([1.0] * 50 + [None] * 5 + [50.0] * 25),
            "trace.postgres.query.hits": make_series(good),
            "trace.http.request.hits": make_series([1.0], service="other"),
            "queue.depth": make_series([3.0] * 10),
        },
        [
            DatadogEvent("1", "Deployed checkout v42", NOON - timedelta(minutes=20),
                         ("service:checkout", "env:prod", "version:v42", "git.commit.sha:83db48f", "user:ada"),
                         f"log in with {SECRET}\nsecond"),
            DatadogEvent("2", "[Triggered] errors of checkout", NOON - timedelta(minutes=2),
                         ("service:checkout", "source:monitor"), "9 > 1\nmore", "error"),
            DatadogEvent("3", "Deployed cart", NOON - timedelta(minutes=5), ("service:cart",)),
        ],
    )  # fmt: skip


@pytest.fixture
def datadog():
    """Give what Datadog holds."""
    return make_datadog()


server = serve("datadog")


@pytest.fixture
def make(server):
    """Give a maker of the system, with settings of one's own."""

    def build(**settings):
        values = {"url": server.url, "api_key": API_KEY, "app_key": APP_KEY, "timeout_s": 10}
        return Datadog(DatadogSettings(**(values | settings)), FakeClock())

    return build
