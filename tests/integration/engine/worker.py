"""Run as a process: `worker.py URL EXECUTOR GATES`. Works through runs, and stops in a step while its gate is shut.

A gate is a file in the folder GATES named like the step. Each step that begins appends a line to the file `log` there.
"""

import asyncio
import sys
import threading
from datetime import timedelta
from pathlib import Path

from fermata.engine.dbos_engine import DbosEngine
from fermata.store.connect import open_store

url, executor_id, gates = sys.argv[1], sys.argv[2], Path(sys.argv[3])
sweeping = threading.Event()


def note(line):
    """Append a line to the log, whole."""
    with (gates / "log").open("a") as log:
        log.write(f"{line}\n")


async def leg(run, payload):
    """Run three steps, each of which notes that it began and waits while its gate is shut."""
    for name in ("one", "two", "three"):

        async def work(name=name):
            note(f"{executor_id} {run.run_id} {name}")
            while (gates / name).exists():  # noqa: ASYNC110 - the gate is opened by another process
                await asyncio.sleep(0.02)
            return name

        await run.step(name, work)
    return {}


store = open_store(url)
engine = DbosEngine(store, executor_id=executor_id, polling_interval_s=0.05, lease=timedelta(seconds=0.6))
engine.register("leg", leg)
engine.launch()
note(f"{executor_id} ready")
while not sweeping.wait(0.1):
    engine.reap()
