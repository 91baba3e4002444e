"""The note of how this machine's clock went on, kept with the store: what is deleted by age asks it first."""

from __future__ import annotations

from datetime import datetime, timedelta

from fermata.flows.context import FlowContext
from fermata.kit.clock import format_instant
from fermata.ports.store import Transaction
from fermata.ports.system import CheckResult
from fermata.rules.clock_leaps import ClockNote, judge_clock

_NAME = "clock/seen"
_NOTED_EVERY = timedelta(hours=1)
"""A note is a write; a leap is days."""
_NOTED_AFTER_LEAP = timedelta(minutes=10)
"""Where how long it goes on counts: a machine may be on for less than an hour."""


def find_clock(transaction: Transaction, now: datetime) -> ClockNote:
    """Return what is to be thought of the clock now."""
    known = transaction.flags.find(_NAME)
    return judge_clock(ClockNote.from_json(known) if known is not None else None, now)


async def note_clock(context: FlowContext) -> ClockNote:
    """Return what is to be thought of the clock now, and keep it where it says something new."""
    now = context.clock.now()

    def read(transaction: Transaction) -> tuple[ClockNote, bool]:
        known = transaction.flags.find(_NAME)
        before = ClockNote.from_json(known) if known is not None else None
        note = find_clock(transaction, now)
        is_known = before is not None and (before.trusted, before.since) == (note.trusted, note.since)
        every = _NOTED_EVERY if note.trusted is None else _NOTED_AFTER_LEAP
        return note, is_known and before is not None and abs(note.seen_at - before.seen_at) < every

    note, is_known = await context.store.read(read)
    if not is_known:
        await context.store.write(lambda transaction: transaction.flags.put(_NAME, note.to_json()))
    return note


async def check_clock(context: FlowContext) -> list[CheckResult]:
    """Return a finding where the clock has leapt ahead, and something waits for it to be believed; else none."""
    now = context.clock.now()

    def read(transaction: Transaction) -> tuple[ClockNote, bool]:
        return find_clock(transaction, now), transaction.trail.has_older(now - context.observing.keep)

    note, waits = await context.store.read(read)
    if note.trusted is None or not waits:
        return []
    text = (
        f"It leapt from {format_instant(note.trusted)} to {format_instant(note.since or now)}: either nothing ran here "
        "in between, or it is wrong. What was heard in chats is kept as if that time had not passed until "
        f"{format_instant(note.believed_at)}, and then deleted by this clock. Compare it with `date -u` on another "
        "machine; if it is wrong, mend it before then"
    )
    return [CheckResult(name="clock", ok=False, text=text)]
