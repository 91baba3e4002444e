"""Series as drawings: nothing made up, nothing cut away, said in words as well."""

import re
from datetime import UTC, datetime

import pytest

from fermata.domain.facts import MetricFacts, Series
from fermata.rules.plots.drawing import BOTTOM, HEIGHT, LEFT, MOST_LINES, RIGHT, TOP, WIDTH, Tick, draw

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
START = NOON.timestamp()


def make_facts(*series, unit="", step_s=60, labels=None):
    """Give facts of series, each a list of values, one a step from noon on; `None` is no point."""
    labels = labels or [{"pod": f"p{number}"} for number in range(len(series))]
    return MetricFacts(
        expression="x", unit=unit, purpose="errors", step_s=step_s,
        series=tuple(
            Series(labels=label, points=tuple((START + step_s * n, v) for n, v in enumerate(values) if v is not None))
            for label, values in zip(labels, series, strict=True)
        ),
    )  # fmt: skip


def places(path):
    """Give the points of a path."""
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.-]+) ([\d.-]+)", path)]


def test_points_stand_where_they_belong():
    """Left to right in time, upside down in value: SVG counts from the top."""
    plot = draw(make_facts([0, 10, 5]), NOON)

    assert places(plot.lines[0].path) == [(LEFT, HEIGHT - BOTTOM), (212.0, TOP), (WIDTH - RIGHT, 81.0)]
    assert [(tick.label, tick.at) for tick in plot.values] == [("0", 146.0), ("5", 81.0), ("10", 16.0)]
    assert [tick.label for tick in plot.times] == ["12:00:30", "12:01:00", "12:01:30", "12:02:00"]


def test_axis_begins_at_zero():
    """A doubling must look like one."""
    plot = draw(make_facts([50, 100]), NOON)

    assert plot.values[0].label == "0"


def test_axis_leaves_zero_where_it_would_hide_the_change():
    """A step of one in a thousand is drawn as a step."""
    plot = draw(make_facts([1000, 1001]), NOON)

    assert plot.values[0].label == "1000"
    assert plot.values[-1].label == "1001"


@pytest.mark.parametrize(
    ("values", "first", "last"), [([0, 0], "0", "1"), ([7, 7], "0", "8"), ([-4, -4], "-8", "0"), ([-1, 1], "-1", "1")]
)
def test_value_that_never_changes_has_an_axis(values, first, last):
    """Nothing is divided by nothing."""
    plot = draw(make_facts(values), NOON)

    assert (plot.values[0].label, plot.values[-1].label) == (first, last)
    assert "nan" not in plot.lines[0].path


def test_gap_is_not_bridged():
    """A line across a time in which nothing was measured would be a claim."""
    plot = draw(make_facts([1, 1, None, None, None, 2, 2]), NOON)

    assert plot.lines[0].path.count("M") == 2


def test_lonely_point_is_a_dot():
    """It was measured, so it is drawn."""
    plot = draw(make_facts([1, None, None, None, 2, 2]), NOON)

    assert places(plot.lines[0].dots) == [(LEFT, 81.0)]
    assert plot.lines[0].path.count("M") == 1


def test_points_of_one_moment_have_a_time_around_them():
    """Half a second is no range; the drawing shows a minute."""
    plot = draw(make_facts([3, 4], step_s=0.5), NOON)

    assert [round(x) for x, _ in places(plot.lines[0].path)] == [211, 213]


def test_single_point_is_left_to_the_words():
    """One look is no course of events."""
    assert draw(make_facts([3], [4]), NOON) is None


def test_spike_survives_the_thinning():
    """Of two thousand points some are not drawn, never the highest or the lowest of its column."""
    values = [1.0] * 2000
    values[777], values[1234] = 100.0, -50.0

    plot = draw(make_facts(values, step_s=15), NOON)

    drawn = places(plot.lines[0].path)
    assert len(drawn) <= 320
    assert min(y for _, y in drawn) == TOP
    assert max(y for _, y in drawn) == HEIGHT - BOTTOM
    assert plot.lines[0].path.count("M") == 1


def test_series_that_changed_most_are_drawn():
    """In their order; how many there are is said."""
    series = [[5, 5 + (number == 9) * 50 + number / 100] for number in range(10)]

    plot = draw(make_facts(*series), NOON)

    assert len(plot.lines) == MOST_LINES
    assert [line.label for line in plot.lines] == ["p4", "p5", "p6", "p7", "p8", "p9"]
    assert plot.left_out == "6 of 10 series: those that changed most"


