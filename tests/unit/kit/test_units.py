"""Sizes and durations as people write and read them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fermata.kit.errors import UserError
from fermata.kit.units import format_count, format_duration, format_size, parse_duration

KIB, MIB, GIB, TIB = 1024, 1024**2, 1024**3, 1024**4
UNITS = {"B": 1, "KiB": KIB, "MiB": MIB, "GiB": GIB}


@pytest.mark.parametrize(("number", "text"), [(0, "0 calls"), (1, "1 call"), (2, "2 calls"), (2_000, "2,000 calls")])
def test_count_has_its_noun_in_the_right_number(number, text):
    """One of something is no plural."""
    assert format_count(number, "call") == text


def read_size(text):
    """Return the bytes that a written size says."""
    number, unit = text.split(" ")
    return int(Decimal(number) * UNITS[unit])


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (KIB, "1 KiB"),
        (64 * MIB, "64 MiB"),
        (3 * GIB // 2, "1.5 GiB"),
        (MIB - 1, "1 MiB"),
        (GIB - 1, "1 GiB"),
        (1000 * KIB, "1000 KiB"),
        (5 * TIB, "5120 GiB"),
        (-2 * MIB, "-2 MiB"),
    ],
)
def test_size_is_written_short(size, text):
    """The largest unit that is not under one, with a decimal where it says something."""
    assert format_size(size) == text


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=2**50))
def test_written_size_reads_back_nearly_the_same(size):
    """One decimal is kept: what is read back differs by at most a twentieth of its unit."""
    again = read_size(format_size(size))

    assert abs(again - size) <= max(size // 20, 1)
    assert format_size(again) == format_size(size)


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=1023), st.sampled_from(["B", "KiB", "MiB", "GiB"]))
def test_whole_size_survives_the_round_trip(number, unit):
    """A whole number of a unit is read as written, and written as read."""
    size = read_size(f"{number} {unit}")

    assert read_size(format_size(size)) == size


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("30m", timedelta(minutes=30)),
        ("1h30m", timedelta(minutes=90)),
        ("1h 30m", timedelta(minutes=90)),
        (" 500ms ", timedelta(milliseconds=500)),
        ("2d", timedelta(days=2)),
        ("1d2h3m4s5ms", timedelta(days=1, hours=2, minutes=3, seconds=4, milliseconds=5)),
        ("1.5h", timedelta(minutes=90)),
        ("0.1s", timedelta(milliseconds=100)),
        ("0s", timedelta(0)),
    ],
)
def test_duration_is_read(text, duration):
    """Each unit at most once, larger ones first."""
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text",
    ["", " ", "30", "m", "1 0m", "30 minutes", "1m1h", "1m1m", "-5m", "1h-5m", "1,5h", "999999999999d", "PT5M", "5mm"],
)
def test_what_is_no_duration_is_refused(text):
    """A slip is an error, never another duration: `1 0m` is not ten minutes."""
    with pytest.raises(UserError, match="is not a duration") as refusal:
        parse_duration(text)
    assert "1h30m" in refusal.value.do


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(0), "0ms"),
        (timedelta(milliseconds=250), "250ms"),
        (timedelta(microseconds=999_600), "1s"),
        (timedelta(seconds=12), "12s"),
        (timedelta(seconds=12, milliseconds=900), "12s"),
        (timedelta(minutes=90), "1h 30m"),
        (timedelta(hours=1, seconds=5), "1h 5s"),
        (timedelta(days=2, hours=3, minutes=4), "2d 3h"),
        (timedelta(seconds=-12), "-12s"),
    ],
)
def test_duration_is_written_in_two_units(duration, text):
    """Finer parts are cut off: people compare, they do not count."""
    assert format_duration(duration) == text


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=10**10))
def test_written_duration_reads_back_rounded_down(milliseconds):
    """What is written is never longer than what was measured, and writing it again changes nothing."""
    duration = timedelta(milliseconds=milliseconds)

    again = parse_duration(format_duration(duration))

    assert again <= duration < again * 2 + timedelta(milliseconds=1)
    assert format_duration(again) == format_duration(duration)
