"""Tables of metrics, wide and long."""

import pytest

from fermata.flows.bundle.files import Unreadable
from fermata.flows.bundle.metric_tables import read_table

WIDE = "\ufefftime,cart:latency,web-rps\n2026-11-23 10:00:05,0.2,\n2026-11-23 10:00:00,0.1,7\n"
TEN = 1795428000.0
"""2026-11-23T10:00:00Z."""


def test_wide_table_is_a_series_a_column_in_order_of_time():
    """A time without a zone is UTC, an empty cell a gap, and each point knows its line."""
    cart, web = read_table(WIDE).series

    assert (cart.name, cart.id, list(cart.values)) == ("cart:latency", "cart:latency", [0.1, 0.2])
    assert (web.name, web.id, list(web.values)) == ("web:rps", "web-rps", [7.0, None])
    assert (cart.times, cart.lines) == ([TEN, TEN + 5], [3, 2])


def test_column_is_a_sequence_of_numbers():
    """Length, items and slices as of a list."""
    values = read_table("time,a:rps\n1,1\n2,2\n3,3\n").series[0].values

    assert (len(values), values[1], values[1:]) == (3, 2.0, [2.0, 3.0])


def test_long_table_is_a_series_a_service_and_metric():
    """Rows too short for a value are left out."""
    text = "timestamp;service;metric;value\n10;cart;latency;0.1\n20;cart;latency;0.2\n20;web;rps;x\n30;web\n"

    cart, web = read_table(text).series

    assert (cart.name, cart.times, list(cart.values), cart.lines) == ("cart:latency", [10.0, 20.0], [0.1, 0.2], [2, 3])
    assert (web.name, list(web.values)) == ("web:rps", [None])


@pytest.mark.parametrize("cell", ["NaN", "inf", "-", "null", ""])
def test_cell_that_is_no_number_is_a_gap(cell):
    """Never a zero."""
    assert list(read_table(f"time,a:rps\n1,5\n2,{cell}\n").series[0].values) == [5.0, None]


def test_ragged_and_quoted_rows_are_borne():
    """A short row has gaps; a quoted cell may hold the delimiter."""
    cart, web = read_table('time,"cart:p50",web:rps\n1,"0,5",2\n2,0.5\n').series

    assert (list(cart.values), list(web.values)) == ([None, 0.5], [2.0, None])


def test_row_without_a_time_is_named():
    """The rest is used; of two rows of one time the later counts."""
    reading = read_table("time,a:rps\n1,5\nlater,6\n\n1,7\n,8\n")

    assert list(reading.series[0].values) == [7.0]
    assert reading.problems == ("2 rows without a time, the first on line 3",)


def test_column_without_a_name_is_skipped():
    """And the clock is found wherever it stands."""
    (series,) = read_table("a:rps,,Time\n5,6,1\n").series

    assert (series.name, series.times, list(series.values)) == ("a:rps", [1.0], [5.0])


def test_services_part_the_headers():
    """Known names decide where the border is."""
    assert read_table("time,api_queue_rps\n1,2\n", {"api_queue"}).series[0].service == "api_queue"


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "no column"), ("time\n1\n", "no column"), ("time,a:rps\n", "no row"), ("time,a:rps\nsoon,1\n", "no row")],
)
def test_what_is_no_table_is_refused(text, reason):
    """Without columns or without times there is nothing to read."""
    with pytest.raises(Unreadable) as error:
        read_table(text)

    assert reason in error.value.reason


def test_table_with_semicolons_has_decimal_commas():
    """As spreadsheets of half of Europe write it."""
    (series,) = read_table("time;web:latency_ms\n1;50,1\n2;900,25\n").series

    assert list(series.values) == [50.1, 900.25]


def test_units_in_cells_are_read():
    """As dashboards export them; the unit is the series'."""
    reading = read_table('"Time","web p99"\n1,80 ms\n2,1.2 s\n')

    assert (list(reading.series[0].values), reading.series[0].unit) == ([0.08, 1.2], "s")
    assert reading.problems == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "time,web:rps,cart:rps\n1,5,x\n2,y,z\n3,7\n",
            "3 cells are no numbers and left out, the first of web:rps on line 3",
        ),
        (
            "time,service,metric,value\n1,web,rps,5\n2,web,rps,x\n",
            "1 cell is no number and left out, the first of web:rps on line 3",
        ),
    ],
)
def test_cells_that_are_no_numbers_are_named(text, problem):
    """What was not read is not taken for calm."""
    assert read_table(text).problems == (problem,)


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("time,a:rps\n1,x\n2,y\n", "none of its cells can be read as a number, the first on line 2", 2),
        ("time;a:rps\n1;1,234\n", "none of its cells can be read", 2),
        ("time,a:rps\n1,null\n2,\n", "it holds no number", None),
    ],
)
def test_table_without_a_number_is_refused(text, reason, line):
    """It says nothing, and least of all that nothing happened."""
    with pytest.raises(Unreadable) as error:
        read_table(text)

    assert reason in error.value.reason
    assert error.value.line == line
