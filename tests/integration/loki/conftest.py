"""A strict Loki on loopback that holds the logs of a small shop."""

import pytest
from tests.integration.api_contract import serve

from fermata.integrations.loki.settings import LokiSettings
from fermata.integrations.loki.system import Loki
from fermata.testing.clock import FakeClock
from fermata.testing.loki import FakeLoki, LokiStream
from fermata.testing.records import NOON

SECRET = "postgres://shop:hunter2secret@db/shop"


def at(seconds):
    """Give nanoseconds of an instant near noon."""
    return (int(NOON.timestamp()) + seconds) * 10**9


def make_loki():
    """Give two pods of checkout, and a neighbour."""
    pod = {"app": "checkout", "namespace": "shop", "stream": "stderr"}
    return FakeLoki(
        [
            LokiStream(
                pod | {"pod": "checkout-0"},
                [(at(-3000), "ERROR cannot reach db-primary"), *((at(-600 + n), f"GET /cart {n}") for n in range(600))],
            ),
            LokiStream(
                {**pod, "pod": "checkout-1", "stream": "stdout"},
                [
                    (at(-20), 'Traceback (most recent call last):\n  File "a.py", line 3\nValueError: bad'),
                    (at(-10), f"\x1b[31mconnecting to {SECRET}"),
                ],
            ),
            LokiStream({"app": "cart", "namespace": "shop"}, [(at(-5), "fine")]),
        ]
    )  # fmt: skip


@pytest.fixture
def loki():
    """Give what Loki holds."""
    return make_loki()


server = serve("loki")


@pytest.fixture
def make(server):
    """Give a maker of the system, with settings of one's own."""

    def build(**settings):
        values = {"url": server.url, "timeout_s": 10, "lines": 100, "error_lines": 50} | settings
        return Loki(LokiSettings(**values), FakeClock())

    return build
