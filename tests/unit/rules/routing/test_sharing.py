from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.model import AttemptOutcome
from fermata.rules.routing import CLOSED
from fermata.rules.routing.breaker import Breaker
from fermata.rules.routing.sharing import merge_notices, read_notice, write_notice

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
OPEN = Breaker(AttemptOutcome.OVERLOADED, NOON + timedelta(seconds=10), opened_at=NOON, failures=2)


def notice(seconds, breaker=OPEN):
    """Give a notice of some seconds after noon."""
    at = NOON + timedelta(seconds=seconds)
    return write_notice(breaker if breaker is CLOSED else replace(breaker, until=at + timedelta(seconds=10)), at)


@pytest.mark.parametrize("breaker", [OPEN, CLOSED])
def test_notice_that_was_written_is_read(breaker):
    """Open or closed, since when, and how often it failed."""
    assert read_notice(write_notice(breaker, NOON)) == (breaker, NOON)


def test_probe_of_one_worker_is_not_told_to_another():
    """Each lets one of its own through."""
    read, _ = read_notice(write_notice(replace(OPEN, is_probing=True), NOON))

    assert not read.is_probing


@pytest.mark.parametrize(
    ("known", "own", "kept"),
    [
        ({}, {"a": notice(1)}, notice(1)),
        ({"a": notice(1)}, {}, notice(1)),
        ({"a": notice(2)}, {"a": notice(1)}, notice(2)),
        ({"a": notice(1)}, {"a": notice(2, CLOSED)}, notice(2, CLOSED)),
        ({"a": notice(1, CLOSED)}, {"a": notice(1)}, notice(1)),
        ({"a": notice(1)}, {"a": notice(1, CLOSED)}, notice(1)),
    ],
)
def test_newest_notice_of_a_place_is_kept(known, own, kept):
    """Whoever wrote it; in one instant caution wins."""
    assert merge_notices(known, own, NOON) == {"a": kept}


def test_places_do_not_touch_each_other():
    """A key that is rate limited says nothing of another."""
    assert merge_notices({"a#k1": notice(1)}, {"a#k2": notice(2)}, NOON) == {"a#k1": notice(1), "a#k2": notice(2)}


def test_notice_that_is_over_for_days_is_dropped():
    """A pause that goes on is kept, however long ago it began."""
    long = write_notice(replace(OPEN, until=NOON + timedelta(days=9)), NOON)
    known = {"gone": notice(1), "closed": notice(1, CLOSED), "long": long}

    assert merge_notices(known, {}, NOON + timedelta(days=3)) == {"long": long}


def test_notice_of_a_time_to_come_hides_nothing():
    """A worker's clock was ahead for a minute, and would be believed for as long as it was wrong."""
    ahead = {"a": notice(3600, CLOSED), "b": notice(3600)}

    assert merge_notices(ahead, {"a": notice(1)}, NOON) == {"a": notice(1)}
    assert merge_notices({"a": notice(1)}, ahead, NOON) == {"a": notice(1)}
    assert merge_notices({}, {"a": notice(20)}, NOON) == {"a": notice(20)}
