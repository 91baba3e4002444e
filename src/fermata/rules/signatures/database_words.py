"""How databases and their clients word what is wrong, in the languages and drivers that are common.

Sources: MySQL 8.0 error reference, PostgreSQL 16 appendix A, its libpq and `multixact.c`, MongoDB error codes, the
sources of Redis and Valkey (`server.c`, `acl.c`), of RabbitMQ (`rabbit_alarm.erl`, `rabbit_autoheal.erl`), of
Elasticsearch (`DiskThresholdMonitor`), of NATS (`store.go`) and of memcached, and the messages of JDBC, HikariCP,
psycopg, SQLAlchemy, pgx, go-sql-driver, mysql2, pg, knex, ioredis, Npgsql and SqlClient (read 2026-11-25 to 27).
"""

from __future__ import annotations

from typing import NamedTuple


class Wording(NamedTuple):
    """One thing that is wrong, and the words that mean it."""

    cause: str
    needles: tuple[str, ...]
    """As spelt in logs; any of them."""
    unless: tuple[str, ...] = ()
    """Words that say that it is something else after all."""
    lasting: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Words that are said once and hold until one of the others comes, however much is logged in between."""


CREDENTIALS = Wording(
    "credentials",
    (
        *("Access denied for user", "password authentication failed", "no password supplied", "WRONGPASS", "NOAUTH"),
        *("MongoServerError: Authentication", "AuthenticationFailed", "bad auth : ", "invalid username-password pair"),
        *(
            "Login failed for user",
            "ORA-01017",
            'FATAL:  role "',
            "ER_ACCESS_DENIED_ERROR",
            "SQLSTATE 28P01",
            "SASL authentication fail",
        ),
    ),
    ("[Note]", "to database", "already exists", "permission denied"),
)
UNREACHABLE = Wording(
    "unreachable",
    (
        *(
            "Communications link failure",
            "Can't connect to MySQL server",
            "onnection to server at",
            "ConnectionRefused",
        ),
        *("could not connect to server", "ServerSelectionTimeout", "MongoServerSelectionError", "MongoNetworkError"),
        *("Could not connect to Redis", "Error 111 connecting", "RedisConnectionException", "Check that the hostname"),
        *("accepting TCP/IP connections", "failed to connect to `", "SQLSTATE[HY000] [2002]", "(08001)"),
        *(":3306: connect: connection refused", ":5432: connect: connection refused", "Unable to connect to Redis"),
        *(
            ":6379: connect: connection refused",
            ":27017: connect: connection refused",
            "SocketTimeoutException: connect",
        ),
    ),
    (
        "too many",
        "Too many",
        "authentication failed",
        "does not exist",
        "starting up",
        "nknownHost",
        "could not translate",
    ),
)
DATABASE = Wording(
    "database", ("Unknown database '", "SQLSTATE 3D000", "ORA-12514", "Cannot open database", 'database "')
)
CONNECTIONS = Wording(
    "connections",
    (
        *("Too many connections", "too many clients already", "remaining connection slots", "ER_CON_COUNT_ERROR"),
        *("max number of clients reached", "max_user_connections", "too many connections for", "SQLSTATE 53300"),
        *("connection refused because too many open connections", "ORA-12519", "ORA-12516"),
        # Poolers of hosted PostgreSQL: Supavisor, PgBouncer.
        *("Max client connections reached", "MaxClientsInSessionMode", "no more connections allowed (max_client_conn)"),
    ),
)
POOL = Wording(
    "pool",
    (
        *("Connection is not available, request timed out", "QueuePool limit of size", "ResourceRequest timed out"),
        *("Timeout acquiring a connection", "prior to obtaining a connection from the pool", "pool is exhausted"),
        *("Pool exhausted", "pool exhausted", "PoolExhausted", "Cannot get a connection, pool error", "PoolTimeout"),
        *("connection pool is full", "Timed out fetching a new connection from the connection pool", "pool timed out"),
        # Rails, Npgsql, Elixir's DBConnection, MongoDB's drivers, r2d2 and deadpool of Rust, Jedis, c3p0, Sequelize.
        *("could not obtain a connection from the pool", "could not obtain a database connection within"),
        *("The connection pool has been exhausted", "connection not available and request was dropped from queue"),
        *("checking out a connection from connection pool", "WaitQueueTimeout", "timed out waiting for connection"),
        *("waiting for a slot to become available", "Could not get a resource from the pool"),
        *("attempt by a client to checkout a Connection has timed out", "ConnectionAcquireTimeoutError"),
    ),
)
READ_ONLY = Wording(
    "read_only",
    (
        *("--read-only option", "--super-read-only option", "in a read-only transaction", "READONLY You can't write"),
        *("NotWritablePrimary", "not master and slaveOk", "database is in read-only mode", "ER_OPTION_PREVENTS"),
        *("Connection is read-only", "is read only and cannot be modified", "cluster_block_exception", "NotPrimaryNo"),
    ),
    # Elasticsearch and OpenSearch set this block themselves, for want of room.
    ("flood-stage", "read-only-allow-delete", "read-only / allow delete"),
)
LOCKED = Wording(
    "locked",
    (
        *("Deadlock found when trying", "deadlock detected", "Lock wait timeout exceeded", "due to lock timeout"),
        *("deadlocked on lock resources", "LockTimeout", "WriteConflict", "database is locked"),
    ),
)
SLOW = Wording(
    "slow",
    (
        *("due to statement timeout", "maximum statement execution time exceeded", "Query_time:", "Slow query"),
        *("slow query", "MaxTimeMSExpired", "operation exceeded time limit", "planSummary: COLLSCAN"),
    ),
)
BEHIND = Wording(
    "behind",
    (
        *("due to conflict with recovery", "replication lag", "Replication lag", "replica lag", "Replica lag"),
        *("too stale to catch up", "MASTERDOWN Link with MASTER is down"),
    ),
)
WATERMARK = (
    "flood stage disk watermark",
    "flood-stage watermark",
    "read-only-allow-delete",
    "read-only / allow delete",
)
"""How Elasticsearch and OpenSearch say that a disk is too full to write to."""
FULL = Wording(
    "full",
    (
        *("could not extend file", "ER_DISK_FULL", "Disk full (", "' is full"),
        *("could not write to file", "OutOfDiskSpace", "Error writing file", "No space left on device"),
        # InnoDB names Linux' ENOSPC by its number alone.
        "Operating system error number 28",
        *WATERMARK,
        "disk resource limit alarm set on node",
    ),
    ("Read-only file system", "Input/output error", "Permission denied"),
    (("disk resource limit alarm set on node", ("disk resource limit alarm cleared", "Starting RabbitMQ")),),
)
UNSAVED = Wording(
    "unsaved",
    (
        *("MISCONF Redis is configured to save", "MISCONF Valkey is configured to save"),
        "MISCONF Errors writing to the AOF file",
    ),
)
MEMORY = Wording(
    "memory",
    (
        *("OOM command not allowed when used memory", "command not allowed when used memory"),
        *("CircuitBreakingException: [parent]", "circuit_breaking_exception', '[parent]"),
        *('circuit_breaking_exception","reason":"[parent]', "SERVER_ERROR out of memory storing object"),
        "memory resource limit alarm set on node",
    ),
    lasting=(
        ("memory resource limit alarm set on node", ("memory resource limit alarm cleared", "Starting RabbitMQ")),
    ),
)
WRAPAROUND = Wording(
    "wraparound",
    (
        *("is not accepting commands to avoid wraparound", "is not accepting commands that assign new"),
        "is not accepting commands that generate new MultiXactIds",  # Until PostgreSQL 16.
    ),
)
STOPPED = Wording(
    "stopped",
    (
        *("replica SQL thread aborted", "slave SQL thread aborted", "Replica SQL thread aborted"),
        *("Slave SQL thread aborted", "Got fatal error 1236", "requested WAL segment"),
    ),
)
MEMBERS = Wording(
    "members",
    (
        *("CLUSTERDOWN ", "NotEnoughReplicasException", "NOT_ENOUGH_REPLICAS", "NotEnoughReplicasError"),
        *("no_shard_available_action_exception", "NoShardAvailableActionException"),
        *("inconsistent_database, running_partitioned_network", "MasterNotDiscoveredException"),
    ),
    lasting=(("running_partitioned_network", ("Autoheal finished", "Starting RabbitMQ")),),
)
LIMIT = Wording(
    "limit",
    (
        *("maximum normal shards open", "maximum shards open", "JetStream resource limits exceeded"),
        *("nats: insufficient resources", "nats: maximum bytes exceeded", "nats: maximum messages exceeded"),
    ),
)
PLUGIN = Wording(
    "plugin",
    (
        *("caching_sha2_password", "Public Key Retrieval is not allowed", "client does not support authentication"),
        *(
            "ER_NOT_SUPPORTED_AUTH_MODE",
            "SCRAM authentication requires libpq",
            "authentication method 10 not supported",
        ),
        *("Unable to load authentication plugin", "unsupported authentication method", "no pg_hba.conf entry"),
    ),
)
STARTING = Wording(
    "starting",
    ("the database system is starting up", "in recovery mode", "LOADING Redis is loading", "LOADING Valkey is loading"),
)
