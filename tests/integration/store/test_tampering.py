"""Every way to tamper with the journal is named, with the numbers of the entries, on both stores."""

import pytest
from sqlalchemy.exc import DBAPIError
from tests.integration.store.tampering import break_in, fill, list_faults, move, read, remove, run, verify, write

from fermata.domain.journal import JournalEntry, JournalEvent
from fermata.kit.digest import canonical_json
from fermata.kit.errors import InvariantBroken
from fermata.store.connect import open_store
from fermata.testing.records import NOON, make_event


def rewrite(connection, sequence, previous=None):
    """Replace an entry by another with a hash that fits, as a careful forger would; return its hash."""
    row = read(connection, sequence)
    event = make_event("forged", plan_id="pl-forged")
    entry = JournalEntry.chain(sequence, NOON, event, previous or row["previous"])
    remove(connection, sequence, sequence)
    write(connection, row | make_row(entry))
    run(connection, "INSERT INTO journal_data VALUES (:n, 'plan_id', 'pl-forged')", n=sequence)
    return entry.hash


def make_row(entry):
    """Give the columns of an entry."""
    return {
        "sequence": entry.sequence,
        "kind": entry.event.kind,
        "incident_id": entry.event.incident_id,
        "event": canonical_json(entry.event.to_json()),
        "previous": entry.previous,
        "hash": entry.hash,
    }


def test_untouched_journal_holds(store):
    """No fault is found where nothing was done, and the head is the last entry's hash."""
    entries = fill(store, 10)

    report = verify(store)

    assert (report.entries, report.head, report.faults) == (10, entries[-1].hash, ())


@pytest.mark.parametrize(
    "change",
    [
        "event = replace(event, 'pl-4', 'pl-5')",
        "at = '2026-11-23T11:00:00.000000Z'",
        "at = 'never'",
        "hash = 'sha256:00'",
        "previous = 'sha256:00'",
        "event = '{}'",
        "event = ''",
        "kind = 'other.kind'",
        "incident_id = NULL",
    ],
)
def test_changed_column_is_named(store, change):
    """Whatever of an entry is changed, the entry is named, and only it."""
    fill(store, 6)

    with break_in(store) as connection:
        run(connection, f"UPDATE journal SET {change} WHERE sequence = 4")  # noqa: S608 - a constant from above

    assert list_faults(store) == [("edited", 4)]


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM journal_data WHERE sequence = 4",
        "UPDATE journal_data SET value = 'pl-5' WHERE sequence = 4",
        "INSERT INTO journal_data VALUES (4, 'other', 'pl-4')",
    ],
)
def test_changed_search_index_is_named(store, change):
    """An entry hidden from a search, or shown in a wrong one, is named."""
    fill(store, 6)

    with break_in(store) as connection:
        run(connection, change)

    assert list_faults(store) == [("edited", 4)]


def test_entry_rewritten_with_a_fitting_hash_is_named(store):
    """A forged entry is known by its successor, which names another hash."""
    fill(store, 6)

    with break_in(store) as connection:
        rewrite(connection, 4)

    assert list_faults(store) == [("edited", 4)]


def test_last_entry_rewritten_with_a_fitting_hash_is_named(store):
    """The last entry has no successor; the head knows its hash."""
    fill(store, 6)

    with break_in(store) as connection:
        rewrite(connection, 6)

    assert list_faults(store) == [("edited", 6)]


def test_first_entry_with_a_predecessor_is_named(store):
    """Nothing comes before the first entry."""
    fill(store, 3)

    with break_in(store) as connection:
        rewrite(connection, 1, previous="sha256:" + "1" * 64)

    assert ("edited", 1) in list_faults(store)


@pytest.mark.parametrize(("first", "last"), [(1, 1), (4, 4), (3, 5), (1, 5)])
def test_removed_entries_are_named(store, first, last):
    """A gap names what is missing in it."""
    fill(store, 6)

    with break_in(store) as connection:
        remove(connection, first, last)

    (fault,) = verify(store).faults
    assert (fault.kind, fault.sequence) == ("removed", first)
    assert str(last) in fault.text


def test_removal_hidden_by_renumbering_is_named(store):
    """An entry's hash covers its number, so moving the others up hides nothing."""
    fill(store, 8)

    with break_in(store) as connection:
        remove(connection, 4, 4)
        for sequence in range(5, 9):
            move(connection, sequence, sequence - 1)

    assert list_faults(store) == [("removed", 4)]


@pytest.mark.parametrize("kept", [5, 1, 0])
def test_truncated_end_is_named(store, kept):
    """The head knows how far the journal went."""
    fill(store, 6)

    with break_in(store) as connection:
        remove(connection, kept + 1, 6)

    (fault,) = verify(store).faults
    assert (fault.kind, fault.sequence) == ("truncated", kept + 1)


def test_missing_head_is_named_and_nothing_is_appended(store):
    """Without the head a cut end could not be seen: no more entries until someone has looked."""
    fill(store, 3)

    with break_in(store) as connection:
        run(connection, "DELETE FROM journal_head")

    assert list_faults(store) == [("truncated", 4)]
    with pytest.raises(InvariantBroken, match="head row is missing"), store.begin() as transaction:
        transaction.journal.append(make_event(), NOON)


