"""The parent's side of `driver.py` and `ledger_driver.py`: starts jobs, kills and thaws them, waits for their ends."""

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass
class Actor:
    """One process under way."""

    pid: int
    ended: Future
    folder: Path
    executor_id: str

    def wait(self, timeout_s=60.0):
        """Wait for its end; give its exit status, negative for a signal."""
        return self.ended.result(timeout_s)

    def send_signal(self, number):
        """Send it a signal, unless it has ended."""
        # It may end by its own hand in between: that is what was wanted.
        if not self.ended.done():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def end(self):
        """Kill it and wait."""
        self.send_signal(signal.SIGKILL)
        self.wait()

    def has(self, word):
        """Answer whether it left a file: `serving`, `reached`, `struck` or `report`."""
        return (self.folder / f"{self.executor_id}.{word}").exists()

    @property
    def report(self):
        """What it wrote at its end."""
        return json.loads((self.folder / f"{self.executor_id}.report").read_text())


class Company:
    """One warm parent process and its children."""

    def __init__(self, driver="driver.py"):
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
        self._driver = subprocess.Popen(
            [sys.executable, ROOT / "tests" / "faults" / driver],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._asking = threading.Lock()
        self._begun, self._ended = {}, {}
        self._count = 0
        assert b"ready" in self._driver.stdout.readline()
        self._reader = threading.Thread(target=self._listen, name="company", daemon=True)
        self._reader.start()

    def _listen(self):
        for line in self._driver.stdout:
            said = json.loads(line)
            futures, value = (self._begun, said["pid"]) if "pid" in said else (self._ended, said["status"])
            futures.pop(said["job"]).set_result(value)

    def start(self, folder, url, **job):
        """Start a process; return it once it runs."""
        begun, ended = Future(), Future()
        with self._asking:
            self._count += 1
            self._begun[self._count], self._ended[self._count] = begun, ended
            asked = {"job": self._count, "folder": str(folder), "url": url, **job}
            self._driver.stdin.write(json.dumps(asked).encode() + b"\n")
            self._driver.stdin.flush()
        return Actor(begun.result(20), ended, Path(folder), job.get("executor_id", "local"))

    def close(self):
        """End the parent, which kills what is left of its children."""
        self._driver.stdin.close()
        self._driver.wait(10)
        self._reader.join(10)
        self._driver.stdout.close()
