"""Which workers are alive, when several share one PostgreSQL: each renews a row, and watches those of the others.

A lease is stale when its row has not changed for a whole lease *as this worker's own clock measures it*: the workers'
clocks are never compared, so a wrong one takes nothing from anybody.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from fermata.kit.errors import FermataError, OperationalError
from fermata.kit.log import get_log
from fermata.ports.store import Store, Transaction

_PREFIX = "lease/"
_LOOKS = 20
"""How often a lease that may be somebody's is looked at until it is known to be nobody's."""
_log = get_log("engine")


class ExecutorTaken(OperationalError):
    """Another living process works under this executor id: each would take up what the other is doing."""


@dataclass(frozen=True, slots=True)
class Beat:
    """One renewal of a lease."""

    executor_id: str
    owner: str
    """Random per process: a restart under the same executor id is another owner."""
    number: int


class Leases:
    """Keeps one worker's lease, and says which others are stale."""

    def __init__(self, store: Store, executor_id: str, lease: timedelta, settings: str = "") -> None:
        """Claim and renew nothing yet.

        Args:
            settings: Digest of the settings by which this worker decides and executes; empty where nobody compares.
        """
        self._store = store
        self._settings = settings
        self._unlike: dict[str, str] = {}
        self._executor_id = executor_id
        self._name = _PREFIX + executor_id
        self._lease_s = lease.total_seconds()
        self._owner = secrets.token_hex(8)
        self._number = 0
        self._was_anothers = False
        self._seen: dict[str, tuple[Beat, float]] = {}
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def claim(self) -> None:
        """Make the lease this process's own; blocks for up to a whole lease after a worker that was killed.

        A row of another process is watched for as long as others watch it before they call it dead: a renewal may be
        late, or fail once. One that stopped in order has said so, and is not waited for.

        Raises:
            ExecutorTaken: Another process renews it, or was quicker.
        """
        with self._store.begin_read() as transaction:
            found = transaction.flags.find(self._name)
        looks = 0 if found is None or found.get("is_over") else _LOOKS
        if looks:
            _log.warning(
                "lease.watched",
                executor_id=self._executor_id,
                longest_s=self._lease_s,
                why="the process before this one did not end in order, or is still at work",
            )
        for _ in range(looks):
            time.sleep(self._lease_s / _LOOKS)
            with self._store.begin_read() as transaction:
                if transaction.flags.find(self._name) != found:
                    break
        with self._store.begin() as transaction:
            # Read again where it is written: of two that start at once, one finds the other's.
            if transaction.flags.find(self._name) not in (found, None):
                raise ExecutorTaken(
                    f"Another process works as {self._executor_id!r} on this store",
                    why="it renews the lease of that name; two of one name would take up each other's runs",
                    do="Stop that one, or give this one an engine.executor_id of its own",
                )
            self._write(transaction)

    def start(self) -> None:
        """Renew now, then every third of a lease."""
        self._renew()
        self._thread = threading.Thread(target=self._keep, name="engine-lease", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop renewing. The row stays: if this worker does not come back, the others take its runs over."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout=self._lease_s)
        try:
            with self._store.begin() as transaction:
                held = transaction.flags.find(self._name)
                if held is not None and held["owner"] == self._owner:
                    transaction.flags.put(self._name, {**held, "is_over": True})
        except FermataError as error:
            # Then the next start waits until it is sure, as after a kill.
            _log.warning("lease.not_renewed", executor_id=self._executor_id, error=str(error))

    def list_stale(self) -> Sequence[Beat]:
        """Return the last beat of each other worker that has not renewed for a whole lease."""
        with self._store.begin_read() as transaction:
            self._observe(transaction)
        now = time.monotonic()
        return [beat for beat, since in self._seen.values() if now - since > self._lease_s]

    def is_current(self, transaction: Transaction, beat: Beat) -> bool:
        """Answer whether a lease still stands at this beat: nobody renewed it, nobody took it over."""
        return _find(transaction, beat.executor_id) == beat

    def remove(self, transaction: Transaction, beat: Beat) -> None:
        """Forget a worker whose runs were taken over."""
        transaction.flags.remove(_PREFIX + beat.executor_id)

    def _keep(self) -> None:
        told, since = "", 0.0
        while not self._stopped.wait(self._lease_s / 3):
            try:
                self._renew()
            except (FermataError, SQLAlchemyError) as error:
                # Of the database whatever it says: a worker that stops to renew is robbed of what it is doing.
                since = since if told else time.monotonic()
                # A store that is away for an hour is told once, and in other words again.
                if str(error) != told:
                    told = str(error)
                    _log.warning("lease.not_renewed", executor_id=self._executor_id, error=told)
            else:
                if told:
                    after_s = round(time.monotonic() - since, 1)
                    _log.info("lease.renewed", executor_id=self._executor_id, after_s=after_s)
                told = ""

    def _renew(self) -> None:
        with self._store.begin() as transaction:
            held = _find(transaction, self._executor_id)
            is_anothers = held is not None and bool(self._number) and held.owner != self._owner
            # Once it may be an earlier process's, which a store that went back (a failover, a restore) brought again;
            # who writes over ours as well is alive.
            if is_anothers and self._was_anothers:
                _log.error("lease.shared", executor_id=self._executor_id, advice="Give each worker its own executor id")
            self._was_anothers = is_anothers
            self._write(transaction)
            self._observe(transaction)

    def _write(self, transaction: Transaction) -> None:
        self._number += 1
        value = {"owner": self._owner, "number": self._number, "settings": self._settings}
        transaction.flags.put(self._name, value)

    def _observe(self, transaction: Transaction) -> None:
        now = time.monotonic()
        rows = dict(transaction.flags.list_named(_PREFIX))
        rows.pop(self._name, None)
        self._compare(rows)
        beats = {
            name: Beat(name.removeprefix(_PREFIX), str(value["owner"]), int(value["number"]))
            for name, value in rows.items()
        }
        known = self._seen
        self._seen = {
            name: known[name] if name in known and known[name][0] == beat else (beat, now)
            for name, beat in beats.items()
        }

    def _compare(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """Say once of each worker that it goes by other settings: any of them may execute what was approved."""
        unlike = _find_unlike(rows, self._settings)
        for other, _ in sorted(unlike.items() - self._unlike.items()):
            advice = "Start all of them anew with the same people, groups, policy and limits"
            _log.warning("workers.differ", executor_id=self._executor_id, other=other, advice=advice)
        self._unlike = unlike


def list_unlike(transaction: Transaction, settings: str) -> Sequence[str]:
    """Return the executor ids of workers that did not end and go by other settings than these."""
    return sorted(_find_unlike(dict(transaction.flags.list_named(_PREFIX)), settings))


def _find_unlike(rows: Mapping[str, Mapping[str, Any]], settings: str) -> dict[str, str]:
    """Return the other settings by executor id; nothing where either says none, as an older Fermata does."""
    return {
        name.removeprefix(_PREFIX): str(value["settings"])
        for name, value in rows.items()
        if settings and not value.get("is_over") and value.get("settings") not in (None, "", settings)
    }


def _find(transaction: Transaction, executor_id: str) -> Beat | None:
    value = transaction.flags.find(_PREFIX + executor_id)
    return Beat(executor_id, str(value["owner"]), int(value["number"])) if value is not None else None
