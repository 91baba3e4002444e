"""What is remembered of a system that does not answer, or asks to be left alone: nobody waits for it again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from fermata.kit.clock import Clock, is_within
from fermata.kit.errors import TransientError
from fermata.kit.units import format_duration

_FAILURES_TO_OPEN = 3
_OPEN_FOR = timedelta(seconds=30)
"""After three calls in a row without any answer the next ones fail at once, for this long: an incident must not wait
for a ticket system that is down (a guess: shorter than the time between two incidents, longer than one gathering)."""

_FIRST_INSTANT = 1_000_000_000
"""Seconds from which on a number is an instant, of the year 2001, and no span."""
_LONGEST_EPOCH = 12


class Breaker:
    """Refuses calls while a system is to be left alone.

    Args:
        name: The system as people call it.
        longest_wait: The longest pause that is believed when it asks for one.
    """

    def __init__(self, name: str, clock: Clock, longest_wait: timedelta = timedelta(hours=1)) -> None:
        self._name = name
        self._clock = clock
        self._longest_wait = longest_wait
        self._failures = 0
        self._closed_at: datetime | None = None
        self._closed_for = timedelta()
        self._closed_why = ""

    def refuse_if_closed(self) -> None:
        """Refuse a call while the system is to be left alone.

        Raises:
            TransientError: It asked for a pause, or has not answered lately; the time of the next attempt is named.
        """
        now = self._clock.now()
        if self._closed_at is None or not is_within(self._closed_for, self._closed_at, now):
            return
        wait = self._closed_at + self._closed_for - now
        do = f"The next attempt is in {format_duration(wait)}"
        raise TransientError(f"{self._name} is not asked now", why=self._closed_why, do=do, retry_after=wait)

    def note_answer(self) -> None:
        """Remember that it answers. A pause that it asked for goes on: the answer may be to an earlier call."""
        self._failures = 0

    def note_silence(self) -> None:
        """Remember that a call brought no answer; the third in a row closes the way for a while."""
        self._failures += 1
        if self._failures >= _FAILURES_TO_OPEN:
            self._close(_OPEN_FOR, f"{self._failures} calls in a row brought no answer")

    def note_pause(self, wait: timedelta) -> None:
        """Remember that it asked to be left alone for so long."""
        self._close(min(wait, self._longest_wait), "It said that it was asked too often")

    def read_wait(self, headers: Mapping[str, str]) -> timedelta | None:
        """Return what `Retry-After` asks for (seconds or a date, RFC 9110 section 10.2.3); `None` without one.

        Where a quota is spent and only its end is told, until then: `X-RateLimit-Reset`, an instant in seconds with
        GitHub ("Rate limits for the REST API", read 2026-11), seconds from now with Datadog.
        """
        text = headers.get("retry-after", "").strip() or self._read_reset(headers)
        if text.isdecimal() and len(text) <= 6:
            return timedelta(seconds=int(text))
        try:
            return max(parsedate_to_datetime(text) - self._clock.now(), timedelta(0)) if text else None
        except (ValueError, TypeError):
            return None

    def _read_reset(self, headers: Mapping[str, str]) -> str:
        """Return in how many seconds a quota that is spent is whole again; empty where that is not told."""
        text = headers.get("x-ratelimit-reset", "").strip()
        if (
            headers.get("x-ratelimit-remaining", "").strip() != "0"
            or not text.isdecimal()
            or len(text) > _LONGEST_EPOCH
        ):
            return ""
        seconds = int(text) if int(text) < _FIRST_INSTANT else int(text) - int(self._clock.now().timestamp())
        return str(max(seconds, 0))

    def _close(self, wait: timedelta, why: str) -> None:
        self._closed_at, self._closed_for, self._closed_why = self._clock.now(), wait, why
