import pytest
from tests.unit.rules.signatures.harbour import Harbour
from tests.unit.rules.signatures.test_database_settings import Depot

from fermata.rules.signatures.databases import SIGNATURES, list_database_troubles

DENIED = "java.sql.SQLException: Access denied for user 'ts'@'10.0.0.1' (using password: YES)"
FAILURE = (
    "2026-03-12 16:52:57.163 ERROR com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure"
)


def store(image="mysql:8", *, ready=True, port=3306):
    """Build a harbour with one database and its service."""
    return Harbour().app("db", ready=ready, image=image).svc("db", port, serves=(f"10.0.0.1:{port}",))


def join(harbour, line, *names, ready=True):
    """Add workloads that all log a line."""
    for name in names:
        harbour.app(name, ready=ready).log(name, line)
    return harbour


# Clients


def test_only_client_that_mysql_refuses_has_wrong_credentials():
    """Where others are served, it is its own settings."""
    (claim,) = join(store(), DENIED, "pay").app("cart").find(SIGNATURES, "mysql_invalid_credentials")

    assert claim.subject.name == "pay"
    assert claim.confidence == 0.95
    assert claim.person_must.endswith(
        "where they were replaced lately, start it anew, as its variables keep the old ones."
    )
    assert join(store(), DENIED, "pay").find(SIGNATURES, "database_invalid_credentials") == []


@pytest.mark.parametrize(
    "line",
    [
        'FATAL: password authentication failed for user "claims"',
        "error: WRONGPASS invalid username-password pair or user is disabled.",
        "MongoServerError: Authentication failed.",
        "error: Login failed for user 'sa'.",
    ],
)
def test_client_that_another_database_refuses_has_wrong_credentials(line):
    """Each engine has its own words."""
    (claim,) = join(store("postgres:16"), line, "pay").find(SIGNATURES, "database_invalid_credentials")

    assert claim.subject.name == "pay"


def test_bare_refusal_is_of_the_engine_that_the_client_uses():
    """A line without an engine's name is about the database that the client calls."""
    harbour = join(store(), "error: SASL authentication failed", "pay")

    assert len(harbour.find(SIGNATURES, "mysql_invalid_credentials")) == 1


def test_many_refused_clients_are_less_certain():
    """All of them at once have not mistyped."""
    claims = join(store(), DENIED, "a", "b", "c").find(SIGNATURES, "mysql_invalid_credentials")

    assert [claim.confidence for claim in claims] == [0.6, 0.6, 0.6]


def test_what_a_server_notes_of_others_is_no_refusal():
    """A server's own note is about somebody else."""
    assert join(store(), f"[Note] warning: {DENIED}", "pay").find(SIGNATURES, "mysql_invalid_credentials") == []


def test_client_that_finds_no_mysql_looks_at_a_wrong_port():
    """Its host resolves, the database is up, others are served."""
    (claim,) = join(store(), FAILURE, "pay").find(SIGNATURES, "mysql_invalid_port")

    assert claim.subject.name == "pay"
    assert "Communications link failure" in claim.text
    assert "2026" not in claim.text


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("error: Connection to db:5433 refused. Check that the hostname and port are correct", 1),
        ("error: Connection to db:5432 refused. Check that the hostname and port are correct", 0),
        ("error: Connection to gone:5432 refused. Check that the hostname and port are correct", 0),
    ],
)
def test_address_in_the_line_is_compared_with_the_service(line, count):
    """A port that is offered is right; a host that is none is another trouble."""
    assert len(join(store("postgres:16", port=5432), line, "pay").find(SIGNATURES, "database_invalid_port")) == count


def test_well_configured_client_and_ailing_database_blame_no_setting():
    """Configuration that is visible and right, and a database that is not ready."""
    line = "error: could not connect to server"
    visible = store("postgres:16", port=5432).app("pay", env=[{"name": "DB_ADDR", "value": "db:5432"}]).log("pay", line)
    ailing = join(store("postgres:16", ready=False), line, "pay")

    assert visible.find(SIGNATURES, "database_invalid_port") == []
    assert ailing.find(SIGNATURES, "database_invalid_port") == []


def test_name_that_does_not_resolve_is_no_wrong_port():
    """The driver wraps both in the same words."""
    harbour = join(store(), FAILURE, "pay")
    harbour.log("pay", "Caused by: java.net.UnknownHostException: db: Temporary failure in name resolution")

    assert harbour.find(SIGNATURES, "mysql_invalid_port") == []


def test_many_clients_that_find_no_database_blame_it():
    """Three clients do not all have wrong settings."""
    harbour = join(store(), FAILURE, "a", "b", "c")

    assert harbour.find(SIGNATURES, "mysql_invalid_port") == []
    (claim,) = harbour.find(SIGNATURES, "database_unreachable")
    assert claim.subject.name == "db"


