"""A rehearsal ends when somebody says so or dies, on real processes: halted, stopped, killed, without a store."""

import signal
import sqlite3

import pytest

SOON_S = 3.0
"""The promise is a second, which `bench/rehearsal_stop.py` measures; a test on a busy machine allows more."""
LEASE_S = 3.0


def test_halt_file_ends_the_fault(sandbox):
    """`touch HALT` is enough: no command, no store, no page."""
    _, runner = sandbox.begin()

    (sandbox.folder / "state" / "HALT").write_text("")

    assert sandbox.measure_end() < SOON_S
    runner.wait(60)
    shown = sandbox.show()
    assert shown["experiment"]["state"] == "stopped"
    assert "halted" in shown["experiment"]["reason"]


def test_halt_ends_what_the_serving_process_runs(sandbox):
    """The command and the page's process are two; the row says who halted."""
    server = sandbox.serve()
    sandbox.run("chaos", "propose", "--experiment", "experiment.json")
    held_id, _ = sandbox.begin(server)

    sandbox.run("halt", "lunch")

    assert sandbox.measure_end() < SOON_S
    sandbox.wait(lambda: sandbox.show(held_id)["result"], "nobody closes it")
    assert "lunch" in sandbox.show(held_id)["experiment"]["reason"]


def test_stop_ends_what_runs(sandbox):
    """Without an id, whatever runs here is told to stop; the row says by whom and why."""
    held_id, runner = sandbox.begin()

    sandbox.run("chaos", "stop", "--reason", "lunch")

    assert sandbox.measure_end() < SOON_S
    runner.wait(60)
    shown = sandbox.show(held_id)
    assert shown["experiment"]["state"] == "stopped"
    assert "lunch" in shown["experiment"]["reason"]
    assert not list((sandbox.folder / "state" / "experiments").iterdir())


def test_interrupt_at_the_terminal_ends_the_fault(sandbox):
    """Ctrl-C withdraws the fault, measures the recovery and keeps the result."""
    held_id, runner = sandbox.begin()

    runner.send_signal(signal.SIGINT)

    assert sandbox.measure_end() < SOON_S
    runner.wait(60)
    assert sandbox.show(held_id)["experiment"]["reason"] == "stopped at the terminal"


def test_store_that_is_locked_does_not_keep_the_fault(sandbox):
    """With the store dead the halt file still ends it, and the result waits in a file until the store is back."""
    held_id, runner = sandbox.begin()
    lock = sqlite3.connect(sandbox.folder / "state" / "fermata.db", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")

    (sandbox.folder / "state" / "HALT").write_text("")

    assert sandbox.measure_end() < SOON_S
    kept = sandbox.folder / "state" / "experiments" / f"{held_id}.result.json"
    sandbox.wait(kept.exists, "the result is lost")
    runner.kill()
    lock.execute("ROLLBACK")
    lock.close()
    sandbox.serve()
    sandbox.wait(lambda: sandbox.show(held_id)["experiment"]["state"] == "stopped", "the result is never stored")
    assert not kept.exists()


@pytest.mark.kill
def test_killed_runner_leaves_no_fault_and_no_riddle(sandbox):
    """The lease ends the fault; the next serving process closes the row as inconclusive, once it is seen to be gone."""
    held_id, runner = sandbox.begin()

    runner.kill()

    assert sandbox.measure_end() < LEASE_S + SOON_S
    sandbox.serve()
    sandbox.wait(lambda: sandbox.show(held_id)["result"], "nobody closes it")
    shown = sandbox.show(held_id)
    assert shown["experiment"]["state"] == "stopped"
    assert shown["result"]["verdict"] == "inconclusive"
    assert "the lease dropped the fault" in shown["result"]["why"]


@pytest.mark.kill
def test_killed_server_leaves_no_fault_and_no_riddle(sandbox):
    """What the serving process ran is closed when it serves again."""
    server = sandbox.serve()
    sandbox.run("chaos", "propose", "--experiment", "experiment.json")
    held_id, _ = sandbox.begin(server)

    server.kill()

    assert sandbox.measure_end() < LEASE_S + SOON_S
    server.wait(10)
    sandbox.serve()
    sandbox.wait(lambda: sandbox.show(held_id)["result"], "nobody closes it")
    assert sandbox.show(held_id)["result"]["verdict"] == "inconclusive"


def test_second_experiment_waits_for_the_first(sandbox):
    """While one runs, another is refused before anything is created."""
    sandbox.begin()

    refused = sandbox.spawn_fermata("chaos", "propose", "--experiment", "experiment.json", "--json")

    assert refused.wait(60) == 3
