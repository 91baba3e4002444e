from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import NOW
from tests.unit.rules.signatures.shopdb import PRIMARY, QUERY, REF, look, measure, plan, seat

from fermata.domain.diagnosis import Verdict
from fermata.domain.facts import DatabaseIndex, DatabaseStatement, DatabaseTable
from fermata.rules.signatures.database_load import SIGNATURES

MISSING, IDLE, CONTENTION, _, DOWN, LONG = SIGNATURES
SECONDS = timedelta(seconds=1)


def test_slow_statement_over_a_table_without_an_index_is_named(scene):
    """What takes the time, why, and the one index that would serve it."""
    (found,) = plan(measure(scene)).match(MISSING)

    assert found.entity.ref == REF
    assert "takes 30 ms a call, 30 calls while it was watched, 100% of the time of all statements" in found.text
    assert "reads all 400,000 rows of public.order_lines to keep 4, and no index leads with order_id." in found.text
    (action,) = found.suggestions
    assert action.name == "postgres.create_index_concurrently"
    assert dict(action.parameters) == {"table": "public.order_lines", "columns": ["order_id"]}
    assert (found.confidence, found.person_must, len(found.citations)) == (0.85, "", 2)


def test_scan_in_the_order_of_another_index_is_one_too(scene):
    """ORDER BY id LIMIT 20: the primary key is gone through until 20 rows of one order turned up."""
    (found,) = plan(measure(scene), index="order_lines_pkey").match(MISSING)

    assert "it goes through up to all 400,000 rows of public.order_lines in the order of order_lines_pkey" in found.text
    assert found.suggestions[0].parameters["columns"] == ["order_id"]


def test_diagnosis_names_the_migration_that_dropped_the_index(scene):
    """The commit whose diff takes the index away is the guilty one."""
    plan(measure(scene)).change("a" * 40, {"m/3.sql": [1]}, diff=["+++ b/m/3.sql", "+DROP INDEX order_lines_order_id;"])

    diagnosis = scene.diagnose()

    assert diagnosis.verdict is Verdict.IDENTIFIED
    assert diagnosis.leading.cause == "slow_query_missing_index"
    assert diagnosis.guilty_change == "a" * 40
    assert diagnosis.leading.confidence == 0.95
    assert "aaaaaaa (Change aaa" in diagnosis.leading.text
    assert "by Tomás dropped the index that served it" in diagnosis.leading.text


def test_change_without_an_author_is_named_all_the_same(scene):
    """Not every source says who."""
    diff = ["+++ b/m/3.sql", "+DROP INDEX order_lines_order_id;"]
    plan(measure(scene)).change("a" * 40, {"m/3.sql": [1]}, diff=diff, author="")

    (found,) = scene.match(MISSING)

    assert found.text.endswith(") dropped the index that served it.")


def test_without_the_action_a_person_gets_the_statement(scene):
    """A signature suggests nothing that nobody offers."""
    plan(measure(scene))
    scene.actions = frozenset()

    (found,) = scene.match(MISSING)

    assert found.suggestions == ()
    assert found.person_must == "Build an index: CREATE INDEX CONCURRENTLY ON public.order_lines (order_id);"


def test_statement_that_runs_for_long_right_now_counts_too(scene):
    """Without pg_stat_statements, what is seen running is what there is."""
    look(scene, sessions=(seat(7, statement=QUERY, statement_started_at=NOW - 40 * SECONDS),))

    (found,) = plan(scene).match(MISSING)

    assert "has been running for 40s" in found.text


@pytest.mark.parametrize(
    "session",
    [
        {"statement": QUERY, "statement_started_at": NOW - 0.5 * SECONDS},
        {"statement": QUERY, "statement_started_at": None},
        {"statement": QUERY, "statement_started_at": NOW - 40 * SECONDS, "state": "idle"},
        {"statement": "another", "statement_started_at": NOW - 40 * SECONDS},
    ],
)
def test_statement_that_hurts_nobody_needs_no_index(scene, session):
    """It just began, it is over, or another one runs."""
    look(scene, sessions=(seat(7, **session),))

    assert plan(scene).match(MISSING) == []


