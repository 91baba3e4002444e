"""The load generator: shoppers at a steady pace, and the count of what they met.

It is the outside view of checkout: its counters move on when checkout is dead and can count nothing itself.
"""
# ruff: noqa: INP001 - a script started by path, not a package

from __future__ import annotations

import itertools
import json
import threading
import time
from http.client import HTTPConnection, HTTPException

from httpd import LOG, Server, read_number, read_text, start_log  # type: ignore[import-not-found] # lies beside this script

# What shoppers put into a basket, in turn: three of five buy a single product.
BASKETS = (("mug",), ("tea", "honey"), ("teapot",), ("kettle", "tea", "honey"), ("honey",))
TIMEOUT_S = 3.0
TOTAL = 'shop_requests_total{{outcome="{}",target="checkout"}}'
UNANSWERED = 'shop_requests_unanswered_total{target="checkout"}'
SLOW = 'shop_requests_slow_total{target="checkout"}'
SLOW_FROM_S = 0.5
"""What a shopper calls slow; a basket takes some 0.01 s."""


def fetch_status(host: str, method: str, path: str, body: str | None = None) -> int | None:
    """Return the status checkout answers with, or None when it gives no answer."""
    connection = HTTPConnection(host, timeout=TIMEOUT_S)
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        response.read()
        return response.status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def shop(server: Server, host: str, per_second: int) -> None:
    """Send baskets at a steady pace, for ever, starting once checkout is healthy."""
    while fetch_status(host, "GET", "/healthz") != 200:
        time.sleep(0.05)
    LOG.info("sending %d requests a second to checkout", per_second)
    due = time.monotonic()
    for number in itertools.count():
        lines = [{"sku": sku, "quantity": 1 + number % 3} for sku in BASKETS[number % len(BASKETS)]]
        asked = time.monotonic()
        status = fetch_status(host, "POST", "/checkout", json.dumps({"customer": number % 500, "lines": lines}))
        server.metrics.add(TOTAL.format("ok" if status == 200 else "error"))
        if status is None:
            server.metrics.add(UNANSWERED)
        if time.monotonic() - asked >= SLOW_FROM_S:
            server.metrics.add(SLOW)
        if status != 200:
            LOG.warning("basket %d failed: %s", number, "no answer" if status is None else f"HTTP {status}")
        # Shoppers who were held up do not all come at once afterwards.
        due = max(due + 1 / per_second, time.monotonic() - 1)
        time.sleep(max(0.0, due - time.monotonic()))


def main() -> None:
    """Serve /metrics beside the shopping."""
    start_log("loadgen")
    server = Server("loadgen", read_number("LOADGEN_PORT"), {})
    for series in (TOTAL.format("ok"), TOTAL.format("error"), UNANSWERED, SLOW):
        server.metrics.add(series, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    shop(server, read_text("CHECKOUT_HOST"), read_number("REQUESTS_PER_SECOND"))


if __name__ == "__main__":
    main()
