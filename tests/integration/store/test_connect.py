"""Opening a store: its URL, its file, its tables."""

import errno
import hashlib
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, inspect, text

import fermata
from fermata.kit.errors import InvariantBroken, NotFoundError, OperationalError, UserError
from fermata.store.connect import open_store
from fermata.store.lock import ProcessLock
from fermata.store.migrate import CURRENT, VERSION_TABLE, make_config
from fermata.store.tables import metadata
from fermata.testing.records import NOON, make_alert, make_evidence, make_intent, make_plan, make_proposal


def test_new_file_is_its_owners_alone(tmp_path):
    """Evidence is nobody else's: the file is made readable for its owner only, in a folder that is made too."""
    path = tmp_path / "deep" / "state" / "fermata.db"

    open_store(f"sqlite:///{path}").close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_disk_without_inodes_is_not_told_to_grant_rights(tmp_path, monkeypatch):
    """The store, its lock and the state directory are made first: each says what the disk lacks."""

    def refuse(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "touch", refuse)  # A file system without inodes takes root to make.
    with pytest.raises(OperationalError, match=r"No space left.*inodes.*df -i"):
        open_store(f"sqlite:///{tmp_path / 'fermata.db'}")
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(OperationalError, match=r"No space left.*inodes.*df -i"):
        ProcessLock(tmp_path / "fermata.lock").acquire()


def test_absent_file_is_not_made_when_only_read(tmp_path):
    """A command that reads does not leave an empty store behind."""
    with pytest.raises(NotFoundError, match="There is no store at"):
        open_store(f"sqlite:///{tmp_path / 'none.db'}", create=False)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("replaced", "word"), [(False, "moved or deleted"), (True, "replaced")])
def test_file_that_is_no_longer_there_takes_no_row(tmp_path, replaced, word):
    """Nothing is written to a file that was moved away, none is made in its place, and it may come back."""
    path, aside = tmp_path / "fermata.db", tmp_path / "aside.db"
    store = open_store(f"sqlite:///{path}")
    path.rename(aside)
    if replaced:
        path.write_bytes(aside.read_bytes())

    with pytest.raises(OperationalError, match=f"{word} under Fermata"), store.begin():
        pass
    with pytest.raises(OperationalError, match=f"{word} under Fermata"), store.begin_read():
        pass
    with pytest.raises(OperationalError, match=f"{word} under Fermata"), store.database.connect():
        pass

    assert path.exists() is replaced
    aside.rename(path)
    with store.begin() as transaction:
        transaction.flags.put("back", {})
    store.close()


@pytest.mark.parametrize("url", ["", "fermata.db", "sqlite://", "sqlite:///:memory:", "mysql://host/db", "://x"])
def test_url_that_names_no_store_is_refused(url):
    """Only a SQLite file and PostgreSQL are stores, and the message says how to write them."""
    with pytest.raises(UserError) as caught:
        open_store(url)

    assert "postgresql://" in caught.value.do


def test_migrations_make_exactly_the_tables(store):
    """What the migrations leave behind and what the code expects do not differ, in tables, columns or indices."""
    with store.database.connect() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
        for table in metadata.sorted_tables:
            found = {index["name"] for index in inspect(connection).get_indexes(table.name)}
            assert {index.name for index in table.indexes} <= found


def test_last_migration_is_the_one_the_code_expects():
    """A migration that was added and not announced would never run."""
    assert ScriptDirectory.from_config(make_config()).get_current_head() == CURRENT


def test_opening_a_current_store_needs_no_lock(sqlite_store, sqlite_url):
    """A command opens the store while the server writes."""
    with sqlite_store.begin() as transaction:
        transaction.flags.put("a", {})

        open_store(sqlite_url, create=False).close()


def test_opening_again_changes_nothing(store_url):
    """Migrations run once; what is in the store stays."""
    first = open_store(store_url)
    with first.begin() as transaction:
        transaction.flags.put("a", {"n": 1})
    first.close()

    second = open_store(store_url, create=False)
    with second.begin_read() as transaction:
        assert transaction.flags.find("a") == {"n": 1}
    second.close()


def test_processes_that_start_at_once_migrate_once(store_url):
    """Several workers open an empty store together, and all of them get it."""
    with ThreadPoolExecutor(4) as threads:
        stores = list(threads.map(lambda _: open_store(store_url), range(4)))

    for store in stores:
        with store.begin_read() as transaction:
            assert transaction.journal.verify().holds
        store.close()


def test_store_of_a_newer_version_is_refused(store_url):
    """A downgrade is told apart from damage, and nothing is changed."""
    store = open_store(store_url)
    with store.database.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))  # noqa: S608 - built from a constant
    store.close()

    with pytest.raises(UserError, match="belongs to a newer Fermata") as caught:
        open_store(store_url)

    assert caught.value.facts == {"found": "9999"}


@pytest.mark.postgres
@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_database_that_cannot_hold_every_character_is_refused_while_it_is_empty(postgres, encoding):
    """The first alert with an arrow would be refused later: who set it up is told, and no table is made."""
    url = postgres.make_database(encoding)

    for _ in range(2):
        with pytest.raises(UserError, match="ENCODING 'UTF8'") as caught:
            open_store(url)

    assert caught.value.facts == {"encoding": encoding}


