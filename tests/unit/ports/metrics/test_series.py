"""Series as evidence: which are kept, and what their lines say."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from fermata.ports.metrics.series import (
    MOST_POINTS,
    MOST_SERIES,
    RawSeries,
    Window,
    choose_step,
    format_value,
    read_series,
)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def window(seconds=60, step_s=1.0):
    """Give a window from noon, its onset in the middle."""
    return Window(NOON, NOON + timedelta(seconds=seconds), NOON + timedelta(seconds=seconds / 2), step_s)


def series(values, start=0, step=1, **labels):
    """Give a series from noon; `None` stands for an absent point."""
    begin = NOON.timestamp() + start
    return RawSeries(metric=labels, values=[(begin + i * step, v) for i, v in enumerate(values) if v is not None])


def texts(*answer, seconds=60, **kwargs):
    """Give the lines of an answer."""
    return [line.text for line in read_series(answer, window(seconds), name="errors", **kwargs).lines]


def test_step_of_a_series_is_told_with_its_time_and_the_level_before():
    """The line a person wants: when it moved, to what, from what."""
    lines = texts(series([0.0] * 30 + [4.2] * 31), unit="/s")

    assert lines == [
        "errors: min 0/s, max 4.2/s, last 4.2/s (61 points, one every 1 s)",
        "12:00:30 UTC errors 4.2/s (was 0/s)",
    ]


def test_rise_and_return_are_two_steps():
    """A spike is told from both sides."""
    assert texts(series([1.0] * 20 + [9.0] * 20 + [1.0] * 21))[1:] == [
        "12:00:20 UTC errors 9 (was 1)",
        "12:00:40 UTC errors 1 (was 9)",
    ]


def test_noise_is_not_a_step():
    """A spread of less than a tenth of the value is a level, whatever its shape."""
    assert len(texts(series([100.0, 104.0] * 30))) == 1


def test_flat_series_is_one_line():
    """Nothing happened, and that is all there is to say."""
    assert texts(series([0.0] * 61)) == ["errors: min 0, max 0, last 0 (61 points, one every 1 s)"]


def test_of_many_steps_the_three_nearest_the_onset_are_told_in_order():
    """A flapping series is not retold step by step."""
    flapping = [float(i // 5 % 2) for i in range(61)]

    assert [line.split()[0] for line in texts(series(flapping))[1:]] == ["12:00:25", "12:00:30", "12:00:35"]


def test_late_start_and_early_end_are_told():
    """A target that appears or disappears is news of its own."""
    lines = texts(series([3.0] * 20, start=20))

    assert lines[1:] == [
        "12:00:20 UTC errors 3 (first point in the window)",
        "12:00:39 UTC errors 3 (no points after this)",
    ]


def test_window_across_midnight_shows_dates():
    """Two times of the same clock are told apart by their day."""
    lines = texts(series([0.0] * 400 + [5.0] * 66, step=100), seconds=46_500)

    assert lines[1] == "2026-11-23 23:06:40 UTC errors 5 (was 0)"


def test_series_are_called_by_what_tells_them_apart():
    """Shared labels are said once, the others on each line; the facts hold all of them."""
    reading = read_series(
        [series([1.0] * 61, job="checkout", code="200"), series([0.0] * 61, job="checkout", code="500")],
        window(),
        name="errors",
    )

    assert [line.text.split(": min")[0] for line in reading.lines] == [
        'all 2 series: {job="checkout"}',
        'errors{code="200"}',
        'errors{code="500"}',
    ]
    assert dict(reading.series[0].labels) == {"job": "checkout", "code": "200"}
    assert [line.number for line in reading.lines] == [1, 2, 3]


def test_series_with_a_metric_name_is_called_by_it():
    """The server's own name is better than ours."""
    assert texts(series([1.0] * 61, __name__="up", job="checkout"))[0].startswith('up{job="checkout"}: min 1')


def test_series_of_the_alert_comes_first():
    """Of many series the one whose labels the alert carries is what fired, however little it moved."""
    others = [series([0.0, 100.0] * 30, pod=f"other-{i}") for i in range(30)]
    mine = series([1.0] * 61, pod="mine", __name__="errors")

    reading = read_series([*others, mine], window(), name="errors", owners=[{"pod": "mine", "severity": "critical"}])

    assert reading.series[0].labels["pod"] == "mine"


def test_more_than_twenty_series_are_cut_and_said():
    """Those that moved most are kept."""
    reading = read_series([series([0.0, float(i)], n=str(i)) for i in range(25)], window(), name="errors")

    assert len(reading.series) == MOST_SERIES
    assert {int(one.labels["n"]) for one in reading.series} == set(range(5, 25))
    assert reading.cut == "5 of 25 series: at most 20 are kept"


def test_more_points_than_asked_for_are_cut_to_the_newest():
    """A server that ignores the step cannot fill the store."""
    (kept,) = read_series([series([float(i) for i in range(900)])], window(900), name="errors").series

    assert len(kept.points) == MOST_POINTS
    assert kept.points[-1][1] == 899.0


def test_points_without_a_number_are_left_out_and_said():
    """NaN and infinity have no JSON form; that they were there is not hidden."""
    reading = read_series(
        [series([1.0, math.nan, math.inf, 2.0], a="1"), series([math.nan], a="2")], window(), name="errors"
    )

    assert [value for _, value in reading.series[0].points] == [1.0, 2.0]
    assert reading.cut == "3 points without a finite value (NaN or infinity); 1 series without any number"


def test_secret_in_a_label_is_dropped():
    """A label is text from outside like any other."""
    reading = read_series([series([1.0] * 61, bucket="AKIAIOSFODNN7EXAMPLE")], window(), name="errors")

    assert reading.redactions == 1
    assert "AKIA" not in str(reading)


def test_label_that_names_a_secret_is_dropped():
    """Whatever its value looks like."""
    reading = read_series([series([1.0] * 61, db_password="sesamestreet")], window(), name="errors")

    assert reading.redactions == 1
    assert "sesame" not in str(reading)


def test_long_label_is_cut_in_the_line_only():
    """A line stays a line; the facts keep the label whole."""
    reading = read_series([series([1.0] * 61, query="select " * 100)], window(), name="errors")

    assert len(reading.lines[0].text) < 400
    assert len(reading.series[0].labels["query"]) == 700


def test_no_series_gives_no_lines():
    """An empty answer is empty, not an error."""
    assert read_series([], window(), name="errors").series == ()


@pytest.mark.parametrize(
    ("seconds", "wanted", "step"),
    [(10, None, 1.0), (499, None, 1.0), (500, None, 2.0), (3600, None, 8.0), (3600, 60.0, 60.0), (3600, 1.0, 8.0)],
)
def test_step_keeps_a_series_to_five_hundred_points(seconds, wanted, step):
    """The finest whole second that fits; the settings can only make it coarser."""
    assert choose_step(NOON, NOON + timedelta(seconds=seconds), wanted) == step
    assert seconds // step + 1 <= MOST_POINTS


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (64 * 1024**2, "bytes", "64 MiB"),
        (-2048.0, "bytes", "-2 KiB"),
        (4.20001, "/s", "4.2/s"),
        (0.25, "cores", "0.25 cores"),
        (-0.0, "", "0"),
        (123456.0, "", "1.235e+05"),
        (1234.0, "", "1234"),
    ],
)
def test_value_is_written_for_people(value, unit, text):
    """Four digits and a unit."""
    assert format_value(value, unit) == text
