"""A bench for each test of rehearsals."""

import pytest
from tests.unit.flows.experiments.scene import Bench


@pytest.fixture
def bench(tmp_path, sqlite_store, inline_engine):
    """Give a bench whose injector sees a sandbox."""
    return Bench(tmp_path, sqlite_store, inline_engine)


@pytest.fixture
def build_bench(tmp_path, sqlite_store, inline_engine):
    """Give a function that builds the bench with another policy or channels."""

    def build(**changes):
        return Bench(tmp_path, sqlite_store, inline_engine, **changes)

    return build
