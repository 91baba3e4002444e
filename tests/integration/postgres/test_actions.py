"""The actions on a real server: what they refuse, what they leave behind, and what is told of it."""

import re
import threading
from datetime import UTC, datetime

import psycopg
import pytest

from fermata.domain.action import Outcome
from fermata.domain.entity import Entity
from fermata.integrations.postgres.client import open_writer
from fermata.kit.errors import OperationalError, UserError
from fermata.testing.action_contract import KEY, OTHER_KEY, plan_action

pytestmark = pytest.mark.postgres
INDEX = {"table": "order_lines", "columns": ["order_id"]}
NAME = "fermata_order_lines_order_id_btree"
NOW = datetime.now(UTC)


async def plan(shop, name, parameters, **settings):
    """Return an action, and what its dry run plans."""
    action, target = shop.action(name, **settings), Entity.parse(shop.ref)
    return action, plan_action(action, target, parameters, await action.dry_run(target, parameters))


async def refuse(shop, name, parameters, **settings):
    """Return the words of a dry run's refusal."""
    with pytest.raises(UserError) as caught:
        await plan(shop, name, parameters, **settings)
    assert caught.value.do
    return str(caught.value)


async def test_read_only_database_refuses_every_action(shop):
    """Without write_dsn nothing is done, and the refusal says what to set."""
    for name, parameters in (
        ("create_index_concurrently", INDEX),
        ("drop_index_concurrently", {"index": NAME}),
        ("cancel_backend", shop.describe(shop.join())),
        ("terminate_backend", shop.describe(shop.join())),
    ):
        assert "its settings have no write_dsn" in await refuse(shop, name, parameters, write_dsn="")
        action, planned = await plan_anyway(shop, name, parameters)
        assert (await action.execute(planned, KEY)).outcome is Outcome.FAILED
        assert (await action.probe(planned, KEY, NOW)).outcome is Outcome.UNKNOWN


async def plan_anyway(shop, name, parameters):
    """Return the action of a read-only system with a plan that was made when it was not."""
    target = Entity.parse(shop.ref)
    other = shop.action("create_index_concurrently")
    dry_run = await other.dry_run(target, INDEX)
    action = shop.action(name, write_dsn="")
    return action, plan_action(action, target, parameters, dry_run)


async def test_card_says_statement_size_lock_and_undo(shop):
    """What a person approves is the exact statement; the undo is an action of the catalogue."""
    _, planned = await plan(shop, "create_index_concurrently", INDEX)

    dry_run = planned.dry_run
    statement = f"CREATE INDEX CONCURRENTLY {NAME} ON public.order_lines USING btree (order_id)"
    assert f"It runs: {statement};" in dry_run.note
    # The statistics of a table that was just filled arrive a moment later.
    assert re.search(r"has about [\d,]+ rows in [\d.]+ KiB", dry_run.note)
    for words in ("SHARE UPDATE EXCLUSIVE", "is not computed"):
        assert words in dry_run.note
    assert (dry_run.undo.name, dict(dry_run.undo.parameters)) == (
        "postgres.drop_index_concurrently",
        {"index": f"public.{NAME}"},
    )
    assert dry_run.blast_radius.count == 1


async def test_planners_cost_with_the_index_is_told_where_hypopg_is_there(shop):
    """The index is built in nobody's table for it; an index it cannot imagine is said, and nothing is broken by it."""
    if not shop.run("SELECT 1 FROM pg_available_extensions WHERE name = 'hypopg'"):
        pytest.skip("no hypopg")
    shop.run("INSERT INTO order_lines (order_id, sku) SELECT n, 'x' FROM generate_series(1, 20000) n")
    shop.run("ANALYZE order_lines")
    shop.run("CREATE EXTENSION hypopg")
    before = shop.list_definitions()
    owner = shop.make_role("keeper", "GRANT CREATE ON SCHEMA public TO {role};ALTER TABLE order_lines OWNER TO {role}")

    _, planned = await plan(shop, "create_index_concurrently", INDEX, write_dsn=owner)
    shop.run("ALTER TABLE order_lines ADD note text")
    stranger = INDEX | {"columns": ["order_id"], "where": "note > 5"}
    action, target = shop.action("create_index_concurrently", write_dsn=owner), Entity.parse(shop.ref)
    odd = await action.dry_run(target, stranger)

    told = re.search(r"By hypopg, a look-up by order_id costs ([\d,]+) now and ([\d,]+) with it", planned.dry_run.note)
    now, then = (int(number.replace(",", "")) for number in told.groups())
    assert then * 10 < now
    assert shop.list_definitions() == before
    assert "The planner's new cost is not computed: " in odd.note


