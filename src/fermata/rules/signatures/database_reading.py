"""What is known of one database, put together from all evidence about it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fermata.domain.diagnosis import Citation
from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import (
    DatabaseLoadFacts,
    DatabaseScan,
    DatabaseSession,
    DatabaseStatement,
    DatabaseTable,
)
from fermata.rules.sightings import Sighting, find_facts
from fermata.rules.signatures.base import Case

Look = Sighting[DatabaseLoadFacts]
_MOST_COMPLAINTS = 3


@dataclass(frozen=True, slots=True)
class Database:
    """One database with every look at it."""

    entity: Entity
    looks: tuple[Look, ...]

    @property
    def scans(self) -> list[tuple[Look, DatabaseScan]]:
        """Return the tables that plans read from end to end, each with the look that saw it."""
        return [(look, scan) for look in self.looks for scan in look.facts.scans]

    @property
    def sessions(self) -> list[tuple[Look, DatabaseSession]]:
        """Return the sessions, each with the look that saw it."""
        return [(look, session) for look in self.looks for session in look.facts.sessions]

    @property
    def statements(self) -> list[tuple[Look, DatabaseStatement]]:
        """Return the statements with what they cost, each with the look that saw it."""
        return [(look, statement) for look in self.looks for statement in look.facts.statements]

    @property
    def tables(self) -> list[tuple[Look, DatabaseTable]]:
        """Return the tables, each with the look that saw it."""
        return [(look, table) for look in self.looks for table in look.facts.tables]

    def find_table(self, namespace: str, name: str) -> DatabaseTable | None:
        """Return a table as any look saw it, or `None`."""
        return next((one for _, one in self.tables if (one.namespace, one.name) == (namespace, name)), None)


def list_databases(case: Case) -> Sequence[Database]:
    """Return the databases of a case, in the order of its evidence.

    Loads in another form are left out, and those whose records point at lines that are not there.
    """
    groups: dict[str, list[Look]] = {}
    for item in case.evidence:
        look = find_facts(item, DatabaseLoadFacts) if item.kind is EvidenceKind.DATABASE_LOAD else None
        if look is not None and _is_quotable(look):
            groups.setdefault(item.entity.ref, []).append(look)
    return [Database(looks[0].evidence.entity, tuple(looks)) for looks in groups.values()]


def _is_quotable(look: Look) -> bool:
    """Answer whether whatever is claimed from this look can be quoted from it."""
    facts = look.facts
    lines = [
        *(session.line for session in facts.sessions),
        *(statement.line for statement in facts.statements),
        *(scan.line for scan in facts.scans),
        *(table.line for table in facts.tables),
        *(holder.line for holder in facts.holders),
    ]
    texts = {line.number: line.text.strip() for line in look.evidence.lines}
    return any(texts.values()) and all(texts.get(line) for line in lines)


def cite_clients(case: Case, words: tuple[str, ...]) -> tuple[Citation, ...]:
    """Cite what the alerted workloads complain of in these words: it is what the database's trouble does to them."""
    return tuple(
        occurrence.cite()
        for workload in case.workloads
        if workload.alerted
        for occurrence in workload.errors
        if any(word in line.text.lower() for line in occurrence.error.lines for word in words)
    )[-_MOST_COMPLAINTS:]
