"""Stages for the fault tests: empty stores made from a template, and one warm parent of real processes."""

import shutil
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
import structlog
from tests.faults.company import Company
from tests.faults.scene import LiveScene, Scene, SteppingClock
from tests.faults.scenery import Scenery

from fermata.engine.dbos_engine import DbosEngine
from fermata.kit.clock import SystemClock
from fermata.kit.log import configure_log
from fermata.store.connect import open_store


def migrate(url):
    """Bring a store's tables and the engine's up to date, once for all copies."""
    store = open_store(url)
    DbosEngine(store, polling_interval_s=0.02)
    store.close()


class SqliteStages:
    """Folders with a fresh SQLite store each."""

    def __init__(self, root):
        self._root = root
        self._numbers = count(1)
        self._template = root / "template.db"
        migrate(f"sqlite:///{self._template}")

    def make(self):
        """Give an empty stage and the URL of its store."""
        number = next(self._numbers)
        folder = self._root / f"stage-{number}"
        folder.mkdir()
        shutil.copyfile(self._template, folder / "fermata.db")
        return Scenery(folder), f"sqlite:///{folder / 'fermata.db'}"


class PostgresStages:
    """Folders with a fresh PostgreSQL database each."""

    def __init__(self, root, rig):
        self._root = root
        self._rig = rig
        self._numbers = count(1)
        self._template = rig.make_database()
        migrate(self._template)

    def make(self):
        """Give an empty stage and the URL of its store."""
        import psycopg
        from psycopg import sql

        number = next(self._numbers)
        folder = self._root / f"stage-{number}"
        folder.mkdir()
        name = f"stage{number}"
        template = self._template.partition("@/")[2].partition("?")[0]
        with closing(psycopg.connect(self._template.replace(template, "postgres", 1), autocommit=True)) as connection:
            copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(copy.format(sql.Identifier(name), sql.Identifier(template)))
        return Scenery(folder), self._template.replace(template, name, 1)


@pytest.fixture(autouse=True)
def _plain_log():
    """Write traces as the product does: the default draws every local variable, which takes seconds a trace."""
    before = structlog.get_config()
    configure_log("warning")
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def company():
    """Give the parent of the processes that are killed."""
    company = Company()
    yield company
    company.close()


@pytest.fixture(scope="session")
def sqlite_stages(tmp_path_factory):
    """Give stages on SQLite."""
    return SqliteStages(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture
def scene(sqlite_stages):
    """Give a house in this process, with one sick workload, whose legs run when told to."""
    scenery, url = sqlite_stages.make()
    scenery.add_workloads()
    store = open_store(url)
    yield Scene(scenery, store, SteppingClock())
    store.close()


@pytest.fixture
def live_scene(sqlite_stages):
    """Give a house in this process, with one sick workload, on the real engine."""
    scenery, url = sqlite_stages.make()
    scenery.add_workloads()
    store = open_store(url)
    scene = LiveScene(scenery, store, SystemClock())
    yield scene
    scene.engine.close()
    store.close()


@pytest.fixture(scope="session")
def postgres_stages(tmp_path_factory, postgres):
    """Give stages on PostgreSQL."""
    return PostgresStages(Path(tmp_path_factory.mktemp("postgres")), postgres)
