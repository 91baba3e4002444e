"""A desk for each test of the command line, and a serving process for those that need one."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.unit.cli.desk import Desk, write_entry_point

from fermata.bootstrap import open_house
from fermata.domain.heard import HeardMessage
from fermata.flows.observe import Watch
from fermata.settings import load_settings

SRC = Path(__file__).parents[3] / "src"


@pytest.fixture(scope="module")
def plugins(tmp_path_factory):
    """Give a folder with a distribution that brings the rehearsal system."""
    folder = tmp_path_factory.mktemp("plugins")
    write_entry_point(folder / "rehearsal_for_tests-0.dist-info")
    return folder


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    """Give a store's file with all tables, those of the engine among them."""
    desk = Desk(tmp_path_factory.mktemp("template"))
    desk.file.write_text("state_dir: state\n")
    asyncio.run(open_house(load_settings(desk.file, {})).close())
    return desk.folder / "state" / "fermata.db"


@pytest.fixture
def desk(tmp_path, plugins, empty_store, monkeypatch):
    """Give a desk whose workload is sick."""
    monkeypatch.syspath_prepend(str(plugins))
    for name in [name for name in os.environ if name.startswith("FERMATA_")]:
        monkeypatch.delenv(name)
    return Desk(tmp_path, empty_store)


@pytest.fixture
def start(plugins):
    """Give a function that starts a real `fermata` process with its own session."""
    started = []

    def start_process(*args, **options):
        environment = {name: text for name, text in os.environ.items() if not name.startswith("FERMATA_")}
        process = subprocess.Popen(
            [sys.executable, "-m", "fermata", *map(str, args)],
            env=environment | {"PYTHONPATH": f"{plugins}:{SRC}"},
            text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
        )
        started.append(process)
        return process

    yield start_process
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate(timeout=10)


@pytest.fixture
def serving(desk, start):
    """Give the desk with `fermata up` serving it; stopped afterwards."""
    desk.write_settings("server: {port: 0}\nengine: {poll: 20ms}\n")
    process = start("--config", desk.file, "up")
    line = process.stderr.readline()
    assert line.startswith("Fermata serves on http://127.0.0.1:"), line
    yield desk
    process.terminate()
    assert process.wait(10) in (0, -signal.SIGTERM)


@pytest.fixture
def wait_for_state(desk):
    """Give a function that waits until an incident is in a state; it looks as a command does."""

    def wait(incident_id, state):
        deadline = time.monotonic() + 20
        while True:
            view = json.loads(desk.run("show", incident_id, "--json").out)
            if view["incident"]["state"] == state:
                return view
            assert time.monotonic() < deadline, view["incident"]["state"]
            time.sleep(0.1)

    return wait


@pytest.fixture
def incident(desk):
    """Give the id of an incident about which two lines were said in an observed room."""
    desk.write_settings("observer: {rooms: ['slack:C1']}\n")
    view = desk.send(investigate=False)

    async def work(house, engine):
        for number, text in enumerate(("checkout is down, customers get errors", "all good, incident resolved")):
            at = view.incident.opened_at
            message = HeardMessage(platform="slack", room="C1", id=f"{number}.0", at=at, user="U1", text=text)
            await Watch(house.context).hear(message)

    desk.play(work)
    return view.incident.id
