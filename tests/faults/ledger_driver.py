"""Run as a process, like `driver.py`: forks a real process for each job, which asks a provider through the gateway.

A job dies by its own hand at a point between ledger and provider, or by another's.
"""

import asyncio
import json
import os
import signal
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.driver import serve
from tests.faults.ledger import ask_all, build_gateway

import fermata.models.router  # noqa: F401 - a child is to begin at once
from fermata.flows.meters import Meters
from fermata.flows.spending import Spending
from fermata.kit.clock import SystemClock
from fermata.rules.budget import Budgets
from fermata.store.connect import open_store


@dataclass
class Job:
    """What a process is to ask, and where it dies."""

    folder: str
    url: str
    executor_id: str = "local"
    targets: list = field(default_factory=list)
    budgets: dict = field(default_factory=dict)
    names: list = field(default_factory=list)
    """Of its calls, all made at once."""
    kill: str = ""
    """`reserve:after`, `settle:before` or `settle:after`."""
    kill_at: int = 1
    """Which passing of that point kills it."""
    await_file: str = ""
    """It begins to ask when there is a file of this name."""


class DyingBook:
    """The real book, in a process that dies at a point."""

    def __init__(self, book, job):
        self.book, self.job, self.passed = book, job, 0

    async def reserve(self, draft):
        """Reserve."""
        await self.book.reserve(draft)
        self.pass_point("reserve:after")

    async def settle(self, attempt):
        """Settle."""
        self.pass_point("settle:before")
        await self.book.settle(attempt)
        self.pass_point("settle:after")

    async def withdraw(self, attempt_id):
        """Withdraw."""
        await self.book.withdraw(attempt_id)

    def pass_point(self, point):
        """Die, if this is the point and the time."""
        self.passed += point == self.job.kill
        if point == self.job.kill and self.passed == self.job.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


def play(job):
    """Ask all, and write down what came of it."""
    asyncio.run(_play(job))


async def _play(job):
    folder, clock = Path(job.folder), SystemClock()
    store = open_store(job.url)
    book = DyingBook(Spending(store, clock, Budgets(**job.budgets), Meters()), job)
    gateway = build_gateway(job.targets, book, clock)
    await gateway.warm()
    (folder / f"{job.executor_id}.serving").touch()
    while job.await_file and not (folder / job.await_file).exists():  # noqa: ASYNC110 - made by another process
        await asyncio.sleep(0.01)
    answers, refused = await ask_all(gateway, job.names)
    report = {"answered": len(answers), "refused": len(refused)}
    (folder / f"{job.executor_id}.report").write_text(json.dumps(report))
    await gateway.close()
    store.close()


if __name__ == "__main__":
    serve(Job, play)
