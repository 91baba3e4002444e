"""The engine on dbos: one generic workflow that runs any leg, started inside our own transactions.

Settings and their reasons stand at `DbosEngine._launch_dbos`; the measurements behind them are in docs/adr/0002. A
process that only enqueues (a command-line approval) never launches, and starts no thread.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer
from dbos import WorkflowStatusString as DbosState
from dbos import _serialization as dbos_serialization
from sqlalchemy import Engine as Database

from fermata.domain.ids import RunId
from fermata.engine.leases import Leases
from fermata.engine.log import redirect_log
from fermata.engine.outcome import capture, release, to_json
from fermata.kit.errors import InvariantBroken, UserError
from fermata.ports.engine import Leg, RunState, RunStatus
from fermata.ports.store import Store, Transaction

if TYPE_CHECKING:
    from dbos import WorkflowStatus

APPLICATION: Final = "fermata"
APPLICATION_VERSION: Final = "fermata-1"
"""Fixed: dbos's own is a hash of the source, and would strand unfinished runs at every upgrade. Raised on purpose only,
when the order of steps in a leg changes."""
QUEUE: Final = "fermata"
WORKFLOW: Final = "fermata.run_leg"
_UNFINISHED: Final = [DbosState.ENQUEUED.value, DbosState.DELAYED.value, DbosState.PENDING.value]
_STATES: Final[dict[str, RunState]] = {
    DbosState.ENQUEUED.value: RunState.ENQUEUED,
    DbosState.DELAYED.value: RunState.ENQUEUED,
    DbosState.PENDING.value: RunState.RUNNING,
    DbosState.SUCCESS.value: RunState.SUCCEEDED,
    DbosState.ERROR.value: RunState.FAILED,
    DbosState.MAX_RECOVERY_ATTEMPTS_EXCEEDED.value: RunState.FAILED,
    DbosState.CANCELLED.value: RunState.CANCELLED,
}
_LIFELESS_AFTER_S: Final = 2.0
"""A run that is just starting or just ending looks lifeless too, for milliseconds, on a busy machine for longer."""
# dbos is one global object a process; so is a launched engine.
_launched = threading.Lock()


class DatabaseStore(Store, Protocol):
    """A store that shares its database with the engine, so that one transaction covers both."""

    @property
    def database(self) -> Database:
        """Return the connection pool."""
        ...


class DbosRun:
    """`ports.engine.Run` inside a dbos workflow."""

    def __init__(self, run_id: RunId) -> None:
        self._run_id = run_id

    @property
    def run_id(self) -> RunId:
        """Return the run's id: stable over restarts."""
        return self._run_id

    async def step(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Run `work` and keep its result, or the error of ours it ended with; never retried."""

        async def body() -> dict[str, Any]:
            return await capture(name, work)

        return release(await DBOS.run_step_async({"name": name, "retries_allowed": False}, body))


class DbosEngine:
    """`ports.engine.Engine` over dbos. At most one is launched in a process at a time."""

    def __init__(
        self,
        store: DatabaseStore,
        *,
        executor_id: str = "local",
        worker_concurrency: int = 8,
        polling_interval_s: float = 0.1,
        lease: timedelta = timedelta(seconds=10),
        settings: str = "",
    ) -> None:
        """Bring dbos's tables up to date; start nothing.

        Args:
            store: Where the runs are kept, beside our own rows.
            executor_id: This worker's name, the same after every restart and different from every other worker's.
            worker_concurrency: Legs that run at once in this process.
            polling_interval_s: How often the queue is looked at; half of it is the mean delay of a start.
            lease: How long a worker on PostgreSQL may be silent before the others take its runs over. A third of it
                passes between two renewals.
            settings: Digest of the settings by which this worker executes; others are told apart by it.
        """
        _refuse_pickle()
        redirect_log(logging.WARNING)
        self._database = store.database
        self._store = store
        self._executor_id = executor_id
        self._legs: dict[str, Leg] = {}
        self._is_launched = False
        self._is_claimed = False
        self._living: set[RunId] = set()  # Runs whose leg is under way in this process.
        self._lifeless: dict[RunId, float] = {}  # Runs that are so by their rows only, and since when.
        # SQLite has one engine, kept single by a process lock; PostgreSQL may have many.
        shared = self._database.dialect.name != "sqlite"
        self._leases = Leases(store, executor_id, lease, settings) if shared else None
        self._client = DBOSClient(
            system_database_engine=self._database,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            lazy=True,
            retry_connection_errors=False,
        )
        # The public way to migrate opens the database a second time, and ends the process when something is wrong.
        self._client._sys_db.run_migrations()  # noqa: SLF001 - see the line above
        self._client.register_queue(
            QUEUE,
            worker_concurrency=worker_concurrency,
            polling_interval_sec=polling_interval_s,
            on_conflict="always_update",
        )

    def register(self, name: str, leg: Leg) -> None:
        """Make a leg known. Before `launch`, or its unfinished runs fail.

        Raises:
            InvariantBroken: Another leg has this name.
        """
        if self._legs.setdefault(name, leg) is not leg:
            raise InvariantBroken(f"Two legs are called {name}", why="A run finds its leg by name", do="Report this")

    def claim(self) -> None:
        """Make sure that no other process works under this executor id on the same store. Twice changes nothing.

        Raises:
            ExecutorTaken: One does.
        """
        if self._leases is not None and not self._is_claimed:
            self._leases.claim()
            self._leases.start()  # At once: a start that takes longer than a lease must not look dead.
            self._is_claimed = True

    def launch(self) -> None:
        """Start working, and take up every run this executor left unfinished.

        Raises:
            InvariantBroken: An engine is launched in this process already.
            ExecutorTaken: Another process works under this executor id on the same store.
        """
        if self._is_launched or not _launched.acquire(blocking=False):
            raise InvariantBroken(
                "A second engine was launched in this process", why="dbos exists once a process", do="Report this"
            )
        with ExitStack() as undo:
            undo.callback(_launched.release)
            # Before dbos: it takes up the runs of this executor id at once, whoever is at work on them.
            self.claim()
            undo.callback(DBOS.destroy, destroy_registry=True)
            # In a thread of its own: dbos adopts the event loop of the thread it is launched in, and legs must not
            # share the web server's.
            with ThreadPoolExecutor(1, thread_name_prefix="engine-launch") as thread:
                thread.submit(self._launch_dbos).result()
            undo.pop_all()
        self._is_launched = True

    def _launch_dbos(self) -> None:
        DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)(self._make_workflow())
        DBOS(
            config={
                "name": APPLICATION,
                "system_database_engine": self._database,  # Ours: the same file, the same durability settings.
                "application_version": APPLICATION_VERSION,
                "executor_id": self._executor_id,
                "serializer": DBOSPortableJSONSerializer(),  # The default is pickle.
                "max_executor_threads": 32,  # Without a limit: one thread for every database call under way.
                "notification_listener_polling_interval_sec": 0.25,  # Also how long `close` may wait for that thread.
                "use_listen_notify": False,  # For waits inside of runs, and we have none; it wakes 100 times a second.
                "log_level": "WARNING",  # Below that it advertises its vendor's console.
                "enable_otlp": False,
            }
        )
        DBOS.launch()

    def _make_workflow(self) -> Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]:
        async def run_leg(leg_name: str, payload: dict[str, Any]) -> dict[str, Any]:
            leg = self._legs.get(leg_name)
            if leg is None:
                raise UserError(
                    f"There is no leg called {leg_name}",
                    why="The run was started by another version of Fermata",
                    do="Start it again from its incident; nothing of it was executed by this version",
                )
            run_id = RunId(str(DBOS.workflow_id))
            self._living.add(run_id)
            try:
                result = await leg(DbosRun(run_id), payload)
            finally:
                self._living.discard(run_id)
            return dict(to_json(result, f"result of leg {leg_name}"))

        return run_leg

    def close(self) -> None:
        """Stop working at once. Unfinished runs are taken up at the next launch. Closing twice changes nothing."""
        if not self._is_launched:
            return
        self._is_launched = self._is_claimed = False
        redirect_log(logging.ERROR)  # It warns of each run it interrupts, which is what closing means.
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=0)
        if self._leases is not None:
            # Last: whoever waits for this executor id takes up its runs as soon as it is given back.
            self._leases.stop()
        _launched.release()

    def enqueue(self, transaction: Transaction, leg: str, run_id: RunId, payload: Mapping[str, Any]) -> None:
        """Start a leg when, and only when, `transaction` commits. The same `run_id` again changes nothing."""
        self._client.enqueue_in_transaction(
            transaction.connection,
            {
                "workflow_name": WORKFLOW,
                "queue_name": QUEUE,
                "workflow_id": run_id,
                "app_version": APPLICATION_VERSION,
            },
            leg,
            to_json(dict(payload), f"payload of run {run_id}"),
        )

    def find_status(self, run_id: RunId) -> RunStatus | None:
        """Return what is known of a run, or `None`. Blocks on the database: not for an event loop."""
        found = self._client.list_workflows(workflow_ids=[run_id], name=WORKFLOW, limit=1)
        return _describe(found[0]) if found else None

    def list_unfinished(self, limit: int = 1000) -> Sequence[RunStatus]:
        """Return runs that are enqueued or running, oldest first. Blocks on the database: not for an event loop."""
        found = self._client.list_workflows(status=_UNFINISHED, name=WORKFLOW, limit=limit, load_output=False)
        return [_describe(status) for status in found]

    def cancel(self, run_id: RunId) -> None:
        """Stop a run before its next step. A step that runs is not interrupted; a finished run stays finished."""
        self._client.cancel_workflow(run_id)

    def take_over(self, executor_id: str) -> Sequence[RunId]:
        """Resume the runs of a dead executor here, and return their ids. `reap` finds out who is dead.

        Raises:
            UserError: It is this executor itself, which is alive.
        """
        if executor_id == self._executor_id:
            raise UserError(
                f"{executor_id} cannot take over from itself",
                why="Its runs are under way, and would run twice",
                do="Name the executor that died",
            )
        left = self._client.list_workflows(
            status=DbosState.PENDING.value,
            executor_id=executor_id,
            name=WORKFLOW,
            load_input=False,
            load_output=False,
        )
        run_ids = [RunId(status.workflow_id) for status in left]
        if run_ids:
            self._client.resume_workflows([str(run_id) for run_id in run_ids], queue_name=QUEUE)
        return run_ids

    def revive(self) -> Sequence[RunId]:
        """Take up again what ended here without its end being recorded, and return it. For a sweep.

        A store that is full, locked or gone for too long ends a run in the middle, and cannot even keep that it ended:
        by its row it would run for ever, or until the next launch.
        """
        if not self._is_launched:
            return []
        pending = self._client.list_workflows(
            status=DbosState.PENDING.value,
            executor_id=self._executor_id,
            name=WORKFLOW,
            load_input=False,
            load_output=False,
        )
        now = time.monotonic()
        lifeless = {RunId(row.workflow_id) for row in pending} - self._living
        self._lifeless = {run_id: self._lifeless.get(run_id, now) for run_id in lifeless}
        again = sorted(run_id for run_id, since in self._lifeless.items() if now - since >= _LIFELESS_AFTER_S)
        if again:
            self._client.resume_workflows([str(run_id) for run_id in again], queue_name=QUEUE)
            self._lifeless = {}
        return again

    def reap(self) -> Sequence[RunId]:
        """Take over from every worker that has been silent for a whole lease, and return the runs. For a sweep.

        What this worker lost itself is taken up again first, see `revive`.

        Of several workers that notice at once, one does it: the write transaction is the lock. Dying in the middle
        loses nothing, since the lease is removed last.
        """
        taken: list[RunId] = [*self.revive()]
        if self._leases is None:
            return taken
        for beat in self._leases.list_stale():
            with self._store.begin() as transaction:
                if self._leases.is_current(transaction, beat):
                    taken += self.take_over(beat.executor_id)
                    self._leases.remove(transaction, beat)
        return taken


def _describe(status: WorkflowStatus) -> RunStatus:
    arguments = status.input["args"] if isinstance(status.input, Mapping) else ()
    return RunStatus(
        run_id=RunId(status.workflow_id),
        leg=str(arguments[0]) if arguments else "unknown",
        state=_STATES[status.status],
        attempts=status.recovery_attempts or 0,
        error=str(status.error) if status.error is not None else "",
    )


def _refuse_pickle() -> None:
    """Close the way back to pickle: dbos would still read a row that *says* it was pickled, and so run its code."""

    def deserialize(_self: object, _text: str) -> Any:
        raise InvariantBroken(
            "A run's row holds a pickled object", why="Fermata only writes JSON", do="Find out who wrote to the store"
        )

    dbos_serialization.DefaultSerializer.deserialize = deserialize  # type: ignore[assignment]  # replacing it is the point