def stand_in_for_hypopg(shop):
    """Put something in the place of the extension that imagines no index."""
    shop.run(
        "INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion) "
        "VALUES (99999, 'hypopg', 10, 'public'::regnamespace, true, '1')"
    )
    shop.run("CREATE FUNCTION hypopg_create_index(text) RETURNS text LANGUAGE sql AS 'SELECT $1'")


async def test_planners_cost_is_not_asked_for_as_a_superuser(shop):
    """Planning calls functions that others made, and a superuser may do anything."""
    stand_in_for_hypopg(shop)

    _, planned = await plan(shop, "create_index_concurrently", INDEX, write_dsn=shop.url)

    assert "The planner's new cost is not computed: fermata is a superuser" in planned.dry_run.note


async def test_planners_cost_is_that_of_the_catalogues_operators(shop):
    """Who may make an operator in the extension's schema does not say what `=` is (CVE-2018-1058)."""
    stand_in_for_hypopg(shop)
    kind = "bigint, bigint"
    shop.run(f"CREATE FUNCTION own({kind}) RETURNS boolean LANGUAGE sql AS 'SELECT true'")
    shop.run(f"REVOKE EXECUTE ON FUNCTION own({kind}) FROM PUBLIC")
    shop.run("CREATE OPERATOR public.= (FUNCTION = own, LEFTARG = bigint, RIGHTARG = bigint)")
    owner = shop.make_role("keeper", "GRANT CREATE ON SCHEMA public TO {role};ALTER TABLE order_lines OWNER TO {role}")

    _, planned = await plan(shop, "create_index_concurrently", INDEX, write_dsn=owner)

    assert "By hypopg, a look-up by order_id costs" in planned.dry_run.note


async def test_undo_takes_back_what_was_built(shop):
    """The index that carries our mark is dropped by its own undo, and nothing else was touched."""
    before = shop.list_definitions()
    action, planned = await plan(shop, "create_index_concurrently", INDEX)
    assert (await action.execute(planned, KEY)).outcome is Outcome.DONE

    undo = planned.dry_run.undo
    dropping, back = await plan(shop, "drop_index_concurrently", undo.parameters)
    result = await dropping.execute(back, OTHER_KEY)

    assert result.outcome is Outcome.DONE
    assert shop.list_definitions() == before
    assert "Build it again: CREATE INDEX CONCURRENTLY" in back.dry_run.undo_text


async def test_condition_and_names_are_written_as_the_server_reads_them(shop):
    """Capitals, reserved words and a condition survive; the statement is the one on the card."""
    shop.run('CREATE TABLE "Order" ("user" text, deleted_at timestamptz, Total int)')
    shop.run('INSERT INTO "Order" DEFAULT VALUES')
    parameters = {
        "table": "Order", "columns": ["user", "total"], "where": "deleted_at IS NULL and user = 'a b' AND total > 3",
    }  # fmt: skip

    action, planned = await plan(shop, "create_index_concurrently", parameters)
    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE, result.detail
    assert '("user", total) WHERE ((deleted_at IS NULL) AND ("user" = \'a b\') AND (total > 3))' in planned.dry_run.note


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        (INDEX | {"table": "shipments"}, "There is no table public.shipments"),
        (INDEX | {"columns": ["color"]}, "has no column color"),
        (INDEX | {"columns": ["details"]}, "of type json, which btree cannot index"),
        (INDEX | {"columns": ["id"]}, "has such an index already"),
        (INDEX | {"table": "a_view"}, "is no table"),
        (INDEX | {"table": "parts", "columns": ["n"]}, "is partitioned"),
    ],
)
async def test_index_that_cannot_or_need_not_be_built_is_refused(shop, parameters, words):
    """Each with its reason, before anybody is asked."""
    shop.run("CREATE VIEW a_view AS SELECT order_id FROM order_lines")
    shop.run("CREATE TABLE parts (n int) PARTITION BY RANGE (n)")

    assert words in await refuse(shop, "create_index_concurrently", parameters)


async def test_equal_partial_index_and_taken_name_are_refused(shop):
    """A condition counts when two indexes are compared, and a name is taken by whoever has it."""
    partial = INDEX | {"where": "order_id > 100"}
    shop.run("CREATE INDEX partly ON order_lines USING btree (order_id) WHERE (order_id > 100)")
    shop.run(f"CREATE INDEX {NAME} ON order_lines (sku)")

    assert "has such an index already" in await refuse(shop, "create_index_concurrently", partial)
    assert f"There is an index {NAME} already" in await refuse(shop, "create_index_concurrently", INDEX)


async def test_role_that_does_not_own_the_table_is_told_the_grant(shop):
    """The refusal is the GRANT to copy."""
    url = shop.make_role("worker")

    words = await refuse(shop, "create_index_concurrently", INDEX, write_dsn=url)

    assert f"GRANT fermata TO worker_{shop.name}; GRANT CREATE ON SCHEMA public TO fermata" in words


