import re
from datetime import UTC, datetime
from time import process_time

import pytest

from fermata.domain.trail import KeyTime
from fermata.rules.corrected_times import Corrections, correct, read_corrections

BASE = """---
case: "inc-1"
started: 2026-07-02T12:20:00.000Z
detected: 2026-07-02T12:21:00.000Z
declared: null
mitigated: 2026-07-02T12:40:00.000Z
resolved: 2026-07-02T23:50:00.000Z
---

# T

started: 2026-01-01T00:00:00Z
"""


def at(hour, minute, second=0, day=2):
    """Give a moment of that day."""
    return datetime(2026, 7, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new", "times"),
    [
        ("mitigated: 2026-07-02T12:40:00.000Z", "mitigated: 2026-07-02T12:38:00Z", {"mitigated": at(12, 38)}),
        ("mitigated: 2026-07-02T12:40:00.000Z", 'mitigated: "2026-07-02 12:38 UTC"', {"mitigated": at(12, 38)}),
        ("mitigated: 2026-07-02T12:40:00.000Z", "mitigated: 2026-07-02 14:38 +02:00", {"mitigated": at(12, 38)}),
        ("mitigated: 2026-07-02T12:40:00.000Z", "mitigated: 12:38 # by the graph", {"mitigated": at(12, 38)}),
        ("resolved: 2026-07-02T23:50:00.000Z", "resolved: 0:10:05 UTC", {"resolved": at(0, 10, 5, day=3)}),
        ("declared: null", "declared: 12:22z", {"declared": at(12, 22)}),
        ("declared: null", "declared: null\nacknowledged: 12:23", {"acknowledged": at(12, 23)}),
        ("declared: null", "declared: null\nacknowledged: null", {"acknowledged": None}),
        ("mitigated: 2026-07-02T12:40:00.000Z", "mitigated: unknown", {"mitigated": None}),
        ("mitigated: 2026-07-02T12:40:00.000Z", "mitigated: # nobody knows", {"mitigated": None}),
        ("mitigated: 2026-07-02T12:40:00.000Z", "mitigated:", {"mitigated": None}),
    ],
)
def test_what_a_person_wrote_over_a_key_time_corrects_it(old, new, times):
    """In the forms in which people write times; nothing in its place takes it out."""
    assert read_corrections(BASE, BASE.replace(old, new)) == Corrections(times)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# T", "# Another title"),
        ("mitigated: 2026-07-02T12:40:00.000Z", "mitigated: 2026-07-02T12:40:00+00:00"),
        ("mitigated: 2026-07-02T12:40:00.000Z\n", ""),
        ("declared: null", "declared: ~"),
        ("started: 2026-01-01", "started: 2026-01-02"),
        ("---\ncase", "case"),
    ],
)
def test_what_says_the_same_or_nothing_corrects_nothing(old, new):
    """A line that is gone, another way to write the same, words below the first lines, and no first lines at all."""
    assert read_corrections(BASE, BASE.replace(old, new)) == Corrections()


@pytest.mark.parametrize(
    "value", ["yesterday", "25:61", "2026-13-01", "2026-07-02", "20260702", "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_time_is_named_as_it_stands(value):
    """And corrects nothing."""
    text = BASE.replace("declared: null", f"declared: {value}")

    assert read_corrections(BASE, text) == Corrections({}, (f"declared: {value}",))


def test_time_of_the_day_needs_a_day():
    """Where the rules found none either, nobody knows which it is."""
    bare = "---\nstarted: null\n---\n"

    assert read_corrections(bare, bare.replace("null", "12:20")).unreadable == ("started: 12:20",)


def test_corrected_key_times_stand_in_their_order_with_what_they_replace():
    """One that a person took out is gone; all others stay as they were found."""
    found = {
        "started": KeyTime(at(12, 20), "m1", "a"),
        "mitigated": KeyTime(at(12, 40), "m2", "b"),
        "resolved": KeyTime(at(12, 50), "m3", "c"),
    }

    told = correct(found, {"mitigated": at(12, 38), "detected": at(12, 21), "resolved": None})

    assert list(told) == ["started", "detected", "mitigated"]
    assert (told["mitigated"].at, told["mitigated"].corrects) == (at(12, 38), found["mitigated"])
    assert (told["detected"].is_corrected, told["detected"].corrects, told["detected"].citation) == (True, None, "")
    assert told["started"] is found["started"]


def test_long_run_of_blanks_is_read_at_once():
    """Anybody who edits may paste one; a hundred thousand took minutes."""
    began = process_time()

    found = read_corrections(BASE, BASE.replace("declared: null", f"declared: a{' ' * 100_000}b"))

    assert len(found.unreadable) == 1
    assert process_time() - began < 1


@pytest.mark.parametrize(
    "value", ["0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "2062-07-02T12:20:00Z", "1969-07-20T20:17Z"]
)
def test_year_of_no_incident_is_no_time(value):
    """A slip of the keyboard: no figure is counted in centuries."""
    wrong = BASE.replace("mitigated: 2026-07-02T12:40:00.000Z", f"mitigated: {value}")

    assert read_corrections(BASE, wrong) == Corrections({}, (f"mitigated: {value}",))


@pytest.mark.parametrize(("value", "is_read"), [("2031-01-01T00:00:00Z", True), ("2101-01-01T00:00:00Z", False)])
def test_without_any_time_of_the_rules_the_century_counts(value, is_read):
    """Nothing says when it was; it was in our time."""
    base = re.sub(r"^(\w+): 2026.*$", r"\1: null", BASE, flags=re.MULTILINE)

    found = read_corrections(base, base.replace("resolved: null", f"resolved: {value}"))

    assert (list(found.times) == ["resolved"]) is is_read
    assert bool(found.unreadable) is not is_read
