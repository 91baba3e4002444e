"""What the collectors say of a real database."""

import json
import re
from contextlib import closing
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from tests.integration.postgres.conftest import Shop

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts
from fermata.integrations.postgres.collect_plan import explain_statement
from fermata.integrations.postgres.plan_reading import list_scans
from fermata.integrations.postgres.settings import PostgresSettings
from fermata.integrations.postgres.system import Postgres
from fermata.kit.clock import SystemClock
from fermata.kit.errors import OperationalError
from fermata.ports.handing import Handed, take_over
from fermata.rules.signatures import Case, diagnose
from fermata.testing.records import make_scope

pytestmark = pytest.mark.postgres


def fill(shop, rows=200_000):
    """Make the table large enough to be worth an index."""
    shop.run("INSERT INTO order_lines (order_id, sku) SELECT n / 4, 'x' FROM generate_series(1, %s) n", [rows])
    shop.run("VACUUM (ANALYZE) order_lines")
    shop.run("SELECT pg_stat_statements_reset()")


def get_line(item, number):
    """Return the text of a line by its number."""
    return next(line.text for line in item.lines if line.number == number)


async def conclude(shop, **settings):
    """Return what the catalogue makes of everything the collectors bring."""
    system = shop.system(**settings)
    scope = shop.scope()
    evidence = [item for one in system.list_collectors() for item in await one.collect(scope)]
    known = frozenset(action.spec.name for action in system.list_actions())
    return diagnose(Case(scope=scope, alerts=scope.alerts, evidence=tuple(evidence), known_actions=known))


async def test_who_waits_for_whom_is_told(shop):
    """A transaction that does nothing, whoever waits for it, and the signature that names it."""
    holder, waiters = (
        shop.hold("UPDATE order_lines SET sku = 'hunter2-Vq8x' WHERE id = 1"),
        [shop.join() for _ in range(3)],
    )
    for waiter in waiters:
        waiter.say("UPDATE order_lines SET sku = 'b' WHERE id = 1")
    shop.wait_for("count(*) = 3 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")

    item, facts = await shop.look("postgres.activity")
    diagnosis = await conclude(shop)

    assert facts.sessions[0].pid == holder.pid
    assert facts.sessions[0].state == "idle in transaction"
    assert facts.sessions[0].statement == "UPDATE order_lines SET sku = ? WHERE id = ?"
    blocked = {session.pid for session in facts.sessions if session.blocked_by}
    assert blocked == {waiter.pid for waiter in waiters}
    line = get_line(item, facts.sessions[0].line)
    assert line.startswith(f"pid {holder.pid} (")
    assert ", blocks pid " in line
    assert "hunter2" not in json.dumps(item.to_json())
    assert facts.connections <= facts.max_connections
    waits = [line.text for line in item.lines if " waits for Lock:" in line.text]
    assert len(waits) == 3
    assert all(" on public.order_lines" in text for text in waits)
    assert diagnosis.leading.cause == "blocked_by_idle_transaction"
    assert diagnosis.leading.suggestions[0].parameters["pid"] == holder.pid


async def test_slow_statement_is_led_back_to_its_missing_index(shop):
    """Time, plan and table agree: one index is proposed, and with it nothing is."""
    fill(shop, 400_000)
    shop.ask_slowly(20)

    before = await conclude(shop, sample_s=0)
    shop.run("CREATE INDEX ON order_lines (order_id)")
    shop.run("SELECT pg_stat_statements_reset()")
    shop.ask_slowly(20)
    after = await conclude(shop, sample_s=0)

    assert before.leading.cause == "slow_query_missing_index"
    (action,) = before.leading.suggestions
    assert action.name == "postgres.create_index_concurrently"
    assert dict(action.parameters) == {"table": "public.order_lines", "columns": ["order_id"]}
    assert [one.cause for one in after.hypotheses] == []