def test_few_clients_or_unknown_databases_blame_none():
    """Two clients are too few; without a known database there is nobody to name."""
    assert join(store(), FAILURE, "a", "b").find(SIGNATURES, "database_unreachable") == []
    assert join(Harbour(), FAILURE, "a", "b", "c").find(SIGNATURES, "database_unreachable") == []
    two = join(store().app("other", image="mysql:8"), FAILURE, "a", "b", "c")
    assert two.find(SIGNATURES, "database_unreachable") == []


def test_clients_that_mean_different_databases_are_counted_apart():
    """Two of one and one of another are few of both."""
    harbour = Harbour().app("one", image="mysql:8").svc("one").app("two", image="mysql:8").svc("two")
    for name, host in (("a", "one"), ("b", "one"), ("c", "two")):
        harbour.app(name).log(name, f"error: Can't connect to MySQL server on '{host}:3306' (111)")

    assert harbour.find(SIGNATURES, "database_unreachable") == []


@pytest.mark.parametrize(
    ("role", "cause"),
    [
        ("PASSWORD", "mysql_invalid_credentials"),
        ("USER", "mysql_invalid_credentials"),
        ("PORT", "mysql_invalid_port"),
        ("HOST", "database_invalid_host"),
        ("DATABASE", "database_unknown"),
    ],
)
def test_length_of_a_secret_tells_where_no_log_does(role, cause):
    """The failing workload's secret differs from all its siblings' in one key."""
    depot = Depot().client("a").client("b").client("c").client("pay", ready=False, **{role: "x" * 30})

    (claim,) = depot.find(SIGNATURES, cause)

    assert claim.subject.name == "pay"
    assert claim.confidence == 0.8
    assert f"PAY_MYSQL_{role}" in claim.person_must


def test_odd_setting_of_a_workload_that_works_is_no_fault():
    """It may be meant so."""
    depot = Depot().client("a").client("b").client("c").client("pay", PORT="33060")

    for cause in ("mysql_invalid_port", "database_invalid_host"):
        assert depot.find(SIGNATURES, cause) == []


def test_log_comes_before_the_length_of_a_secret():
    """What the client says is claimed once."""
    depot = Depot().client("a").client("b").client("c").client("pay", ready=False, PASSWORD="x").log("pay", DENIED)

    (claim,) = depot.find(SIGNATURES, "mysql_invalid_credentials")

    assert claim.confidence == 0.95


def test_database_that_does_not_exist_is_told_from_other_talk():
    """A line that only names a database says nothing."""
    harbour = join(store(), 'FATAL: database "shop" does not exist', "pay")

    (claim,) = harbour.find(SIGNATURES, "database_unknown")

    assert claim.subject.name == "pay"
    assert join(store(), 'error: in database "shop"', "pay").find(SIGNATURES, "database_unknown") == []
    assert len(join(store(), "error: Unknown database 'shop'", "pay").find(SIGNATURES, "database_unknown")) == 1


def test_client_that_cannot_log_in_that_way_is_told():
    """Old drivers do not know new methods."""
    line = "error: Client does not support authentication protocol: caching_sha2_password"

    assert [
        claim.subject.name for claim in join(store(), line, "pay").find(SIGNATURES, "database_authentication_method")
    ] == ["pay"]


@pytest.mark.parametrize(
    "line",
    [
        "error: HikariPool-1 - Connection is not available, request timed out after 30000ms",
        "ERROR ActiveRecord::ConnectionTimeoutError: could not obtain a connection from the pool within 5.000 seconds",
        "fail: Npgsql.NpgsqlException (0x80004005): The connection pool has been exhausted",
        "[error] ** (DBConnection.ConnectionError) connection not available and request was dropped from queue",
        "ERROR MongoWaitQueueTimeoutError: Timed out while checking out a connection from connection pool",
        "ERROR JedisExhaustedPoolException: Could not get a resource from the pool",
    ],
)
def test_pool_without_free_connections_is_the_callers_state(line):
    """What holds the connections is not told."""
    (claim,) = join(store(), line, "pay").find(SIGNATURES, "connection_pool_exhausted")

    assert (claim.subject.name, claim.confidence) == ("pay", 0.6)


# Databases


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("error: sorry, too many clients already", "db_connection_exhaustion"),
        ("error: cannot execute INSERT in a read-only transaction", "db_read_only"),
        ("error: mysql: Write to file ./ibdata1 failed. Operating system error number 28.", "database_disk_full"),
        ("error: mysql: The table 't' is full", "database_disk_full"),
        ("error: OOM command not allowed when used memory > 'maxmemory'", "database_memory_full"),
        ("OutOfMemoryError: command not allowed when used memory > 'maxmemory'", "database_memory_full"),
    ],
)
def test_state_that_clients_tell_of_is_the_databases(line, cause):
    """Every client that says so is explained by it."""
    (claim,) = join(store(), line, "pay", "cart").find(SIGNATURES, cause)

    assert claim.subject.name == "db"
    assert {"kubernetes:deployment/shop/pay", "kubernetes:deployment/shop/cart"} <= claim.explains


