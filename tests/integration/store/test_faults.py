"""A store that is locked, full, gone or damaged says so in three parts, and nothing is lost or half-written."""

import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event, make_url
from sqlalchemy.exc import DBAPIError

from fermata.bootstrap import open_house
from fermata.flows.store_probe import StoreProbe
from fermata.kit.errors import InvariantBroken, OperationalError, StoreAway, TransientError
from fermata.settings import load_settings
from fermata.store import connect
from fermata.store.connect import open_store
from fermata.store.faults import describe_fault
from fermata.testing.clock import FakeClock
from fermata.testing.postgres import PostgresRig
from fermata.testing.records import NOON, make_event, make_plan, make_proposal


@pytest.fixture
def path(tmp_path):
    """Give the path of the SQLite file."""
    return tmp_path / "fermata.db"


@pytest.fixture
def hasty_store(sqlite_url, monkeypatch):
    """Give a SQLite store that waits a twentieth of a second for a lock instead of half a minute."""
    monkeypatch.setattr(connect, "BUSY_TIMEOUT_MS", 50)
    store = open_store(sqlite_url)
    yield store
    store.close()


def count_entries(store):
    """Return the number of journal entries, after checking the chain."""
    with store.begin_read() as transaction:
        report = transaction.journal.verify()
    assert report.holds
    return report.entries


def append(store, **data):
    """Append one entry in a transaction of its own."""
    with store.begin() as transaction:
        transaction.journal.append(make_event(**data), NOON)


def assert_three_parts(error, what):
    """Check that an error says what happened, why, and what to do."""
    assert what in error.what
    assert error.why
    assert error.do


def test_store_locked_by_another_process_says_so(hasty_store, path):
    """A writer that holds the file open too long is a passing fault; reading goes on."""
    append(hasty_store)
    holder = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN IMMEDIATE')"
    wait = "; print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holder + wait, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()

        with pytest.raises(TransientError) as caught:
            append(hasty_store)
        assert count_entries(hasty_store) == 1
        process.stdin.close()

    assert_three_parts(caught.value, "is locked")
    append(hasty_store)
    assert count_entries(hasty_store) == 2


@pytest.mark.parametrize(
    ("code", "words"),
    [(sqlite3.SQLITE_IOERR_SHMSIZE, "is full, as it seems"), (sqlite3.SQLITE_IOERR_READ, "cannot be read or written")],
)
def test_disk_without_room_for_the_shared_memory_file_is_called_full(code, words):
    """That is how SQLite in WAL mode meets a full disk when it is opened; any other failure is the disk's own."""
    driver = sqlite3.OperationalError("disk I/O error")
    driver.sqlite_errorcode = code

    told = describe_fault(DBAPIError("select 1", None, driver), "the store at fermata.db")

    assert_three_parts(told, f"The store at fermata.db {words}")


@pytest.mark.parametrize(
    "said", ["the database system is starting up", "the database system is in recovery mode", "sorry, too many clients"]
)
def test_refusal_that_passes_by_itself_is_not_called_a_wrong_setting(said):
    """A server that was restarted is to be waited for."""
    driver = psycopg.OperationalError(f"connection failed: FATAL:  {said}")

    told = describe_fault(DBAPIError("select 1", None, driver), "the store shop on db")

    assert_three_parts(told, "The store shop on db")
    assert "password" not in told.do


@pytest.mark.parametrize(
    "driver",
    [
        psycopg.OperationalError("connection failed: FATAL:  unsupported startup parameter: options"),
        psycopg.errors.DuplicatePreparedStatement('prepared statement "_pg3_0" already exists'),
        psycopg.errors.InvalidSqlStatementName('prepared statement "_pg3_1" does not exist'),
    ],
)
def test_pooler_is_named_as_what_is_in_the_way(driver):
    """PgBouncer 1.18 says these, the latter two in transaction mode: no password is wrong, and no SQL of ours."""
    told = describe_fault(DBAPIError("select 1", None, driver), "the store shop on db")

    assert_three_parts(told, "is behind a pooler")
    assert "own address" in told.do