async def test_newest_rows_of_one_owner_without_an_index_are_led_back_to_it(shop):
    """ORDER BY id DESC LIMIT 20: the plan goes backward through the primary key, and reads most of it for the rare."""
    fill(shop, 400_000)
    with closing(psycopg.connect(shop.url, autocommit=True)) as client:
        for order in range(20):
            client.execute("SELECT sku FROM order_lines WHERE order_id = %s ORDER BY id DESC LIMIT 20", [order])
    database = shop.system()._databases.by_name[shop.name]
    raw = "SELECT sku FROM order_lines WHERE order_id = $1 ORDER BY id DESC LIMIT $2"
    shop.run("ALTER DATABASE " + shop.name + " SET enable_seqscan = off")

    async with database.read() as session:
        (scan,) = list_scans(await explain_statement(session, raw))
    found = await conclude(shop, sample_s=0)

    assert (scan.index, scan.equal_columns) == ("order_lines_pkey", ("order_id",))
    assert found.leading.cause == "slow_query_missing_index"
    assert "in the order of order_lines_pkey" in found.leading.text
    assert found.leading.suggestions[0].parameters["columns"] == ["order_id"]


async def test_without_the_extension_what_runs_is_told(shop):
    """pg_stat_statements is not there: the statements that run now are, and the cut says what is missing."""
    shop.run("DROP EXTENSION pg_stat_statements")
    other = shop.join()
    other.say("SELECT pg_sleep(600), 'hunter2-Vq8x'")
    shop.wait_for(
        "EXISTS (SELECT 1 FROM pg_stat_activity WHERE now() - query_start > '0.1 s' AND pid = %s)", [other.pid]
    )

    item, facts = await shop.look("postgres.statements")

    assert facts.statements[0].text == "SELECT pg_sleep(?), ?"
    assert facts.statements[0].recent_calls is None
    assert "CREATE EXTENSION pg_stat_statements" in item.cut
    assert item.lines[0].text.startswith("seen running 1 times within 0.05 s, for ")


async def test_without_the_extension_a_slow_statement_is_found_by_looking_again_and_again(shop):
    """Each call is short, and one look would miss it: many looks see what takes the time."""
    fill(shop, 400_000)
    shop.run("DROP EXTENSION pg_stat_statements")
    other = shop.join()
    for _ in range(400):
        other.say("SELECT sku FROM order_lines WHERE order_id = 7")

    diagnosis = await conclude(shop, sample_s=1)

    other.todo.queue.clear()
    assert diagnosis.leading.cause == "slow_query_missing_index"


async def test_idle_database_has_nothing_to_tell_and_says_so(shop):
    """Evidence without a statement is still an observation."""
    shop.run("DROP EXTENSION pg_stat_statements")

    item, facts = await shop.look("postgres.statements")

    assert facts.statements == ()
    assert [line.text for line in item.lines] == ["no statement to tell of in pg_stat_activity"]
    assert list(await shop.collect("postgres.plan")) == []


async def test_values_are_shown_only_where_a_person_allowed_it(shop):
    """Literals are taken out by default, and secrets by their look all the same."""
    shop.run("DROP EXTENSION pg_stat_statements")
    other = shop.join()
    other.say("SELECT pg_sleep(600), 'mug', 'AKIAIOSFODNN7EXAMPLE'")
    shop.wait_until(other.pid, "active")

    _, hidden = await shop.look("postgres.activity")
    _, shown = await shop.look("postgres.activity", show_values=True)

    assert hidden.sessions[0].statement == "SELECT pg_sleep(?), ?, ?"
    assert "'mug'" in shown.sessions[0].statement
    assert "AKIAIOSFODNN7EXAMPLE" not in shown.sessions[0].statement


