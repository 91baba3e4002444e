"""What the end of the run before tells of the failures in a log that goes on over it."""

from __future__ import annotations

from datetime import datetime, timedelta

from fermata.domain.facts import StateFacts

_SIGNALS = {9: "SIGKILL", 15: "SIGTERM"}
"""What a program hardly ever sends itself; that of a crash is another matter."""
_BY_SIGNAL = 128
_GOT_OVER = timedelta(minutes=1)
"""What fails goes on failing more often than that (a guess)."""


def name_kill(exit_code: int | None) -> str:
    """Return the signal from outside that ended a run, as supervisors (-9) and shells (137) write it; empty without."""
    if exit_code is None:
        return ""
    return _SIGNALS.get(-exit_code if exit_code < 0 else exit_code - _BY_SIGNAL, "")


def find_kill_border(facts: StateFacts) -> datetime | None:
    """Return until when a run had got over what it failed at before somebody killed it; `None` where nobody did.

    A crash may come of what failed before, and so may a kill for memory; another signal from outside does not.
    """
    if facts.former_end_at is None or facts.killed_for_memory or not name_kill(facts.exit_code):
        return None
    return facts.former_end_at - _GOT_OVER
