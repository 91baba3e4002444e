"""What stores and brokers say is wrong with them, where logs alone are known."""

import pytest

from fermata.domain.diagnosis import Verdict
from fermata.domain.evidence import EvidenceKind
from fermata.rules.signatures.database_states import STATES

MISCONF = (
    "ERROR MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. "
    "Commands that may modify the data set are disabled"
)
WATERMARK = (
    "[WARN ][o.e.c.r.a.DiskThresholdMonitor] flood stage disk watermark [95%] exceeded on [n3][es-1][/data] "
    "free: 4.1gb[4.1%], all indices on this node will be marked read-only"
)
BLOCKED = (
    "ERROR AuthorizationException(403, 'cluster_block_exception', 'index [p] blocked by: [TOO_MANY_REQUESTS/12/disk "
    "usage exceeded flood-stage watermark, index has read-only-allow-delete block];')"
)
BREAKER = "ERROR ApiError(429, 'circuit_breaking_exception', '[parent] Data too large, data for [<http_request>]"
MONGO = '{"s":"E","c":"WT","msg":"WiredTiger error message","attr":{"error_str":"No space left on device"}}'
REFUSED = "ERROR save failed: dial tcp 10.0.4.2:{}: connect: connection refused"


def write(scene, name, *lines, calm_after=0):
    """Add a log that works for a while, says something, and works again."""
    calm = [f"INFO handled request {number} in 20 ms" for number in range(120)]
    scene.add(EvidenceKind.LOGS, f"service/{name}", [*calm, *lines, *calm[:calm_after]], {})


def again(words, times=20):
    """Return a line that comes again and again."""
    return [f"{words} ({number})" for number in range(times)]


def lead(scene):
    """Return what leads, and where."""
    first = scene.diagnose().hypotheses[0]
    return first.cause, first.entity.ref


@pytest.mark.parametrize(
    ("name", "words", "cause"),
    [
        ("redis", MISCONF, "database_snapshot_failed"),
        ("postgresql", 'ERROR:  database is not accepting commands to avoid wraparound data loss in database "shop"',
         "database_ids_exhausted"),
        ("postgresql", "ERROR:  database is not accepting commands that generate new MultiXactIds to avoid wraparound",
         "database_ids_exhausted"),
        ("valkey", MISCONF.replace("Redis", "Valkey"), "database_snapshot_failed"),
        ("mysql-replica", "[ERROR] Error running query, replica SQL thread aborted. Fix the problem",
         "database_replication_stopped"),
        ("redis-3", "ERROR CLUSTERDOWN Hash slot not served", "database_members_missing"),
        ("kafka1", "ERROR NotEnoughReplicasException: The size of the current ISR Set(1) is insufficient",
         "database_members_missing"),
        ("elasticsearch", "Validation Failed: 1: this would add [2] shards; [1000]/[1000] maximum normal shards open;",
         "database_limit_reached"),
        ("nats", "[WRN] JetStream resource limits exceeded for server", "database_limit_reached"),
        ("elasticsearch", BREAKER, "database_memory_full"),
        ("memcached", "ERROR SERVER_ERROR out of memory storing object", "database_memory_full"),
    ],
)  # fmt: skip
def test_what_a_store_says_is_named_of_it(scene, name, words, cause):
    """Numbers behind its name are those of hosts."""
    write(scene, name, *again(words))

    assert lead(scene) == (cause, f"service/{name}")


def test_snapshot_that_failed_is_explained_by_the_log_that_tells_why(scene):
    """Redis forks to save itself: without memory for that, the disk may well be empty."""
    write(scene, "sidekiq", *again(MISCONF))
    write(scene, "redis", *again("# Can't save in background: fork: Cannot allocate memory"))

    assert lead(scene) == ("program_memory_exhausted", "service/redis")


def test_block_for_want_of_room_is_a_full_disk(scene):
    """Nobody set the index read-only: the store did, and takes it back when there is room."""
    write(scene, "indexer", *again(BLOCKED))
    write(scene, "elasticsearch", *again(WATERMARK))

    assert lead(scene) == ("database_disk_full", "service/elasticsearch")
    assert "db_read_only" not in [item.cause for item in scene.diagnose().hypotheses]


@pytest.mark.parametrize("why", ["Read-only file system", "Input/output error", "Permission denied"])
def test_file_that_cannot_be_extended_for_another_reason_is_no_full_disk(scene, why):
    """PostgreSQL adds 'Check free disk space' to each of them."""
    write(scene, "postgresql", *again(f'ERROR:  could not extend file "base/1/2": {why}'))

    assert "database_disk_full" not in [item.cause for item in scene.diagnose().hypotheses]


