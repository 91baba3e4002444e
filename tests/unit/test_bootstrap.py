"""The door: a house is built from settings, started once, and closed without a trace."""

import asyncio
import shutil
import sqlite3
import sys
import threading
from contextlib import closing
from importlib import import_module

import pytest
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs
from tests.unit.cli.desk import Desk, alert_now, write_entry_point
from tests.unit.flows.stage import ALICE, write_body

from fermata.bootstrap import House, LateEngine, build_systems, open_house, refuse_if_served
from fermata.domain.incident import IncidentState
from fermata.flows.seen_end import keep_end
from fermata.kit.clock import SystemClock
from fermata.kit.errors import InvariantBroken, OperationalError
from fermata.ports.system import CheckResult, System
from fermata.settings import load_settings


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """Give a folder with settings, and the rehearsal system as another distribution brings it."""
    write_entry_point(tmp_path / "plugins" / "rehearsal_for_tests-0.dist-info")
    monkeypatch.syspath_prepend(str(tmp_path / "plugins"))
    desk = Desk(tmp_path)
    desk.write_settings("engine: {poll: 20ms}\n")
    return desk


@pytest.fixture
def loaded(desk):
    """Give the desk's settings."""
    return load_settings(desk.file, {})


async def wait_for(house, incident_id, state):
    """Wait until an incident is in a state; give its view."""
    while True:
        view = await house.readings.show(incident_id)
        if view.incident.state is state:
            return view
        await asyncio.sleep(0.02)


async def test_house_that_was_not_started_reads_and_decides(loaded):
    """A command beside the serving process has no engine running and takes no lock."""
    house = open_house(loaded)

    receipt = await house.intake.receive("alertmanager", write_body(alert_now()))

    assert (await house.readings.show(receipt.incidents[0])).incident.state is IncidentState.OPEN
    assert [(result.name, result.ok) for result in await house.is_ready()] == [("engine", False), ("store", True)]
    assert house.engine.list_unfinished()[0].leg == "investigate"
    await house.close()


def test_state_directory_that_cannot_be_made_says_where_and_why(desk, tmp_path):
    """As on a file system that is read-only: no trace, and no bug of ours."""
    (tmp_path / "file").touch()
    desk.file.write_text(desk.file.read_text().replace("state_dir: state", "state_dir: file/state"))

    with pytest.raises(OperationalError, match=r"file/state cannot be made\. Not a directory\. Run it as the user"):
        open_house(load_settings(desk.file, {}))


async def test_started_house_works_off_what_was_enqueued(loaded):
    """What another process enqueued is carried out by the one that serves; the runs end."""
    beside = open_house(loaded)
    receipt = await beside.intake.receive("alertmanager", write_body(alert_now()))
    await beside.close()
    house = open_house(loaded)
    house.start()

    view = await asyncio.wait_for(wait_for(house, receipt.incidents[0], IncidentState.HELD), 20)

    assert view.card.can_decide
    assert all(result.ok for result in await house.is_ready())
    await house.close()


async def test_store_whose_journal_is_not_guarded_is_not_served(loaded):
    """A restore that left the triggers out is told at the start, and what only reads goes on."""
    house = open_house(loaded)
    with house.store.database.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER journal_no_update")

    with pytest.raises(OperationalError, match=r"not protected.+journal_no_update should .* restore all of a backup"):
        house.start()

    assert (await house.readings.verify_journal()).holds
    await house.close()


async def test_backup_that_is_put_back_halts_the_start(loaded, tmp_path):
    """Whoever forgets to halt before a restore executes nothing that was approved in the backup."""
    house = open_house(loaded)
    receipt = await house.intake.receive("alertmanager", write_body(alert_now()))
    file = loaded.settings.state_dir / "fermata.db"
    with closing(sqlite3.connect(file)) as there, closing(sqlite3.connect(tmp_path / "backup.db")) as backup:
        there.backup(backup)
    await house.curation.resolve(receipt.incidents[0], ALICE, "fixed by hand")
    await keep_end(house.context)
    await house.close()
    shutil.copy(tmp_path / "backup.db", file)
    again = open_house(loaded)

    again.start()

    assert "the store went back" in again.context.halt.find().reason
    await asyncio.wait_for(wait_for(again, receipt.incidents[0], IncidentState.HELD), 20)
    await again.close()


