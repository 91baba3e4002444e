"""Which change took an index away, or brought a statement that has none: read from diffs. Pure.

A migration says both ways in one file. What stands in its way back (`downgrade`, `down`) did not happen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fermata.domain.diagnosis import Citation
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts
from fermata.rules.changes.migrations import MIGRATION, is_run_of
from fermata.rules.citations import cite
from fermata.rules.sightings import Sighting, find_facts
from fermata.rules.signatures.base import Case
from fermata.rules.signatures.change import CLOCK_TOLERANCE
from fermata.rules.signatures.workloads import cite_words, contains_word

# SQL, alembic, Django, Rails, Flyway's SQL, Liquibase, Sequelize and TypeORM, spelling apart.
_DROPS = re.compile(r"drop[ _]?index|remove_?index", re.IGNORECASE)
_MAKES = re.compile(
    r"create(?: unique)?[ _]?index|add_?index|\bindex=True|db_index=True|models\.Index\(|\bIndex\(", re.IGNORECASE
)
_DOWN = re.compile(r"def down(?:grade)?\b|async down\(|reverse_sql|--.*\bdown\b|<rollback>", re.IGNORECASE)
_UP = re.compile(r"def up(?:grade)?\b|async up\(|--.*\bup\b|</rollback>", re.IGNORECASE)
_DOWN_FILE = re.compile(r"[._-]down\.sql$|(?:^|/)U[^/]*__[^/]*\.sql$", re.IGNORECASE)  # Flyway calls undo scripts U...
_DROPPED, _BROUGHT = 0.95, 0.6


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a diff that came into effect."""

    number: int
    file: str
    added: bool
    text: str


@dataclass(frozen=True, slots=True)
class IndexChange:
    """A change that explains why no index serves a column."""

    change: Sighting[ChangeFacts]
    words: str
    """What it did, to follow its name: `dropped the index`."""
    confidence: float
    citations: tuple[Citation, ...]


def find_index_change(case: Case, table: str, columns: Sequence[str]) -> IndexChange | None:
    """Return the change that took away an index on these columns, or brought what would need one; `None` without any.

    Only changes that were read and were in effect before the onset count; the one that says it most plainly wins, the
    later one among equals.
    """
    found = [
        one
        for change in case.changes
        if case.scope.window_start <= change.facts.changed_at <= case.scope.onset + CLOCK_TOLERANCE
        if (one := _judge(case, change, table, columns)) is not None
    ]
    return max(found, key=lambda one: one.confidence, default=None)  # max keeps the first; changes come newest first.


def _judge(case: Case, change: Sighting[ChangeFacts], table: str, columns: Sequence[str]) -> IndexChange | None:
    applied = _find_migration(case, change)
    if applied is not None and applied.facts.changed_at > case.scope.onset + CLOCK_TOLERANCE:
        return None
    lines = [line for line in _list_effective(change) if line.text.strip()]
    telling = _find_drop(lines, table, columns)
    words, confidence = "dropped the index that served it", _DROPPED
    if telling is None:
        telling = _find_statement(lines, table, columns)
        words, confidence = "brought the statement, and no index for it", _BROUGHT
    if telling is None:
        return None
    return IndexChange(change, words, confidence, (cite(change.evidence, telling.number), *cite_words(applied)))


def _list_effective(change: Sighting[ChangeFacts]) -> Iterator[_Line]:
    """Yield the added and removed lines of a diff, without the ways back of migrations."""
    file, goes_back = "", False
    for line in change.evidence.lines:
        text = line.text
        if text.startswith(("+++ ", "--- ")):
            file, goes_back = text[4:].removeprefix("a/").removeprefix("b/"), False
            continue
        if _UP.search(text):
            goes_back = False
        elif _DOWN.search(text):
            goes_back = True
        if text[:1] in ("+", "-") and not goes_back and not _DOWN_FILE.search(file):
            yield _Line(line.number, file, text.startswith("+"), text[1:])


def _find_drop(lines: Sequence[_Line], table: str, columns: Sequence[str]) -> _Line | None:
    """Return the line that takes such an index away: a drop that was added, or a making that was removed."""
    for line in lines:
        pattern = _DROPS if line.added else _MAKES
        if pattern.search(line.text) and _speaks_of(line.text, table, columns):
            return line
    return None


def _speaks_of(text: str, table: str, columns: Sequence[str]) -> bool:
    """Answer whether a line names the first column, perhaps within the name of an index."""
    lowered = text.lower()
    # An index is called after its table and columns by every tool; the column alone may be another table's.
    return columns[0].lower() in lowered and (table.lower() in lowered or contains_word(text, columns[0]))


def _find_statement(lines: Sequence[_Line], table: str, columns: Sequence[str]) -> _Line | None:
    """Return the added line that names the column, in a file that names the table too, unless an index is made."""
    added = [line for line in lines if line.added]
    if any(_MAKES.search(line.text) and _speaks_of(line.text, table, columns) for line in added):
        return None
    naming = {line.file for line in added if contains_word(line.text, table)}
    return next((line for line in added if line.file in naming and contains_word(line.text, columns[0])), None)


def _find_migration(case: Case, change: Sighting[ChangeFacts]) -> Sighting[ChangeFacts] | None:
    """Return the database's own word that a migration of this change was applied, or `None`."""
    paths = [touched.path for touched in change.facts.files]
    for item in case.evidence:
        sighting = find_facts(item, ChangeFacts) if item.kind is EvidenceKind.CHANGE else None
        is_run = sighting is not None and sighting.facts.kind == MIGRATION
        if sighting is not None and is_run and any(is_run_of(sighting.facts, path) for path in paths):
            return sighting
    return None
