"""Durations as Go writes them."""

from datetime import timedelta

import pytest

from fermata.rules.chaosspecs.spans import is_single_unit, read_span, write_milliseconds, write_span


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(minutes=5), "5m"),
        (timedelta(seconds=90), "90s"),
        (timedelta(milliseconds=1500), "1500ms"),
        (timedelta(microseconds=10), "1ms"),
    ],
)
def test_span_is_written_in_one_unit(span, text):
    """The largest unit that loses nothing; never nothing at all."""
    assert write_span(span) == text


def test_latency_below_a_millisecond_keeps_its_size():
    """Half a millisecond is not rounded away."""
    assert [write_milliseconds(value) for value in (2000, 0.5, 0.0001)] == ["2000ms", "500us", "1us"]


@pytest.mark.parametrize(
    ("text", "seconds"), [("5m", 300), ("1m30s", 90), ("1.5h", 5400), ("250ms", 0.25), ("2us", 2e-6), ("3ns", 0)]
)
def test_go_duration_is_read(text, seconds):
    """Several parts and decimals, as Go takes them."""
    assert read_span(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5", "m", "-5m", "5 m", "5m ", "1d", "5m" * 30, "9" * 12 + "s"])
def test_what_is_no_duration_is_none(text):
    """Signs, days, gaps and endless texts are none of ours."""
    assert read_span(text) is None


def test_only_one_unit_is_a_latency():
    """NetworkChaos refuses `1m30s` where it wants a latency, and takes it where it wants a duration."""
    assert is_single_unit("90s")
    assert is_single_unit("1.5s")
    assert not is_single_unit("1m30s")
    assert not is_single_unit("9" * 41 + "s")
