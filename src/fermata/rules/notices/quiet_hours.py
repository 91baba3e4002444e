"""Hours in which low severities wait until morning, by the clock on the wall of one place."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import model_validator

from fermata.domain.alert import Severity
from fermata.domain.record import Record

_MINUTE = timedelta(minutes=1)


class QuietHours(Record):
    """From one time of day until another, over midnight where the second is earlier."""

    begins: time
    """The first quiet minute, as the clock shows it in `zone`."""
    ends: time
    """The first minute that is quiet no more: what waited goes out then."""
    zone: ZoneInfo
    """Whose clock: `Europe/Berlin`. Summer time is followed."""
    severities: tuple[Severity, ...] = (Severity.WARNING, Severity.INFO)
    """What waits. A plan that waits for a decision goes by its incident's severity too."""

    @model_validator(mode="after")
    def _require_span(self) -> QuietHours:
        if self.begins == self.ends:
            message = "quiet hours that end when they begin are none, or all: write two times"
            raise ValueError(message)
        return self

    def find_end(self, now: datetime) -> datetime | None:
        """Return when the quiet hours around an instant end, in UTC; `None` outside of them."""
        today = now.astimezone(self.zone).date()
        for day in (today + timedelta(days=days) for days in (-1, 0, 1)):
            ends = self._place(day + timedelta(days=1) if self.ends < self.begins else day, self.ends)
            if self._place(day, self.begins) <= now < ends:
                return ends
        return None

    def _place(self, day: date, clock: time) -> datetime:
        """Return the first instant at which the clock shows a time or a later one: once, whatever was done to it.

        In an hour that comes twice that is its first coming, for a time that is skipped the moment of the skip.
        """
        wanted = datetime.combine(day, clock)
        found = wanted.replace(tzinfo=self.zone).astimezone(UTC)
        # Python places a skipped time as if the clock had not been set yet: behind the skip, by what it is after it.
        while (found - _MINUTE).astimezone(self.zone).replace(tzinfo=None) >= wanted:
            found -= _MINUTE
        return found
