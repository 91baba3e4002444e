"""The engine on dbos keeps the contract on both stores, and adds nothing we did not ask for."""

import asyncio
import base64
import pickle
import threading
import time
from datetime import timedelta

import pytest
from dbos import DBOS
from sqlalchemy import inspect, text

from fermata.domain.ids import RunId
from fermata.engine.dbos_engine import DbosEngine
from fermata.kit.errors import InvariantBroken
from fermata.ports.engine import RunState
from fermata.store.connect import open_store
from fermata.testing.engine_contract import EngineContract, EngineRig, Recorder


class DbosRig(EngineRig):
    def __init__(self, store):
        self.store = store
        self.made = []

    def make(self, executor_id="local", **settings):
        engine = DbosEngine(self.store, executor_id=executor_id, polling_interval_s=0.02, **settings)
        self.made.append(engine)
        return engine

    async def settle(self, engine):
        deadline = time.monotonic() + 20
        while engine.list_unfinished():
            assert time.monotonic() < deadline, engine.list_unfinished()
            await asyncio.sleep(0.02)

    def close(self):
        for engine in self.made:
            engine.close()


@pytest.fixture
def rig(store):
    """Give a maker of engines over a store of each kind."""
    rig = DbosRig(store)
    yield rig
    rig.close()


class TestDbosEngine(EngineContract):
    """The suite, on SQLite and on PostgreSQL."""


@pytest.fixture
def recorder():
    """Give a leg of three steps."""
    return Recorder()


def list_cells(store):
    """Give every value of every table that is not ours, with its place."""
    schema = None if store.database.dialect.name == "sqlite" else "dbos"
    with store.database.connect() as connection:
        for table in inspect(connection).get_table_names(schema=schema):
            name = f'"{schema}"."{table}"' if schema else f'"{table}"'
            for row in connection.execute(text(f"SELECT * FROM {name}")).mappings():  # noqa: S608 - names of tables
                yield from ((f"{table}.{column}", value) for column, value in row.items())


async def test_rows_hold_json_and_no_pickle(rig, recorder):
    """Whoever can write a row must not be able to run code: nothing is pickled, and a pickle is not read."""
    engine = rig.make()
    engine.register("leg", recorder.leg)
    engine.launch()
    with rig.store.begin() as transaction:
        engine.enqueue(transaction, "leg", RunId("run-1"), {"word": "ünïcode"})
    await rig.settle(engine)

    cells = list(list_cells(rig.store))
    texts = [value for _, value in cells if isinstance(value, str)]
    assert {value for place, value in cells if place.endswith(".serialization") and value} == {"portable_json"}
    # Pickles start with the protocol's opcode 0x80, which base64 writes as `gA`.
    assert [value for value in texts if value.startswith("gA")] == []
    assert any("ünïcode" in value for value in texts)


async def test_planted_pickle_fails_its_run_and_runs_no_code(rig, recorder, tmp_path):
    """A row that claims to be pickled is refused, and the next run goes on."""
    trap = tmp_path / "trap"

    class Trap:
        def __reduce__(self):
            return (open, (str(trap), "w"))

    engine = rig.make()
    engine.register("leg", recorder.leg)
    schema = "" if rig.store.database.dialect.name == "sqlite" else "dbos."
    with rig.store.begin() as transaction:
        engine.enqueue(transaction, "leg", RunId("run-1"), {})
        engine.enqueue(transaction, "leg", RunId("run-2"), {})
        planted = base64.b64encode(pickle.dumps({"args": (Trap(),), "kwargs": {}})).decode()
        for table, column, value in (("input", "inputs", planted), ("status", "serialization", "py_pickle")):
            statement = f"UPDATE {schema}workflow_{table} SET {column} = :value WHERE workflow_uuid = 'run-1'"  # noqa: S608 - built from constants only
            assert transaction.connection.execute(text(statement), {"value": value}).rowcount == 1

    engine.launch()
    await rig.settle(engine)

    assert not trap.exists()
    assert engine.find_status(RunId("run-1")).state is RunState.FAILED
    assert engine.find_status(RunId("run-2")).state is RunState.SUCCEEDED


async def test_legs_run_beside_the_callers_loop(rig):
    """A leg never runs on the event loop that launched the engine: the web server's."""
    loops = []

    async def leg(run, payload):
        loops.append(asyncio.get_running_loop())
        return {}

    engine = rig.make()
    engine.register("leg", leg)
    engine.launch()
    with rig.store.begin() as transaction:
        engine.enqueue(transaction, "leg", RunId("run-1"), {})
    await rig.settle(engine)

    assert len(loops) == 1
    assert loops[0] is not asyncio.get_running_loop()


def test_second_engine_in_one_process_is_refused(rig):
    """The engine under it is one global object; after a close the next may launch."""
    first, second = rig.make(), rig.make()
    first.launch()
    with pytest.raises(InvariantBroken, match="second engine"):
        second.launch()

    first.close()
    second.launch()


def test_engine_that_only_enqueues_starts_no_thread(rig):
    """A command beside the server costs a transaction, not an engine."""
    before = set(threading.enumerate())

    engine = rig.make()
    with rig.store.begin() as transaction:
        engine.enqueue(transaction, "leg", RunId("run-1"), {})

    assert set(threading.enumerate()) == before


def test_launched_engine_leaves_no_thread_behind(rig, wait_until):
    """Closing stops what launching started."""
    before = threading.active_count()
    engine = rig.make()
    engine.launch()
    assert threading.active_count() > before

    engine.close()

    wait_until(lambda: threading.active_count() <= before)


@pytest.mark.postgres
def test_executor_id_is_kept_from_its_claim_until_the_work_has_ended(postgres_url, monkeypatch, wait_until):
    """A start may take longer than a lease; and whoever waits for the name takes up its runs as soon as it is free."""
    store = open_store(postgres_url)
    engine, destroy, held = DbosEngine(store, lease=timedelta(seconds=0.6)), DBOS.destroy, []

    def find_lease():
        with store.begin_read() as transaction:
            return transaction.flags.find("lease/local")

    engine.claim()
    wait_until(lambda: find_lease()["number"] > 2)
    engine.launch()
    # Not injectable: the end of the work is seen from within only.
    monkeypatch.setattr(DBOS, "destroy", lambda **how: (destroy(**how), held.append(find_lease())))
    engine.close()
    store.close()

    assert [lease.get("is_over") for lease in held] == [None]


@pytest.mark.postgres
def test_executor_id_is_free_at_once_after_an_orderly_end(postgres_url):
    """It says so at its end."""
    store = open_store(postgres_url)
    engine = DbosEngine(store)
    engine.launch()
    engine.close()

    with store.begin_read() as transaction:
        lease = transaction.flags.find("lease/local")
    store.close()

    assert lease["is_over"]


async def test_no_more_legs_at_once_than_allowed(rig):
    """Worker concurrency bounds what runs; the rest waits its turn."""
    running, most = 0, 0

    async def leg(run, payload):
        async def work():
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.05)
            running -= 1

        await run.step("work", work)
        return {}

    engine = rig.make(worker_concurrency=2)
    engine.register("leg", leg)
    with rig.store.begin() as transaction:
        for number in range(6):
            engine.enqueue(transaction, "leg", RunId(f"run-{number}"), {})
    engine.launch()
    await rig.settle(engine)

    assert most == 2


def test_vendor_is_not_advertised(rig, capfd):
    """Launching and closing prints nothing."""
    engine = rig.make()
    engine.launch()
    engine.close()

    assert capfd.readouterr() == ("", "")
