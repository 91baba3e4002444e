"""A killed process loses nothing it committed and leaves nothing half-done."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fermata.store.connect import open_store

WRITER = Path(__file__).with_name("writer.py")
SOURCE = Path(__file__).parents[3] / "src"


def start_writer(url):
    """Start a process that writes without end, and wait until it does."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    process = subprocess.Popen([sys.executable, WRITER, url], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.kill
def test_killed_writer_loses_and_halves_nothing(store_url):
    """Every entry it reported is there with all that was written beside it, over several kills at random moments."""
    chance = random.Random(7)  # noqa: S311 - moments of death, not secrets
    for _ in range(2):
        before = open_store(store_url)
        with before.begin_read() as transaction:
            start = transaction.journal.verify().entries
        before.close()

        process = start_writer(store_url)
        time.sleep(chance.uniform(0.05, 0.3))
        process.send_signal(signal.SIGKILL)
        reported = process.stdout.read().split()
        process.wait()
        process.stdout.close()

        store = open_store(store_url)
        with store.begin_read() as transaction:
            report = transaction.journal.verify()
            numbers = [entry.event.data["number"] for entry in transaction.journal.list_entries(after=start)]
            halves = {name.split("/")[1] for name, _ in transaction.flags.list_named("half/")}
            parts = [name.split("/")[1] for name, _ in transaction.flags.list_named("part/")]
        store.close()
        assert report.holds
        assert numbers[: len(reported)] == reported
        assert len(numbers) - len(reported) <= 1
        assert set(numbers) <= halves
        assert {number: parts.count(number) for number in halves} == dict.fromkeys(halves, 20)