async def test_full_disk_refuses_the_write_and_loses_nothing(sqlite_store):
    """What was committed stays, the transaction that did not fit leaves nothing, and space brings it back to work."""
    append(sqlite_store)
    with sqlite_store.database.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    limit_pages(sqlite_store, pages + 4)

    def write(transaction):
        for number in range(100):
            transaction.journal.append(make_event(number=number, text="x" * 4000), NOON)

    with pytest.raises(StoreAway) as caught:
        await sqlite_store.write(write)
    assert_three_parts(caught.value, "is full")
    assert count_entries(sqlite_store) == 1

    limit_pages(sqlite_store, 1_000_000)
    await sqlite_store.write(write)
    assert count_entries(sqlite_store) == 101


def limit_pages(store, pages):
    """Give SQLite no more room than this many pages: what a full disk looks like from inside."""
    store.database.dispose()

    def limit(connection, _record):
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(store.database, "connect", limit)


def test_reader_that_writes_is_refused(store):
    """A read transaction writes nothing, and the refusal says why."""
    with pytest.raises(OperationalError) as caught, store.begin_read() as reader:
        reader.flags.put("a", {})

    assert_three_parts(caught.value, "is read-only")


def test_read_only_file_asks_for_its_disk_first(path):
    """A disk that met an error is mounted read-only: no right of any user makes it writable."""
    error = sqlite3.OperationalError("attempt to write a readonly database")
    error.sqlite_errorcode = sqlite3.SQLITE_READONLY

    fault = describe_fault(DBAPIError("", None, error), f"the store at {path}")

    assert "disk became read-only: `dmesg`" in fault.do


def test_file_that_is_no_database_says_so(sqlite_url, path):
    """Rubbish in place of the store is damage, with the advice to restore it."""
    path.write_bytes(b"this is no database, " * 1000)

    with pytest.raises(OperationalError) as caught:
        open_store(sqlite_url)

    assert_three_parts(caught.value, "is damaged")
    assert "backup" in caught.value.do


def test_damaged_page_says_so(sqlite_store, path):
    """A page that was overwritten is damage, not an answer."""
    for number in range(200):
        append(sqlite_store, number=number, text="x" * 500)
    with sqlite_store.database.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    sqlite_store.database.dispose()
    content = bytearray(path.read_bytes())
    for start in range(4096 * 20, len(content), 4096):
        content[start : start + 100] = b"\xff" * 100
    path.write_bytes(content)

    with pytest.raises(OperationalError) as caught:
        count_entries(sqlite_store)

    assert_three_parts(caught.value, "is damaged")


def test_folder_that_is_a_file_says_so(tmp_path):
    """A store that cannot be made names the path and the reason."""
    (tmp_path / "state").touch()

    with pytest.raises(OperationalError) as caught:
        open_store(f"sqlite:///{tmp_path}/state/fermata.db")

    assert_three_parts(caught.value, "cannot be made")


async def test_row_that_breaks_the_schema_is_a_bug(store):
    """A hold on a plan that does not exist is refused by the database, and nothing of it stays."""
    proposal = make_proposal(plan=make_plan())

    def open_hold(transaction):
        transaction.flags.put("a", {})
        transaction.proposals.open(make_plan("pl-other"), proposal)

    with pytest.raises(InvariantBroken) as caught:
        await store.write(open_hold)

    assert_three_parts(caught.value, "was refused")
    with store.begin_read() as transaction:
        assert transaction.flags.find("a") is None


def test_writer_that_never_ends_does_not_hang_the_others(hasty_store, monkeypatch):
    """A thread that waits too long for its turn is told so."""
    monkeypatch.setattr("fermata.store.unit_of_work._LOCK_TIMEOUT_S", 0.05)
    errors = []

    def write():
        try:
            append(hasty_store)
        except TransientError as error:
            errors.append(error)

    with hasty_store.begin():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()

    (error,) = errors
    assert_three_parts(error, "is busy")


def fill_disk(folder, *, rest):
    """Write a file that leaves so many bytes."""
    with (folder / "ballast").open("wb") as file:
        file.write(bytes(shutil.disk_usage(folder).free - rest))