async def test_role_without_statistics_is_told_what_it_lacks(shop):
    """Sessions of others are hidden from it: a stated cut with the GRANT, not silence."""
    url = shop.make_role("blind")
    other = shop.join()
    other.say("SELECT pg_sleep(600)")
    shop.wait_until(other.pid, "active")

    item, facts = await shop.look("postgres.activity", dsn=url)
    statements, _ = await shop.look("postgres.statements", dsn=url)

    assert "GRANT pg_monitor to the reading role" in item.cut
    assert all(session.statement == "" for session in facts.sessions)
    assert statements.cut == "the reading role may not see other roles' statements"


async def test_role_without_rights_on_tables_cannot_plan(shop):
    """EXPLAIN takes the rights of the statement: a gap that says which."""
    fill(shop)
    shop.ask_slowly()
    url = shop.make_role("watcher", "GRANT pg_monitor TO {role}")

    with pytest.raises(OperationalError, match="permission denied for table order_lines") as caught:
        await shop.collect("postgres.plan", dsn=url, sample_s=0)

    assert "GRANT SELECT" in caught.value.do


async def test_statement_that_cannot_be_planned_is_stated_beside_the_others(shop):
    """One has a parameter whose type nobody can tell: the other one is planned all the same."""
    fill(shop)
    shop.ask_slowly()
    shop.run("SELECT count(*) FROM generate_series(1, 100000)")

    item, facts = await shop.look("postgres.plan", sample_s=0)

    assert [scan.table for scan in facts.scans] == ["order_lines"]
    assert "not planned: SELECT count(*) FROM generate_series(?,?)" in item.cut.replace(", ", ",")


async def test_plan_of_what_costs_most_is_handed_over_before_the_others_are_made(shop):
    """A deadline cuts the others off, and the evidence says how many."""
    fill(shop)
    shop.ask_slowly()
    shop.run("SELECT count(*) FROM order_lines WHERE sku = 'x'")
    kept = []

    class Keeping(dict):
        def __setitem__(self, name, evidence):
            kept.append(evidence)
            super().__setitem__(name, evidence)

    handed = Handed(Keeping())
    with take_over(handed):
        item, _ = await shop.look("postgres.plan", sample_s=0)

    first = next(evidence[0] for evidence in kept if evidence)
    assert re.search(r"not planned: \d+ further statements: there was no time$", first.cut)
    assert first.lines[0].text == item.lines[0].text
    assert handed.evidence == (item,)


async def test_statement_of_a_parameter_without_a_type_is_no_gap_once_nobody_calls_it(shop):
    """Somebody filled a table by hand some time ago: nobody could make that plannable, and nobody has to."""
    shop.run("SELECT count(*) FROM generate_series(1, 100000)")

    assert list(await shop.collect("postgres.plan", sample_s=0.05)) == []


async def test_plans_show_what_is_read_from_end_to_end(shop):
    """Columns of the condition, and what no index could answer left aside."""
    fill(shop)
    shop.run("SELECT count(*) FROM order_lines WHERE order_id = 7 AND sku = 'x' AND (price > 3 OR price IS NULL)")

    item, facts = await shop.look("postgres.plan", sample_s=0)

    (scan,) = facts.scans
    assert (scan.namespace, scan.table, scan.equal_columns, scan.is_simple) == (
        "public", "order_lines", ("order_id", "sku"), True,
    )  # fmt: skip
    assert scan.rows_read == pytest.approx(202_000, rel=0.1)
    assert scan.rows_kept < 100
    assert "sequential scan of public.order_lines" in get_line(item, scan.line)


async def test_server_that_refuses_a_generic_plan_plans_a_prepared_statement(shop, monkeypatch):
    """What only newer servers know has something to fall back on: an older one refuses it, and is asked otherwise."""
    monkeypatch.setattr("fermata.integrations.postgres.collect_plan._GENERIC_SINCE", 0)
    fill(shop)
    shop.ask_slowly()

    _, facts = await shop.look("postgres.plan", sample_s=0)

    assert [scan.equal_columns for scan in facts.scans] == [("order_id",)]