def test_totals_count_where_nothing_was_watched(scene):
    """A mean over all calls says less, and still says it."""
    (found,) = plan(measure(scene, recent_calls=None, mean_s=2.0)).match(MISSING)

    assert "takes 2.0 s a call, 1,000 calls, 100% of" in found.text


@pytest.mark.parametrize(
    "cost",
    [
        {"mean_s": 0.0004},
        {"others": (DatabaseStatement(digest="d2", text="x", recent_calls=10, recent_mean_s=1.0),)},
        {"digest": "d9"},
        {"mean_s": 0.0, "recent_calls": 0},
        {"mean_s": 0.0, "recent_calls": None},
    ],
)
def test_cheap_statement_is_left_alone(scene, cost):
    """Quick calls, a small share of the time, or no measurement of it at all."""
    assert plan(measure(scene, **cost)).match(MISSING) == []


def test_statement_that_did_not_end_while_watched_is_judged_by_all_its_calls(scene):
    """No call ended within the second: that it is slow is known from before."""
    own = DatabaseStatement(digest="d1", text=QUERY, calls=9, mean_s=3.0, total_s=27.0, recent_calls=0)
    look(scene, statements=(own, DatabaseStatement(line=2, digest="d2", text="BEGIN", recent_calls=9, recent_mean_s=0)))

    (found,) = plan(scene).match(MISSING)

    assert "takes 3.0 s a call, 9 calls, 100% of" in found.text


@pytest.mark.parametrize(
    "scan",
    [
        {"rows": 5_000},
        {"rows_kept": 100_000},
        {"is_simple": False},
        {"equal_columns": ()},
        {"tables": False},
        {"indexes": (DatabaseIndex(name="i", columns=("order_id", "sku")),)},
    ],
)
def test_scan_that_an_index_would_not_mend_is_left_alone(scene, scan):
    """A small table, most of its rows, a condition no index answers, an unknown table, or one that is indexed."""
    assert plan(measure(scene), **scan).match(MISSING) == []


@pytest.mark.parametrize(
    "index",
    [
        DatabaseIndex(name="i", columns=("order_id",), is_valid=False),
        DatabaseIndex(name="i", columns=("order_id",), is_partial=True),
        DatabaseIndex(name="i", columns=()),
        DatabaseIndex(name="i", columns=("sku", "order_id")),
    ],
)
def test_index_that_does_not_serve_is_no_index(scene, index):
    """What an interrupted build left, a part of the rows, an expression, or the column in second place."""
    assert len(plan(measure(scene), indexes=(PRIMARY, index)).match(MISSING)) == 1


def test_range_comes_after_what_is_equal(scene):
    """A b-tree finds the equal columns first, then one range; of ranges alone it serves the first."""
    (both,) = plan(measure(scene), range_columns=("created_at", "price")).match(MISSING)
    scene.evidence.clear()
    (alone,) = plan(measure(scene), equal_columns=(), range_columns=("created_at",)).match(MISSING)

    assert both.suggestions[0].parameters["columns"] == ["order_id", "created_at"]
    assert alone.suggestions[0].parameters["columns"] == ["created_at"]


def test_each_table_is_proposed_once_the_costliest_statement_first(scene):
    """Two statements that want one index are one proposal."""
    cheap = DatabaseStatement(line=2, digest="d2", text="b", recent_calls=10, recent_mean_s=0.05)
    dear = DatabaseStatement(line=1, digest="d1", text=QUERY, recent_calls=10, recent_mean_s=0.06)
    look(scene, statements=(dear, cheap))
    plan(scene, statement_digest="d2", statement="b")
    plan(scene)
    plan(scene, statement_digest="d2", statement="b")
    plan(scene, statement_digest="d2", statement="b", equal_columns=("sku",))

    found = scene.match(MISSING)

    assert [one.suggestions[0].parameters["columns"] for one in found] == [["order_id"], ["sku"]]
    assert QUERY in found[0].text


def test_clients_that_waited_too_long_are_part_of_it(scene, stack):
    """Their failures are what the slow statement does to them: it explains them, and leads."""
    failure = stack("psycopg.errors.QueryCanceled: canceling statement due to statement timeout")
    scene.state("running").logs([*failure, *stack("KeyError: 'mug'")])
    scene.logs(failure, name="other")

    diagnosis = plan(measure(scene)).diagnose()

    leading = diagnosis.leading
    assert leading.cause == "slow_query_missing_index"
    quotes = [citation.quote for citation in leading.citations]
    assert quotes[2:] == ["psycopg.errors.QueryCanceled: canceling statement due to statement timeout"]


