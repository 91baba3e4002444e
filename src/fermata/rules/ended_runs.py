"""What the end of the run before tells of the failures in a log that goes on over it."""

from __future__ import annotations

from datetime import datetime, timedelta

from fermata.domain.facts import StateFacts

_KILLS = (-9, -15)
_GOT_OVER = timedelta(minutes=1)
"""What fails goes on failing more often than that (a guess)."""


def find_kill_border(facts: StateFacts) -> datetime | None:
    """Return until when a run had got over what it failed at before somebody killed it; `None` where nobody did.

    A crash may come of what failed before; a signal from outside does not.
    """
    if facts.former_end_at is None or facts.exit_code not in _KILLS:
        return None
    return facts.former_end_at - _GOT_OVER
