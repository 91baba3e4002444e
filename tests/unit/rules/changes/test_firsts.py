"""The first sign of what was alerted late."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from fermata.rules.changes.firsts import find_early_failure, find_recurring
from fermata.rules.levels import LogLevel
from fermata.rules.metrics.series import Series

ONSET = datetime(2026, 11, 25, 9, 40, tzinfo=UTC)
START = ONSET - timedelta(minutes=100)
END = ONSET + timedelta(minutes=20)


@dataclass
class Told:
    """Lines of one sort."""

    level: LogLevel | None
    times: list[datetime]
    spread: tuple[datetime, datetime] = (START, END)
    is_dated: bool = True


def say(first, last, every=1.0, level=LogLevel.ERROR, **told):
    """Give lines from a minute to another, by the alert."""
    count = int((last - first) / every) + 1
    return Told(level, [ONSET + timedelta(minutes=first + every * number) for number in range(count)], **told)


@pytest.fixture
def calm():
    """Give what a program says all the time."""
    return say(-100, 20, 0.5, LogLevel.INFO)


def test_failure_of_half_an_hour_before_the_alert_began_then(calm):
    """The alert counts complaints; the log counts failures."""
    assert find_early_failure([calm, say(-29, 20)], ONSET) == ONSET - timedelta(minutes=29)


def test_log_of_errors_only_was_calm_while_it_was_silent(calm):
    """Its first line is the first failure; other logs say since when somebody listened."""
    errors = say(-29, 20)
    errors.spread = (errors.times[0], errors.times[-1])

    assert find_early_failure([calm, errors], ONSET) == errors.times[0]
    assert find_early_failure([errors], ONSET) is None


@pytest.mark.parametrize(
    "others",
    [
        [],
        [say(-100, 20)],
        [say(-90, 20)],
        [say(-1, 20)],
        [say(-29, 20), say(-1, 20, 0.5)],
        [say(-29, 20, 5.0), say(-1, 20, 0.2)],
        [say(-29, 20, is_dated=False)],
        [say(-29, 20, level=LogLevel.WARNING)],
        [say(-29, -25), say(2, 3)],
        [Told(LogLevel.ERROR, [])],
    ],
    ids=[
        "nothing fails", "all along", "too little before", "with the alert", "another fails now", "rare before",
        "undated", "a warning", "over, and few now", "nothing said",
    ],
)  # fmt: skip
def test_failure_whose_beginning_nobody_knows_gives_none(calm, others):
    """It was always there, is not what fails now, or began with the alert."""
    found = find_early_failure([calm, *others], ONSET)

    assert found is None or found >= ONSET - timedelta(minutes=1)


def test_stray_failure_long_before_is_no_beginning(calm):
    """One an hour before thirty is another story."""
    failure = say(-29, 20)
    failure.times = [ONSET - timedelta(minutes=80), *failure.times]

    assert find_early_failure([calm, failure], ONSET) == ONSET - timedelta(minutes=29)


def measure(values, metric="latency_p95_ms"):
    """Give a series of a value a minute that ends twenty minutes after the alert."""
    start = ONSET.timestamp() - 60 * (len(values) - 20)
    return Series("shop", metric, [start + 60 * minute for minute in range(len(values))], values)


def spike(*minutes, length=8, high=900.0, count=260):
    """Give values that are high for some minutes from each of these on."""
    return [high if any(at <= minute < at + length for at in minutes) else 50.0 for minute in range(count)]


def test_spikes_of_each_hour_begin_with_the_first():
    """The alert came with the fourth."""
    shift = find_recurring(measure(spike(60, 120, 180, 240)), ONSET.timestamp())

    assert shift.onset == ONSET.timestamp() - 180 * 60
    assert (shift.before, shift.after, shift.change) == (50.0, 900.0, 850.0)
    assert len(shift.indexes) == 32
    assert shift.strength == 0.75


def test_gaps_and_spikes_after_the_alert_do_not_matter():
    """What was not measured ends no spike, and what came later is none before."""
    values = spike(58, 118, 178, 238)
    values[60] = None

    assert find_recurring(measure(values), ONSET.timestamp()).onset == ONSET.timestamp() - 182 * 60


@pytest.mark.parametrize(
    "values",
    [
        spike(240),
        spike(180, 240),
        spike(60, 200, 240),
        spike(60, 120, 180),
        spike(210, 225, 240, length=6),
        spike(60, 120, 180, 240, length=2),
        spike(60, 120, 180, 240, high=60.0),
        [0.0] * 260,
        [None] * 260,
        [],
    ],
    ids=[
        "once",
        "twice",
        "at any time",
        "not now",
        "bursts of one fault",
        "scrapes",
        "small",
        "nothing",
        "unmeasured",
        "empty",
    ],
)
def test_what_does_not_come_regularly_gives_none(values):
    """Two alike are chance, and a spike that is not there at the alert is not what it is about."""
    assert find_recurring(measure(values), ONSET.timestamp()) is None
