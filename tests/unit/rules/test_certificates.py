"""When certificates end, as programs print it."""

from datetime import UTC, datetime, timedelta

import pytest

from fermata.rules.certificates import list_ended

END = datetime(2026, 9, 2, 10, 0, tzinfo=UTC)
LINE = "notAfter=Sep  2 10:00:00 2026 GMT"


@pytest.mark.parametrize(
    "line",
    [
        LINE,
        "            Not After : Sep  2 10:00:00 2026 GMT",
        "  Not After:               2026-09-02T10:00:00Z",
        '  notAfter: "2026-09-02T10:00:00Z"',
    ],
)
def test_end_is_read_as_programs_print_it(line):
    """OpenSSL's short and long form, a description and an object."""
    (found,) = list_ended(["notBefore=Jun  4 10:00:00 2026 GMT", line], END + timedelta(minutes=4))

    assert (found.at, found.index) == (END, 1)


@pytest.mark.parametrize(
    ("line", "later"),
    [
        (LINE, timedelta(days=8)),
        (LINE, timedelta(minutes=-6)),
        ("notBefore=Sep  2 10:00:00 2026 GMT", timedelta()),
        ("notAfter=Xxx  2 10:00:00 2026 GMT", timedelta()),
        ("notAfter=Feb 31 10:00:00 2026 GMT", timedelta()),
        ("not after 2026-09-02T10:00:00Z", timedelta()),
    ],
)
def test_what_ended_long_ago_or_not_yet_or_at_no_time_is_left_out(line, later):
    """Who bore it for a week does not mind it."""
    assert list_ended([line], END + later) == ()