def test_appending_after_a_truncation_leaves_the_gap(store):
    """Fermata goes on after the number the head knows, so that the missing ones stay missing."""
    fill(store, 6)
    with break_in(store) as connection:
        remove(connection, 5, 6)

    fill(store, 2)

    assert list_faults(store) == [("removed", 5)]


@pytest.mark.parametrize(("one", "other"), [(3, 4), (2, 6), (1, 8)])
def test_swapped_entries_are_named(store, one, other):
    """Two entries that changed numbers are both named, wherever they stand."""
    fill(store, 8)

    with break_in(store) as connection:
        move(connection, one, 1000)
        move(connection, other, one)
        move(connection, 1000, other)

    assert list_faults(store) == [("reordered", one), ("reordered", other)]


@pytest.mark.parametrize(("one", "other"), [(3, 4), (2, 6)])
def test_entries_swapped_with_their_links_are_named(store, one, other):
    """Adjusting the links to the new order does not help: the hashes cover them."""
    fill(store, 8)

    with break_in(store) as connection:
        previous = {n: read(connection, n)["previous"] for n in (one, other)}
        move(connection, one, 1000)
        move(connection, other, one)
        move(connection, 1000, other)
        for sequence in (one, other):
            run(connection, "UPDATE journal SET previous = :p WHERE sequence = :n", p=previous[sequence], n=sequence)

    assert list_faults(store) == [("reordered", one), ("reordered", other)]


@pytest.mark.parametrize("fits", [True, False])
def test_inserted_entry_is_named(store, fits):
    """An entry pushed between two others is named, with a fitting hash or without; those it pushed are not blamed."""
    fill(store, 8)

    with break_in(store) as connection:
        for sequence in range(8, 4, -1):
            move(connection, sequence, sequence + 1)
        template = read(connection, 4)
        entry = JournalEntry.chain(5, NOON, JournalEvent(**dict(make_event("forged"))), template["hash"])
        row = template | make_row(entry)
        write(connection, row if fits else row | {"hash": "sha256:" + "5" * 64})

    assert list_faults(store) == [("inserted", 5)]


def test_entry_past_the_head_is_named(store):
    """What was appended without moving the head was not appended by Fermata."""
    entries = fill(store, 4)

    with break_in(store) as connection:
        entry = JournalEntry.chain(5, NOON, make_event("forged"), entries[-1].hash)
        write(connection, read(connection, 4) | make_row(entry))

    assert list_faults(store) == [("inserted", 5)]


def test_several_faults_are_told_apart(store):
    """An edit, a removal and a cut end in one journal are three faults."""
    fill(store, 20)

    with break_in(store) as connection:
        run(connection, "UPDATE journal SET event = replace(event, 'pl-3', 'pl-9') WHERE sequence = 3")
        remove(connection, 8, 9)
        remove(connection, 19, 20)

    assert list_faults(store) == [("edited", 3), ("removed", 8), ("truncated", 19)]


def test_wholesale_edit_is_reported_within_bounds(store):
    """A journal that was edited everywhere gives a list a person can still read."""
    fill(store, 1500)

    with break_in(store) as connection:
        run(connection, "UPDATE journal SET at = '2020-01-01T00:00:00.000000Z'")

    faults = verify(store).faults
    assert len(faults) <= 1001
    assert faults[0].sequence == 1
    assert "more faults" in faults[-1].text


@pytest.mark.parametrize("table", ["journal", "journal_data"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET sequence = 9", "DELETE FROM {}"])
def test_database_refuses_changes(store, table, statement):
    """A mistake in a shell is refused by the database itself."""
    fill(store, 2)

    with pytest.raises(DBAPIError, match="append-only"), store.database.begin() as connection:
        connection.exec_driver_sql(statement.format(table))

    assert list_faults(store) == []


@pytest.mark.postgres
def test_postgres_refuses_truncate(postgres_url):
    """TRUNCATE is no way around the row triggers."""
    store = open_store(postgres_url)
    fill(store, 2)

    with pytest.raises(DBAPIError, match="append-only"), store.database.begin() as connection:
        connection.exec_driver_sql("TRUNCATE journal CASCADE")

    store.close()


def test_lost_guard_is_named(store):
    """Whole, the journal has all of them; one that is gone, or off, is told by its name."""
    with store.begin_read() as transaction:
        assert transaction.journal.list_lost_guards() == []
    is_sqlite = store.database.dialect.name == "sqlite"
    name, drop = ("journal_no_update", "") if is_sqlite else ("journal_append_only_row", " ON journal")
    with store.database.begin() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER {name}{drop}")
        if not is_sqlite:
            connection.exec_driver_sql("ALTER TABLE journal_data DISABLE TRIGGER journal_data_append_only_row")

    with store.begin_read() as transaction:
        lost = transaction.journal.list_lost_guards()

    assert lost == ([name] if is_sqlite else [name, "journal_data_append_only_row"])