def jam(scene, *sessions):
    """Add a look at these sessions."""
    return look(scene, sessions=sessions)


def test_idle_transaction_that_others_wait_for_is_to_be_ended(scene):
    """Whoever holds locks and does nothing is named; only a person decides to end it."""
    holder = seat(1, state="idle in transaction", statement="SELECT ? FOR UPDATE")
    waiter = seat(2, line=2, blocked_by=(1,), statement_started_at=NOW - 30 * SECONDS)

    (found,) = jam(scene, holder, waiter).match(IDLE)

    assert "1 session waits for locks (pid 2), the longest for 30s: pid 1 (shop, app1) holds them" in found.text
    (action,) = found.suggestions
    assert (action.name, action.target.ref) == ("postgres.terminate_backend", REF)
    assert dict(action.parameters) == {
        "pid": 1,
        "backend_started_at": holder.backend_started_at.isoformat(),
        "statement_digest": "ab" * 32,
    }
    assert scene.match(CONTENTION) == []


def test_chain_of_waits_leads_to_who_began_it(scene):
    """Those in between wait themselves: ending them would help nobody."""
    first = seat(1)
    second = seat(2, line=2, blocked_by=(1,), statement_started_at=NOW - 9 * SECONDS)
    third = seat(3, line=3, blocked_by=(2,), statement_started_at=NOW - 9 * SECONDS)

    (found,) = jam(scene, first, second, third).match(CONTENTION)

    assert "pid 1 (shop, app1) holds them and is active, after 'statement 1'" in found.text
    assert found.suggestions[0].name == "postgres.cancel_backend"
    assert len(found.citations) == 3
    assert scene.match(IDLE) == []


def test_circle_of_waits_ends(scene):
    """A deadlock is the server's to resolve, and no reason to look for its beginning for ever."""
    long_ago = NOW - 9 * SECONDS
    sessions = [seat(n, line=n, blocked_by=(3 - n,), statement_started_at=long_ago) for n in (1, 2)]

    assert jam(scene, *sessions).match(CONTENTION)


def test_moment_of_waiting_is_how_locks_work(scene):
    """One waits for a second: nothing. Three do: something."""
    holder, waiters = seat(1), [seat(n, line=n, blocked_by=(1,)) for n in (2, 3, 4)]

    assert jam(scene, holder, waiters[0]).match(CONTENTION) == []
    scene.evidence.clear()
    assert len(jam(scene, holder, *waiters).match(CONTENTION)) == 1


GAVE_UP = "psycopg.errors.QueryCanceled: canceling statement due to statement timeout"


@pytest.mark.parametrize(("state", "signature"), [("idle in transaction", IDLE), ("active", CONTENTION)])
def test_short_wait_counts_where_a_client_says_that_its_limit_ended_others(scene, state, signature):
    """Who gives up after two seconds is never seen to wait for longer, however long the lock is held."""
    holder = seat(1, state=state, transaction_started_at=NOW - 60 * SECONDS)
    scene.state("running").logs(["Traceback (most recent call last):", '  File "/app/api.py", line 8, in get', GAVE_UP])

    (found,) = jam(scene, holder, seat(2, line=2, blocked_by=(1,))).match(signature)

    assert "1 session waits for locks (pid 2), the longest for 1s: pid 1 (shop, app1) holds them" in found.text
    assert found.citations[-1].quote == GAVE_UP


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (1, GAVE_UP),
        (60, "TimeoutError: timed out"),
        (60, "psycopg.errors.QueryCanceled: canceling statement due to user request"),
    ],
)
def test_short_wait_is_none_of_it_for_a_young_lock_or_another_timeout(scene, held, said):
    """A lock of a moment ended nobody's wait, and a call that timed out need not have waited for a lock."""
    holder = seat(1, state="idle in transaction", transaction_started_at=NOW - held * SECONDS)
    scene.state("running").logs(["Traceback (most recent call last):", '  File "/app/api.py", line 8, in get', said])

    assert jam(scene, holder, seat(2, line=2, blocked_by=(1,))).match(IDLE) == []


