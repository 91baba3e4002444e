"""Connections of a database server that are all taken: who holds them, and whose restart would give them back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from fermata.domain.diagnosis import ActionSuggestion, Citation, Hypothesis
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import DatabaseSession, WorkloadPhase
from fermata.rules.citations import cite
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.database_reading import Database, Look, cite_clients, list_databases
from fermata.rules.signatures.database_settings import name_engine
from fermata.rules.signatures.remedies import Intent, propose
from fermata.rules.signatures.workloads import Workload, cite_words

_NEARLY_ALL = 0.95
_MOST = 0.5
"""The share of all connections above which nobody else can hold as many."""
_TURNED_AWAY = ("too many clients", "too many connections", "connection slots", "toomanyconnections")
_OF_ONE = "too many connections for"
"""The limit is a role's or a database's: the server has others left (PostgreSQL, miscinit.c and postinit.c)."""
_POOLERS = re.compile(r"pgbouncer|pgpool|pgcat|odyssey|proxy|supavisor", re.IGNORECASE)
"""What holds connections for others: its restart cuts off all of them, and who leaks is behind it."""


@dataclass(frozen=True, slots=True)
class _Holder:
    """Who most likely holds most connections."""

    workload: Workload
    words: str
    citations: tuple[Citation, ...]


def _match_connections(case: Case) -> Sequence[Hypothesis]:
    found = (_judge_connections(case, database, look) for database in list_databases(case) for look in database.looks)
    return [hypothesis for hypothesis in found if hypothesis is not None]


def _judge_connections(case: Case, database: Database, look: Look) -> Hypothesis | None:
    facts = look.facts
    taken, most = facts.connections or 0, facts.max_connections or 0
    if not facts.refuses_connections and not (most and taken >= _NEARLY_ALL * most):
        return None
    words = "refuses new connections" if facts.refuses_connections else f"has given out {taken} of {most} connections"
    holders = Counter(_name_holder(session) for session in facts.sessions)
    told = ", ".join(f"{number} by {name}" for name, number in holders.most_common(3))
    holder = _find_holder(case, look)
    suggestions = _suggest_restart(case, holder)
    costs = _tell_cost(holder) if holder is not None and suggestions else ""
    return Hypothesis(
        cause="too_many_connections",
        text=f"The server of {database.entity.name} {words}"
        + (f"; at work: {told}." if told else ".")
        + (f" {holder.words}" if holder is not None else "")
        + costs,
        confidence=0.95 if facts.refuses_connections else 0.7,
        entity=database.entity,
        citations=(
            *cite_words(look, "connections"),
            *(holder.citations if holder is not None else ()),
            *cite_clients(case, _TURNED_AWAY),
        ),
        suggestions=suggestions,
        person_must=_say_who_to_look_for(database.entity.name, refused=look if facts.refuses_connections else None),
    )


def _find_holder(case: Case, look: Look) -> _Holder | None:
    """Return who is seen to hold most connections; where nobody may look, the only one that is known to use them."""
    facts, taken = look.facts, look.facts.connections or 0
    running = [one for one in case.workloads if one.phase is WorkloadPhase.RUNNING and not _is_server(one)]
    for held in facts.holders:
        there = [one for one in running if one.state is not None and held.address in one.state.facts.addresses]
        if held.connections > _MOST * taken and len(there) == 1:
            words = f"{there[0].entity.name} ({held.address}) holds {held.connections} of them, {held.idle} idle."
            return _Holder(there[0], words, (cite(look.evidence, held.line), *there[0].cite_state()))
    if not facts.refuses_connections or _is_of_one(look):
        return None
    using = [one for one in running if _is_client(one, facts.clients)]
    if len(using) != 1 or not using[0].alerted:
        return None
    name = using[0].entity.name
    words = f"Who holds them cannot be seen from here; {name} is the only one that is known to use it."
    return _Holder(using[0], words, using[0].cite_state())


def _is_server(workload: Workload) -> bool:
    """Answer whether it runs a database, or stands between one and its clients."""
    # Without what follows the name: `registry:5000/postgres:15` is an image of PostgreSQL.
    image = workload.state.facts.version.partition(" ")[0].rpartition("/")[2] if workload.state is not None else ""
    return bool(name_engine(image)) or _POOLERS.search(image) is not None


def _is_client(workload: Workload, clients: Sequence[str]) -> bool:
    names = (workload.entity.name, workload.entity.namespace, *(workload.state.facts.names if workload.state else ()))
    return not {name.lower() for name in names if name}.isdisjoint(clients)


def _suggest_restart(case: Case, holder: _Holder | None) -> tuple[ActionSuggestion, ...]:
    return propose(case, holder.workload.entity, Intent.RESTART) if holder is not None else ()


def _tell_cost(holder: _Holder) -> str:
    return (
        f" A restart of {holder.workload.entity.name} gives back what it holds; it costs the requests under way and "
        "what it keeps in memory, and they fill up again if it leaks them."
    )


def _is_of_one(look: Look) -> bool:
    return any(_OF_ONE in line.text for line in look.evidence.lines)


def _say_who_to_look_for(name: str, refused: Look | None) -> str:
    """Return what a person does; where nobody is let in, how they get in (documentation, 19.3, read 2026-11)."""
    if refused is not None and _is_of_one(refused):
        # The limit is the role's or the database's: others are let in, and raising it takes no restart.
        return (
            f"Look at {name} with another role: find in pg_stat_activity who holds the connections, and make their "
            "pools smaller, or raise the limit (ALTER ROLE or ALTER DATABASE ... CONNECTION LIMIT)."
        )
    way_in = (
        "Come in as a superuser, for whom superuser_reserved_connections are kept, or from a host where one session is "
        "open still, and end idle sessions of pg_stat_activity (pg_terminate_backend). Then find"
        if refused is not None
        else "Find"
    )
    return (
        f"{way_in} out who holds the connections to {name}, and make their pools smaller, or raise max_connections "
        "(which takes a restart)."
    )


def _name_holder(session: DatabaseSession) -> str:
    return session.application or session.user or "somebody"


TOO_MANY_CONNECTIONS = Signature(
    id="too_many_connections",
    title="All connections of a database server are taken",
    looks_at=(EvidenceKind.DATABASE_LOAD,),
    ruled_out_by=f"It lets us in, and less than {_NEARLY_ALL:.0%} of the connections are taken.",
    confidence_note="0.95 when it refuses new ones; 0.7 when nearly all are taken.",
    action="<system>.restart of the one that holds most of them, by its address, or where nobody is let in to look, of "
    "the only one that is known to use the database; otherwise none: a person must make pools smaller, or raise the "
    "limit",
    specificity=Specificity.STATE,
    match=_match_connections,
)
"""The catalogue's part about connections."""