async def test_nothing_is_run_to_plan_it(shop):
    """A slow statement that writes is planned in a read-only transaction, and nothing is written."""
    fill(shop)
    shop.run("UPDATE order_lines SET price = 1 WHERE sku = 'no such'")
    before = shop.snapshot()
    writer = shop.make_role("writes", "GRANT pg_monitor, pg_read_all_data, pg_write_all_data TO {role}")

    _, facts = await shop.look("postgres.plan", sample_s=0, dsn=writer)

    assert [scan.equal_columns for scan in facts.scans] == [("sku",)]
    assert shop.snapshot() == before


@pytest.mark.parametrize("grant", ["ALTER ROLE {role} SUPERUSER", "GRANT pg_execute_server_program TO {role}"])
async def test_nothing_is_planned_as_a_role_that_may_start_programs(shop, grant):
    """Planning calls functions marked immutable, whoever made them: what they call would run as that role."""
    fill(shop)
    shop.ask_slowly()
    url = shop.make_role("mighty", f"GRANT pg_monitor, pg_read_all_data TO {{role}};{grant}")

    with pytest.raises(OperationalError, match="is a superuser, or reaches the server's files or programs") as caught:
        await shop.collect("postgres.plan", dsn=url, sample_s=0)

    assert "ordinary role" in caught.value.do


@pytest.mark.parametrize("collector", ["statements", "plan", "migrations"])
async def test_functions_that_others_made_are_not_called(shop, collector):
    """CVE-2018-1058: one of the catalogue's name that fits the arguments better, in a schema of the search path."""
    fill(shop)
    shop.run("CREATE TABLE alembic_version (version_num text)")
    for name, kind in (("quote_ident", "name"), ("cardinality", "regtype[]")):
        shop.run(
            f"CREATE FUNCTION public.{name}({kind}) RETURNS text LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION 'somebody''s own'; END $$"
        )
    shop.ask_slowly()

    items = await shop.collect(f"postgres.{collector}")

    assert [item for item in items if "somebody's own" in item.cut] == []


async def test_invalid_index_is_seen(shop):
    """What an interrupted build left behind costs writes and serves nothing."""
    shop.run("CREATE INDEX broken ON order_lines (sku)")
    shop.run("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass")

    item, facts = await shop.look("postgres.tables")

    assert {index.name: index.is_valid for index in facts.tables[0].indexes}["broken"] is False
    assert "1 invalid indexes" in item.title
    assert any("INVALID, left behind by an interrupted build" in line.text for line in item.lines)


async def test_migrations_of_three_tools_are_changes(shop):
    """Alembic's row has the time of its commit, where the server keeps it; Django's and Flyway's say it themselves."""
    shop.run("CREATE TABLE alembic_version (version_num text PRIMARY KEY)")
    shop.run("INSERT INTO alembic_version VALUES ('ae12')")
    shop.run("CREATE TABLE django_migrations (id serial, app text, name text, applied timestamptz)")
    shop.run("INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0001_old', now() - interval '1 day')")
    shop.run("INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0002_new', now())")
    shop.run(
        "CREATE TABLE flyway_schema_history (installed_rank int, version text, description text, script text, "
        "installed_by text, installed_on timestamp DEFAULT now(), success boolean)"
    )
    shop.run(
        "INSERT INTO flyway_schema_history VALUES (1, '3', 'drop unused', 'V3__drop_unused.sql', 'mei', now(), false)"
    )

    found = await shop.collect("postgres.migrations")

    facts = [ChangeFacts.from_json(item.facts) for item in found if item.kind is EvidenceKind.CHANGE]
    assert {(one.ref, one.state, one.author) for one in facts} == {
        ("ae12", "", ""), ("shop.0002_new", "", ""), ("V3", "failure", "mei"),
    }  # fmt: skip
    assert all(one.kind == "migration" and not one.diff_read for one in facts)
    assert all(datetime.now(UTC) - one.changed_at < timedelta(minutes=1) for one in facts)


