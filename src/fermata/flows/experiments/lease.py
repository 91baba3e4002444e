"""One experiment at a time, and which process it is: a row that its runner renews, and that runs out when it dies."""

from __future__ import annotations

import os
import secrets
import socket
from datetime import datetime, timedelta

from fermata.domain.record import Instant, Record
from fermata.kit.clock import CLOCK_SKEW
from fermata.ports.store import Transaction

LASTS = timedelta(seconds=10)
"""Longer than a store is slow, shorter than somebody waits who wants to rehearse next."""
RENEW_S = 2.0
_NAME = "lease/experiment"


class Lease(Record):
    """Who runs what, and until when they are believed to."""

    held_id: str
    runner: str
    until: Instant


def name_runner() -> str:
    """Return a new name for this process as a runner: `<host>:<pid>:<nonce>`."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def find_lease(transaction: Transaction, now: datetime) -> Lease | None:
    """Return the lease that is in force, or `None`: one that ran out, or whose process is gone, is not.

    Nor is one that ends later than another worker's may: its clock was ahead by far, or one was set back since.
    """
    value = transaction.flags.find(_NAME)
    lease = Lease.from_json(value) if value is not None else None
    is_held = lease is not None and now < lease.until <= now + LASTS + CLOCK_SKEW and not is_dead(lease.runner)
    return lease if is_held else None


def take_lease(transaction: Transaction, held_id: str, runner: str, now: datetime) -> bool:
    """Take the lease, or renew one's own; False while somebody else has it."""
    found = find_lease(transaction, now)
    if found is not None and found.runner != runner:
        return False
    lease = Lease(held_id=held_id, runner=runner, until=now + LASTS)
    transaction.flags.put(_NAME, lease.to_json())
    return True


def release_lease(transaction: Transaction, runner: str) -> None:
    """Give the lease back, if it is one's own."""
    value = transaction.flags.find(_NAME)
    if value is not None and value.get("runner") == runner:
        transaction.flags.remove(_NAME)


def is_dead(runner: str) -> bool:
    """Answer whether a runner is known to be gone: it was a process of this machine, and there is no such process."""
    host, _, rest = runner.partition(":")
    pid = rest.partition(":")[0]
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):  # Somebody else's process: alive.
        return False
    return False
