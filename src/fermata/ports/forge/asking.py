"""Several questions at once, none left running when one of them fails: a connection must not outlive its session."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def ask_all(questions: Iterable[Awaitable[T]]) -> list[T]:
    """Return all answers in the order of the questions; the first failure ends the others and is raised."""
    tasks = [asyncio.ensure_future(question) for question in questions]
    try:
        return await asyncio.gather(*tasks)
    finally:
        await end_all(tasks)


async def end_all(tasks: Iterable[asyncio.Future[T]]) -> None:
    """Cancel what still runs, and wait until it has ended."""
    open_ = [task for task in tasks if not task.done()]
    for task in open_:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
