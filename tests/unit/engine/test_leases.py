"""A lease is stale when its row stands still for a whole lease on this worker's own clock."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from fermata.engine import leases as module
from fermata.engine.leases import Leases
from fermata.kit.errors import TransientError

LEASE = timedelta(seconds=9)


@pytest.fixture
def clock(monkeypatch):
    """Give a list whose one item is the time; Leases reads the monotonic clock itself."""
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def pair(sqlite_store):
    """Give the leases of two workers; nothing renews by itself."""
    return [Leases(sqlite_store, name, LEASE) for name in ("first", "second")]


def names(beats):
    """Give whose beats these are."""
    return [beat.executor_id for beat in beats]


def test_silent_worker_is_stale_after_a_lease(pair, clock):
    """Not a moment before, and never oneself."""
    first, second = pair
    first._renew()
    second._renew()

    clock[0] += 9.0
    assert names(second.list_stale()) == []
    clock[0] += 0.1
    assert names(second.list_stale()) == ["first"]
    assert names(first.list_stale()) == []


def test_worker_that_renews_is_never_stale(pair, clock):
    """Each renewal starts the time anew."""
    first, second = pair
    for _ in range(5):
        first._renew()
        assert names(second.list_stale()) == []
        clock[0] += 8.0


def test_worker_just_seen_is_given_a_whole_lease(pair, clock):
    """One that starts late trusts no row it has not watched: the others' clocks are not asked."""
    first, second = pair
    first._renew()
    clock[0] += 1000.0

    assert names(second.list_stale()) == []
    clock[0] += 9.1
    assert names(second.list_stale()) == ["first"]


def test_beat_is_current_until_it_is_renewed_or_removed(sqlite_store, pair, clock):
    """Of two that take over, the second finds the beat gone."""
    first, second = pair
    first._renew()
    second.list_stale()
    clock[0] += 10.0
    (beat,) = second.list_stale()

    with sqlite_store.begin() as transaction:
        assert second.is_current(transaction, beat)
        second.remove(transaction, beat)
        assert not second.is_current(transaction, beat)
    first._renew()
    with sqlite_store.begin() as transaction:
        assert not second.is_current(transaction, beat)


def test_two_workers_under_one_name_are_told(sqlite_store):
    """A shared executor id would make each recover the other's live runs: the log says so."""
    one, other = Leases(sqlite_store, "local", LEASE), Leases(sqlite_store, "local", LEASE)

    with capture_logs() as logs:
        one._renew()
        other._renew()
        assert logs == []
        one._renew()

    assert [(line["event"], line["log_level"]) for line in logs] == [("lease.shared", "error")]


def test_store_that_fails_once_does_not_end_the_renewing(sqlite_store, monkeypatch, wait_until):
    """A passing fault is logged, and the next renewal is tried."""
    lease = Leases(sqlite_store, "local", timedelta(seconds=0.03))
    begin, faults = sqlite_store.begin, [TransientError("The store is locked")]

    def begin_or_fail():
        # Not injectable: the store is real, and made to fail at one moment only.
        if lease._thread is not None and faults:
            raise faults.pop()
        return begin()

    monkeypatch.setattr(sqlite_store, "begin", begin_or_fail)
    with capture_logs() as logs:
        lease.start()
        wait_until(lambda: lease._number >= 3)
        lease.stop()

    assert [line["event"] for line in logs] == ["lease.not_renewed"]
