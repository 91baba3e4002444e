"""What a collector has read already, handed over while it still asks: a deadline then costs the rest, and not all.

A collector that reads several slow things names them as soon as it knows them, and hands over the evidence of each when
it is there. What it returns in the end is all of it, as ever: what was handed over counts only where there is no such
end. While nobody gathers, both do nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial

from fermata.domain.evidence import Evidence


@dataclass(slots=True)
class Handed:
    """What one collector handed over so far."""

    parts: dict[str, tuple[Evidence, ...] | None] = field(default_factory=dict)
    """What each part brought by its name in words (`pods of shop`), in the order they were named; `None`: not read."""

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Return all that is there."""
        return tuple(item for brought in self.parts.values() for item in brought or ())

    def list_read(self) -> tuple[str, ...]:
        """Return the parts that were read."""
        return tuple(name for name, brought in self.parts.items() if brought is not None)

    def list_missing(self) -> tuple[str, ...]:
        """Return the parts that were not."""
        return tuple(name for name, brought in self.parts.items() if brought is None)


_handed: ContextVar[Handed | None] = ContextVar("handed", default=None)


@contextmanager
def take_over(handed: Handed) -> Iterator[None]:
    """Take what is handed over within this block, in the tasks that it starts too."""
    token = _handed.set(handed)
    try:
        yield
    finally:
        _handed.reset(token)


def expect(*parts: str) -> None:
    """Name parts that will be read, in the words of a person: `events of shop`."""
    if (handed := _handed.get()) is not None:
        for part in parts:
            handed.parts.setdefault(part, None)


def hand_over(part: str, *evidence: Evidence) -> None:
    """Hand over what a part brought, which may be nothing: it was read. A second time replaces the first.

    Args:
        evidence: As it stands by itself. Where more will be known of it, its `cut` says what is missing.
    """
    if (handed := _handed.get()) is not None:
        handed.parts[part] = evidence


async def read_all(parts: Mapping[str, Awaitable[Evidence | Sequence[Evidence]]]) -> list[Evidence]:
    """Return what the parts bring, in their order: read all at once, each handed over as soon as it is there.

    Args:
        parts: What is awaited for each, by its name in words.

    Raises:
        OperationalError: The first one's that failed, once all have ended: what the others brought is handed over.
    """

    def take(part: str, task: asyncio.Future[Evidence | Sequence[Evidence]]) -> None:
        if not task.cancelled() and task.exception() is None:
            hand_over(part, *_list(task.result()))

    expect(*parts)
    tasks = [asyncio.ensure_future(asked) for asked in parts.values()]
    for part, task in zip(parts, tasks, strict=True):
        task.add_done_callback(partial(take, part))
    brought = await asyncio.gather(*tasks, return_exceptions=True)
    found: list[Evidence] = []
    for one in brought:
        if isinstance(one, BaseException):
            raise one
        found += _list(one)
    return found


def _list(brought: Evidence | Sequence[Evidence]) -> Sequence[Evidence]:
    return (brought,) if isinstance(brought, Evidence) else brought