async def test_closed_house_leaves_nothing_behind(loaded, desk):
    """After closing, no thread of the engine runs and another house may serve the store."""
    house = open_house(loaded)
    house.start()
    await house.close()
    again = open_house(loaded)

    again.start()
    await again.close()

    names = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    assert [name for name in names if name.startswith(("store-", "engine-", "dbos"))] == []


async def test_second_house_on_one_store_is_refused(loaded):
    """One process serves a SQLite store; the second is told which one does."""
    first, second = open_house(loaded), open_house(loaded)
    first.start()

    with pytest.raises(OperationalError, match="running on this store already, as process"):
        second.start()

    await second.close()
    await first.close()


async def test_second_house_on_one_file_is_refused_whatever_its_state_directory(loaded, tmp_path):
    """Two engines on one file would take up each other's runs, and a halt of one is not seen by the other."""
    url = loaded.settings.store_url
    elsewhere = load_settings(None, {"FERMATA_STATE_DIR": str(tmp_path / "other"), "FERMATA_STORE__URL": url})
    first, second = open_house(loaded), open_house(elsewhere)
    first.start()

    with pytest.raises(OperationalError, match="running on this store already, as process"):
        second.start()
    with pytest.raises(OperationalError, match="running on this store already, as process"):
        refuse_if_served(elsewhere.settings)

    await second.close()
    await first.close()


async def test_store_that_is_away_is_no_bug_of_the_sweep(loaded, monkeypatch):
    """The engine asks the store by itself: that it is full is said in words, without a trace."""
    house = open_house(loaded)
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL

    def reap():
        raise DBAPIError("SELECT 1", {}, full)

    monkeypatch.setattr(house.engine, "reap", reap)

    with capture_logs() as lines:
        house.start()
        for _ in range(500):
            if any(line.get("sweep") == "reap" for line in lines):
                break
            await asyncio.sleep(0.02)
    await house.close()

    (first, *_) = [line for line in lines if line.get("sweep") == "reap"]
    assert (first["event"], "is full" in first["reason"]) == ("sweep.failed", True)


async def test_house_without_an_engine_is_built_for_reading(loaded):
    """A command that starts no run does not pay for the engine; enqueueing there is a bug that says so."""
    house = open_house(loaded, enqueues=False)

    with pytest.raises(InvariantBroken, match="before it was prepared"):
        await house.intake.receive("alertmanager", write_body(alert_now()))

    assert await house.readings.list_incidents() == []
    await house.close()


def test_engine_is_built_once_and_only_when_asked(desk):
    """Preparing twice builds one engine; closing one that was never prepared builds none."""
    built = []
    engine = LateEngine(lambda: built.append(True) or "an engine")
    engine.close()
    assert built == []

    engine.prepare()
    engine.prepare()

    assert built == [True]


async def test_metrics_are_measured_when_they_are_rendered(loaded):
    """Gauges follow the rows at that moment."""
    house = open_house(loaded, enqueues=False)

    text = (await house.render_metrics()).decode()

    assert "fermata_proposals_open 0.0" in text
    await house.close()


async def test_every_system_is_checked(loaded):
    """The doctor asks each system; one that is fine says so."""
    house = open_house(loaded, enqueues=False)

    results = await house.check()

    assert [(result.name, result.ok) for result in results] == [("rehearsal: file", True)]
    await house.close()


