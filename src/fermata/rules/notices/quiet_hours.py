"""Hours in which low severities wait until morning, by the clock on the wall of one place."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import model_validator

from fermata.domain.alert import Severity
from fermata.domain.record import Record


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
        local = now.astimezone(self.zone)
        clock = local.time()
        over_midnight = self.ends < self.begins
        is_evening = clock >= self.begins and (over_midnight or clock < self.ends)
        is_morning = over_midnight and clock < self.ends
        if not is_evening and not is_morning:
            return None
        day = local.date() + timedelta(days=1 if over_midnight and is_evening else 0)
        ends = datetime.combine(day, self.ends, self.zone)
        # When clocks are set back an hour comes twice: what ended in the first one ends again in the second.
        first, second = (ends.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        return first if now < first else second
