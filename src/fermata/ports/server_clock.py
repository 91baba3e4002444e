"""How far the clocks of the systems are off, as their own answers tell it: for the doctor.

Every HTTP answer carries its server's time in its `Date` header (RFC 9110, section 6.6.1). Whoever listens gets the
difference for each answer that was read on the way; while nobody listens, nothing is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

_heard: ContextVar[list[timedelta] | None] = ContextVar("heard_clocks", default=None)


@contextmanager
def listen_to_clocks() -> Iterator[list[timedelta]]:
    """Collect what answers tell within this block, in the tasks that it starts too.

    Yields:
        For each answer how far its server is ahead of this machine; negative where it is behind.
    """
    heard: list[timedelta] = []
    token = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(token)


def note_server_time(date: str, now: datetime) -> None:
    """Take note of an answer's `Date` header, if somebody listens. One that is missing or malformed tells nothing.

    Args:
        now: This machine's time when the answer came; aware.
    """
    heard = _heard.get()
    if heard is None or not date:
        return
    try:
        # "-0000" is a time without a zone to Python; a Date header is UTC whatever it says.
        theirs = parsedate_to_datetime(date)
        heard.append(theirs.replace(tzinfo=theirs.tzinfo or now.tzinfo) - now)
    except ValueError:
        return
