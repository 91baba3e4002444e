"""When certificates end, as programs print it."""

from datetime import UTC, datetime, timedelta

import pytest

from fermata.rules.certificates import list_ended, tells_ends

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

    assert (found.at, found.row) == (END, 1)


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


TABLE = [
    "RESOURCE NAME   TYPE         VALID CERT   SERIAL   NOT AFTER                NOT BEFORE",
    "default         Cert Chain   false        3c9a     2026-09-02T10:00:00Z     2026-09-01T09:58:00Z",
    "ROOTCA          CA           true         5b1c     2034-02-11T09:21:40Z     2024-02-14T09:21:40Z",
    "$ date",
    "default         Cert Chain   false        3c9a     2026-09-02T10:00:00Z     2026-09-01T09:58:00Z",
]


def test_column_of_a_table_tells_when_each_of_its_rows_ends():
    """The one beside it tells when it began; a table ends with its rows."""
    found = list_ended(TABLE, END)

    assert [(item.at, item.row) for item in found] == [(END, 1)]


@pytest.mark.parametrize(("lines", "is_told"), [(TABLE[:1], True), ([LINE], True), (TABLE[1:], False), ([], False)])
def test_lines_that_tell_when_certificates_end_are_known(lines, is_told):
    """By a column's title, or by the words before a date."""
    assert tells_ends(lines) is is_told