class TestPostgres:
    """Faults of a server, each made on a server of its own."""

    pytestmark = pytest.mark.postgres

    @pytest.fixture
    def rig(self):
        rig = PostgresRig()
        rig.start()
        yield rig
        rig.close()

    async def test_server_that_stopped_says_so_and_is_found_again(self, rig):
        """A crash of the server fails what is under way; after its return the same store works."""
        store = open_store(rig.make_database())
        append(store)

        def crash(transaction):
            transaction.journal.append(make_event(), NOON)
            rig.stop("immediate")
            transaction.journal.append(make_event(), NOON)

        with pytest.raises(TransientError) as caught:
            await store.write(crash)
        assert_three_parts(caught.value, "cannot be reached")
        with pytest.raises(TransientError) as caught:
            append(store)
        assert_three_parts(caught.value, "cannot be reached")

        rig.start()
        append(store)
        assert count_entries(store) == 2
        store.close()

    def test_statement_that_the_server_cancels_is_done_again_later(self, postgres_url):
        """A statement_timeout of the role, or an administrator: a passing fault, and no bug of ours."""
        store = open_store(postgres_url)
        append(store)

        with pytest.raises(StoreAway) as caught, store.begin() as transaction:
            transaction.connection.exec_driver_sql("set local statement_timeout = '20ms'; select pg_sleep(5)")

        assert_three_parts(caught.value, "cancelled a statement")
        append(store)
        assert count_entries(store) == 2
        store.close()

    @pytest.fixture
    def small_disk(self):
        """Give a folder of the server's user with room for 40 megabytes, where this user may mount one."""
        folder = Path(tempfile.mkdtemp(prefix="fmdisk-"))
        mount = ["mount", "-t", "tmpfs", "-o", "size=40m,mode=0777", "none", folder]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            folder.rmdir()
            pytest.skip("no right to mount a small disk")
        subprocess.run(["chown", "postgres", folder], check=True)
        yield folder
        subprocess.run(["umount", "-l", folder], check=True)
        folder.rmdir()

    async def test_disk_on_which_small_rows_still_fit_is_not_ready(self, rig, small_disk):
        """A row of some bytes finds a page that is there long after no table can grow: alerts would be refused.

        Wherever the server puts what it sorts: that is another disk, and tells nothing of this one.
        """
        url = rig.make_database()
        store = open_store(url)
        roomy = await StoreProbe(store, FakeClock(), None).look()
        store.database.dispose()
        name = make_url(url).database
        with psycopg.connect(url.replace(f"/{name}", "/postgres"), autocommit=True) as admin:
            admin.execute(f"CREATE TABLESPACE small LOCATION '{small_disk}'")
            admin.execute(f"ALTER DATABASE {name} SET TABLESPACE small")
            admin.execute("ALTER ROLE fermata SET temp_tablespaces = 'pg_default'")
        fill_disk(small_disk, rest=3 * 1024**2)

        full = await StoreProbe(store, FakeClock(), None).look()
        with store.begin() as transaction:
            transaction.connection.exec_driver_sql("ALTER ROLE fermata RESET temp_tablespaces")
            transaction.connection.exec_driver_sql("ALTER ROLE fermata SET temp_file_limit = '1MB'")
        store.database.dispose()
        limited = await StoreProbe(store, FakeClock(), None).look()
        store.close()

        assert (roomy.ok, roomy.text) == (True, "answers")
        assert not full.ok
        assert "is full" in full.text
        assert "Free space on the server's disk" in full.text
        assert limited.ok  # To whom the server allows no such file it says nothing about its disk.

    @pytest.mark.parametrize(
        ("state", "words"),
        [
            ("53100", "is full"),
            ("53200", "is short of memory"),
            ("58030", "cannot read or write its files"),
            ("25006", "is read-only"),
        ],
    )
    def test_trouble_of_the_server_may_pass(self, state, words):
        """A disk is freed, a standby promoted: what was under way is done again then."""
        driver = psycopg.errors.lookup(state)("could not extend file")

        told = describe_fault(DBAPIError("select 1", None, driver), "the store shop on db")

        assert isinstance(told, StoreAway)
        assert_three_parts(told, f"The store shop on db {words}")

    def test_absent_server_says_so_without_the_password(self, tmp_path):
        """The message names the store, never its password."""
        with pytest.raises(TransientError) as caught:
            open_store(f"postgresql://fermata:hunter2@/shop?host={tmp_path}")

        assert_three_parts(caught.value, "cannot be reached")
        assert "hunter2" not in str(caught.value)

    async def test_server_that_lost_entries_halts_before_anything_is_written(self, postgres_url, tmp_path):
        """A standby that lagged and was promoted does not know what was done: a person looks first."""
        places = {"FERMATA_STATE_DIR": str(tmp_path), "FERMATA_STORE__URL": "env:PLACE", "PLACE": postgres_url}
        house = open_house(load_settings(None, places))
        for number in range(3):
            append(house.store, number=number)
        assert house.context.halt.find() is None
        with house.store.database.begin() as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # As if they had never come.
            connection.exec_driver_sql("DELETE FROM journal WHERE sequence = 3")
            connection.exec_driver_sql(
                "UPDATE journal_head SET sequence = 2, hash = (SELECT hash FROM journal WHERE sequence = 2)"
            )

        with house.store.begin():
            halt = house.context.halt.find()

        assert halt is not None
        assert halt.by == "fermata"
        assert "ended with entry 3, and now ends with another, 2" in halt.reason
        house.context.halt.resume()
        append(house.store)
        assert house.context.halt.find() is None
        assert count_entries(house.store) == 3
        await house.close()

    def test_absent_database_says_so(self, postgres_url):
        """The server's own words are in the message, and the settings to look at."""
        with pytest.raises(OperationalError) as caught:
            open_store(postgres_url.replace("/test", "/none"))

        assert_three_parts(caught.value, "refused the connection")
        assert "does not exist" in caught.value.why

    def test_server_without_a_free_connection_is_not_a_wrong_password(self, rig):
        """Somebody at three in the morning is sent to max_connections, not to the settings."""
        url = rig.make_database()
        store = open_store(url)
        with store.database.begin() as connection:
            connection.exec_driver_sql("CREATE ROLE crowd LOGIN CONNECTION LIMIT 0")
        store.close()

        with pytest.raises(TransientError) as caught:
            open_store(make_url(url).set(username="crowd").render_as_string(hide_password=False))

        assert_three_parts(caught.value, "has no connection left")

    @pytest.mark.parametrize("lost", ["DROP TABLE flags CASCADE", "ALTER TABLE flags DROP CONSTRAINT pk_flags CASCADE"])
    def test_database_that_was_restored_in_part_is_no_bug(self, postgres_url, lost):
        """A dump that was cut short brings tables without their keys, or none."""
        store = open_store(postgres_url)
        with store.database.begin() as connection:
            connection.exec_driver_sql(lost)

        def write():
            with store.begin() as transaction:
                transaction.flags.put("a", {})

        with pytest.raises(OperationalError) as caught:
            write()

        assert_three_parts(caught.value, "is not whole")
        assert "cut short" in caught.value.do
        store.close()

    def test_user_without_a_right_is_told_which_to_grant(self, postgres_url):
        """A right that is missing is a thing to grant, no bug of Fermata's."""
        store = open_store(postgres_url)

        def write_as_guest():
            with store.begin() as transaction:
                transaction.connection.exec_driver_sql("CREATE ROLE guest; SET LOCAL ROLE guest")
                transaction.journal.append(make_event(), NOON)

        with pytest.raises(OperationalError) as caught:
            write_as_guest()

        assert_three_parts(caught.value, "refuses this user a right")
        assert "grant create on database" in caught.value.do
        store.close()

    async def test_frozen_writer_is_ended_and_the_others_go_on(self, postgres_url, monkeypatch):
        """A worker that stands still inside a transaction loses it; it does not keep the head locked for ever."""
        options = connect._POSTGRES_OPTIONS.replace("timeout=10000", "timeout=300")
        other = open_store(postgres_url)  # With the real patience: a busy machine is slow, and freezes nobody.
        monkeypatch.setattr(connect, "_POSTGRES_OPTIONS", options)
        frozen = open_store(postgres_url)

        def freeze(transaction):
            transaction.journal.append(make_event(), NOON)
            append(other)
            transaction.journal.append(make_event(), NOON)

        with pytest.raises(TransientError) as caught:
            await frozen.write(freeze)

        assert "ended" in caught.value.what or "cannot be reached" in caught.value.what
        assert count_entries(other) == 1
        frozen.close()
        other.close()


def test_foreign_tool_sees_the_settings(sqlite_store, path):
    """WAL and full durability are on, whoever asks."""
    append(sqlite_store)
    with sqlite_store.begin() as transaction:
        connection = transaction.connection
        asked = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete")
        settings = [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in asked]

    assert settings == ["wal", 2, 1, 30_000, 1]
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
