"""What may be wrong with a database itself, not with those who ask it: in whose words, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from fermata.rules.signatures import database_words as words
from fermata.rules.signatures.base import Specificity


@dataclass(frozen=True, slots=True)
class State:
    """Something that is wrong with a database, not with those who ask it."""

    cause: str
    title: str
    wording: words.Wording
    says: str
    """What follows the database's name in the text."""
    advice: str
    specificity: Specificity = Specificity.ORIGIN
    confidence: float = 0.95
    least: int = 1
    """Complaints it takes: a deadlock now and then is routine."""


STATES: tuple[State, ...] = (
    State(
        "db_connection_exhaustion",
        "A database has no connection left to give",
        words.CONNECTIONS,
        "gives out no more connections",
        "Find the client that takes so many connections, or raise the limit.",
    ),
    State(
        "db_read_only",
        "A database takes no writes",
        words.READ_ONLY,
        "takes no writes: it is read-only, or clients write to a replica",
        "Find out why it became read-only, and let clients write to the primary.",
    ),
    State(
        "database_disk_full",
        "A database has no room to write",
        words.FULL,
        "has no room left to write",
        "Free or add room on its volume.",
    ),
    State(
        "database_memory_full",
        "A cache or a store refuses writes and other work because its memory is used up",
        words.MEMORY,
        "refuses writes and other work because its memory is used up",
        "Raise its memory, or let it evict.",
    ),
    State(
        "database_snapshot_failed",
        "A database could not save itself to disk, and refuses writes since",
        words.UNSAVED,
        "refuses writes since it could not save itself to disk",
        "Read in its log why: no room, no right to write there, or no memory to fork (vm.overcommit_memory).",
        Specificity.STATE,
        0.7,
    ),
    State(
        "database_ids_exhausted",
        "A database has used up its transaction ids",
        words.WRAPAROUND,
        "has used up its transaction ids and takes no writes",
        "End old transactions, prepared transactions and unused replication slots, then VACUUM the whole database; "
        "find out what kept autovacuum from it.",
    ),
    State(
        "database_replication_stopped",
        "A replica has stopped to follow its primary",
        words.STOPPED,
        "has stopped to follow its primary",
        "Mend or skip what it stopped on, or build the replica anew; until then let nobody read from it.",
    ),
    State(
        "database_members_missing",
        "A cluster of databases or brokers lacks members that it needs",
        words.MEMBERS,
        "lacks members that it needs",
        "Find out which member is away, and why.",
        Specificity.STATE,
        0.7,
    ),
    State(
        "database_limit_reached",
        "A store refuses what would pass a limit that it was given",
        words.LIMIT,
        "refuses what would pass a limit that it was given",
        "Delete what is no longer needed there, or raise the limit.",
        confidence=0.9,
    ),
    State(
        "database_locks",
        "Transactions of a database wait for each other",
        words.LOCKED,
        "has transactions that wait for each other",
        "Find the transaction that holds the locks.",
        Specificity.STATE,
        0.6,
        3,
    ),
    State(
        "database_slow_queries",
        "A database answers some queries too slowly",
        words.SLOW,
        "answers some queries too slowly",
        "Explain the slow query: an index may be missing or unused.",
        Specificity.STATE,
        0.5,
        3,
    ),
    State(
        "database_replica_behind",
        "A replica lags behind its primary",
        words.BEHIND,
        "has a replica that lags behind",
        "Find out what the replica waits for.",
        Specificity.STATE,
        0.5,
        2,
    ),
    State(
        "database_starting",
        "A database is still starting or recovering",
        words.STARTING,
        "is still starting or recovering",
        "Find out why it restarted; wait for the recovery.",
        Specificity.STATE,
        0.5,
        2,
    ),
)
"""In the order of the catalogue."""
