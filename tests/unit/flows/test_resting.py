"""Channels that fail are left alone: ever longer, or as long as they ask; and one that works is not."""

from datetime import timedelta

import pytest
from tests.unit.flows.stage import NOON

from fermata.flows.resting import Rest, Rests, choose_probe, choose_rest, list_rests, rest, wake
from fermata.kit.errors import OperationalError, TransientError
from fermata.testing.records import make_entry

MINUTE = timedelta(minutes=1)
REVOKED = OperationalError("The token was revoked")
REVOKED.is_of_place = True


def limited(**span):
    """Give the failure of a service that asks to be left alone for so long."""
    return TransientError("Too many requests", retry_after=timedelta(**span))


@pytest.mark.parametrize(
    ("attempts", "error", "seconds"),
    [
        (0, None, 1),
        (3, TransientError("No route"), 8),
        (8, OperationalError("No such room"), 256),
        (9, None, 300),
        (5000, None, 300),
        (0, limited(seconds=42), 42),
        (9, limited(seconds=3), 3),
        (0, limited(days=3), 3600),
        (0, limited(seconds=-5), 0),
    ],
)
def test_rest_grows_unless_the_service_says_how_long(attempts, error, seconds):
    """Doubling up to five minutes; what a service asks for is honoured, within an hour."""
    assert choose_rest(attempts, error) == timedelta(seconds=seconds)


@pytest.fixture
def fail(sqlite_store):
    """Give a function that lets an address fail at an instant."""

    def fail(address, error, at=NOON, *, key="inc-1"):
        with sqlite_store.begin() as transaction:
            return rest(transaction, make_entry(address, key), "it failed", error, at)

    return fail


def find(store, address):
    """Give the rest of an address."""
    with store.begin_read() as transaction:
        return list_rests(transaction).find(address)


def test_what_may_pass_is_of_the_whole_channel(sqlite_store, fail):
    """No route to a chat is none to any of its rooms."""
    fail("chat:a", TransientError("No route"))

    assert find(sqlite_store, "chat:b").attempts == 1
    assert find(sqlite_store, "forum") is None


def test_what_is_wrong_with_a_room_is_of_that_room(sqlite_store, fail):
    """An archived room keeps no other one waiting."""
    fail("chat:a", OperationalError("The room was archived"))

    assert find(sqlite_store, "chat:a").reason == "it failed"
    assert find(sqlite_store, "chat:b") is None


def test_failures_in_a_row_are_counted_from_the_first(sqlite_store, fail):
    """How long a channel has failed is known, whatever was tried meanwhile."""
    at = [NOON + number * MINUTE for number in range(3)]
    waits = [fail("chat", None, now).until - now for now in at]

    found = find(sqlite_store, "chat")
    assert waits == [timedelta(seconds=seconds) for seconds in (1, 2, 4)]
    assert (found.since, found.attempts) == (NOON, 3)


def test_delivery_ends_the_rest(sqlite_store, fail):
    """Of the room and of its channel."""
    fail("chat:a", OperationalError("The room was archived"))
    fail("chat:a", TransientError("No route"))

    with sqlite_store.begin() as transaction:
        wake(transaction, make_entry("chat:a"), NOON)

    assert find(sqlite_store, "chat:a") is None


@pytest.mark.parametrize(
    ("until", "is_due"), [(-MINUTE, True), (timedelta(0), True), (MINUTE, False), (timedelta(days=1), True)]
)
def test_rest_ends_by_its_time_or_by_a_clock_that_was_set_back(until, is_due):
    """One that would last a day was written by a clock that ran ahead."""
    rests = Rests({"chat/*": Rest(since=NOON, until=NOON + until, attempts=1, reason="x")})

    assert rests.is_due("chat:a", NOON) is is_due
    assert rests.is_due("forum", NOON)


HELD, OLD, NEW = (
    make_entry(key="held", can_decide=True, due_at=NOON + 2 * MINUTE),
    make_entry(key="old"),
    make_entry(key="new", due_at=NOON + MINUTE),
)


@pytest.mark.parametrize(
    ("failures", "probe"),
    [
        ([(HELD, None)], "old"),
        ([(HELD, None)] * 9, "old"),
        ([(OLD, None)], "held"),
        ([(HELD, None), (OLD, None)], "held"),
        ([(HELD, None), (OLD, None), (HELD, None)], "old"),
        ([(HELD, REVOKED)] * 9, "held"),
        ([(HELD, None), (HELD, REVOKED), (HELD, REVOKED)], "held"),
    ],
)
def test_place_that_fails_is_tried_with_what_is_urgent_yet_not_with_that_alone(sqlite_store, failures, probe):
    """The one card that failed may be refused for ever; of several, or of a room known to be at fault, the first."""
    with sqlite_store.begin() as transaction:
        resting = [rest(transaction, entry, "it failed", error, NOON) for entry, error in failures][-1]

    assert choose_probe(resting, [HELD, OLD, NEW]).key == probe
    assert choose_probe(resting, [HELD]).key == "held"
