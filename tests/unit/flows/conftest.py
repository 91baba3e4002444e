"""A stage for each test of flows."""

import shutil

import pytest
from tests.unit.flows.stage import Scripted, ScriptedChannel, Stage

from fermata.rules.signatures import Case
from fermata.testing.trackers.jira import FakeJira
from fermata.testing.web_server import WebServer


@pytest.fixture
def sqlite_url(tmp_path, migrated_file):
    """Give the URL of an empty store."""
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'fermata.db')}"


@pytest.fixture
def build_stage(tmp_path, sqlite_store):
    """Give a function that builds the stage with other systems or settings."""

    def build(*systems, **settings):
        return Stage(tmp_path, sqlite_store, systems, **settings)

    return build


@pytest.fixture
def stage(build_stage):
    """Give a stage without a channel, whose one workload is sick."""
    return build_stage()


@pytest.fixture
def channel():
    """Give a chat that can be told to be down."""
    return ScriptedChannel()


@pytest.fixture
def chatty_stage(build_stage, channel):
    """Give a stage with a chat."""
    return build_stage(Scripted(channel=channel))


@pytest.fixture
def helpless(monkeypatch):
    """Let signatures find causes and know no action: only then may a model lead, or be asked for one."""
    monkeypatch.setattr(Case, "suggest", lambda *_, **__: ())


@pytest.fixture
async def served():
    """Give a Jira without issues, and where it is."""
    fake = FakeJira([])
    async with WebServer(fake) as server:
        yield fake, server.url