async def test_system_whose_doctor_crashes_does_not_hide_the_others(loaded):
    """A bug in one system's doctor is a finding of its own."""

    class Broken(System):
        name = "broken"

        async def check(self):
            raise ZeroDivisionError

    house = open_house(loaded, enqueues=False)
    house.systems = {**house.systems, "broken": Broken(None, SystemClock())}

    results = await house.check()

    assert CheckResult(name="rehearsal: file", ok=True, text=str(loaded.systems["rehearsal"].path)) in results
    assert [result.ok for result in results if result.name.startswith("broken")] == [False]
    await house.close()


async def test_two_systems_with_one_action_are_refused(loaded):
    """An action's name says which system does it: two that claim one name cannot both be right."""
    house = open_house(loaded, enqueues=False)
    systems = build_systems(loaded, SystemClock())

    with pytest.raises(InvariantBroken, match=r"Two systems offer rehearsal\.set_memory_limit"):
        House(loaded.settings, systems | {"twin": systems["rehearsal"]}, house.store, house.engine, SystemClock())

    await house.close()


async def test_store_that_does_not_answer_is_not_ready(loaded):
    """Readiness says in words what is missing."""
    house = open_house(loaded, enqueues=False)

    async def fail(work):
        raise OperationalError("The store is gone", why="a test")

    house.store.read = fail

    assert [result for result in await house.is_ready() if result.name == "store"] == [
        CheckResult(name="store", ok=False, text="The store is gone: a test.")
    ]
    await house.close()


async def test_settings_reach_the_flows(desk):
    """People, policy, limits, silences and the graph are those of the file."""
    desk.write_settings(
        "topology: [[web, checkout]]\n"
        "silences: [{id: s, match: {service: x}, until: '2100-01-01T00:00:00Z', reason: why}]\n"
        "grouping: {mode: shadow, window: 3m}\n"
    )
    house = open_house(load_settings(desk.file, {}), enqueues=False)
    context = house.context

    assert set(context.people) == {"dana", "max"}
    assert [guardrail.id for guardrail in context.policy.guardrails] == ["rail"]
    assert context.limits.verify_within.total_seconds() == 1
    assert (context.grouping.mode.value, context.grouping.window.total_seconds()) == ("shadow", 180)
    assert context.topology.list_callees(["web"]) == {"checkout"}
    assert [silence.id for silence in context.silences] == ["s"]
    assert (set(context.sources), set(context.actions), len(context.probes)) == (
        {"alertmanager"},
        {"rehearsal.set_memory_limit"},
        1,
    )
    await house.close()


@pytest.mark.parametrize(
    ("more", "is_due"), [("", False), ("models: {targets: [{base_url: 'http://127.0.0.1:1'}]}\n", True)]
)
async def test_models_are_brought_in_only_when_there_are_any(desk, more, is_due):
    """A little after the start, beside it; a house that is closed before never begins."""
    desk.write_settings("engine: {poll: 20ms}\n" + more)
    house = open_house(load_settings(desk.file, {}))
    house.start()
    due = house._warming._due

    await house.close()

    assert (due is not None) is is_due
    assert due is None or due.cancelled()


async def test_rules_of_language_are_loaded_beside_the_loop(loaded, monkeypatch):
    """They take up to a second: whoever else is served meanwhile does not wait for the first post-mortem's page."""
    name = "fermata.flows.postmortem.editors"
    monkeypatch.setattr(import_module("fermata.flows.postmortem"), "editors", import_module(name))
    monkeypatch.delitem(sys.modules, name)
    threads = []

    class Watcher:
        """Sees who imports."""

        def find_spec(self, wanted, path=None, target=None):
            """Note the thread, and find nothing."""
            if wanted == name:
                threads.append(threading.current_thread())

    monkeypatch.setattr(sys, "meta_path", [Watcher(), *sys.meta_path])
    house = open_house(loaded, enqueues=False)

    editors = await house.open_postmortems()

    assert await editors.find("inc-none") is None
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()
    await house.close()
