from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermata.rules.kubernetes.quantities import parse_age, parse_port, parse_quantity, parse_time


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("500m", 0.5),
        ("2", 2.0),
        ("1.5", 1.5),
        (".5", 0.5),
        ("64Mi", 64 * 2**20),
        ("1Gi", 2.0**30),
        ("129M", 129e6),
        ("1e3", 1000.0),
        ("12E", 12e18),
        ("100u", 1e-4),
        ("0", 0.0),
        (3, 3.0),
    ],
)
def test_quantity_is_read_in_its_base_unit(text, value):
    """Cores, bytes and pieces: suffixes are powers of ten, of two, or an exponent."""
    assert parse_quantity(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "lots", "1 Gi", "1Kib", "--1", True, None, {"cpu": 1}])
def test_what_is_no_quantity_is_unknown(text):
    """A misread number would compare quotas wrongly, so it is no number."""
    assert parse_quantity(text) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("93s", 93), ("4d21h", 421200), ("5m10s", 310), ("2y", 63072000), ("250ms", 0.25), (" 3h ", 10800), ("-1s", -1)],
)
def test_age_is_read_in_seconds(text, seconds):
    """Ages are written in parts, the largest first."""
    assert parse_age(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["<unknown>", "", "soon", "3", "3x", None, 7])
def test_what_is_no_age_is_unknown(text):
    """What is printed is `<unknown>` for an object without a time."""
    assert parse_age(text) is None


@pytest.mark.parametrize(
    "text", ["2025-11-28T07:31:20Z", "Fri, 28 Nov 2025 15:31:20 +0800", "28 Nov 2025 05:01:20 -0230"]
)
def test_instant_is_read_from_both_forms(text):
    """Descriptions print local time with its offset, the API prints RFC 3339."""
    assert parse_time(text) == datetime(2025, 11, 28, 7, 31, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2025-11-28T07:31:20",
        "yesterday",
        "Fri, 28 Foo 2025 15:31:20 +0800",
        "Fri, 31 Feb 2025 15:31:20 +0800",
        "Fri, 01 Jan 0001 00:00:00 +1400",
        None,
        12,
    ],
)
def test_what_is_no_aware_instant_is_unknown(text):
    """A time without a zone, a day that does not exist or one before all days is no instant."""
    assert parse_time(text) is None


@pytest.mark.parametrize(
    ("value", "port"), [(8080, 8080), ("8080/TCP", 8080), ("http", "http"), ("grpc/TCP", "grpc"), (" 80 ", 80)]
)
def test_port_is_its_number_or_its_name(value, port):
    """A port that is referred to by name keeps it."""
    assert parse_port(value) == port


@pytest.mark.parametrize("value", [None, True, 0, 70000, "0/TCP", "123456", "<none>", "<unset>", "", "/TCP"])
def test_what_is_no_port_is_unknown(value):
    """Zero stands for no host port, brackets for nothing."""
    assert parse_port(value) is None


@given(st.text(max_size=40))
def test_any_text_is_taken(text):
    """Garbled text is unknown, never an error."""
    for parse in (parse_quantity, parse_age, parse_time, parse_port):
        parse(text)