def test_client_that_names_a_port_means_the_database_that_fails(scene):
    """An address is no name, but the only MongoDB whose log is there has died of a full disk."""
    write(scene, "cart", *again(REFUSED.format(27017)))
    write(scene, "mongod", MONGO, '{"msg":"Fatal assertion"}', '{"msg":"aborting after fassert() failure"}')

    found = scene.diagnose().hypotheses

    assert [(item.cause, item.entity.ref) for item in found[:2]] == [
        ("database_disk_full", "service/mongod"),
        ("callee_unreachable", "service/mongod"),
    ]


@pytest.mark.parametrize(
    ("port", "logs"),
    [
        (27017, {"mongod": []}),
        (8080, {"mongod": [MONGO]}),
        (27017, {"mongod": [MONGO], "orders-db": []}),
        (27017, {"postgresql": ["ERROR No space left on device"]}),
    ],
)
def test_port_alone_names_nobody(scene, port, logs):
    """Not one that is well, one of another engine, or one of several; nor where the port is anybody's."""
    write(scene, "cart", *again(REFUSED.format(port)))
    for name, lines in logs.items():
        write(scene, name, *lines)

    callee = next(item for item in scene.diagnose().hypotheses if item.cause == "callee_unreachable")

    assert callee.entity.ref == "service/cart"


def test_client_of_mysql_names_a_host_without_a_port(scene):
    """Its driver says only where it looked; the one log of a MySQL says why nobody answers there."""
    write(scene, "shop", *again("ERROR (2003, \"Can't connect to MySQL server on 'db1' (111)\")"))
    write(scene, "mysqld", "[ERROR] [MY-013132] [Server] The table 'orders' is full!")

    assert lead(scene) == ("database_disk_full", "service/mysqld")


def test_what_a_store_got_over_is_not_claimed(scene):
    """A snapshot that failed once is written again by the next."""
    write(scene, "redis", MISCONF, calm_after=100)

    assert scene.diagnose().verdict is Verdict.UNDETERMINED


ALARM = "[warning] <0.391.0> {} resource limit alarm set on node rabbit@mq-1."
PARTED = "[error] ** ERROR ** mnesia_event got {inconsistent_database, running_partitioned_network, 'rabbit@mq-2'}"


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (ALARM.format("memory"), "database_memory_full"),
        (ALARM.format("disk"), "database_disk_full"),
        (PARTED, "database_members_missing"),
    ],
)
def test_alarm_holds_until_it_is_cleared(scene, words, cause):
    """RabbitMQ says it once, and blocks whoever publishes while it goes on logging who connects."""
    write(scene, "rabbitmq", words, calm_after=100)

    assert lead(scene) == (cause, "service/rabbitmq")


@pytest.mark.parametrize(
    ("words", "end"),
    [
        (ALARM.format("memory"), "[warning] memory resource limit alarm cleared on node rabbit@mq-1"),
        (ALARM.format("disk"), "[info] Starting RabbitMQ 3.12.12 on Erlang 25.3.2"),
        (PARTED, "[info] Autoheal finished according to 'rabbit@mq-1'"),
    ],
)
def test_alarm_that_was_cleared_is_over(scene, words, end):
    """So it is where the broker was started anew."""
    write(scene, "rabbitmq", words, end, calm_after=100)

    assert scene.diagnose().hypotheses == ()


CLEARED = "[warning] <0.391.0> memory resource limit alarm cleared on node rabbit@mq-{}"
OTHER = "[warning] <0.391.0> memory resource limit alarm set on node 'rabbit@mq-2'."


@pytest.mark.parametrize("words", [(ALARM.format("memory"), OTHER), (OTHER, ALARM.format("memory"))])
def test_alarm_of_another_node_is_not_over(scene, words):
    """Each node's log tells of all nodes, and publishers stay blocked until the last of them has cleared its alarm."""
    write(scene, "rabbitmq", *words, CLEARED.format(1), calm_after=100)

    assert lead(scene) == ("database_memory_full", "service/rabbitmq")


@pytest.mark.parametrize(
    "end",
    [
        "[warning] memory resource limit alarm cleared on node 'rabbit@mq-2'",
        "[warning] memory resource limit alarm cleared for dead node 'rabbit@mq-2'",
        "[warning] memory resource limit alarm cleared across the cluster",
    ],
)
def test_alarm_is_over_where_each_node_cleared_its_own(scene, end):
    """A node that died takes its alarm along; that all are over is said of no node."""
    write(scene, "rabbitmq", ALARM.format("memory"), OTHER, CLEARED.format(1), end, calm_after=100)

    assert scene.diagnose().hypotheses == ()


def test_every_state_has_its_own_words():
    """No cause stands twice."""
    assert len({state.cause for state in STATES}) == len({id(state.wording) for state in STATES}) == len(STATES)