def test_names_are_what_tells_lines_apart():
    """Labels that all share say nothing; what is left is named with its label when it is more than one."""
    labels = [
        {"__name__": "up", "job": "shop", "pod": "a", "zone": "1"},
        {"__name__": "up", "job": "shop", "pod": "b", "zone": "2"},
    ]

    several = draw(make_facts([1, 1], [2, 2], labels=labels), NOON)
    single = draw(make_facts([1, 1], labels=[{"__name__": "up", "job": "shop"}]), NOON)
    bare = draw(make_facts([1, 1], labels=[{}]), NOON)

    assert [line.label for line in several.lines] == ["pod=a, zone=1", "pod=b, zone=2"]
    assert (single.lines[0].label, bare.lines[0].label) == ("shop", "")


def test_sizes_are_written_in_binary_units():
    """The marks are powers of two, and carry the unit themselves."""
    plot = draw(make_facts([0, 120 * 1024**2], unit="bytes"), NOON)

    assert [tick.label for tick in plot.values] == ["0 B", "32 MiB", "64 MiB", "96 MiB", "128 MiB"]
    assert plot.unit == ""


@pytest.mark.parametrize(
    ("highest", "label"), [(0.004, "0.004"), (9000, "1e+04"), (40_000, "40k"), (2e6, "2M"), (4e9, "4G"), (2e13, "20T")]
)
def test_large_and_small_numbers_stay_short(highest, label):
    """A label has to fit beside the axis."""
    assert draw(make_facts([0, highest], unit="ops"), NOON).values[-1].label == label.replace("1e+04", "10k")


@pytest.mark.parametrize(
    ("minutes", "inside", "told"),
    [(1, True, "began at 12:01:00"), (-1, True, "began at 11:59:00"), (-60, False, "before this"),
     (90, False, "after this")],
)  # fmt: skip
def test_onset_is_marked_where_it_lies(minutes, inside, told):
    """Among the points or close to them; farther away the words say on which side."""
    onset = datetime.fromtimestamp(START + 60 * minutes, UTC)

    plot = draw(make_facts([1] * 11), onset)

    assert (plot.onset is not None) is inside
    assert told in plot.description


def test_drawing_is_told_in_words():
    """From when to when, from what to what, and where the highest was."""
    plot = draw(make_facts([1, 9, 3], [2, 2, 2], unit="/s"), NOON)

    assert plot.description == (
        "2026-11-23 12:00:00 to 12:02:00 UTC. p0: from 1/s to 3/s; lowest 1/s, highest 9/s at 12:01:00. "
        "p1: 2/s throughout. The incident began at 12:00:00."
    )


@pytest.mark.parametrize("days", [1, 30, 9000])
def test_long_times_are_marked_by_day(days):
    """However long, the marks are few enough to read."""
    plot = draw(make_facts([1, 2], step_s=days * 86_400), NOON)

    assert 1 <= len(plot.times) <= 6
    assert all(re.fullmatch(r"\d\d[-:]\d\d", tick.label) for tick in plot.times)


@pytest.mark.parametrize("points", [(), ((1e18, 1.0),), ((-5.0, 1.0),), ((0.0, 1e305),)])
def test_what_no_axis_can_hold_is_not_drawn(points):
    """No point, or points outside of the calendar and of arithmetic: they come from outside."""
    facts = MetricFacts(expression="x", purpose="up", step_s=0, series=(Series(labels={}, points=points),))

    assert draw(facts, NOON) is None


def test_further_moments_are_marked_where_they_lie():
    """From left to right; a moment outside of the points has no place among them."""
    marks = {"resolved": START + 120, "mitigated": START + 60, "closed": START + 9000}

    plot = draw(make_facts([1, 2, 3]), NOON, {name: datetime.fromtimestamp(at, UTC) for name, at in marks.items()})

    assert [(mark.label, mark.at) for mark in plot.marks] == [("mitigated", 212.0), ("resolved", 370.0)]


def test_label_at_the_edge_ends_on_the_sheet():
    """Its mark stays where the time is; all others stand in the middle of theirs."""
    last, middle = Tick(WIDTH - RIGHT, "03:30"), Tick(200.0, "02:30")

    assert last.label_at + 3 * len(last.label) < WIDTH
    assert middle.label_at == middle.at
