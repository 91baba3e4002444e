"""`postgres.cancel_backend` and `postgres.terminate_backend`: end one statement, or one session with its transaction.

A pid alone names nobody: it is given out again. What is meant is the session that connected at that instant and ran
that statement, and the statement that ends it checks all of it in the server, at that moment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, LiteralString

from fermata.domain.action import ActionResult, ActionSpec, BlastRadius, DryRun, Outcome, PlannedAction, Risk
from fermata.domain.entity import Entity
from fermata.integrations.postgres.client import Session
from fermata.integrations.postgres.database import Database, Databases, refuse_foreign
from fermata.integrations.postgres.query_text import show_statement
from fermata.kit.digest import compute_digest
from fermata.kit.errors import FermataError, OperationalError, UserError
from fermata.kit.redaction import redact
from fermata.kit.units import format_duration
from fermata.ports.action import ExecutionKey, TargetGone

_DIGEST = re.compile(r"[0-9a-f]{64}")
_LARGEST_PID = 2**31 - 1
_PARAMETERS = {
    "type": "object",
    "additionalProperties": False,
    "required": ["pid", "backend_started_at", "statement_digest"],
    "properties": {
        "pid": {"type": "integer", "minimum": 1},
        "backend_started_at": {"type": "string", "format": "date-time"},
        "statement_digest": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    },
}
_FIND: LiteralString = """
SELECT a.pid, a.backend_start, a.backend_type, a.usename::text AS usename, a.application_name, a.state, a.xact_start,
       a.query_start, coalesce(a.query, '') AS query,
       encode(sha256(convert_to(coalesce(a.query, ''), 'UTF8')), 'hex') AS digest, a.datname::text AS datname,
       current_database()::text AS here, clock_timestamp() AS now, a.pid = pg_backend_pid() AS is_own,
       coalesce(r.rolsuper, false) AS is_super, current_user::text AS role,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS am_super,
       (pg_has_role(current_user, 'pg_signal_backend', 'USAGE')
        OR coalesce(pg_has_role(current_user, a.usesysid, 'USAGE'), false)) AS may_signal,
       (SELECT count(*) FROM pg_stat_activity w WHERE w.wait_event_type = 'Lock'
          AND a.pid = ANY (pg_blocking_pids(w.pid)))::int AS waiting
FROM pg_stat_activity a LEFT JOIN pg_roles r ON r.oid = a.usesysid WHERE a.pid = %(pid)s
"""
# The look and the deed are one statement: a pid is given out again, and a session goes on to another statement.
_CANCEL: LiteralString = """
SELECT pg_cancel_backend(a.pid) AS sent FROM pg_stat_activity a
WHERE a.pid = %(pid)s AND a.backend_start = %(started)s AND a.pid <> pg_backend_pid() AND a.state = 'active'
  AND encode(sha256(convert_to(coalesce(a.query, ''), 'UTF8')), 'hex') = %(digest)s
"""
_TERMINATE: LiteralString = """
SELECT pg_terminate_backend(a.pid) AS sent FROM pg_stat_activity a
WHERE a.pid = %(pid)s AND a.backend_start = %(started)s AND a.pid <> pg_backend_pid()
  AND encode(sha256(convert_to(coalesce(a.query, ''), 'UTF8')), 'hex') = %(digest)s