MORE_TOOLS = """
CREATE TABLE schema_migrations (version varchar PRIMARY KEY);
INSERT INTO schema_migrations VALUES ('20261101120000');
CREATE SCHEMA billing;
CREATE TABLE billing.schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL);
INSERT INTO billing.schema_migrations VALUES (12, true);
CREATE TABLE _prisma_migrations (id varchar, checksum varchar, finished_at timestamptz, migration_name varchar,
    logs text, rolled_back_at timestamptz, started_at timestamptz DEFAULT now(), applied_steps_count int DEFAULT 0);
INSERT INTO _prisma_migrations (migration_name, started_at, finished_at, rolled_back_at) VALUES
    ('20260101_init', now() - interval '1 day', now() - interval '1 day', NULL),
    ('20261123_tried', now() - interval '5 minutes', NULL, now()), ('20261123_note', now(), NULL, NULL);
CREATE TABLE databasechangelog (id varchar, author varchar, filename varchar, dateexecuted timestamp,
    orderexecuted int, exectype varchar);
INSERT INTO databasechangelog VALUES
    ('41', 'mei', 'db/changelog/0041_old.xml', now() - interval '1 day', 1, 'EXECUTED'),
    ('42', 'mei', 'db/changelog/0042_note.xml', now(), 2, 'EXECUTED'), ('43', 'mei', 'db/x.xml', now(), 3, 'MARK_RAN');
"""


async def test_migrations_of_other_tools_are_changes(shop):
    """What failed half way, or was not finished, says so; what a person marked as rolled back is over."""
    for statement in MORE_TOOLS.split(";\n")[:-1]:
        shop.run(statement)

    found = await shop.collect("postgres.migrations")

    facts = [ChangeFacts.from_json(item.facts) for item in found if item.kind is EvidenceKind.CHANGE]
    assert {(one.ref, one.state, one.author) for one in facts} == {
        ("12", "failure", ""), ("20261123_note", "not finished", ""), ("42", "success", "mei"),
        ("43", "skipped", "mei"),
    }  # fmt: skip
    assert {one.title for one in facts if one.ref == "42"} == {"42 (db/changelog/0042_note.xml)"}
    (said,) = [line.text for item in found if item.kind is EvidenceKind.TEXT for line in item.lines]
    assert said.startswith("schema_migrations's migrations begin at ")


async def test_run_that_set_a_database_up_is_no_change_of_it(shop):
    """Nothing ran on it before that the first migrations could have broken."""
    shop.run("CREATE TABLE django_migrations (id serial, app text, name text, applied timestamptz)")
    shop.run(
        "INSERT INTO django_migrations (app, name, applied) VALUES "
        "('auth', '0001_initial', now() - interval '1 minute'), ('shop', '0001_initial', now() - interval '59 seconds')"
    )

    (found,) = await shop.collect("postgres.migrations")

    assert found.kind is EvidenceKind.TEXT
    (line,) = found.lines
    assert line.text.startswith("django's migrations begin at ")
    assert line.text.endswith(": this database was set up then, and no change of it")


