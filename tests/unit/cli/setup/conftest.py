"""An empty folder with somebody before it, on a machine that holds only what a test puts there."""

import os

import pytest
from tests.unit.cli.desk import run

from fermata.cli.setup import asking
from fermata.flows.setup.detect import Detected
from fermata.rules.setup.composing import Owner
from fermata.rules.setup.findings import Found

ALWAYS = (Found("alertmanager", "Alerts come in"), Found("console", "Cards in the terminal"))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Give an empty folder in which commands run, without settings in the environment."""
    for name in [name for name in os.environ if name.startswith("FERMATA_")]:
        monkeypatch.delenv(name)
    # No server of this machine is asked.
    monkeypatch.setenv("FERMATA_SERVER__PORT", "0")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def machine(monkeypatch):
    """Give a function that says what is found; nothing of the real machine is looked at."""
    monkeypatch.setattr(asking, "guess_owner", lambda: Owner("alice", "Alice", "alice"))

    def hold(*found, gaps=()):
        async def detect(_):
            return Detected((*ALWAYS, *found), gaps)

        monkeypatch.setattr("fermata.flows.setup.detect.detect", detect)

    hold()
    return hold


@pytest.fixture
def answer(monkeypatch):
    """Give a function that runs a command while somebody answers its questions, each with a line."""

    def give(*args, lines):
        # A test has no terminal; what is typed comes from its standard input all the same.
        monkeypatch.setattr("fermata.cli.setup.command.is_somebody_there", lambda: True)
        return run(*args, stdin="".join(f"{line}\n" for line in lines))

    return give
