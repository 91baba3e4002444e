"""The profile service: who a customer is, and what discount their loyalty earns them."""
# ruff: noqa: INP001 - a script started by path, not a package

from __future__ import annotations

import threading
import time

import psycopg
from httpd import LOG, Reply, Request, Server, read_number, read_text, start_log  # type: ignore[import-not-found] # lies beside this script

COUNTRIES = ("DE", "SE", "JP", "JO", "BR")
CUSTOMERS = 500
LOYAL_FROM = 100
BUDGET_S = 1.2
"""Nobody waits longer for a discount: what is not counted by then does not count."""
LATEST_ORDERS = "SELECT id FROM orders WHERE customer_id = %s ORDER BY id DESC LIMIT 40"
ITEMS = "SELECT coalesce(sum(quantity), 0)::int FROM order_lines WHERE order_id = %s"


class Orders:
    """The orders database, over one connection that is made again after it broke."""

    def __init__(self, address: str) -> None:
        """Remember the address; connect on first use."""
        self._address = address
        self._lock = threading.Lock()
        self._connection: psycopg.Connection[tuple[int]] | None = None

    def count_items(self, customer: int) -> int:
        """Return how many items the customer's latest orders hold, as far as time allows."""
        with self._lock:
            try:
                return self._count(customer)
            except psycopg.OperationalError:
                self._connection = None
                raise

    def _count(self, customer: int) -> int:
        if self._connection is None:
            self._connection = psycopg.connect(self._address, autocommit=True, application_name="profile")
        deadline = time.monotonic() + BUDGET_S
        items = 0
        for (order,) in self._connection.execute(LATEST_ORDERS, [customer]).fetchall():
            row = self._connection.execute(ITEMS, [order]).fetchone()
            items += row[0] if row else 0
            if time.monotonic() > deadline:
                break
        return items


def find_customer(orders: Orders, request: Request) -> Reply:
    """Answer /customers/<number> with the customer, or 404."""
    if not request.rest.isdecimal() or int(request.rest) >= CUSTOMERS:
        return Reply(404, {"error": f"no customer {request.rest}"})
    number = int(request.rest)
    country = COUNTRIES[number % len(COUNTRIES)]
    loyal = orders.count_items(number) >= LOYAL_FROM
    return Reply(200, {"customer": number, "country": country, "discount_percent": 10 if loyal else 5 * (number % 3)})


def main() -> None:
    """Serve until the process is told to stop."""
    start_log("profile")
    port = read_number("PROFILE_PORT")
    orders = Orders(read_text("SHOP_DATABASE"))
    server = Server("profile", port, {"/customers/": lambda request: find_customer(orders, request)})
    LOG.info("listening on 127.0.0.1:%d", port)
    server.serve_forever()


if __name__ == "__main__":
    main()
