"""A real PostgreSQL for each test: one server, a database of its own, and sessions of other people."""

import hashlib
import queue
import threading
from contextlib import closing
from datetime import UTC, datetime

import psycopg
import pytest

from fermata.domain.facts import DatabaseLoadFacts
from fermata.integrations.postgres.settings import PostgresSettings
from fermata.integrations.postgres.system import Postgres
from fermata.kit.clock import SystemClock
from fermata.testing.postgres import PostgresRig
from fermata.testing.records import make_scope

SECRET = "hunter2-Vq8x"
TABLES = """
CREATE TABLE order_lines (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id bigint NOT NULL, sku text,
  price numeric, details json);
INSERT INTO order_lines (order_id, sku) SELECT n / 4, 'sku-' || n % 100 FROM generate_series(1, 2000) n;
"""
SLOW = "SELECT sku FROM order_lines WHERE order_id = %s"


class Other(threading.Thread):
    """Somebody else's session: runs what it is told, one statement after the other."""

    def __init__(self, url, **options):
        super().__init__(daemon=True)
        self.connection = psycopg.connect(url, autocommit=True, **({"application_name": "other"} | options))
        self.pid = self.connection.info.backend_pid
        self.todo = queue.Queue()
        self.failures = []
        self.start()

    def run(self):
        """Run statements until the session is over."""
        while (statement := self.todo.get()) is not None:
            try:
                self.connection.execute(statement)
            except psycopg.Error as error:
                self.failures.append(error)
            finally:
                self.todo.task_done()
        self.connection.close()

    def say(self, statement):
        """Begin a statement, and do not wait for it."""
        self.todo.put(statement)


