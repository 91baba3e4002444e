"""The intent ledger: at most one intent per action id, ever, written before the effect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from fermata.domain.action import EarlierAction, Outcome
from fermata.domain.entity import Entity
from fermata.domain.execution import Execution, Intent, Verification
from fermata.domain.ids import ActionId, ExecutionId, IncidentId
from fermata.kit.errors import InvariantBroken
from fermata.store.statements import insert_new, read_record, upsert, write_record
from fermata.store.tables import executions, intents, verifications


@dataclass(frozen=True, slots=True)
class SqlLedgerRows:
    """`ports.store.LedgerRows` over SQL."""

    connection: Connection

    def intend(self, intent: Intent) -> bool:
        """Write the intent before the effect; False when that action id was ever intended before."""
        return insert_new(self.connection, intents, dict(intent) | {"target": intent.target.ref}, ["action_id"])

    def find(self, action_id: ActionId) -> Intent | None:
        """Return an intent, or `None`."""
        found = _read_intents(self.connection.execute(select(intents).where(intents.c.action_id == action_id)))
        return found[0] if found else None

    def settle(self, action_id: ActionId, outcome: Outcome, detail: str, at: datetime) -> None:
        """Write the result beside its intent.

        Raises:
            InvariantBroken: Nothing was ever intended under this id: an effect without an intent must not exist.
        """
        result = update(intents).where(intents.c.action_id == action_id)
        settled = self.connection.execute(result.values(outcome=outcome, detail=detail, settled_at=at))
        if settled.rowcount != 1:
            raise InvariantBroken(
                f"Action {action_id} has a result and no intent",
                why="An effect is only started after its intent was written",
                do="Look at what the action did in its target, and report this",
                action_id=action_id,
            )

    def list_unsettled(self) -> Sequence[Intent]:
        """Return intents without a result, oldest first."""
        unsettled = select(intents).where(intents.c.outcome.is_(None))
        return _read_intents(self.connection.execute(unsettled.order_by(intents.c.intended_at, intents.c.action_id)))

    def save_execution(self, execution: Execution) -> None:
        """Add or replace an execution."""
        values = {
            "id": execution.id,
            "plan_id": execution.plan_id,
            "incident_id": execution.incident_id,
            "started_at": execution.started_at,
            "record": write_record(execution),
        }
        upsert(self.connection, executions, values, ["id"])

    def find_execution(self, execution_id: ExecutionId) -> Execution | None:
        """Return an execution, or `None`."""
        query = select(executions.c.record).where(executions.c.id == execution_id)
        text = self.connection.execute(query).scalar_one_or_none()
        return read_record(Execution, text, f"execution {execution_id}") if text is not None else None

    def list_executions(self, incident_id: IncidentId) -> Sequence[Execution]:
        """Return the incident's executions, oldest first."""
        own = select(executions.c.id, executions.c.record).where(executions.c.incident_id == incident_id)
        rows = self.connection.execute(own.order_by(executions.c.started_at, executions.c.id))
        return [read_record(Execution, row.record, f"execution {row.id}") for row in rows]

    def save_verification(self, verification: Verification) -> None:
        """Add or replace the verification of an execution."""
        values = {
            "execution_id": verification.execution_id,
            "verdict": verification.verdict,
            "record": write_record(verification),
        }
        upsert(self.connection, verifications, values, ["execution_id"])

    def find_verification(self, execution_id: ExecutionId) -> Verification | None:
        """Return it, or `None`."""
        query = select(verifications.c.record).where(verifications.c.execution_id == execution_id)
        text = self.connection.execute(query).scalar_one_or_none()
        return read_record(Verification, text, f"verification of {execution_id}") if text is not None else None

    def list_earlier(self, target: Entity, since: datetime, limit: int = 20) -> Sequence[EarlierAction]:
        """Return settled and unsettled actions on a target with what they achieved, newest first.

        An unsettled intent counts as `unknown`: whether it took effect is exactly what nobody knows yet.
        """
        verdict = (
            select(verifications.c.verdict)
            .join(executions, executions.c.id == verifications.c.execution_id)
            .where(executions.c.plan_id == intents.c.plan_id)
            .order_by(executions.c.started_at.desc())
            .limit(1)
            .scalar_subquery()
        )
        earlier = select(intents, verdict.label("verdict")).where(
            intents.c.target == target.ref, intents.c.intended_at >= since
        )
        newest = earlier.order_by(intents.c.intended_at.desc(), intents.c.action_id.desc()).limit(limit)
        return [_describe(row, target) for row in self.connection.execute(newest)]


def _read_intents(rows: Iterable[Row[Any]]) -> list[Intent]:
    try:
        return [Intent.from_json({**row._asdict(), "target": Entity.parse(row.target)}) for row in rows]
    except ValueError as error:
        raise InvariantBroken(
            "A stored intent cannot be read",
            why="Its row is no valid intent any more",
            do="Run `fermata audit verify`, and restore the store from a backup if it was damaged",
        ) from error


def _describe(row: Row[Any], target: Entity) -> EarlierAction:
    outcome = Outcome(row.outcome) if row.outcome else Outcome.UNKNOWN
    words = [f"{row.action_name} on {row.intended_at:%Y-%m-%d} at {row.intended_at:%H:%M} UTC: {outcome}"]
    if row.outcome is None:
        words.append("no result was ever recorded")
    words.append(row.verdict or "never verified")
    return EarlierAction(
        action_name=row.action_name,
        target=target,
        at=row.intended_at,
        outcome=outcome,
        verdict=row.verdict or "",
        text=", ".join(words) + (f" ({row.detail})" if row.detail else ""),
    )
