"""Failures seen in what a database is busy with: statements without an index, locks, connections, open transactions.

Evidence of these is there only for databases that the alerts' services use: which, the collector knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fermata.domain.diagnosis import ActionSuggestion, Hypothesis
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import DatabaseScan, DatabaseSession, DatabaseStatement, DatabaseTable
from fermata.kit.units import format_duration
from fermata.rules.citations import cite
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.connections import TOO_MANY_CONNECTIONS
from fermata.rules.signatures.database_changes import IndexChange, find_index_change
from fermata.rules.signatures.database_reading import Database, Look, cite_clients, list_databases
from fermata.rules.signatures.workloads import cite_words, clip

_BIG_TABLE_ROWS = 10_000  # Below, reading all of it takes no longer than a page fault or two.
_SELECTIVE = 0.05  # The share of rows below which PostgreSQL's planner begins to prefer an index.
_SLOW_MEAN_S = 0.005  # An indexed look-up takes a tenth of that.
_SLOW_SHARE = 0.2  # Of the time of all statements: what takes less is not what hurts (a guess; revisit when measured).
_ENOUGH_WATCHED_S = 0.05  # A call that takes longer than the watch does not end in it.
_SLOW_RUNNING = timedelta(seconds=1)
_MOST_COLUMNS = 3
_MOST_SCANS = 3
_WAIT_HURTS = timedelta(seconds=2)
_MANY_WAIT = 3
_LONG_OPEN = timedelta(minutes=10)
_CHAIN = 20  # Longest chain of locks that is followed: a cycle is a deadlock, which the server ends itself.
_CLIENT = "client backend"
# What a client says when it waited too long, or was not let in: PostgreSQL's words, and those of drivers and pools.
_WAITED = (
    "statement timeout", "lock timeout", "query canceled", "querycanceled", "timed out", "timeouterror",
    "deadline exceeded", "could not obtain lock", "locknotavailable", "deadlock detected", "pooltimeout",
)  # fmt: skip
# What ends a wait before it is long: a client's own limit, in PostgreSQL's words and its drivers' (appendix A, 57014,
# 55P03).
_GAVE_UP = ("due to statement timeout", "due to lock timeout", "could not obtain lock", "locknotavailable")
_CUT_OFF = (
    "connection refused", "connectionrefused", "could not connect", "is the server running", "server closed the conn",
    "terminating connection", "is starting up", "is shutting down",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Cost:
    """What a statement costs, and where that stands."""

    words: str
    line: tuple[Look, int]
    weight_s: float
    """Seconds it takes of those watched; orders several of them."""


def _match_missing_index(case: Case) -> Sequence[Hypothesis]:
    return [found for database in list_databases(case) for found in _list_missing(case, database)]


def _list_missing(case: Case, database: Database) -> Iterator[Hypothesis]:
    """Propose one index for each table and set of columns, the costliest statement first."""
    seen: dict[tuple[str, str, tuple[str, ...]], tuple[_Cost, Look, DatabaseScan]] = {}
    for look, scan in database.scans:
        columns = _choose_columns(scan)
        table = database.find_table(scan.namespace, scan.table)
        if not columns or table is None or not _is_missing(scan, table, columns):
            continue
        cost = _find_cost(database, scan)
        key = (scan.namespace, scan.table, columns)
        if cost is not None and (key not in seen or cost.weight_s > seen[key][0].weight_s):
            seen[key] = (cost, look, scan)
    ranked = sorted(seen.items(), key=lambda item: item[1][0].weight_s, reverse=True)
    for (_, _, columns), (cost, look, scan) in ranked[:_MOST_SCANS]:
        yield _propose_index(case, database, columns, cost, (look, scan))


def _choose_columns(scan: DatabaseScan) -> tuple[str, ...]:
    """Return what an index would be made over: the columns compared for equality, then one that is not."""
    if not scan.is_simple or scan.rows_read < _BIG_TABLE_ROWS or scan.rows_kept > _SELECTIVE * scan.rows_read:
        return ()
    return (*scan.equal_columns, *scan.range_columns[:1])[:_MOST_COLUMNS]


def _is_missing(scan: DatabaseScan, table: DatabaseTable, columns: tuple[str, ...]) -> bool:
    """Answer whether no index leads with one of the columns; one that does has another reason not to be used."""
    useful = set(scan.equal_columns) or set(columns)
    return not any(
        index.is_valid and not index.is_partial and index.columns and index.columns[0] in useful
        for index in table.indexes
    )


def _find_cost(database: Database, scan: DatabaseScan) -> _Cost | None:
    """Return what the scanned statement costs, or `None` when it hurts nobody."""
    for look, one in database.statements:
        watched = _is_watched(look)
        own, total = _get_time(one, watched=watched), sum(_get_time(x, watched=watched) for x in look.facts.statements)
        mean = (one.recent_mean_s or 0.0) if watched else one.mean_s
        if one.digest == scan.statement_digest and mean >= _SLOW_MEAN_S and own >= _SLOW_SHARE * total > 0:
            calls = f"{one.recent_calls} calls while it was watched" if watched else f"{one.calls:,} calls"
            words = f"takes {_ms(mean)} a call, {calls}, {own / total:.0%} of the time of all statements"
            return _Cost(words, (look, one.line), own)
    for look, session in database.sessions:
        age = _measure(look, session.statement_started_at)
        if session.state == "active" and session.statement == scan.statement and age >= _SLOW_RUNNING:
            words = f"has been running for {format_duration(age)}"
            return _Cost(words, (look, session.line), age.total_seconds())
    return None


def _is_watched(look: Look) -> bool:
    """Answer whether enough ended while the collector watched to judge by it, and not by the totals."""
    return sum(_get_time(one, watched=True) for one in look.facts.statements) >= _ENOUGH_WATCHED_S


def _get_time(statement: DatabaseStatement, *, watched: bool) -> float:
    """Return the seconds a statement took: while it was watched, or on the whole."""
    if watched:
        return (statement.recent_calls or 0) * (statement.recent_mean_s or 0.0)
    return statement.total_s


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _measure(look: Look, since: datetime | None) -> timedelta:
    """Return how long ago something began when it was looked at; zero when that is not known."""
    return look.evidence.observed_at - since if since is not None else timedelta()


def _propose_index(
    case: Case, database: Database, columns: tuple[str, ...], cost: _Cost, place: tuple[Look, DatabaseScan]
) -> Hypothesis:
    look, scan = place
    change = find_index_change(case, scan.table, columns)
    table, names = f"{scan.namespace}.{scan.table}", ", ".join(columns)
    suggestions = case.suggest(database.entity, "create_index_concurrently", {"table": table, "columns": list(columns)})
    told = (cite(cost.line[0].evidence, cost.line[1]), cite(look.evidence, scan.line))
    citations = (*told, *(change.citations if change else ()), *cite_clients(case, _WAITED))
    return Hypothesis(
        cause="slow_query_missing_index",
        text=f"{clip(scan.statement, 120)!r} {cost.words}: it {_tell_scan(scan, table)} to keep "
        f"{scan.rows_kept:,.0f}, and no index leads with {names}.{_tell_change(change)}",
        confidence=0.95 if change is not None else 0.85,
        entity=database.entity,
        citations=citations,
        suggestions=suggestions,
        person_must="" if suggestions else f"Build an index: CREATE INDEX CONCURRENTLY ON {table} ({names});",
    )


def _tell_scan(scan: DatabaseScan, table: str) -> str:
    if scan.index:
        return f"goes through up to all {scan.rows_read:,.0f} rows of {table} in the order of {scan.index}"
    return f"reads all {scan.rows_read:,.0f} rows of {table}"


def _tell_change(change: IndexChange | None) -> str:
    if change is None:
        return ""
    facts = change.change.facts
    author = f" by {facts.author}" if facts.author else ""
    return f" {facts.id[:7]} ({clip(facts.title, 80)}){author} {change.words}."


@dataclass(frozen=True, slots=True)
class _Jam:
    """A session that holds what others wait for."""

    look: Look
    root: DatabaseSession | None
    """`None` when it is no session of this database: another database's, or a prepared transaction."""
    root_pid: int
    waiting: tuple[DatabaseSession, ...]

    @property
    def longest(self) -> timedelta:
        """Return the longest wait."""
        return max(_measure(self.look, session.statement_started_at) for session in self.waiting)

    @property
    def held(self) -> timedelta:
        """Return for how long it has had its transaction open."""
        return _measure(self.look, self.root.transaction_started_at) if self.root else timedelta()

    @property
    def is_idle(self) -> bool:
        """Answer whether it holds its locks without doing anything."""
        return self.root is not None and self.root.state.startswith("idle in transaction")