"""
_LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class _Kind:
    """What the two actions differ in."""

    verb: str
    statement: LiteralString
    spec: ActionSpec
    does: str
    undo_text: str


_CANCELLING = _Kind(
    verb="cancelled",
    statement=_CANCEL,
    spec=ActionSpec(
        name="postgres.cancel_backend",
        summary="Cancel the statement that one session runs; the session stays",
        risk=Risk.LOW,
        reversible=False,
        parameters_schema=_PARAMETERS,
    ),
    does="its client gets an error, and its transaction is rolled back unless it goes on after a savepoint",
    undo_text="There is none: the client runs the statement again if it wants to",
)
_TERMINATING = _Kind(
    verb="terminated",
    statement=_TERMINATE,
    spec=ActionSpec(
        name="postgres.terminate_backend",
        summary="End one session: its open transaction is rolled back, its client is disconnected",
        risk=Risk.MEDIUM,
        reversible=False,
        parameters_schema=_PARAMETERS,
    ),
    does="its open transaction is rolled back and its client is disconnected",
    undo_text="There is none: the client connects again, and what it had not committed is gone",
)


class SessionAction:
    """End a statement or a session. Made by `cancel_backend` and `terminate_backend`."""

    def __init__(self, databases: Databases, kind: _Kind) -> None:
        self._databases = databases
        self._kind = kind

    @property
    def spec(self) -> ActionSpec:
        """Return the catalogue entry."""
        return self._kind.spec

    def validate(self, target: Entity, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return pid, start of the session in UTC, and digest of the statement. Pure.

        Raises:
            UserError: The target is no database, or a parameter is missing, unknown or of the wrong form.
        """
        refuse_foreign(target)
        wanted = set(self.spec.parameters_schema["properties"])
        if set(parameters) != wanted:
            raise UserError(f"{self.spec.name} takes other parameters", do=f"Give exactly {', '.join(sorted(wanted))}")
        pid, digest = parameters["pid"], parameters["statement_digest"]
        if not isinstance(pid, int) or isinstance(pid, bool) or not 1 <= pid <= _LARGEST_PID:
            raise UserError(f"{pid!r} is no process id", do="Take it from the evidence of postgres.activity")
        if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
            raise UserError("statement_digest is no SHA-256", do="Take it from the evidence of postgres.activity")
        started = _parse_instant(parameters["backend_started_at"])
        return {"pid": pid, "backend_started_at": started.isoformat(), "statement_digest": digest}

    async def dry_run(self, target: Entity, parameters: Mapping[str, Any]) -> DryRun:
        """Look at the session as the one who would end it.

        Raises:
            UserError: There is no such session, or it must not or may not be ended.
            OperationalError: The database cannot be asked.
        """
        wanted = self.validate(target, parameters)
        async with self._databases.get(target).rehearse() as session:
            row = await _find(session, wanted)
        _refuse_blindness(row)
        if row is None or not _is_same_session(row, wanted):
            raise UserError(
                f"There is no session with pid {wanted['pid']} that connected at {wanted['backend_started_at']}",
                do="Nothing needs to be ended; look at pg_stat_activity",
            )
        self._refuse_untouchable(row)
        shown = show_statement(row["query"]).text
        age = format_duration(row["now"] - row["xact_start"]) if row["xact_start"] else ""
        open_for = f", its transaction open for {age}" if age else ""
        who = f"pid {row['pid']} of {row['usename']} ({row['application_name'] or row['backend_type']})"
        return DryRun(
            possible=True,
            diff=f"-{who}: {row['state']}{open_for}: {shown}",
            note=f"{who} is {row['state']}{open_for}; {row['waiting']} sessions wait for it; {self._kind.does}",
            observed_version=_digest(row),
            blast_radius=BlastRadius(count=1, entities=(target.ref,), text=f"1 session, {who}: {self._kind.does}"),
            undo_text=self._kind.undo_text,
        )

    def _refuse_untouchable(self, row: Mapping[str, Any]) -> None:
        """Refuse what must never be ended, and what this role may not end.

        Raises:
            UserError: With the reason.
        """
        name = f"pid {row['pid']}"
        if row["is_own"]:
            raise UserError(f"{name} is Fermata's own session", do="Choose another")
        if row["backend_type"] == "autovacuum worker" and "to prevent wraparound" in row["query"]:
            raise UserError(
                f"{name} is an autovacuum that prevents transaction id wraparound",
                why="PostgreSQL starts it again at once, and stops taking writes if it never gets done",
                do="Let it finish; end what it waits for instead",
            )
        if row["backend_type"] not in ("client backend", "autovacuum worker"):
            raise UserError(f"{name} is a {row['backend_type']}, which no action of Fermata ends", do="Act by hand")
        if row["datname"] != row["here"]:
            raise UserError(f"{name} works in the database {row['datname']}", do="Name that database as the target")
        if self._kind is _CANCELLING and row["state"] != "active":
            raise UserError(f"{name} runs no statement: it is {row['state']}", do="Use postgres.terminate_backend")
        if row["is_super"] and not row["am_super"]:
            raise UserError(
                f"{name} belongs to the superuser {row['usename']}",
                why=f"{row['role']} is none, and only superusers may end a superuser's session",
                do="Ask whoever it is, or act by hand",
            )
        if not (row["may_signal"] or row["am_super"]):
            raise UserError(
                f"{row['role']} may not end sessions of {row['usename']}",
                why="it is no member of pg_signal_backend",
                do=f"GRANT pg_signal_backend TO {row['role']}",
            )

    async def observe_version(self, target: Entity, parameters: Mapping[str, Any]) -> str:
        """Return a digest of the session and its statement.

        Raises:
            OperationalError: The database cannot be asked.
            TargetGone: It has no such pid any more.
        """
        wanted = self.validate(target, parameters)
        async with self._databases.get(target).rehearse() as session:
            row = await _find(session, wanted)
        if row is None:
            raise TargetGone(f"There is no session with pid {wanted['pid']} any more", do="Nothing is left to end")
        return _digest(row)

    async def execute(self, action: PlannedAction, key: ExecutionKey) -> ActionResult:
        """Send the signal if the session is still the one that was looked at, and wait until it shows."""
        wanted = self.validate(action.target, action.parameters)
        database = self._databases.get(action.target)
        name = f"pid {wanted['pid']}"
        asked = {
            "pid": wanted["pid"],
            "started": datetime.fromisoformat(wanted["backend_started_at"]),
            "digest": wanted["statement_digest"],
        }
        try:
            async with database.act(key.mark) as session:
                row = await _find(session, wanted)
                if row is None or _digest(row) != action.dry_run.observed_version:
                    words = f"Nothing was done: {name} is gone, or runs something else than at the dry run"
                    return self._result(database, Outcome.FAILED, words)
                try:
                    rows = await session.fetch(self._kind.statement, asked, doing=f"ending {name}")
                    if not rows or not rows[0]["sent"]:
                        words = f"Nothing was done: {name} changed at that very moment"
                        return self._result(database, Outcome.FAILED, words)
                    return await self._wait(session, database, wanted)
                except OperationalError as error:
                    words = f"Whether the statement or session of {name} was {self._kind.verb} is not known. {error}"
                    return self._result(database, Outcome.UNKNOWN, words)
        except FermataError as error:
            return self._result(database, Outcome.FAILED, f"Nothing was done. {error}")

    async def _wait(self, session: Session, database: Database, wanted: Mapping[str, Any]) -> ActionResult:
        """Wait until the signal has had its effect: a backend sees it at its next check."""
        for _ in range(round(database.limits.statement_s / _LOOK_EVERY_S)):
            outcome, words = self._judge(await _find(session, wanted), wanted)
            if outcome is Outcome.DONE:
                return self._result(database, outcome, words)
            await database.clock.sleep(_LOOK_EVERY_S)
        words = f"pid {wanted['pid']} got the signal and has not followed it within {database.limits.statement_s:g} s"
        return self._result(database, Outcome.UNKNOWN, words)

    async def probe(self, action: PlannedAction, key: ExecutionKey, intended_at: datetime) -> ActionResult:
        """Find out whether the session or its statement is still there."""
        del key, intended_at  # A signal leaves no mark.
        wanted = self.validate(action.target, action.parameters)
        database = self._databases.get(action.target)
        try:
            async with database.rehearse() as session:
                row = await _find(session, wanted)
        except FermataError as error:
            words = f"Whether pid {wanted['pid']} was {self._kind.verb} is not known. {error}"
            return self._result(database, Outcome.UNKNOWN, words)
        return self._result(database, *self._judge(row, wanted))

    def _judge(self, row: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> tuple[Outcome, str]:
        name = f"pid {wanted['pid']}"
        if row is None or not _is_same_session(row, wanted):
            return Outcome.DONE, f"The session of {name} is gone, by us or by itself"
        if self._kind is _CANCELLING and (row["digest"] != wanted["statement_digest"] or row["state"] != "active"):
            return Outcome.DONE, f"The statement of {name} has ended, by us or by itself; the session is {row['state']}"
        return Outcome.FAILED, f"{name} is still there and {row['state']}: nothing was {self._kind.verb}"

    def _result(self, database: Database, outcome: Outcome, detail: str) -> ActionResult:
        return ActionResult(outcome=outcome, detail=redact(detail).text, at=database.clock.now())


def cancel_backend(databases: Databases) -> SessionAction:
    """Return the action that cancels what a session runs."""
    return SessionAction(databases, _CANCELLING)


def terminate_backend(databases: Databases) -> SessionAction:
    """Return the action that ends a session."""
    return SessionAction(databases, _TERMINATING)


async def _find(session: Session, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
    rows = await session.fetch(_FIND, {"pid": wanted["pid"]}, doing="reading pg_stat_activity")
    return rows[0] if rows else None


def _refuse_blindness(row: Mapping[str, Any] | None) -> None:
    if row is not None and row["query"] == "<insufficient privilege>":
        raise UserError(
            f"{row['role']} may not see what pid {row['pid']} does",
            why="it would end what it cannot look at",
            do=f"GRANT pg_monitor TO {row['role']}",
        )


def _is_same_session(row: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return bool(row["backend_start"] == datetime.fromisoformat(wanted["backend_started_at"]))


def _digest(row: Mapping[str, Any]) -> str:
    started = row["backend_start"].astimezone(UTC).isoformat() if row["backend_start"] else ""
    return compute_digest({"pid": row["pid"], "started": started, "statement": row["digest"]})


def _parse_instant(value: object) -> datetime:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        instant = None
    if instant is None or instant.utcoffset() is None:
        raise UserError(
            "backend_started_at is no instant with a time zone", do="Take it from the evidence of postgres.activity"
        )
    return instant.astimezone(UTC)
