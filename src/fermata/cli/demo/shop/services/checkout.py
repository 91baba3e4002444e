"""The checkout service: takes a basket, asks profile for the customer's discount, charges the total."""
# ruff: noqa: INP001 - a script started by path, not a package

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from httpd import LOG, Reply, Request, Server, read_number, read_text, start_log  # type: ignore[import-not-found] # lies beside this script

PRICES_CENTS = {"mug": 1250, "teapot": 4900, "kettle": 6700, "tea": 890, "honey": 720}
PROFILE_TIMEOUT_S = 2.0
ORDERS = itertools.count(1001)


@dataclass(frozen=True)
class Settings:
    """What deploy/checkout.env declares."""

    port: int
    profile_host: str
    payment_timeout_ms: int
    currency: str


def load_settings() -> Settings:
    """Read the environment; a wrong value stops the start."""
    return Settings(
        port=read_number("CHECKOUT_PORT"),
        profile_host=read_text("PROFILE_HOST"),
        payment_timeout_ms=read_number("PAYMENT_TIMEOUT_MS"),
        currency=read_text("CURRENCY"),
    )


def total_cents(lines: Sequence[dict[str, Any]]) -> int:
    """Add up a basket: one line per product, each with `sku` and `quantity`."""
    return sum(PRICES_CENTS[line["sku"]] * line["quantity"] for line in lines)


def fetch_discount(settings: Settings, customer: int) -> int:
    """Ask profile for the customer's discount in percent."""
    connection = HTTPConnection(settings.profile_host, timeout=PROFILE_TIMEOUT_S)
    try:
        connection.request("GET", f"/customers/{customer}")
        profile = json.loads(connection.getresponse().read())
        return int(profile["discount_percent"])
    finally:
        connection.close()


def charge(settings: Settings, cents: int) -> str:
    """Charge the card. The bank is a stand-in that answers at once, well within the payment timeout."""
    return f"paid {cents / 100:.2f} {settings.currency} (limit {settings.payment_timeout_ms} ms)"


def check_out(settings: Settings, request: Request) -> Reply:
    """Answer POST /checkout: {"customer": 17, "lines": [{"sku": "mug", "quantity": 2}]}."""
    customer = int(request.body.get("customer", 0))
    lines = request.body.get("lines") or [{"sku": "mug", "quantity": 1}]
    total = total_cents(lines)
    discount = fetch_discount(settings, customer)
    payment = charge(settings, total * (100 - discount) // 100)
    order = next(ORDERS)
    LOG.info("order %d customer %d lines %d %s", order, customer, len(lines), payment)
    return Reply(200, {"order": order, "total_cents": total, "payment": payment})


def main() -> None:
    """Serve until the process is told to stop."""
    start_log("checkout")
    settings = load_settings()
    routes = {"/checkout": lambda request: check_out(settings, request)}
    server = Server("checkout", settings.port, routes)
    LOG.info("listening on 127.0.0.1:%d, payment timeout %d ms", settings.port, settings.payment_timeout_ms)
    server.serve_forever()


if __name__ == "__main__":
    main()