def _list_jams(case: Case, database: Database) -> Iterator[_Jam]:
    """Yield who holds up others for long, or many of them; a wait of a moment is how locks work.

    Clients that set themselves a limit are never seen to wait for longer than that: those say that they gave up.
    """
    gave_up = bool(cite_clients(case, _GAVE_UP))
    for look in database.looks:
        by_pid = {session.pid: session for session in look.facts.sessions}
        groups: dict[int, list[DatabaseSession]] = {}
        for session in look.facts.sessions:
            if session.blocked_by:
                groups.setdefault(_find_root(session, by_pid), []).append(session)
        for pid, waiting in groups.items():
            jam = _Jam(look, by_pid.get(pid), pid, tuple(waiting))
            is_cut_short = gave_up and jam.held >= _WAIT_HURTS
            if jam.longest >= _WAIT_HURTS or len(waiting) >= _MANY_WAIT or is_cut_short:
                yield jam


def _find_root(session: DatabaseSession, by_pid: dict[int, DatabaseSession]) -> int:
    """Return the pid at the end of the chain of those who wait for each other."""
    pid = session.pid
    for _ in range(_CHAIN):
        holder = by_pid.get(pid)
        if holder is None or not holder.blocked_by:
            break
        pid = holder.blocked_by[0]
    return pid


