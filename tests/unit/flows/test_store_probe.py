"""Whether a store could keep an alert now: it is written to, and the room beside it is looked at."""

import sqlite3
from datetime import timedelta

import pytest

from fermata.flows import store_probe
from fermata.flows.store_probe import EVERY, StoreProbe
from fermata.kit.clock import format_instant
from fermata.store.connect import open_store
from fermata.testing.clock import FakeClock


@pytest.fixture
def clock():
    """Give a clock that moves when told to."""
    return FakeClock()


@pytest.fixture
def store(tmp_path):
    """Give a store of its own."""
    opened = open_store(f"sqlite:///{tmp_path / 'fermata.db'}")
    yield opened
    opened.close()


@pytest.fixture
def probe(store, clock, tmp_path):
    """Give a probe of that store and its folder."""
    return StoreProbe(store, clock, tmp_path)


async def read_row(store):
    """Return when a probe last wrote."""
    return (await store.read(lambda transaction: transaction.flags.find("ready"))) or {}


async def test_store_that_takes_a_row_is_ready(probe, store):
    """To be read is not enough: a full disk is read as ever."""
    found = await probe.look()

    assert (found.name, found.ok, found.text) == ("store", True, "answers")
    assert await read_row(store)


async def test_frequent_questions_write_one_row(probe, store, clock):
    """Probes come without a login, and each row is an fsync."""
    await probe.look()
    first = await read_row(store)

    clock.advance(EVERY - timedelta(seconds=1))
    await probe.look()
    soon = await read_row(store)
    clock.advance(timedelta(seconds=2))
    await probe.look()

    assert soon == first
    assert await read_row(store) != first


async def test_clock_that_was_set_back_keeps_no_old_answer(probe, store, clock):
    """What was seen in an hour that has not come yet says nothing of now."""
    await probe.look()
    clock.advance(-timedelta(hours=2))

    await probe.look()

    assert await read_row(store) == {"at": format_instant(clock.now())}


async def test_store_that_another_holds_is_not_ready_and_then_is(probe, store, tmp_path, monkeypatch):
    """A row that waits is a finding, no second one queues behind it, and its success ends it."""
    monkeypatch.setattr(store_probe, "PATIENCE_S", 0.05)
    other = sqlite3.connect(tmp_path / "fermata.db")
    other.execute("BEGIN IMMEDIATE")

    held = [await probe.look(), await probe.look()]
    other.rollback()
    other.close()
    monkeypatch.setattr(store_probe, "PATIENCE_S", 30.0)
    freed = await probe.look()

    assert [found.ok for found in held] == [False, False]
    assert "does not take a small row in time" in held[0].text
    assert freed.ok


async def test_store_without_room_beside_it_is_not_ready(probe, monkeypatch):
    """The next alerts would be refused although a small row still fits."""
    monkeypatch.setattr(store_probe, "LEAST_ROOM_BYTES", 1 << 62)

    found = await probe.look()

    assert not found.ok
    assert "MiB are free" in found.text


async def test_folder_that_is_gone_is_a_finding(store, clock, tmp_path):
    """What cannot be looked at is not called good."""
    found = await StoreProbe(store, clock, tmp_path / "gone").look()

    assert not found.ok
    assert "cannot be looked at" in found.text


async def test_room_of_a_database_server_is_not_ours_to_look_at(store, clock, monkeypatch):
    """Its disk is elsewhere: what it says to a row is all there is."""
    monkeypatch.setattr(store_probe, "LEAST_ROOM_BYTES", 1 << 62)

    assert (await StoreProbe(store, clock, None).look()).ok


async def test_room_of_a_database_server_is_proved_once_a_minute(store, clock, monkeypatch):
    """Each proof counts in the server's statistics of temporary files, and stands in its log where it logs them."""
    proofs = []
    monkeypatch.setattr(store, "prove_room", _remember(proofs, clock))
    probe = StoreProbe(store, clock, None)

    for _ in range(12):
        assert (await probe.look()).ok
        clock.advance(EVERY)
    clock.advance(-timedelta(hours=2))
    assert (await probe.look()).ok

    assert [round((at - proofs[0]) / timedelta(minutes=1)) for at in proofs] == [0, 1, -118]


def _remember(proofs, clock):
    async def prove(size_bytes):
        proofs.append(clock.now())

    return prove


async def test_store_whose_journal_is_not_guarded_is_not_ready(probe, store):
    """As after a restore that left triggers out: everything works, and the journal can be changed."""
    with store.database.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER journal_no_delete")

    found = await probe.look()

    assert not found.ok
    assert "The journal in this store is not protected: journal_no_delete should refuse changes" in found.text