async def test_interrupted_build_is_told_with_the_way_out(shop):
    """It waits for an old transaction and is given up: the INVALID index it leaves is named, never silently kept."""
    shop.hold("UPDATE order_lines SET sku = 'a' WHERE id = 1")
    action, planned = await plan(shop, "create_index_concurrently", INDEX, build_timeout_s=0.5)

    result = await action.execute(planned, KEY)
    probed = await action.probe(planned, KEY, NOW)
    again = await refuse(shop, "create_index_concurrently", INDEX)

    for told in (result, probed):
        assert told.outcome is Outcome.UNKNOWN
        assert "was left INVALID by a build that was interrupted" in told.detail
        assert f"DROP INDEX CONCURRENTLY public.{NAME};" in told.detail
    assert f"Drop it first: DROP INDEX CONCURRENTLY public.{NAME}" in again


async def test_old_transaction_is_on_the_card(shop, monkeypatch):
    """A build waits for whoever is older than it: a person should know before."""
    monkeypatch.setattr("fermata.integrations.postgres.index_create._LONG_OPEN_S", 0)
    holder = shop.hold("SELECT 1 FROM order_lines LIMIT 1")

    _, planned = await plan(shop, "create_index_concurrently", INDEX)

    assert f"A transaction of pid {holder.pid} has been open for" in planned.dry_run.note


async def test_probe_sees_a_build_that_still_runs_and_one_that_left_no_mark(shop):
    """Killed while the server builds: it goes on there. Killed before the comment: valid, and not provably ours."""
    action, planned = await plan(shop, "create_index_concurrently", INDEX)
    database = shop.system()._databases.by_name[shop.name]

    async with open_writer(shop.url, shop.name, database.limits, f"fermata {KEY.mark}"):
        running = await action.probe(planned, KEY, NOW)
    shop.run(f"CREATE INDEX {NAME} ON order_lines (order_id)")
    unmarked = await action.probe(planned, KEY, NOW)

    assert (running.outcome, unmarked.outcome) == (Outcome.UNKNOWN, Outcome.UNKNOWN)
    assert "is still being built by pid" in running.detail
    assert "without the mark of this execution" in unmarked.detail


async def test_only_our_own_index_is_dropped(shop):
    """No mark, no drop; nor one that backs a constraint by now, nor one that is not there, nor as a stranger."""
    shop.run("CREATE INDEX theirs ON order_lines (sku)")
    shop.run("CREATE UNIQUE INDEX ours ON order_lines (id)")
    shop.run("COMMENT ON INDEX ours IS 'fermata: act-1.abc'")
    stranger = shop.make_role("stranger")

    assert "was not built by Fermata" in await refuse(shop, "drop_index_concurrently", {"index": "theirs"})
    assert "There is no index public.gone" in await refuse(shop, "drop_index_concurrently", {"index": "gone"})
    words = await refuse(shop, "drop_index_concurrently", {"index": "ours"}, write_dsn=stranger)
    assert f"GRANT fermata TO stranger_{shop.name}" in words
    shop.run("ALTER TABLE order_lines ADD CONSTRAINT sole UNIQUE USING INDEX ours")
    assert "backs a constraint by now" in await refuse(shop, "drop_index_concurrently", {"index": "sole"})


async def test_interrupted_drop_is_told(shop):
    """It waits for whoever reads the table, and is given up: invalid by now, and said with what finishes it."""
    action, planned = await plan(shop, "create_index_concurrently", INDEX)
    await action.execute(planned, KEY)
    shop.hold("SELECT 1 FROM order_lines LIMIT 1")

    dropping, back = await plan(shop, "drop_index_concurrently", {"index": NAME}, build_timeout_s=0.5)
    result = await dropping.execute(back, OTHER_KEY)

    assert result.outcome is Outcome.UNKNOWN
    assert f"Finish it: DROP INDEX CONCURRENTLY public.{NAME};" in result.detail


async def test_gone_table_and_index_have_no_version(shop):
    """What was dropped meanwhile is an operational error of the drift check."""
    action, planned = await plan(shop, "create_index_concurrently", INDEX)
    shop.run("DROP TABLE order_lines")
    dropping = shop.action("drop_index_concurrently")

    with pytest.raises(OperationalError, match="There is no table"):
        await action.observe_version(planned.target, planned.parameters)
    with pytest.raises(OperationalError, match="There is no index"):
        await dropping.observe_version(planned.target, {"index": NAME})