def _match_idle_blocker(case: Case) -> Sequence[Hypothesis]:
    return [
        _propose_jam(case, database, jam, "blocked_by_idle_transaction", "terminate_backend", 0.9)
        for database in list_databases(case)
        for jam in _list_jams(case, database)
        if jam.is_idle
    ]


def _match_contention(case: Case) -> Sequence[Hypothesis]:
    return [
        _propose_jam(case, database, jam, "lock_contention", "cancel_backend", 0.7)
        for database in list_databases(case)
        for jam in _list_jams(case, database)
        if not jam.is_idle
    ]


def _propose_jam(case: Case, database: Database, jam: _Jam, cause: str, verb: str, confidence: float) -> Hypothesis:
    root, pids = jam.root, ", ".join(str(session.pid) for session in jam.waiting[:5])
    lines = [*([root.line] if root else []), *(session.line for session in jam.waiting[:2])]
    suggestions = _suggest_ending(case, database, root, verb)
    who = _name(root) if root else (f"pid {jam.root_pid}" if jam.root_pid else "a prepared transaction")
    doing = f"is {root.state}, after {clip(root.statement, 120)!r}" if root else "is not a session of this database"
    return Hypothesis(
        cause=cause,
        text=f"{_count(len(jam.waiting))} for locks (pid {pids}), the longest for "
        f"{format_duration(jam.longest)}: {who} holds them and {doing}.",
        confidence=confidence,
        entity=database.entity,
        citations=(
            *(cite(jam.look.evidence, line) for line in dict.fromkeys(lines)),
            *cite_clients(case, _WAITED),
        ),
        suggestions=suggestions,
        person_must="" if suggestions else f"Find out what {who} of {database.entity.name} is for, and end it.",
    )


def _count(waiting: int) -> str:
    return "1 session waits" if waiting == 1 else f"{waiting} sessions wait"


def _name(session: DatabaseSession) -> str:
    names = ", ".join(filter(None, [session.user, session.application]))
    return f"pid {session.pid} ({names})" if names else f"pid {session.pid}"


def _suggest_ending(
    case: Case, database: Database, session: DatabaseSession | None, verb: str
) -> tuple[ActionSuggestion, ...]:
    """Return the action that ends a statement or a session; nothing for what is no client's."""
    if session is None or session.backend_started_at is None or session.kind != _CLIENT:
        return ()
    parameters = {
        "pid": session.pid,
        "backend_started_at": session.backend_started_at.isoformat(),
        "statement_digest": session.statement_digest,
    }
    return case.suggest(database.entity, verb, parameters)


def _match_down(case: Case) -> Sequence[Hypothesis]:
    looks = ((database, look) for database in list_databases(case) for look in database.looks if look.facts.is_down)
    return [_propose_down(case, database, look) for database, look in looks]


def _propose_down(case: Case, database: Database, look: Look) -> Hypothesis:
    """Blame the server; less surely while nobody else is known to be refused: our own DSN may be the wrong one."""
    name, told, complaints = database.entity.name, cite_words(look), cite_clients(case, _CUT_OFF)
    return Hypothesis(
        cause="database_down",
        text=f"Database {name} refuses connections: {clip(told[0].quote, 200)}",
        confidence=0.95 if complaints else 0.75,
        entity=database.entity,
        citations=(*told, *complaints),
        person_must=f"See why the server of {name} does not run, and start it; if it does run, correct host and port "
        f"in the DSN of {name}.",
    )


def _match_long_transaction(case: Case) -> Sequence[Hypothesis]:
    return [found for database in list_databases(case) for found in _list_long(case, database)]


