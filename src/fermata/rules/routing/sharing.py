"""What workers that share a store tell each other of targets: for each place the newest thing anybody knows.

A place is a target's circuit or one of its keys. Its notice is JSON, as it is written down: `at` (when it opened or
closed), `reason` and `until` (empty: it is closed), `failures`. Instants are UTC in one format, so that they compare as
text. The clocks of workers are taken to agree to a second or so: one that is ahead is believed a little too often.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fermata.domain.model import AttemptOutcome
from fermata.kit.clock import CLOCK_SKEW, format_instant
from fermata.rules.routing.breaker import CLOSED, Breaker

Notices = Mapping[str, Mapping[str, Any]]
"""By place."""
# The longest pause there is, and a day; what is over for so long tells nobody anything.
_KEPT_FOR = timedelta(days=2)


def write_notice(breaker: Breaker, at: datetime) -> dict[str, Any]:
    """Return a notice. A probe is its worker's own affair and is not in it.

    Args:
        breaker: The state.
        at: Since when it is so.
    """
    return {
        "at": format_instant(at),
        "reason": breaker.reason.value if breaker.reason else "",
        "until": format_instant(breaker.until) if breaker.until else "",
        "failures": breaker.failures,
    }


def read_notice(notice: Mapping[str, Any]) -> tuple[Breaker, datetime]:
    """Return the state, and since when it is so.

    Raises:
        KeyError, ValueError: It is no notice.
    """
    at = datetime.fromisoformat(notice["at"])
    if not notice["until"]:
        return CLOSED, at
    until = datetime.fromisoformat(notice["until"])
    return Breaker(AttemptOutcome(notice["reason"]), until, opened_at=at, failures=int(notice["failures"])), at


def merge_notices(known: Notices, own: Notices, now: datetime) -> dict[str, dict[str, Any]]:
    """Return the newest notice of each place; of two of one instant, the one that is left alone for longer.

    Args:
        known: What is written down.
        own: What this worker knows.
        now: What is over for two days by then is dropped, and what is of a time to come: a clock was set back since,
            and until that time it would be newer than all that anybody learns.
    """
    oldest, newest = format_instant(now - _KEPT_FOR), format_instant(now + CLOCK_SKEW)
    told = [(place, notice) for place, notice in (*known.items(), *own.items()) if notice["at"] <= newest]
    found = {place: dict(notice) for place, notice in sorted(told, key=_rank)}
    return {place: notice for place, notice in found.items() if max(notice["at"], notice["until"]) >= oldest}


def _rank(told: tuple[str, Mapping[str, Any]]) -> tuple[str, str, str]:
    """The newest of a place comes last, and of two of one instant the one that is left alone for longer."""
    place, notice = told
    return place, notice["at"], notice["until"]
