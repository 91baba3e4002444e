"""The weekly slot that scheduled rehearsals run in. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from pydantic import Field

from fermata.domain.record import Record

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Slot(Record):
    """A time of the week, in UTC."""

    weekday: int = Field(ge=0, le=6)
    """Monday is 0."""
    begins: time
    lasts: timedelta = Field(gt=timedelta(0), lt=timedelta(days=1))
    """A run that could not begin in it (another one runs, or it is halted) waits for the next."""


def find_open(slot: Slot, now: datetime) -> datetime | None:
    """Return when the slot that is open now began, or `None` outside of one."""
    began = _find_latest(slot, now)
    return began if now < began + slot.lasts else None


def find_next(slot: Slot, now: datetime) -> datetime:
    """Return when the slot begins next, after now."""
    return _find_latest(slot, now) + timedelta(days=7)


def _find_latest(slot: Slot, now: datetime) -> datetime:
    today = datetime.combine(now.astimezone(UTC).date(), slot.begins.replace(tzinfo=None), UTC)
    began = today - timedelta(days=(today.weekday() - slot.weekday) % 7)
    return began if began <= now else began - timedelta(days=7)