def test_database_that_says_so_itself_is_the_one_that_is_meant():
    """Where clients do not say which of two they mean, the one that complains is."""
    harbour = store().app("other", image="mysql:8").log("db", "[Warning] Too many connections")

    (claim,) = join(harbour, "error: Too many connections", "pay").find(SIGNATURES, "db_connection_exhaustion")

    assert claim.subject.name == "db"
    assert "kubernetes:deployment/shop/pay" in claim.explains


def test_unknown_database_leaves_its_client_as_the_subject():
    """Then only who suffers is known, and that is less certain."""
    (claim,) = join(Harbour(), "error: Too many connections", "pay").find(SIGNATURES, "db_connection_exhaustion")

    assert (claim.subject.name, claim.confidence) == ("pay", 0.75)


@pytest.mark.parametrize(("times", "expected"), [(4, []), (12, ["kubernetes:deployment/shop/pay"])])
def test_locks_are_a_trouble_when_hardly_anything_else_is_said(times, expected):
    """A few of them are the price of concurrency."""
    lines = [f"error {number}: canceling statement due to lock timeout" for number in range(times)]

    troubles = list_database_troubles(store().app("pay").log("pay", *lines).build())

    assert [trouble.ref for trouble in troubles] == expected


def test_full_disk_of_something_else_is_no_databases():
    """The words are those of any program."""
    assert join(store(), "error: No space left on device", "web").find(SIGNATURES, "database_disk_full") == []
    assert len(store().log("db", "error: No space left on device").find(SIGNATURES, "database_disk_full")) == 1


def test_full_database_is_cited_by_its_own_words_and_by_what_fills_it():
    """A client that relays the refusal comes after the database; a slot that nobody reads is what to take away."""
    full = 'ERROR:  could not extend file "base/1/2": No space left on device'
    slot = 'LOG:  replication slot "cdc_old" is inactive; restart_lsn 3A/11 retained 212 GB of WAL'
    harbour = join(store(image="postgres:16"), f"error: insert failed: {full} (SQLSTATE 53100)", "cart")

    (claim,) = harbour.log("db", slot, full).find(SIGNATURES, "database_disk_full")

    assert claim.text == "db has no room left to write: a replication slot keeps its write-ahead log."
    assert claim.person_must.endswith("drop it when nobody does, since the log is kept for it.")
    assert [quote.text for quote in claim.quotes][:2] == [slot, full]


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("error: deadlock detected {}", "database_locks"),
        ("warning: Slow query {}", "database_slow_queries"),
        ("error: canceling statement due to conflict with recovery {}", "database_replica_behind"),
        ("FATAL: the database system is starting up {}", "database_starting"),
        ("error: LOADING Valkey is loading the dataset in memory {}", "database_starting"),
    ],
)
def test_state_that_is_routine_takes_several_complaints(line, cause):
    """One deadlock or slow query a day is nobody's incident."""
    once = store().log("db", line.format(1))
    often = store().log("db", *(line.format(number) for number in range(4)))

    assert once.find(SIGNATURES, cause) == []
    assert [claim.subject.name for claim in often.find(SIGNATURES, cause)] == ["db"]


# Inferred without logs


def alert(*lines, image="mysql:8", ready=True):
    """Build a database with two clients, and alerts about them."""
    env = [{"name": "DB_ADDR", "value": "db:3306"}]
    harbour = store(image).app("pay", env=env, ready=ready).app("order", env=env).app("web")
    for line in lines:
        harbour.notice(line)
    return harbour


WRITES = ("Service pay: POST /pay 500 Server Error", "Service order: PUT /order 500 Server Error")


def test_failing_writes_alone_suggest_a_database_that_takes_none():
    """Everything runs, nothing else fails, and the services that fail share one database."""
    (claim,) = alert(*WRITES).find(SIGNATURES, "db_read_only")

    assert (claim.subject.name, claim.confidence) == ("db", 0.5)
    assert claim.quotes[0].document == "alert"


@pytest.mark.parametrize(
    "harbour",
    [
        alert(WRITES[0]),
        alert(*WRITES, "Service web: GET /x 500 Server Error"),
        alert(*WRITES, "Service web: p90 latency is high"),
        alert(*WRITES, ready=False),
        alert(*WRITES).log("web", "all is well"),
        alert("Service web: POST /a 500 error", "Service web: POST /b 500 error").app("db2", image="redis:7"),
    ],
)
def test_other_failures_beside_the_writes_suggest_nothing(harbour):
    """Reads that fail, slowness, pods that are not ready, logs that would tell, or no database that is shared."""
    assert harbour.find(SIGNATURES, "db_read_only") == []


def test_workload_that_runs_and_goes_on_complaining_is_a_trouble():
    """Once is none, and one whose pods are not ready is listed by those; slow queries are routine."""
    lines = [f"error {number}: sorry, too many clients already" for number in range(3)]
    slow = [f"error {number}: Slow query" for number in range(9)]
    harbour = store().app("pay").log("pay", *lines).app("cart").log("cart", lines[0]).app("food").log("food", *slow)
    harbour.app("user", ready=False).log("user", *lines)

    (trouble,) = list_database_troubles(harbour.build())

    assert trouble.ref == "kubernetes:deployment/shop/pay"
    assert trouble.quote.line == 1
