"""Opens a store behind Fermata's back, triggers and foreign keys off, as someone with the database password would."""

from contextlib import contextmanager

from sqlalchemy import text

from fermata.testing.records import NOON, make_event

COLUMNS = "sequence, at, kind, incident_id, event, previous, hash"


def fill(store, count):
    """Append entries with text data, and return them."""
    with store.begin() as transaction:
        return [
            transaction.journal.append(make_event(f"test.{number}", plan_id=f"pl-{number}"), NOON)
            for number in range(1, count + 1)
        ]


def verify(store):
    """Return what the store says of its journal."""
    with store.begin_read() as transaction:
        return transaction.journal.verify()


def list_faults(store):
    """Return each fault as (kind, sequence)."""
    return [(fault.kind, fault.sequence) for fault in verify(store).faults]


@contextmanager
def break_in(store):
    """Give a connection that may change the journal; what it does is committed."""
    with store.database.connect() as connection:
        if store.database.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            triggers = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type='trigger'").scalars().all()
            for trigger in triggers:
                connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
        else:
            # Switches triggers and foreign keys off for this session: the privilege of the database's owner.
            connection.exec_driver_sql("SET session_replication_role = replica")
        yield connection
        connection.commit()
        connection.invalidate()


def run(connection, statement, **values):
    """Execute one statement."""
    return connection.execute(text(statement), values)


def read(connection, sequence):
    """Return one row of the journal as a dict."""
    rows = run(connection, f"SELECT {COLUMNS} FROM journal WHERE sequence = :n", n=sequence)  # noqa: S608 - built from constants only
    return dict(rows.mappings().one())


def write(connection, row):
    """Insert a row of the journal with its rows of the search index."""
    values = ", ".join(f":{name}" for name in COLUMNS.split(", "))
    run(connection, f"INSERT INTO journal ({COLUMNS}) VALUES ({values})", **row)  # noqa: S608 - constants of this file


def move(connection, old, new):
    """Give an entry another number, with its rows of the search index."""
    run(connection, "UPDATE journal SET sequence = :new WHERE sequence = :old", new=new, old=old)
    run(connection, "UPDATE journal_data SET sequence = :new WHERE sequence = :old", new=new, old=old)


def remove(connection, first, last):
    """Delete entries."""
    run(connection, "DELETE FROM journal_data WHERE sequence BETWEEN :first AND :last", first=first, last=last)
    run(connection, "DELETE FROM journal WHERE sequence BETWEEN :first AND :last", first=first, last=last)