class Shop:
    """A database with its integration."""

    SECRET = SECRET

    def __init__(self, rig, encoding="UTF8"):
        self.rig = rig
        self.url = rig.make_database(encoding)
        self.name = self.url.partition("?")[0].rpartition("/")[2]
        self.ref = f"postgres:database/{self.name}"
        self.others = []
        # As its page describes, but for every schema that a test may make.
        self.reader = self.make_role("reads", "GRANT pg_monitor, pg_read_all_data TO {role}")
        self.run("CREATE EXTENSION pg_stat_statements")
        self.run(TABLES)
        self.run("VACUUM (ANALYZE) order_lines")
        self.run("SELECT pg_stat_statements_reset()")

    def run(self, statement, parameters=None):
        """Run a statement as the administrator; return its rows."""
        with closing(psycopg.connect(self.url, autocommit=True)) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def make_role(self, name, grants=""):
        """Make a role that may log in; return its URL. Roles are the whole server's, so names are made anew."""
        role = f"{name}_{self.name}"
        self.run(f"CREATE ROLE {role} LOGIN")
        for grant in filter(None, grants.split(";")):
            self.run(grant.format(role=role))
        return self.url.replace("//fermata@", f"//{role}@")

    def system(self, *, dsn="", write_dsn=None, **settings):
        """Return the integration, set up for this database; quick, since nobody is far away."""
        values = {"sample_s": 0.05, "connect_timeout_s": 2, "services": {"checkout": self.name}}
        write = self.url if write_dsn is None else write_dsn
        databases = {self.name: {"dsn": dsn or self.reader, "write_dsn": write}}
        return Postgres(PostgresSettings(databases=databases, **(values | settings)), SystemClock())

    def collector(self, name, **settings):
        """Return one collector by its name."""
        return next(c for c in self.system(**settings).list_collectors() if c.name == name)

    def action(self, name, **settings):
        """Return one action by its name."""
        return next(a for a in self.system(**settings).list_actions() if a.spec.name == f"postgres.{name}")

    @staticmethod
    def scope(*refs):
        """Return a scope that ends now."""
        return make_scope(*(refs or ("service/checkout",)), at=datetime.now(UTC))

    async def collect(self, name, **settings):
        """Return what one collector brings."""
        return await self.collector(name, **settings).collect(self.scope())

    async def look(self, name, **settings):
        """Return the one piece of evidence about the load, and its facts."""
        (item,) = await self.collect(name, **settings)
        return item, DatabaseLoadFacts.from_json(item.facts)

    def ask_slowly(self, times=5):
        """Let a client ask for what no index serves."""
        with closing(psycopg.connect(self.url, autocommit=True, application_name="shop")) as connection:
            for order in range(times):
                connection.execute(SLOW, [order])

    def join(self, **options):
        """Let somebody else connect."""
        self.others.append(Other(self.url, **options))
        return self.others[-1]

    def hold(self, statement):
        """Let somebody else run a statement and leave its transaction open; return who."""
        other = self.join()
        other.say("BEGIN")
        other.say(statement)
        self.wait_for(
            "EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = %s AND state = 'idle in transaction' AND query = %s)",
            [other.pid, statement],
        )
        return other

    def wait_for(self, condition, parameters=None):
        """Wait until a condition of the server's own view holds."""
        for _ in range(400):
            if self.run(f"SELECT {condition}", parameters)[0][0]:
                return
            threading.Event().wait(0.01)
        raise AssertionError(condition)

    def wait_until(self, pid, state):
        """Wait until a session is in a state."""
        self.wait_for("EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = %s AND state = %s)", [pid, state])

    def describe(self, other):
        """Return the parameters that name a session, as the evidence gives them."""
        ((started, digest),) = self.run(
            "SELECT backend_start, encode(sha256(convert_to(query, 'UTF8')), 'hex') FROM pg_stat_activity "
            "WHERE pid = %s",
            [other.pid],
        )
        return {"pid": other.pid, "backend_started_at": started.isoformat(), "statement_digest": digest}

    def list_definitions(self):
        """Return the indexes of the table with their comments, as lines of a dry run."""
        rows = self.run(
            "SELECT pg_get_indexdef(i.indexrelid), c.relname, obj_description(c.oid, 'pg_class') FROM pg_index i "
            "JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = 'order_lines'::regclass ORDER BY c.relname"
        )
        lines = []
        for definition, name, comment in rows:
            lines.append(definition)
            lines += [f"COMMENT ON INDEX {name} IS '{comment}'"] if comment else []
        return lines

    def snapshot(self):
        """Return a digest of everything that could be changed by mistake: relations, rows, other people's sessions."""
        rows = self.run("SELECT relname, relkind::text, relnatts FROM pg_class ORDER BY oid")
        rows += self.run("SELECT * FROM order_lines ORDER BY id")
        rows += self.run("SELECT indexrelid, indisvalid, obj_description(indexrelid, 'pg_class') FROM pg_index")
        rows += self.run(
            "SELECT pid, backend_start, query FROM pg_stat_activity WHERE application_name = 'other' ORDER BY pid"
        )
        return hashlib.sha256(repr(rows).encode()).hexdigest()

    def destroy(self):
        """Take the server away."""
        self.rig.stop("immediate")

    def close(self):
        """End other people's sessions, and let the server come back."""
        if not (self.rig.data / "postmaster.pid").exists():
            self.rig.start()
        for other in self.others:
            other.say(None)
            self.run("SELECT pg_terminate_backend(%s)", [other.pid])
            other.join(5)


@pytest.fixture(scope="session")
def statements_rig():
    """Give a server that counts statements and dates commits."""
    rig = PostgresRig()
    rig.start()
    settings = "shared_preload_libraries = 'pg_stat_statements'\ntrack_commit_timestamp = on\n"
    with (rig.data / "postgresql.auto.conf").open("a") as file:
        file.write(settings)
    rig.stop()
    rig.start()
    yield rig
    rig.close()


@pytest.fixture
def shop(statements_rig):
    """Give a database of the test's own."""
    shop = Shop(statements_rig)
    yield shop
    shop.close()