async def test_blocker_is_ended_and_those_who_waited_go_on(shop):
    """The session that held everybody up is gone, its transaction rolled back; the others were not touched."""
    holder, waiter = shop.hold("UPDATE order_lines SET sku = 'held' WHERE id = 1"), shop.join()
    waiter.say("UPDATE order_lines SET sku = 'waited' WHERE id = 1")
    shop.wait_for("EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock')", [waiter.pid])

    action, planned = await plan(shop, "terminate_backend", shop.describe(holder))
    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE, result.detail
    assert "1 sessions wait for it" in planned.dry_run.note
    shop.wait_until(waiter.pid, "idle")
    assert shop.run("SELECT sku FROM order_lines WHERE id = 1") == [("waited",)]


async def test_cancelled_statement_ends_and_its_session_stays(shop):
    """Its client gets an error, and goes on."""
    other = shop.join()
    other.say("SELECT pg_sleep(600)")
    shop.wait_until(other.pid, "active")

    action, planned = await plan(shop, "cancel_backend", shop.describe(other))
    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE, result.detail
    shop.wait_until(other.pid, "idle")
    other.todo.join()
    assert [type(failure) for failure in other.failures] == [psycopg.errors.QueryCanceled]


async def test_session_that_went_on_is_not_ended(shop):
    """Same pid, same session, another statement: what was approved is not there any more."""
    other = shop.join()
    other.say("SELECT 1")
    shop.wait_until(other.pid, "idle")
    action, planned = await plan(shop, "terminate_backend", shop.describe(other))
    other.say("SELECT 2")
    shop.wait_for("EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = %s AND query = 'SELECT 2')", [other.pid])

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert shop.run("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [other.pid]) == [(1,)]


async def test_gone_session_is_told(shop):
    """Nothing is left to end, and its pid is not taken for another's."""
    other = shop.join()
    parameters = shop.describe(other)
    action, planned = await plan(shop, "terminate_backend", parameters)
    other.say(None)
    threading.Thread.join(other, 5)
    shop.wait_for("NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = %s)", [other.pid])

    assert "There is no session with pid" in await refuse(shop, "terminate_backend", parameters)
    assert (await action.execute(planned, KEY)).outcome is Outcome.FAILED
    assert (await action.probe(planned, KEY, NOW)).outcome is Outcome.DONE
    with pytest.raises(OperationalError, match="any more"):
        await action.observe_version(planned.target, planned.parameters)


async def test_untouchable_sessions_are_refused(shop):
    """The server's own processes, other databases' sessions, and idle ones where a statement is meant."""
    ((checkpointer, started),) = shop.run(
        "SELECT pid, backend_start FROM pg_stat_activity WHERE backend_type = 'checkpointer'"
    )
    server = {"pid": checkpointer, "backend_started_at": started.isoformat(), "statement_digest": "0" * 64}
    idle = shop.describe(shop.join())
    elsewhere = shop.describe(shop.join(dbname="postgres"))

    assert "which no action of Fermata ends" in await refuse(shop, "terminate_backend", server)
    assert "runs no statement: it is idle" in await refuse(shop, "cancel_backend", idle)
    assert "works in the database postgres" in await refuse(shop, "terminate_backend", elsewhere)


async def test_permissions_are_refused_with_the_grant(shop):
    """Who cannot see, who may not signal, and who meets a superuser."""
    shop.make_role("app")
    ordinary, super_one = shop.join(user=f"app_{shop.name}"), shop.join()
    blind, watcher, warden = (
        shop.make_role("blind"),
        shop.make_role("watcher", "GRANT pg_monitor TO {role}"),
        shop.make_role("warden", "GRANT pg_monitor, pg_signal_backend TO {role}"),
    )
    parameters = shop.describe(ordinary)

    assert "GRANT pg_monitor TO blind" in await refuse(shop, "terminate_backend", parameters, write_dsn=blind)
    assert "GRANT pg_signal_backend TO watcher" in await refuse(
        shop, "terminate_backend", parameters, write_dsn=watcher
    )
    assert "belongs to the superuser fermata" in await refuse(
        shop, "terminate_backend", shop.describe(super_one), write_dsn=warden
    )
    action, planned = await plan(shop, "terminate_backend", parameters, write_dsn=warden)
    assert (await action.execute(planned, KEY)).outcome is Outcome.DONE


async def test_own_session_and_wraparound_vacuum_are_refused(shop):
    """Neither can be met by chance in a test: the rule is asked directly."""
    action = shop.action("terminate_backend")
    row = {
        "pid": 7, "is_own": False, "backend_type": "autovacuum worker", "usename": "", "state": "active",
        "query": "autovacuum: VACUUM public.order_lines (to prevent wraparound)", "datname": "shop", "here": "shop",
    }  # fmt: skip

    with pytest.raises(UserError, match="prevents transaction id wraparound"):
        action._refuse_untouchable(row)
    with pytest.raises(UserError, match="Fermata's own session"):
        action._refuse_untouchable(row | {"is_own": True})