async def test_server_that_keeps_no_times_and_counts_nothing_is_told(postgres):
    """The usual server: alembic's row has no time there, and the extension may be made and not loaded."""
    url = postgres.make_database()
    name = url.partition("?")[0].rpartition("/")[2]
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num text PRIMARY KEY)")
        connection.execute("INSERT INTO alembic_version VALUES ('ae12')")
        connection.execute("CREATE TABLE django_migrations (id serial, app text, name text, applied timestamptz)")
        connection.execute("CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean)")
        connection.execute("INSERT INTO schema_migrations VALUES (12, true)")
        connection.execute("CREATE EXTENSION pg_stat_statements")
        connection.execute(f"CREATE ROLE clerk_{name} LOGIN IN ROLE pg_monitor")
        connection.execute(f"GRANT SELECT ON alembic_version, schema_migrations TO clerk_{name}")
    system = Postgres(PostgresSettings(dsn=url.replace("//fermata@", f"//clerk_{name}@")), SystemClock())
    collectors = {one.name: one for one in system.list_collectors()}
    scope = make_scope("service/checkout", at=datetime.now(UTC))

    (migrations,) = await collectors["postgres.migrations"].collect(scope)
    (statements,) = await collectors["postgres.statements"].collect(scope)

    assert migrations.kind is EvidenceKind.TEXT
    texts = [line.text for line in migrations.lines]
    assert texts[0] == "alembic stands at ae12; when it came there the database does not say"
    assert texts[1] == (
        "golang-migrate stands at 12, which failed half way; when it came there the database does not say"
    )
    assert texts[2].startswith("public.django_migrations may not be read: GRANT SELECT")
    assert "must be loaded via" in statements.cut
    assert statements.title == f"{name}: 0 statements from pg_stat_activity"


async def test_full_server_is_evidence_of_it(shop):
    """A refused look is an observation: the signature says that all connections are taken."""
    url = shop.make_role("guest")
    shop.run(f"ALTER ROLE guest_{shop.name} CONNECTION LIMIT 0")

    item, facts = await shop.look("postgres.activity", dsn=url)

    assert facts.refuses_connections
    assert item.lines[0].text.startswith("the server refuses new connections: all connections are taken")
    with pytest.raises(OperationalError, match="all connections are taken"):
        await shop.collect("postgres.tables", dsn=url)


async def test_connections_of_a_socket_come_from_no_address(shop):
    """Who holds connections is told by address; what is on the server's own machine has none. Its users are named."""
    shop.join()

    _, facts = await shop.look("postgres.activity")

    assert facts.connections > 0
    assert (facts.holders, facts.clients) == ((), ("checkout",))


async def test_database_that_fails_is_stated_beside_the_one_that_answers(shop):
    """One of two is gone: the other one's evidence says so."""
    system = shop.system()
    settings = system.Settings(
        databases={shop.name: {"dsn": shop.url}, "gone": {"dsn": shop.url.replace(f"/{shop.name}?", "/gone?")}},
        services={"checkout": shop.name, "billing": "gone"},
        sample_s=0,
    )
    collector = type(system)(settings, system.clock).list_collectors()[0]

    (item,) = await collector.collect(shop.scope("service/checkout", "service/billing"))

    assert item.entity.name == shop.name
    assert "has no such database" in item.cut
    with pytest.raises(OperationalError, match="has no such database"):
        await collector.collect(shop.scope("service/billing"))


async def test_database_is_found_by_its_own_name_and_by_being_alone(shop):
    """An alert may name the database; with one database, any service means it."""
    alone = shop.system(services={})

    assert alone.list_collectors()[0].wants(shop.scope("service/anything"))
    assert alone.list_collectors()[0].wants(shop.scope(f"database/{shop.name.upper()}"))
    assert not alone.list_collectors()[0].wants(shop.scope("host/checkout"))
    assert not shop.system().list_collectors()[0].wants(shop.scope("service/anything"))


async def test_database_without_an_encoding_is_read_like_any_other(statements_rig):
    """What initdb makes in the locale C checks no text: names and statements come as they were sent, UTF-8 or not."""
    with closing(Shop(statements_rig, encoding="SQL_ASCII")) as shop:
        holder = shop.hold("UPDATE order_lines SET sku = 'b' WHERE id = 1")
        with closing(psycopg.connect(shop.url, autocommit=True)) as connection:
            connection.pgconn.exec_(b'CREATE TABLE latin ("caf\xe9" int)')

        item, facts = await shop.look("postgres.activity")
        tables = await shop.collect("postgres.tables")
        checked = await shop.system().check()

    assert facts.sessions[0].pid == holder.pid
    assert not item.cut
    assert any("order_lines" in line.text for one in tables for line in one.lines)
    assert all(finding.ok for finding in checked), checked