def test_short_wait_for_who_is_not_seen_is_none_of_it(scene):
    """For how long somebody has held locks who is no session of this database is not known."""
    scene.state("running").logs(["Traceback (most recent call last):", '  File "/app/api.py", line 8, in get', GAVE_UP])

    assert jam(scene, seat(2, blocked_by=(99,))).match(CONTENTION) == []


@pytest.mark.parametrize(("pid", "words"), [(99, "pid 99 holds them"), (0, "a prepared transaction holds them")])
def test_holder_that_is_not_seen_is_left_to_a_person(scene, pid, words):
    """It works in another database, or is a prepared transaction."""
    waiter = seat(2, blocked_by=(pid,), statement_started_at=NOW - 30 * SECONDS)

    (found,) = jam(scene, waiter).match(CONTENTION)

    assert words in found.text
    assert found.suggestions == ()
    assert found.person_must.startswith("Find out what ")


@pytest.mark.parametrize("values", [{"kind": "autovacuum worker"}, {"backend_started_at": None}])
def test_what_is_no_clients_session_is_not_ended(scene, values):
    """The server's own workers, and sessions that are not fully seen, are a person's business."""
    waiter = seat(2, line=2, blocked_by=(1,), statement_started_at=NOW - 30 * SECONDS)

    (found,) = jam(scene, seat(1, user="", application="", **values), waiter).match(CONTENTION)

    assert found.suggestions == ()
    assert found.person_must == "Find out what pid 1 of shop is for, and end it."


def test_server_that_takes_nobody_is_named(scene):
    """Our own look was refused; the address in our settings may be the wrong one."""
    (found,) = look(scene, ["nobody listens: Connection refused"], is_down=True).match(DOWN)

    assert (found.cause, found.confidence, found.entity.ref) == ("database_down", 0.75, REF)
    assert found.text == "Database shop refuses connections: nobody listens: Connection refused"
    assert found.person_must.startswith("See why the server of shop does not run")


def test_clients_that_cannot_connect_either_make_it_certain(scene, stack):
    """Two that are refused have not both the wrong address."""
    words = "psycopg.OperationalError: connection failed: Connection refused"
    scene.state("running").logs(stack(words))

    (found,) = look(scene, ["nobody listens"], is_down=True).match(DOWN)

    assert found.confidence == 0.95
    assert [citation.quote for citation in found.citations] == ["nobody listens", words]


def test_server_that_lets_us_in_is_not_down(scene):
    """A look that was had."""
    assert look(scene, connections=1, max_connections=97).match(DOWN) == []


BLOATED = DatabaseTable(line=2, namespace="public", name="jobs", rows=20_000, dead_rows=90_000)


@pytest.mark.parametrize(("state", "actions"), [("idle in transaction", 1), ("active", 0)])
def test_old_transaction_that_keeps_dead_rows_is_named(scene, state, actions):
    """Vacuum cannot clean up behind it: idle, it may be ended; at work, a person decides."""
    old = seat(1, state=state, transaction_started_at=NOW - timedelta(minutes=40))
    young = seat(2, line=3, transaction_started_at=NOW - timedelta(minutes=20))

    (found,) = look(scene, sessions=(young, old), tables=(BLOATED,)).match(LONG)

    assert "pid 1 (shop, app1) has had a transaction open for 40m" in found.text
    assert "public.jobs holds 90,000 dead rows beside 20,000 live ones" in found.text
    assert len(found.suggestions) == actions
    assert bool(found.person_must) == (actions == 0)


@pytest.mark.parametrize(
    ("minutes", "table"),
    [
        (5, BLOATED),
        (40, BLOATED.model_copy(update={"dead_rows": 9_000.0, "rows": 100.0})),
        (40, BLOATED.model_copy(update={"dead_rows": 15_000.0})),
    ],
)
def test_open_transaction_alone_is_no_finding(scene, minutes, table):
    """Backups and reports run for long: without dead rows that pile up it explains nothing."""
    old = seat(1, transaction_started_at=NOW - timedelta(minutes=minutes))

    assert look(scene, sessions=(old,), tables=(table,)).match(LONG) == []
