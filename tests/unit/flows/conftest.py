"""A stage for each test of flows."""

import pytest
from tests.unit.flows.stage import Scripted, ScriptedChannel, Stage


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
