"""The hash chain: appended to, read, verified. Triggers in the database refuse UPDATE and DELETE on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, bindparam, func, insert, select, type_coerce, update

from fermata.domain.ids import IncidentId
from fermata.domain.journal import AuditReport, JournalEntry, JournalEvent
from fermata.kit.errors import InvariantBroken
from fermata.store.audit import ChainAudit, Head, StoredEntry, list_searchable
from fermata.store.statements import read_record, write_record
from fermata.store.tables import journal, journal_data, journal_head

_HEAD_ID = 1
_BATCH = 1000
_COLUMNS = select(journal.c.sequence, journal.c.at, journal.c.event, journal.c.previous, journal.c.hash)
_HEAD = select(journal_head.c.sequence, journal_head.c.hash).where(journal_head.c.id == _HEAD_ID)
_LOCK_HEAD = _HEAD.with_for_update()  # SQLite knows no such clause and needs none: a writer holds the whole file.
_APPEND = insert(journal)
_APPEND_DATA = insert(journal_data)
# As the first migration makes them; a store that was restored in part comes without.
_GUARDS = {
    "sqlite": {f"{table}_no_{event}" for table in ("journal", "journal_data") for event in ("update", "delete")},
    "postgresql": {
        f"{table}_append_only_{each}" for table in ("journal", "journal_data") for each in ("row", "statement")
    },
}
_LIST_TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    # By the search path, as the tables themselves are found; `D` and `R` do not fire for us.
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A') "
    "AND tgrelid IN (to_regclass('journal'), to_regclass('journal_data'))",
}
_MOVE_HEAD = (
    update(journal_head)
    .where(journal_head.c.id == _HEAD_ID)
    .values(sequence=bindparam("to_sequence"), hash=bindparam("to_hash"))
)


def lock_head(connection: Connection) -> Head:
    """Read the head and keep other writers from appending until this transaction ends.

    Raises:
        InvariantBroken: The head row is gone.
    """
    row = connection.execute(_LOCK_HEAD).one_or_none()
    if row is None:
        raise InvariantBroken(
            "The journal cannot be written",
            why="Its head row is missing, so that a removed end could not be noticed",
            do="Run `fermata audit verify`, and restore the store from a backup",
        )
    return Head(row.sequence, row.hash)


@dataclass(frozen=True, slots=True)
class SqlJournalRows:
    """`ports.store.JournalRows` over SQL."""

    connection: Connection

    def append(self, event: JournalEvent, at: datetime) -> JournalEntry:
        """Add an event as the next entry.

        Raises:
            InvariantBroken: The head row is gone.
        """
        head = lock_head(self.connection)
        entry = JournalEntry.chain(head.sequence + 1, at, event, head.hash)
        values = {
            "sequence": entry.sequence,
            "at": entry.at,
            "kind": event.kind,
            "incident_id": event.incident_id,
            "event": write_record(event),
            "previous": entry.previous,
            "hash": entry.hash,
        }
        self.connection.execute(_APPEND, values)
        pairs = list_searchable(event.data)
        if pairs:
            rows = [{"sequence": entry.sequence, "key": key, "value": value} for key, value in pairs]
            self.connection.execute(_APPEND_DATA, rows)
        self.connection.execute(_MOVE_HEAD, {"to_sequence": entry.sequence, "to_hash": entry.hash})
        return entry

    def list_entries(
        self, *, incident_id: IncidentId | None = None, kinds: Sequence[str] = (), after: int = 0, limit: int = 1000
    ) -> Sequence[JournalEntry]:
        """Return entries in order, those after sequence number `after`. No kinds means every kind."""
        query = _COLUMNS.where(journal.c.sequence > after).order_by(journal.c.sequence).limit(limit)
        if incident_id is not None:
            query = query.where(journal.c.incident_id == incident_id)
        if kinds:
            query = query.where(journal.c.kind.in_(kinds))
        return list(_read(self.connection.execute(query)))

    def find_last(self, kind: str, *, before: int) -> int:
        """Return the sequence number of the last entry of a kind before another; 0 while there is none.

        Costs the same however long the journal is.
        """
        latest = select(func.max(journal.c.sequence)).where(journal.c.kind == kind, journal.c.sequence < before)
        return self.connection.execute(latest).scalar() or 0

    def find_head(self) -> int:
        """Return the sequence number of the last entry; 0 while there is none. Costs the same however long it is."""
        row = self.connection.execute(_HEAD).one_or_none()
        return row.sequence if row is not None else 0

    def find_by_data(
        self, key: str, value: str, limit: int = 100, *, kinds: Sequence[str] = ()
    ) -> Sequence[JournalEntry]:
        """Return entries whose data holds this value under this key, oldest first.

        Only text values are found. No kinds means every kind.
        """
        ((stored_key, stored_value),) = list_searchable({key: value})
        named = select(journal_data.c.sequence).where(
            journal_data.c.key == stored_key, journal_data.c.value == stored_value
        )
        if kinds:
            of_kind = journal.c.kind.in_(kinds)
            named = named.join(journal, journal.c.sequence == journal_data.c.sequence).where(of_kind)
        matching = _COLUMNS.where(journal.c.sequence.in_(named.order_by(journal_data.c.sequence).limit(limit)))
        entries = _read(self.connection.execute(matching.order_by(journal.c.sequence)).all())
        # The index holds the beginning of a long value; the entry holds all of it.
        return [entry for entry in entries if entry.event.data.get(key) == value]

    def iterate(self) -> Iterator[JournalEntry]:
        """Yield every entry in stored order, without loading them all."""
        after = 0
        while entries := self.list_entries(after=after, limit=_BATCH):
            yield from entries
            after = entries[-1].sequence

    def verify(self) -> AuditReport:
        """Recompute the whole chain, a thousand entries in memory at a time."""
        head = self.connection.execute(_HEAD).one_or_none()
        audit = ChainAudit()
        for row, searchable in self._iterate_stored():
            audit.add(row, searchable)
        return audit.finish(Head(head.sequence, head.hash) if head is not None else None)

    def list_lost_guards(self) -> Sequence[str]:
        """Return the triggers that should refuse a change of the journal and are gone or switched off."""
        kind = self.connection.dialect.name
        there = set(self.connection.exec_driver_sql(_LIST_TRIGGERS[kind]).scalars())
        return sorted(_GUARDS[kind] - there)

    def _iterate_stored(self) -> Iterator[tuple[StoredEntry, set[tuple[str, str]]]]:
        """Yield entries as they are stored, unparsed, each with its rows of the search index."""
        last = None
        raw = select(
            journal.c.sequence,
            type_coerce(journal.c.at, Text),  # As it stands: a tampered instant need not be one.
            journal.c.kind,
            journal.c.incident_id,
            journal.c.event,
            journal.c.previous,
            journal.c.hash,
        ).order_by(journal.c.sequence)
        while True:
            page = raw if last is None else raw.where(journal.c.sequence > last)
            rows = [StoredEntry(*row) for row in self.connection.execute(page.limit(_BATCH))]
            if not rows:
                return
            last = rows[-1].sequence
            searchable = self._list_searchable(rows[0].sequence, last)
            for row in rows:
                yield row, searchable.get(row.sequence, set())

    def _list_searchable(self, first: int, last: int) -> dict[int, set[tuple[str, str]]]:
        found: dict[int, set[tuple[str, str]]] = {}
        within = select(journal_data).where(journal_data.c.sequence.between(first, last))
        for sequence, key, value in self.connection.execute(within):
            found.setdefault(sequence, set()).add((key, value))
        return found


def _read(rows: Iterable[Any]) -> Iterator[JournalEntry]:
    for row in rows:
        event = read_record(JournalEvent, row.event, f"journal entry {row.sequence}")
        yield JournalEntry(sequence=row.sequence, at=row.at, event=event, previous=row.previous, hash=row.hash)
