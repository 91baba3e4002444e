"""Keys that ran out leave the store: logins of the page, the links and codes to get one."""

from __future__ import annotations

from datetime import datetime, timedelta

from fermata.ports.store import Transaction

_KEPT_FOR = timedelta(days=1)
"""After the end: who comes a little late is told that a code has expired, and not that there is none."""
_MOST = 1_000
"""Looked at each time; an older store loses its thousands in a few logins."""


def forget_run_out(transaction: Transaction, prefix: str, now: datetime) -> None:
    """Remove the flags of a kind whose `expires_at` is past. Whoever adds one calls it, so that they cannot pile up."""
    for name, value in transaction.flags.list_named(prefix, limit=_MOST):
        if datetime.fromisoformat(value["expires_at"]) + _KEPT_FOR <= now:
            transaction.flags.remove(name)
