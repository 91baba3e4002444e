"""Cells of tables as numbers: plain, with units, with decimal commas."""

import pytest

from fermata.flows.bundle.metric_cells import is_usual, read_cells


def _read(*cells, name="", has_comma=False):
    read = read_cells(cells, name=name, has_comma=has_comma)
    return list(read.values), read.unit, read.strange


def test_plain_numbers_have_no_unit():
    """And a usual word for none is a gap that nobody complains of."""
    assert _read("1", " 2.5", "1e3", "NaN", "", "n/a", "+Inf") == ([1.0, 2.5, 1000.0, *[None] * 4], "", ())


def test_cell_that_is_no_number_is_counted():
    """It is a gap, and its place is told."""
    assert _read("1", "ERR", "2 apples", "null") == ([1.0, None, None, None], "", (1, 2))


@pytest.mark.parametrize(
    ("cells", "name", "values", "unit"),
    [
        (("80 ms", "900ms"), "web p99", [80.0, 900.0], "ms"),
        (("900 ms", "1.25 s", "2 mins"), "web p99", [0.9, 1.25, 120.0], "s"),
        (("900 ms", "1.25 s"), "latency_ms", [900.0, 1250.0], "ms"),
        (("80 ms", "500 µs"), "latency_seconds", [0.08, 0.0005], "s"),
        (("45 %", "7.5%", "0"), "errors", [45.0, 7.5, 0.0], "%"),
        (("1 KiB", "2 MB", "3 B"), "rss", [1024.0, 2e6, 3.0], "B"),
    ],
)
def test_units_are_read_as_one(cells, name, values, unit):
    """Durations in seconds or milliseconds as the name asks, sizes in bytes, shares as they are."""
    read, told, strange = _read(*cells, name=name)

    assert (read, told, strange) == (pytest.approx(values), unit, ())


def test_units_that_do_not_go_together_are_gaps():
    """Neither a size beside a duration, nor a unit beside none, nor bits for bytes is guessed at."""
    assert _read("5 ms", "5 MB") == ([None, None], "", (0, 1))
    assert _read("5 ms", "7") == ([None, 7.0], "", (0,))
    assert _read("5 Mb") == ([None], "", (0,))


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (("50,1", "1,234"), [50.1, 1.234]),
        (("0,250",), [0.25]),
        (("1234,567 ms",), [1234.567]),
        (("1,234", "2,345"), [None, None]),
        (("1,23", "4.5"), [None, 4.5]),
    ],
)
def test_comma_is_decimal_where_it_can_be_nothing_else(cells, values):
    """A comma that may part thousands, or stands beside points, is not read."""
    assert _read(*cells, has_comma=True)[0] == values


def test_comma_in_a_table_parted_by_commas_is_not_read():
    """It may part thousands there."""
    assert _read("0,5") == ([None], "", (0,))


def test_endless_number_is_strange():
    """With an exponent that no number has."""
    assert _read("1e999 s") == ([None], "", (0,))
    assert not is_usual("1e999 s")
