"""A lease is stale when its row stands still for a whole lease on this worker's own clock."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from fermata.engine import leases as module
from fermata.engine.leases import ExecutorTaken, Leases
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
        one._renew()
        assert logs == []
        other._renew()
        one._renew()

    assert [(line["event"], line["log_level"]) for line in logs] == [("lease.shared", "error")]


def test_lease_that_a_failover_brought_back_is_not_called_shared(sqlite_store):
    """The store went back to an earlier process's row, which nobody renews: another executor id would not help."""
    earlier, one = Leases(sqlite_store, "local", LEASE), Leases(sqlite_store, "local", LEASE)
    earlier._renew()
    with sqlite_store.begin() as transaction:
        row = transaction.flags.find("lease/local")
    one._renew()

    with capture_logs() as logs:
        with sqlite_store.begin() as transaction:
            transaction.flags.put("lease/local", row)
        one._renew()
        one._renew()

    assert logs == []


@pytest.fixture
def claim(sqlite_store, monkeypatch):
    """Give a process's claim of one name; `meanwhile` happens at each of its waits, whose lengths it returns."""

    def claim(meanwhile=lambda: None):
        waits = []
        monkeypatch.setattr(module.time, "sleep", lambda wait_s: (waits.append(wait_s), meanwhile()))
        lease = Leases(sqlite_store, "local", LEASE)
        lease.claim()
        return lease, waits

    return claim


def test_second_process_of_one_name_is_refused_while_the_first_lives(claim):
    """It renews within the time that it is watched for; the refusal says what to do."""
    first, _ = claim()

    with pytest.raises(ExecutorTaken, match=r"'local'.*engine\.executor_id") as refusal:
        claim(meanwhile=first._renew)

    assert "take up each other's runs" in refusal.value.why
    first._renew()


def test_name_of_a_killed_process_is_free_after_it_was_watched(claim):
    """Its lease stands still for as long as others wait, and whoever starts it is told what for, and how long."""
    with capture_logs() as quiet:
        _, none = claim()

    with capture_logs() as logs:
        second, waits = claim()

    assert none == quiet == []
    assert sum(waits) == pytest.approx(LEASE.total_seconds())
    assert [(line["event"], line["executor_id"], line["longest_s"]) for line in logs] == [("lease.watched", "local", 9)]
    second._renew()


def test_name_of_a_process_that_stopped_in_order_is_free_at_once(claim, sqlite_store):
    """It said so; and what it left is still a lease that others find stale."""
    first, _ = claim()
    first.stop()

    other = Leases(sqlite_store, "other", LEASE)
    other.list_stale()
    assert names(beat for beat, _ in other._seen.values()) == ["local"]

    _, waits = claim()
    assert waits == []


def test_end_of_a_process_is_not_told_for_the_one_that_followed_it(claim):
    """One that was frozen, and ends after another took its name, leaves the other's lease alone."""
    first, _ = claim()
    second, _ = claim()

    first.stop()

    with pytest.raises(ExecutorTaken):
        claim(meanwhile=second._renew)


def test_of_two_processes_that_start_at_once_one_gets_the_name(claim, sqlite_store, monkeypatch):
    """The row is read again where it is written."""
    begin, quicker = sqlite_store.begin, [Leases(sqlite_store, "local", LEASE)]

    def begin_late():
        # Not injectable: between the look and the write of the slower one the quicker one writes.
        if quicker:
            quicker.pop().claim()
        return begin()

    monkeypatch.setattr(sqlite_store, "begin", begin_late)

    with pytest.raises(ExecutorTaken):
        claim()


def test_store_that_fails_at_the_end_costs_the_next_start_a_wait(claim, sqlite_store, monkeypatch):
    """Stopping goes on; the name is only free after it was watched."""
    first, _ = claim()

    def refuse():
        raise TransientError("The store is locked")

    with monkeypatch.context() as broken, capture_logs() as logs:
        broken.setattr(sqlite_store, "begin", refuse)  # Not injectable: the store is real.
        first.stop()

    assert [line["event"] for line in logs] == ["lease.not_renewed"]
    assert claim()[1] != []


@pytest.fixture
def fail_renewals(sqlite_store, monkeypatch):
    """Give a function that lets the renewals of a lease fail with these faults, one after the other."""
    begin = sqlite_store.begin

    def fail(lease, faults):
        def begin_or_fail():
            # Not injectable: the store is real, and made to fail for a while only.
            if lease._thread is not None and faults:
                raise faults.pop(0)
            return begin()

        monkeypatch.setattr(sqlite_store, "begin", begin_or_fail)

    return fail


def test_store_that_is_away_is_told_once_again_when_it_changes_and_when_it_is_back(
    sqlite_store, fail_renewals, wait_until
):
    """A lease is tried every few seconds: the same words for an hour would hide all others in the log."""
    lease = Leases(sqlite_store, "local", timedelta(seconds=0.03))
    words = ["cannot be reached", "cannot be reached", "cannot be reached", "cannot be reached yet"]
    fail_renewals(lease, [TransientError(f"The store {word}") for word in words])
    with capture_logs() as logs:
        lease.start()
        wait_until(lambda: lease._number >= 3)
        lease.stop()

    told = [(line["event"], line.get("error", "")) for line in logs]
    assert told == [
        ("lease.not_renewed", "The store cannot be reached."),
        ("lease.not_renewed", "The store cannot be reached yet."),
        ("lease.renewed", ""),
    ]
    assert logs[-1]["after_s"] >= 0


@pytest.mark.parametrize(
    "fault", [TransientError("The store is locked"), DBAPIError("select 1", None, Exception("of a kind nobody knows"))]
)
def test_store_that_fails_once_does_not_end_the_renewing(sqlite_store, fail_renewals, wait_until, fault):
    """Whatever the database says is logged, and the next renewal is tried: else others take over what runs here."""
    lease = Leases(sqlite_store, "local", timedelta(seconds=0.03))
    fail_renewals(lease, [fault])
    with capture_logs() as logs:
        lease.start()
        wait_until(lambda: lease._number >= 3)
        lease.stop()

    assert [line["event"] for line in logs] == ["lease.not_renewed", "lease.renewed"]


def test_worker_of_other_settings_is_told_of_once(sqlite_store):
    """Any of them may execute what was approved; one that tells none, or has ended, is no news."""
    one = Leases(sqlite_store, "one", LEASE, "sha256:a")
    like, other = Leases(sqlite_store, "like", LEASE, "sha256:a"), Leases(sqlite_store, "other", LEASE, "sha256:b")
    older = Leases(sqlite_store, "older", LEASE)
    for lease in (like, other, older):
        lease._renew()
    with capture_logs() as logs:
        one._renew()
        one._renew()
        older._renew()
    with sqlite_store.begin_read() as transaction:
        found = module.list_unlike(transaction, "sha256:a")
    other.stop()

    assert [(line["event"], line["other"]) for line in logs] == [("workers.differ", "other")]
    assert found == ["other"]
    with sqlite_store.begin_read() as transaction:
        assert module.list_unlike(transaction, "sha256:a") == []
