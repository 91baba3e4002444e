"""Builders of small trails: a channel is a list of (clock, who, what)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from fermata.domain.trail import Curve, Message, Participant, Trail
from fermata.rules.timeline.talk import hear

NOON = datetime(2026, 7, 2, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
BOTS = ("pager", "deploybot")


def at(clock):
    """Return an instant of the scene's day from `12:05` or `12:05:30`."""
    hours, minutes, *seconds = map(int, clock.split(":"))
    return NOON.replace(hour=hours, minute=minutes, second=seconds[0] if seconds else 0)


def message(number, clock, user, text, *, thread="", channel="inc"):
    """Return one message; pager and deploybot are bots."""
    return Message(f"m{number}", at(clock), user, text, channel, thread, user in BOTS)


def talk(*lines):
    """Return messages m1, m2, ... from (clock, user, text) or (clock, user, text, thread)."""
    return [
        message(number, clock, user, text, thread=rest[0] if rest else "")
        for number, (clock, user, text, *rest) in enumerate(lines, start=1)
    ]


def heard(*lines):
    """Return the same, read."""
    return hear(talk(*lines))


def trail(*lines, title="Checkout errors", **more):
    """Return a trail whose people live in Berlin."""
    people = {name: Participant(name, zone=BERLIN) for _, name, *_ in lines if name not in BOTS}
    return Trail(title=title, messages=talk(*lines), people=people, **more)


def curve(values, *, name="checkout errors", start=NOON, unit="%"):
    """Return a metric with a point each minute."""
    times = [(start + timedelta(minutes=minute)).timestamp() for minute in range(len(values))]
    return Curve("M1", name, times, values, unit)
