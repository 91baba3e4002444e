"""What every collector of PostgreSQL does alike: find the databases, ask each, and say what could not be had."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.record import Record
from fermata.domain.scope import Scope
from fermata.integrations.postgres.client import Session
from fermata.integrations.postgres.database import Database, Databases, join_failures
from fermata.kit.errors import OperationalError
from fermata.kit.hiding import hide_lines
from fermata.kit.listing import join_cuts
from fermata.ports.handing import expect, hand_over

FRESH_FOR = timedelta(hours=1)
"""Twice as long as an approval is valid by default; what changes meanwhile is the drift check's business."""


class DatabaseCollector:
    """Base of the collectors: one read-only session for each database that the scope means."""

    name = ""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases

    def wants(self, scope: Scope) -> bool:
        """Answer whether the scope means a database of the settings."""
        return bool(self._databases.match(scope))

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return what the databases of the scope say, all asked at once.

        Raises:
            OperationalError: None of them could be asked.
        """
        databases = self._databases.match(scope)
        expect(*(database.name for database in databases))
        answers = await asyncio.gather(*(self._try(database, scope) for database in databases))
        failures = [answer for answer in answers if isinstance(answer, OperationalError)]
        evidence = [item for answer in answers if not isinstance(answer, OperationalError) for item in answer]
        if failures and not evidence:
            raise join_failures(failures)
        if failures:
            # Some were asked: what the others refused must not pass in silence.
            told = "; ".join(str(failure) for failure in failures)
            first = evidence[0]
            evidence[0] = first.model_copy(update={"cut": join_cuts(first.cut, told)})
        return evidence

    async def _try(self, database: Database, scope: Scope) -> Sequence[Evidence] | OperationalError:
        try:
            found = await self._ask(database, scope)
        except OperationalError as error:
            return error
        hand_over(database.name, *found)
        return found

    async def _ask(self, database: Database, scope: Scope) -> Sequence[Evidence]:
        async with database.read() as session:
            return await self._look(session, database, scope)

    async def _look(self, session: Session, database: Database, scope: Scope) -> Sequence[Evidence]:
        raise NotImplementedError


def build_evidence(
    database: Database, scope: Scope, lines: Sequence[str], facts: Record | None, *, redactions: int = 0, **about: Any
) -> Evidence:
    """Return one piece of evidence observed now.

    Args:
        about: `collector`, `title`, `query`, and optionally `kind` and `cut` of the evidence.
    """
    now = database.clock.now()
    hidden = hide_lines([" ".join(line.split()) for line in lines])
    return Evidence(
        incident_id=scope.incident_id,
        kind=about.pop("kind", EvidenceKind.DATABASE_LOAD),
        entity=database.entity,
        observed_at=now,
        fresh_until=now + FRESH_FOR,
        lines=tuple(EvidenceLine(number=number, text=text) for number, text in enumerate(hidden.lines, start=1)),
        facts=facts.to_json() if facts else {},
        redactions=hidden.redactions + redactions,
        **about,
    )


def since(now: datetime, then: datetime | None) -> timedelta:
    """Return how long ago something was by the server's own clock; zero when it never was, or is about to be."""
    return max(now - then, timedelta()) if then is not None else timedelta()
