"""Runs outlive the processes that work on them: killed, frozen, restarted, taken over."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fermata.domain.ids import RunId
from fermata.engine.dbos_engine import DbosEngine
from fermata.ports.engine import RunState
from fermata.store.connect import open_store

pytestmark = pytest.mark.kill
WORKER = Path(__file__).with_name("worker.py")
SOURCE = Path(__file__).parents[3] / "src"


class Workers:
    """Worker processes over one store, the gates that stop them, and what they noted."""

    def __init__(self, url, gates, wait_until):
        self.url, self.gates, self.wait_until = url, gates, wait_until
        self.processes = []
        self.store = open_store(url)
        self.engine = DbosEngine(self.store, executor_id="beside")

    def start(self, executor_id):
        """Start a worker and wait until it is launched."""
        before = self.log().count(f"{executor_id} ready")
        command = [sys.executable, WORKER, self.url, executor_id, self.gates]
        process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(SOURCE)})
        self.processes.append(process)
        self.wait_until(lambda: self.log().count(f"{executor_id} ready") > before)
        return process

    def enqueue(self, run_id):
        """Enqueue a run from this process, which never launches."""
        with self.store.begin() as transaction:
            self.engine.enqueue(transaction, "leg", RunId(run_id), {})

    def shut(self, step):
        """Make every worker stop in this step."""
        (self.gates / step).touch()

    def open(self, step):
        """Let them go on."""
        (self.gates / step).unlink()

    def log(self):
        """Return what was noted, in order."""
        path = self.gates / "log"
        return path.read_text().splitlines() if path.exists() else []

    def wait_for(self, line):
        """Wait until something was noted."""
        self.wait_until(lambda: line in self.log())

    def wait_for_success(self, run_id):
        """Wait until a run has succeeded."""
        self.wait_until(lambda: self.engine.find_status(RunId(run_id)).state is RunState.SUCCEEDED)

    def count_beats(self, executor_id):
        """Return how often a worker has renewed its lease."""
        with self.store.begin_read() as transaction:
            return transaction.flags.find(f"lease/{executor_id}")["number"]

    def close(self):
        """Kill what is left."""
        for process in self.processes:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
        self.store.close()


@pytest.fixture
def workers(store_url, tmp_path, wait_until):
    """Give workers over a store of each kind."""
    workers = Workers(store_url, tmp_path, wait_until)
    yield workers
    workers.close()


@pytest.fixture
def sharing_workers(postgres_url, tmp_path, wait_until):
    """Give workers that share one PostgreSQL."""
    workers = Workers(postgres_url, tmp_path, wait_until)
    yield workers
    workers.close()


def steps_of(log, run_id):
    """Give who began which step of a run, in order."""
    return [line.replace(f" {run_id} ", " ") for line in log if f" {run_id} " in line]


def test_killed_worker_goes_on_after_its_restart(workers):
    """The step that was interrupted runs again, the one before does not, and what was enqueued meanwhile is done."""
    workers.shut("two")
    process = workers.start("local")
    workers.enqueue("run-1")
    workers.wait_for("local run-1 two")

    process.kill()
    process.wait()
    workers.enqueue("run-2")
    assert workers.engine.find_status(RunId("run-1")).state is RunState.RUNNING
    assert workers.engine.find_status(RunId("run-2")).state is RunState.ENQUEUED
    workers.open("two")
    workers.start("local")
    workers.wait_for_success("run-1")
    workers.wait_for_success("run-2")

    log = workers.log()
    assert steps_of(log, "run-1") == ["local one", "local two", "local two", "local three"]
    assert steps_of(log, "run-2") == ["local one", "local two", "local three"]
    assert workers.engine.find_status(RunId("run-1")).attempts == 2


@pytest.mark.postgres
def test_survivor_takes_over_from_a_killed_worker(sharing_workers):
    """A worker that is gone for a lease loses its runs to one that is not, and its lease with them."""
    workers = sharing_workers
    workers.shut("two")
    process = workers.start("first")
    workers.enqueue("run-1")
    workers.wait_for("first run-1 two")
    workers.start("second")

    process.kill()
    process.wait()
    workers.wait_for("second run-1 two")
    workers.open("two")
    workers.wait_for_success("run-1")

    assert steps_of(workers.log(), "run-1") == ["first one", "first two", "second two", "second three"]
    with workers.store.begin_read() as transaction:
        assert [name for name, _ in transaction.flags.list_named("lease/")] == ["lease/second"]


@pytest.mark.postgres
def test_second_worker_of_one_name_does_not_start(sharing_workers):
    """It ends with the words for it before it takes up anything; the first works on. Killed, it leaves the name."""
    workers = sharing_workers
    workers.shut("two")
    first = workers.start("first")
    workers.enqueue("run-1")
    workers.wait_for("first run-1 two")

    command = [sys.executable, WORKER, workers.url, "first", workers.gates]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    second = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    first.kill()
    first.wait()
    workers.open("two")
    workers.start("first")
    workers.wait_for_success("run-1")

    assert second.returncode != 0
    assert "Another process works as 'first'" in second.stderr
    assert steps_of(workers.log(), "run-1") == ["first one", "first two", "first two", "first three"]


@pytest.mark.postgres
def test_frozen_worker_that_thaws_changes_nothing(sharing_workers):
    """A worker that was only stopped finds its run taken over: it records nothing and begins no further step."""
    workers = sharing_workers
    workers.shut("two")
    process = workers.start("first")
    workers.enqueue("run-1")
    workers.wait_for("first run-1 two")
    workers.start("second")

    process.send_signal(signal.SIGSTOP)
    workers.wait_for("second run-1 two")
    workers.open("two")
    workers.wait_for_success("run-1")
    process.send_signal(signal.SIGCONT)
    workers.enqueue("run-2")
    workers.enqueue("run-3")
    workers.wait_for_success("run-2")
    workers.wait_for_success("run-3")

    assert steps_of(workers.log(), "run-1") == ["first one", "first two", "second two", "second three"]
    assert workers.engine.find_status(RunId("run-1")).state is RunState.SUCCEEDED


@pytest.mark.postgres
def test_living_workers_keep_their_runs(sharing_workers):
    """A long step is no reason to take a run from a worker that renews its lease."""
    workers = sharing_workers
    workers.shut("two")
    workers.start("first")
    workers.enqueue("run-1")
    workers.wait_for("first run-1 two")
    workers.start("second")
    start = workers.count_beats("first")

    # Six renewals are two leases: time enough to take it over, if that were the rule.
    workers.wait_until(lambda: workers.count_beats("first") > start + 6)
    workers.open("two")
    workers.wait_for_success("run-1")

    assert steps_of(workers.log(), "run-1") == ["first one", "first two", "first three"]
