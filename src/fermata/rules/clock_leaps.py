"""Which instant old things may be deleted by: a clock that leaps weeks ahead must not take what should stay.

A leap is a machine that stood still, or a clock that is wrong, and nobody here can tell which. So for a day things are
deleted by the instant before it: that is time to mend a clock, and a day longer is no harm to what was to go. A machine
that is on for hours only, days apart, leaps at every start: there the hours are added up, and once they are a day, all
but the last leap is believed. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

LEAP = timedelta(days=3)
"""A machine that is off over a long weekend is nothing to ask about."""
WAIT = timedelta(days=1)
"""How long a clock must have gone on after a leap to be believed."""


@dataclass(frozen=True, slots=True)
class ClockNote:
    """What was seen of this machine's clock so far."""

    seen_at: datetime
    trusted: datetime | None = None
    """The last instant before a leap that is not believed yet."""
    since: datetime | None = None
    """When the last leap was seen, by the clock that leapt."""
    ran: timedelta = timedelta()
    """How long the clock was seen to go on between the leaps that are not believed yet."""

    @property
    def deletes_by(self) -> datetime:
        """Return the instant that ages are taken at where something is deleted."""
        return self.trusted or self.seen_at

    @property
    def believed_at(self) -> datetime:
        """Return when it will be believed as it is; now, where it is already."""
        return self.since + WAIT if self.since else self.seen_at

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON types."""
        named = {"seen_at": self.seen_at, "trusted": self.trusted, "since": self.since}
        ran = {"ran_s": self.ran.total_seconds()} if self.ran else {}
        return {name: at.isoformat() for name, at in named.items() if at is not None} | ran

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ClockNote:
        """Return what `to_json` wrote."""
        ran = timedelta(seconds=value.get("ran_s", 0))
        return cls(**{name: datetime.fromisoformat(at) for name, at in value.items() if name != "ran_s"}, ran=ran)


def judge_clock(known: ClockNote | None, now: datetime) -> ClockNote:
    """Return what is to be thought of the clock now.

    Args:
        known: The note of before; `None`: there is none.
    """
    if known is None:
        return ClockNote(now)
    if now > known.seen_at + LEAP:
        ran = known.ran + (known.seen_at - known.since if known.since else timedelta())
        return ClockNote(now, known.seen_at, now) if ran >= WAIT else ClockNote(now, known.deletes_by, now, ran)
    if known.trusted is None or known.since is None or now <= known.trusted + LEAP or now >= known.since + WAIT:
        return ClockNote(now)
    return ClockNote(now, known.trusted, known.since, known.ran)