def test_package_carries_its_migrations(tmp_path):
    """The store opens from anywhere, without a settings file of the migration tool."""
    code = "import sys; from fermata.store.connect import open_store; open_store(sys.argv[1]).close()"
    source = str(Path(fermata.__path__[0]).parent)

    done = subprocess.run(
        [sys.executable, "-c", code, f"sqlite:///{tmp_path}/fermata.db"],
        cwd="/",
        env={"PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_edited_plan_is_another_plan_or_none(store):
    """A plan whose stored text was edited shows another digest; one that makes no sense any more does not build."""
    plan = make_plan()
    with store.begin() as transaction:
        transaction.proposals.open(plan, make_proposal(plan=plan))
        edited = text("UPDATE plans SET record = replace(record, :old, :new)")
        transaction.connection.execute(edited, {"old": "134217728", "new": "999999999"})
        assert transaction.proposals.get_plan(plan.id).digest != plan.digest

        transaction.connection.execute(edited, {"old": '"limit_bytes"', "new": '"limit_bytes'})
        with pytest.raises(InvariantBroken, match="stored plan pl-1 cannot be read"):
            transaction.proposals.get_plan(plan.id)


@pytest.mark.parametrize(
    ("damage", "read"),
    [
        ("UPDATE proposals SET state = 'maybe'", lambda rows: rows.proposals.get("pr-1")),
        ("UPDATE intents SET target = 'a b'", lambda rows: rows.ledger.find("pl-1/1")),
        ("UPDATE intents SET outcome = 'perhaps'", lambda rows: rows.ledger.find("pl-1/1")),
        ("UPDATE alerts SET record = '{}'", lambda rows: rows.alerts.find("CheckoutDown")),
    ],
)
def test_row_that_makes_no_sense_is_named(store, damage, read):
    """A row somebody damaged is an invariant broken, never a guess."""
    with store.begin() as transaction:
        transaction.proposals.open(make_plan(), make_proposal())
        transaction.ledger.intend(make_intent())
        transaction.alerts.record(make_alert())
        transaction.connection.execute(text(damage))

        with pytest.raises(InvariantBroken, match="cannot be read"):
            read(transaction)


def test_stored_plan_is_the_text_that_was_digested(store):
    """The digest can be checked with sha256sum alone."""
    plan = make_plan()
    with store.begin() as transaction:
        transaction.proposals.open(plan, make_proposal(plan=plan))
        stored = transaction.connection.execute(text("SELECT record FROM plans")).scalar_one()

    assert "sha256:" + hashlib.sha256(stored.encode()).hexdigest() == plan.digest


def test_alert_costs_a_bounded_number_of_statements(store):
    """A webhook of 200 alerts is one transaction of at most three statements an alert."""
    statements = []
    event.listen(store.database, "before_cursor_execute", lambda *call: statements.append(call[2]))

    with store.begin() as transaction:
        for number in range(200):
            transaction.alerts.record(make_alert(f"Alert{number}"))
    first = len(statements)
    with store.begin() as transaction:
        for number in range(200):
            transaction.alerts.record(make_alert(f"Alert{number}"))

    assert first <= 200 + 2
    assert len(statements) - first <= 3 * 200 + 2


def test_lists_use_their_indices(sqlite_store):
    """No list or look-up of the hot paths reads a whole table."""
    queries = []
    event.listen(sqlite_store.database, "before_cursor_execute", lambda *call: queries.append((call[2], call[3])))
    with sqlite_store.begin_read() as rows:
        rows.alerts.find("x")
        rows.alerts.list_by_ids(["x"])
        rows.incidents.find_by_alert("x")
        rows.incidents.list_in_states(["open"])
        rows.incidents.list_joinable(NOON)
        rows.incidents.list_recent()
        rows.findings.list_evidence("x")
        rows.proposals.find_for_incident("x")
        rows.proposals.list_expired(NOON)
        rows.proposals.list_approvals("x")
        rows.ledger.list_unsettled()
        rows.ledger.list_earlier(make_evidence().entity, NOON)
        rows.ledger.list_executions("x")
        rows.outbox.list_due(NOON)
        rows.journal.list_entries(incident_id="x")
        rows.journal.list_entries(kinds=["x", "y"])
        rows.journal.find_by_data("x", "y")
        rows.trail.list_messages("slack", ["x", "y"], NOON, NOON)
        rows.trail.list_people("slack", ["x"])
        rows.trail.list_forgotten(["x"])
        rows.trail.list_forgotten_lines("slack", ["x"])
        rows.postmortems.find("x")
        rows.postmortems.list_recent()
        selects = [query for query in queries if query[0].startswith("SELECT")]

        for query, values in selects:
            plan = rows.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values).all()
            scans = [row[3] for row in plan if row[3].startswith("SCAN") and "USING" not in row[3]]
            assert scans == [], query
    assert len(selects) >= 17


def test_folder_of_somebody_else_is_no_bug(tmp_path, monkeypatch):
    """Whoever is on call runs a command as themselves, and the service's folder is its own."""

    def refuse(*_args, **_kwargs):
        raise PermissionError(errno.EACCES, "Permission denied")

    # What root may not do cannot be arranged for root.
    monkeypatch.setattr(Path, "exists", refuse)

    with pytest.raises(OperationalError) as caught:
        open_store(f"sqlite:///{tmp_path / 'fermata.db'}")

    assert "cannot be opened" in caught.value.what
    assert "sudo -u fermata" in caught.value.do