def _list_long(case: Case, database: Database) -> Iterator[Hypothesis]:
    """Blame the oldest open transaction when vacuum visibly could not clean up behind it."""
    bloated = [(look, one) for look, one in database.tables if one.dead_rows >= max(one.rows, _BIG_TABLE_ROWS)]
    old = [
        (look, session)
        for look, session in database.sessions
        if _measure(look, session.transaction_started_at) >= _LONG_OPEN
    ]
    if not bloated or not old:
        return
    look, session = max(old, key=lambda pair: _measure(pair[0], pair[1].transaction_started_at))
    table_look, table = max(bloated, key=lambda pair: pair[1].dead_rows)
    is_idle = session.state.startswith("idle in transaction")
    suggestions = _suggest_ending(case, database, session, "terminate_backend") if is_idle else ()
    age = format_duration(_measure(look, session.transaction_started_at))
    yield Hypothesis(
        cause="long_transaction",
        text=f"{_name(session)} has had a transaction open for {age}, so that nothing can be cleaned up: "
        f"{table.namespace}.{table.name} holds {table.dead_rows:,.0f} dead rows beside {table.rows:,.0f} live ones.",
        confidence=0.6,
        entity=database.entity,
        citations=(
            cite(look.evidence, session.line),
            cite(table_look.evidence, table.line),
            *cite_clients(case, _WAITED),
        ),
        suggestions=suggestions,
        person_must="" if suggestions else f"Find out what {_name(session)} is for, and end it.",
    )


_LOOKS_AT = (EvidenceKind.DATABASE_LOAD,)

SIGNATURES: tuple[Signature, ...] = (
    Signature(
        id="slow_query_missing_index",
        title="A statement reads a whole table, for want of an index",
        looks_at=(EvidenceKind.DATABASE_LOAD, EvidenceKind.CHANGE),
        ruled_out_by=f"The table has fewer than {_BIG_TABLE_ROWS:,} rows; the statement keeps more than "
        f"{_SELECTIVE:.0%} of them; a valid index leads with one of its columns; or it takes little of the database's "
        f"time.",
        confidence_note="0.95 when a change that was read dropped the index, or brought the statement without one, "
        "before the onset; 0.85 without.",
        action="<database's system>.create_index_concurrently on the columns that the plan filters by",
        specificity=Specificity.ORIGIN,
        match=_match_missing_index,
        blames_change=True,
    ),
    Signature(
        id="blocked_by_idle_transaction",
        title="Sessions wait for a transaction that does nothing",
        looks_at=_LOOKS_AT,
        ruled_out_by=f"Fewer than {_MANY_WAIT} sessions wait, none for {format_duration(_WAIT_HURTS)}, and no client "
        f"says that its own limit ended a wait; or who holds the locks is at work.",
        confidence_note="0.9.",
        action="<database's system>.terminate_backend of the session that holds the locks",
        specificity=Specificity.ORIGIN,
        match=_match_idle_blocker,
    ),
    Signature(
        id="lock_contention",
        title="Sessions wait for another one's statement",
        looks_at=_LOOKS_AT,
        ruled_out_by=f"Fewer than {_MANY_WAIT} sessions wait, none for {format_duration(_WAIT_HURTS)}, and no client "
        f"says that its own limit ended a wait.",
        confidence_note="0.7: who holds the locks may be doing what it should.",
        action="<database's system>.cancel_backend of the session that holds the locks",
        specificity=Specificity.STATE,
        match=_match_contention,
    ),
    TOO_MANY_CONNECTIONS,
    Signature(
        id="database_down",
        title="A database refuses connections",
        looks_at=_LOOKS_AT,
        ruled_out_by="It lets us in, or does not answer at all: that may be the network between.",
        confidence_note="0.95 when an alerted workload complains of the same; 0.75 when only our own look was refused.",
        action="none: a person must start it, or correct its address",
        specificity=Specificity.STATE,
        match=_match_down,
    ),
    Signature(
        id="long_transaction",
        title="An old open transaction keeps dead rows from being cleaned up",
        looks_at=_LOOKS_AT,
        ruled_out_by=f"No transaction has been open for {format_duration(_LONG_OPEN)}, or no large table has as many "
        f"dead rows as live ones.",
        confidence_note="0.6: it is known to keep the dead rows, not to be what hurts.",
        action="<database's system>.terminate_backend when the transaction is idle; otherwise a person must decide",
        specificity=Specificity.STATE,
        match=_match_long_transaction,
    ),
)
"""The catalogue's part about what databases are busy with."""
