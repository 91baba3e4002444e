"""The scenario `slow-query`: a real migration slows a real service down, and the index cures it."""

import asyncio
import contextlib
import stat
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg
import pytest

from fermata.cli.demo import shop_database
from fermata.cli.demo.faults import parse_scenario
from fermata.cli.demo.shop_database import ACTOR, OWNER, READER, ShopDatabase
from fermata.kit.errors import OperationalError, UserError

pytestmark = pytest.mark.postgres


async def until(condition, within_s):
    """Poll a real process or receiver."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < within_s, f"not within {within_s} s"
        await asyncio.sleep(0.05)


def ask(stage, *, may_give_up=False):
    """Return the seconds that checkout takes for a basket; on a busy machine it may give up waiting for profile."""
    began = time.monotonic()
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{stage.ports['CHECKOUT_PORT']}/checkout", timeout=5) as answer:
            assert answer.status == 200
    except urllib.error.HTTPError as error:
        if not may_give_up or error.code != 500:
            raise
    return time.monotonic() - began


def execute(stage, role, statement):
    """Run a statement as one of the database's roles; return its rows."""
    address = stage.database.write_address(role)
    with contextlib.closing(psycopg.connect(address, autocommit=True)) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


async def test_dropped_index_slows_checkout_down_and_the_index_cures_it(make_stage, receiver):
    """The shop answers, late; the alert tells of it; the index that was dropped ends it, and nothing is left behind."""
    async with make_stage(use_prometheus=False, use_database=True) as stage:
        folder = stage.socket_path.parent
        await stage.start(lambda _: None)
        healthy = min(ask(stage) for _ in range(3))

        fault = await stage.break_it("slow-query")
        await until(lambda: receiver.find("CheckoutSlow", "firing"), 30)
        slow = ask(stage, may_give_up=True)

        assert slow > 0.5
        assert slow > 5 * healthy
        assert fault.stays_running
        assert execute(stage, OWNER, "SELECT version_num FROM alembic_version") == [("v0003",)]
        with pytest.raises(OperationalError, match="dropped already"):
            await stage.break_it("slow-query")

        execute(stage, ACTOR, "CREATE INDEX CONCURRENTLY again ON order_lines (order_id)")
        await until(lambda: receiver.find("CheckoutSlow", "resolved"), 30)

        assert receiver.find("CheckoutErrors", "firing") is None
        assert stat.S_IMODE(folder.stat().st_mode) & 0o007 == 0
        server = stage.database.process
    assert server.poll() is not None
    assert not folder.exists()


async def test_roles_may_do_what_the_page_grants_and_no_more(make_stage):
    """The reader cannot write; whoever acts can build an index."""
    async with make_stage(use_prometheus=False, use_database=True) as stage:
        await stage.start(lambda _: None)

        assert execute(stage, READER, "SELECT count(*) FROM order_lines") == [(600_000,)]
        for statement in ("DELETE FROM orders", "CREATE TABLE mine (a int)", "CREATE INDEX ON orders (id)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                execute(stage, READER, statement)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("find_binaries", None, "initdb and pg_ctl are not installed"), ("_has_account", False, "there is no user")],
)
def test_machine_without_postgres_is_told(monkeypatch, name, value, words):
    """A refusal with what to install, before anything is started."""
    place = "fermata.testing.postgres" if name == "find_binaries" else shop_database.__name__
    monkeypatch.setattr(f"{place}.{name}", lambda: value)
    monkeypatch.setattr("os.geteuid", lambda: 0)

    with pytest.raises(UserError, match=words) as caught:
        parse_scenario("slow-query")

    assert "apt-get install postgresql" in caught.value.do


def test_directory_that_the_server_cannot_reach_is_told(monkeypatch, tmp_path):
    """As root the server runs as another user, who has to get to its files."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(closed))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(f"{shop_database.__name__}._has_account", lambda: True)

    with pytest.raises(UserError, match="cannot pass through") as caught:
        parse_scenario("slow-query")

    assert "TMPDIR" in caught.value.do


def test_server_that_does_not_start_says_its_last_words(monkeypatch):
    """A server that refuses its settings is not waited for."""
    monkeypatch.setitem(shop_database._SETTINGS, "max_connections", "none")
    with tempfile.TemporaryDirectory(prefix="fermata-") as folder:
        place = Path(folder)
        database = ShopDatabase(place, place / "log", {"PATH": "/usr/bin:/bin"}, place)

        with pytest.raises(OperationalError, match="max_connections"):
            database.start()

        database.end()


async def test_failing_migration_says_why(make_stage):
    """A migration that alembic refuses stops the demo with alembic's words."""
    async with make_stage(use_prometheus=False, use_database=True) as stage:
        await stage.start(lambda _: None)

        with pytest.raises(OperationalError, match="v0999"):
            stage.database.migrate(stage.repository_path, "v0999")
