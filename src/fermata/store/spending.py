"""The ledger of calls to models: each call is one row from before it is sent, so that money is never counted twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, delete, func, select, text

from fermata.domain.ids import IncidentId
from fermata.domain.model import Attempt, Spent
from fermata.rules.budget import start_of_day, start_of_month, start_of_next_day, start_of_next_month
from fermata.store.statements import read_record, upsert, write_record
from fermata.store.tables import model_attempts

_PICO = Decimal(10) ** 12
# Any constant but the migrations': it only has to be the same in every worker.
_ADVISORY_LOCK = 7_307_119


@dataclass(frozen=True, slots=True)
class SqlSpendRows:
    """`ports.store.SpendRows` over SQL."""

    connection: Connection

    def sum_spent(self, draft: Attempt) -> Spent:
        """Return what counts against the budgets of a call; others wait until this transaction has ended."""
        if self.connection.dialect.name == "postgresql":
            self.connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
        rows, at = model_attempts.c, draft.at
        # Both ends: what a clock that was ahead wrote counts on its own day, and not on every day until then.
        in_day = (rows.at >= start_of_day(at)) & (rows.at < start_of_next_day(at))
        in_month = (rows.at >= start_of_month(at)) & (rows.at < start_of_next_month(at))
        columns: dict[str, ColumnElement[Any]] = {
            "month_usd": _sum(in_month),
            "day_usd": _sum(in_day),
            "tier_day_usd": _sum(in_day & (rows.tier == draft.tier)),
            "provider_day_usd": _sum(in_day & (rows.provider == draft.provider)),
        }
        query = select(*(column.label(name) for name, column in columns.items())).where(in_month)
        found = self.connection.execute(query).one()._asdict()
        own = select(func.coalesce(func.sum(rows.cost_pico_usd), 0)).where(rows.incident_id == draft.incident_id)
        incident = self.connection.execute(own).scalar_one() if draft.incident_id else 0
        return Spent(incident_usd=_to_usd(incident), **{name: _to_usd(value) for name, value in found.items()})

    def open(self, draft: Attempt) -> None:
        """Write the row of a call that is about to be made."""
        self._put(draft, is_open=True)

    def settle(self, attempt: Attempt) -> None:
        """Replace the row by what the call really was."""
        self._put(attempt, is_open=False)

    def withdraw(self, attempt_id: str) -> None:
        """Remove an open row; a settled one stays, since something was sent."""
        rows = model_attempts.c
        self.connection.execute(delete(model_attempts).where(rows.id == attempt_id, rows.is_open))

    def list_open(self, before: datetime, limit: int = 100) -> Sequence[Attempt]:
        """Return calls that were begun before an instant and never settled, oldest first."""
        rows = model_attempts.c
        query = select(rows.id, rows.record).where(rows.is_open, rows.at < before).order_by(rows.at, rows.id)
        return [_read(row) for row in self.connection.execute(query.limit(limit))]

    def list_attempts(self, since: datetime, until: datetime) -> Sequence[Attempt]:
        """Return the calls of a time, open ones among them, oldest first."""
        rows = model_attempts.c
        query = select(rows.id, rows.record).where(rows.at >= since, rows.at < until).order_by(rows.at, rows.id)
        return [_read(row) for row in self.connection.execute(query.limit(100_000))]

    def list_of_incident(self, incident_id: IncidentId) -> Sequence[Attempt]:
        """Return the calls that were made for an incident, oldest first."""
        rows = model_attempts.c
        query = select(rows.id, rows.record).where(rows.incident_id == incident_id).order_by(rows.at, rows.id)
        return [_read(row) for row in self.connection.execute(query)]

    def _put(self, attempt: Attempt, *, is_open: bool) -> None:
        values = {
            "id": attempt.id,
            "at": attempt.at,
            "incident_id": attempt.incident_id,
            "provider": attempt.provider,
            "tier": attempt.tier,
            # Rounded up: a budget must not be overspent by rounding.
            "cost_pico_usd": int((attempt.cost_usd * _PICO).to_integral_value(ROUND_CEILING)),
            "is_open": is_open,
            "record": write_record(attempt),
        }
        upsert(self.connection, model_attempts, values, ["id"])


def _sum(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.coalesce(func.sum(case((condition, model_attempts.c.cost_pico_usd), else_=0)), 0)


def _to_usd(pico: Any) -> Decimal:
    return Decimal(int(pico)) / _PICO


def _read(row: Any) -> Attempt:
    return read_record(Attempt, row.record, f"call {row.id} to a model")
