"""Rehearsals of the whole product on real processes: how soon the fault is gone when somebody says stop.

    python bench/rehearsal_stop.py [--trials 5]

Each trial starts two services, a fault proxy and `fermata chaos run`, has the rehearsal approved at the terminal, waits
until the fault is on the wire, says stop in one of the ways, and asks the proxy fifty times a second until the fault is
gone. `store locked`: another process holds the database exclusively before the file is written, so that nothing can be
read or written there. The goal is one second; the lease alone would end it after three.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "src")]
from harness import write_rows  # noqa: E402 - the path comes first
from tests.integration.experiments.sandbox import Sandbox  # noqa: E402 - as above

from fermata.domain.person import Actor  # noqa: E402 - as above
from fermata.flows.experiments.stopping import EVERYTHING, ask_to_stop  # noqa: E402 - as above

BY = Actor(kind="person", id="dana", channel="console")


@contextmanager
def locked(sandbox):
    """Hold the store, so that nobody else reads or writes it."""
    lock = sqlite3.connect(sandbox.folder / "state" / "fermata.db", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    yield
    lock.execute("ROLLBACK")
    lock.close()


def halt(sandbox):
    """Write the halt file; the runner and the proxy both look for it."""
    (sandbox.folder / "state" / "HALT").write_text("")
    return sandbox.measure_end()


def halt_without_store(sandbox):
    """Write the halt file while the store is held."""
    with locked(sandbox):
        return halt(sandbox)


def stop(sandbox):
    """Write what `fermata chaos stop` writes first; only the runner looks for it."""
    ask_to_stop(sandbox.folder / "state" / "experiments", EVERYTHING, BY, "")
    return sandbox.measure_end()


def stop_without_store(sandbox):
    """The same while the store is held."""
    with locked(sandbox):
        return stop(sandbox)


WAYS = {
    "halt file": halt,
    "halt file, store locked": halt_without_store,
    "stop file": stop,
    "stop file, store locked": stop_without_store,
}


def measure(way):
    """Give the seconds of one trial."""
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox(Path(folder)).start()
        try:
            sandbox.write_experiment()
            sandbox.begin()
            return way(sandbox)
        finally:
            sandbox.close()


def main():
    """Measure each way, and print the slowest of each beside the goal."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=5)
    trials = parser.parse_args().trials
    rows = []
    for name, way in WAYS.items():
        times = sorted(measure(way) for _ in range(trials))
        within = sum(time <= 1 for time in times)
        goal = f"{trials} of {trials} within 1 s"
        measured = f"{within} of {trials}; median {times[len(times) // 2]:.2f} s, slowest {times[-1]:.2f} s"
        rows.append((f"gone after: {name}", goal, measured, "the lease alone: 3 s"))
    write_rows("rehearsal-stop", "python bench/rehearsal_stop.py", rows)


if __name__ == "__main__":
    main()
