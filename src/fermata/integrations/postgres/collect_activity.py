"""`postgres.activity`: sessions, waits, open transactions, and how many connections are left."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from fermata.domain.evidence import Evidence
from fermata.domain.facts import DatabaseHolder, DatabaseLoadFacts, DatabaseSession
from fermata.domain.scope import Scope
from fermata.integrations.postgres.client import Session
from fermata.integrations.postgres.collect import DatabaseCollector, build_evidence
from fermata.integrations.postgres.database import Database
from fermata.integrations.postgres.errors import ConnectionsExhausted, NotServing
from fermata.integrations.postgres.sessions import (
    Sessions,
    build_session,
    describe_session,
    fetch_holders,
    fetch_sessions,
)

_MOST_SHOWN = 40
_QUERY = "SELECT *, pg_blocking_pids(pid) FROM pg_stat_activity WHERE datname = current_database()"


class ActivityCollector(DatabaseCollector):
    """The sessions of a database; those that others wait for first, idle ones only counted."""

    name = "postgres.activity"

    async def _ask(self, database: Database, scope: Scope) -> Sequence[Evidence]:
        try:
            return await super()._ask(database, scope)
        except ConnectionsExhausted as error:
            # The refusal is what there is to see: others get it too.
            return (self._tell_refusal(database, scope, error),)
        except NotServing as error:
            return (self._tell_down(database, scope, error),)

    def _tell_refusal(self, database: Database, scope: Scope, error: ConnectionsExhausted) -> Evidence:
        return build_evidence(
            database,
            scope,
            [f"the server refuses new connections: {error.why}"],
            DatabaseLoadFacts(
                database=database.name,
                refuses_connections=True,
                clients=self._databases.list_clients(database.name),
            ),
            collector=self.name,
            title=f"{database.name}: new connections are refused",
            query=f"connect to {database.name}",
            cut="who holds the connections: nobody is let in to look",
        )

    def _tell_down(self, database: Database, scope: Scope, error: NotServing) -> Evidence:
        return build_evidence(
            database,
            scope,
            [error.why],
            DatabaseLoadFacts(database=database.name, is_down=True),
            collector=self.name,
            title=f"{database.name}: it refuses connections",
            query=f"connect to {database.name}",
            cut="what it is busy with: nobody is let in to look",
        )

    async def _look(self, session: Session, database: Database, scope: Scope) -> Sequence[Evidence]:
        found = await fetch_sessions(session)
        rows = [row for row in found.rows if row["state"] != "idle"]
        waiting: dict[int, list[int]] = defaultdict(list)
        for row in found.rows:
            for pid in row["blocked_by"]:
                waiting[pid].append(row["pid"])
        lines = _count(found)
        holders = await fetch_holders(session)
        held = tuple(DatabaseHolder(line=len(lines) + number, **row) for number, row in enumerate(holders, start=1))
        lines += [f"{one.connections} of them come from {one.address}, {one.idle} idle" for one in held]
        records: list[DatabaseSession] = []
        redactions = 0
        for row in rows[:_MOST_SHOWN]:
            text, shown = describe_session(row, waiting[row["pid"]], with_values=database.show_values)
            lines.append(text)
            records.append(build_session(row, len(lines), shown))
            redactions += shown.redactions
        facts = DatabaseLoadFacts(
            database=database.name,
            connections=found.connections,
            max_connections=found.most,
            clients=self._databases.list_clients(database.name),
            holders=held,
            sessions=tuple(records),
        )
        return (
            build_evidence(
                database,
                scope,
                lines,
                facts,
                redactions=redactions,
                collector=self.name,
                title=f"{database.name}: {len(rows)} sessions at work, {sum(map(bool, waiting.values()))} block others",
                query=_QUERY,
                cut=_tell_cut(found, len(rows)),
            ),
        )


def _count(found: Sessions) -> list[str]:
    """Return a line about the server's connections, and one about who holds this database's."""
    lines = [f"{found.connections} of {found.most} connections of the server are taken"]
    holders = Counter((row["usename"], row["application_name"], row["state"]) for row in found.rows if row["state"])
    told = [
        f"{number} {state} by {' '.join(filter(None, [user, application]))}"
        for (user, application, state), number in holders.most_common(8)
    ]
    return [*lines, f"of this database: {', '.join(told)}"] if told else lines


def _tell_cut(found: Sessions, at_work: int) -> str:
    cut = []
    if at_work > _MOST_SHOWN:
        cut.append(f"first {_MOST_SHOWN} of {at_work} sessions at work")
    if found.hidden:
        cut.append(f"what {found.hidden} sessions of other roles do: GRANT pg_monitor to the reading role")
    return "; ".join(cut)
