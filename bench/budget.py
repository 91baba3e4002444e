"""The edge of a budget: fifty calls at once, round after round, until nothing more fits; ledger against server's till.

The gateway, the stores and the provider's wire format are real; the provider on loopback bills in whole units of 1e-12
dollars, by a formula of its own, and always the longest answer. Beside it stands the same with the check and the row
in two transactions, as a counter in memory or a cache would have it.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from harness import ROOT, describe, write_rows
from intake import measure_disk

sys.path.insert(0, str(ROOT))

from tests.faults.ledger import ask_all, build_gateway, make_target, make_till, read_rows, sum_rows

from fermata.flows.meters import Meters
from fermata.flows.spending import Spending
from fermata.kit.clock import SystemClock
from fermata.rules.budget import Budgets, refuse_over_budget
from fermata.store.connect import open_store
from fermata.testing.clock import FakeClock
from fermata.testing.records import NOON, make_attempt
from fermata.testing.web_server import WebServer

ROUNDS = 20
CALLS = 50
EDGE = Decimal("0.0251")
TIMED = 300
EARLIER = (0, 10_000, 50_000)


class TwoSteps(Spending):
    """The naive way: look whether it fits, then write it down."""

    async def reserve(self, draft: Any) -> None:
        """Reserve in two transactions."""
        spent = await self._store.read(lambda transaction: transaction.spending.sum_spent(draft))
        refuse_over_budget(self._budgets, spent, draft)
        await self._store.write(lambda transaction: transaction.spending.open(draft))


async def press(url: str, make_book: Any) -> tuple[int, int, Decimal, Decimal]:
    """Ask fifty at once on twenty days.

    Returns:
        Days that were overspent, calls answered, the most overspent in dollars, and what ledger and till differ by.
    """
    store, clock, till = open_store(url), FakeClock(), make_till()
    overspent, most = 0, Decimal(0)
    async with WebServer(till) as server:
        gateway = build_gateway(
            [make_target(server.url)], make_book(store, clock, Budgets(day_usd=EDGE), Meters()), clock
        )
        for day in range(ROUNDS):
            before = till.total_usd
            await ask_all(gateway, [f"{day}-{number}" for number in range(CALLS)])
            over = till.total_usd - before - EDGE
            overspent, most = overspent + (over > 0), max(most, over)
            clock.advance(timedelta(days=1))
        await gateway.close()
    rows, _ = await read_rows(store, clock.now())
    store.close()
    return overspent, len(till.bills), most, abs(sum_rows(rows) - till.total_usd)


async def time_reservations(url: str, earlier: int) -> tuple[list[float], float]:
    """Wall seconds of each reservation beside so many earlier rows of the month, and CPU milliseconds of one."""
    store = open_store(url)
    with store.begin() as transaction:
        for number in range(earlier):
            at = NOON - timedelta(minutes=number % 30_000)
            transaction.spending.settle(make_attempt(f"old-{number}", at=at, cost_usd="0.0001"))
    book = Spending(store, SystemClock(), Budgets(day_usd=10**6, month_usd=10**6), Meters())
    taken, before = [], time.process_time()
    for number in range(TIMED):
        began = time.perf_counter()
        await book.reserve(make_attempt(f"new-{number}"))
        taken.append(time.perf_counter() - began)
    cpu_ms = (time.process_time() - before) / TIMED * 1000
    store.close()
    return taken, cpu_ms


@contextmanager
def open_kinds(folder: Path) -> Iterator[dict[str, Any]]:
    """Give makers of empty stores by kind; PostgreSQL only where it is installed."""
    from fermata.testing.postgres import PostgresRig, find_binaries

    makers: dict[str, Any] = {"SQLite": lambda name: f"sqlite:///{folder / name}.db"}
    if find_binaries() is None:
        yield makers
        return
    rig = PostgresRig()
    rig.start()
    try:
        yield {**makers, "PostgreSQL": lambda _: rig.make_database()}
    finally:
        rig.close()


def main() -> int:
    """Measure, and write the table."""
    rows, is_missed = [], False
    with tempfile.TemporaryDirectory(prefix="fermata-bench-") as folder, open_kinds(Path(folder)) as stores:
        for kind, make_url in stores.items():
            overspent, answered, _, difference = asyncio.run(press(make_url("edge"), Spending))
            naive, _, most, _ = asyncio.run(press(make_url("naive"), TwoSteps))
            is_missed |= bool(overspent or difference)
            rows.append(
                (
                    f"{kind}: budgets overspent by {CALLS} calls at once",
                    "0",
                    f"{overspent} of {ROUNDS} ({answered} calls answered, {CALLS * ROUNDS - answered} refused)",
                    f"checked and written in two steps: {naive} of {ROUNDS}, by up to ${most:.4f} of ${EDGE}",
                )
            )
            rows.append((f"{kind}: ledger less the server's till", "<= 1e-9 USD", f"{difference:f} USD", "-"))
        commit_ms = 1000 / measure_disk(Path(folder))
        for earlier in EARLIER:
            taken, cpu_ms = asyncio.run(time_reservations(stores["SQLite"](f"timed-{earlier}"), earlier))
            rows.append(
                (
                    f"SQLite: one reservation beside {earlier:,} calls of the month",
                    "none",
                    f"{describe(taken)}, CPU {cpu_ms:.1f} ms",
                    f"a bare commit on this disk: {commit_ms:.1f} ms",
                )
            )
    write_rows("budget", "python bench/budget.py", rows)
    return int(is_missed)


if __name__ == "__main__":
    sys.exit(main())
