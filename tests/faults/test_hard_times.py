"""A full disk, a clock that jumps, a locked store, a second process on one state directory."""

import asyncio
import sqlite3
import subprocess
import threading
import time
from datetime import timedelta

import pytest
from tests.faults.scene import LiveScene, Scene, SteppingClock
from tests.faults.scenery import QUICK, crash

from fermata.bootstrap import open_house
from fermata.domain.incident import IncidentState
from fermata.domain.proposal import ProposalState
from fermata.engine.dbos_engine import DbosEngine
from fermata.flows.deliver import deliver_due
from fermata.flows.diagnose import Examination
from fermata.flows.store_probe import StoreProbe
from fermata.kit.clock import SystemClock
from fermata.kit.errors import OperationalError, TransientError
from fermata.settings import load_settings
from fermata.store import connect
from fermata.store.connect import open_store
from fermata.testing.interruption import InterruptingEngine, InterruptingStore

_ENDED = (IncidentState.NEEDS_PERSON, IncidentState.RESOLVED)


class Disk:
    """A small file system of its own."""

    def __init__(self, folder):
        self.folder = folder

    def fill(self):
        """Leave no byte free."""
        with (self.folder / "filler").open("ab", buffering=0) as filler:
            for size in (65536, 4096, 512):
                try:
                    while True:
                        filler.write(b"x" * size)
                except OSError:
                    continue

    def free(self):
        """Make space again."""
        (self.folder / "filler").unlink()


@pytest.fixture
def disk(tmp_path):
    """Give a disk of three megabytes, where this user may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "none", folder]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    yield Disk(folder)
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def scenery(sqlite_stages):
    """Give a stage with one sick workload, on a disk with space."""
    scenery, _ = sqlite_stages.make()
    scenery.add_workloads()
    return scenery


class TestFullDisk:
    """Nothing is lost, nothing is half-done, and space is all it needs."""

    @pytest.fixture
    def full_scene(self, disk, scenery):
        """Give a house whose store is on the small disk."""
        store = open_store(f"sqlite:///{disk.folder / 'fermata.db'}")
        yield Scene(scenery, store, SteppingClock())
        store.close()

    async def test_webhook_is_refused_and_taken_when_sent_again(self, full_scene, disk):
        """The source is told to try again; nothing of the refused body is kept."""
        disk.fill()

        with pytest.raises(OperationalError, match="is full") as caught:
            await full_scene.send()
        disk.free()
        receipt = await full_scene.send()

        assert "Free space" in caught.value.do
        assert receipt.new == 1
        assert len(await full_scene.list_journal("incident.opened")) == 1

    def test_engine_that_finds_no_space_at_its_start_says_so(self, disk):
        """Dbos writes at each start; what the database says to it is put into words, not into a trace."""
        loaded = load_settings(None, {"FERMATA_STATE_DIR": str(disk.folder)})
        asyncio.run(open_house(loaded).close())
        held = sqlite3.connect(disk.folder / "fermata.db")
        held.execute("SELECT count(*) FROM flags").fetchall()
        disk.fill()

        with pytest.raises(OperationalError, match=r"is full|read or written") as caught:
            open_house(loaded)
        held.close()

        assert "disk" in caught.value.do

    async def test_readiness_is_denied_until_there_is_space(self, full_scene, disk):
        """Who watches `/readyz` is told that alerts are refused; a store that can be read says nothing of that."""
        probe = StoreProbe(full_scene.store, SteppingClock(), None)
        disk.fill()

        full = [await probe.look(), await probe.look()]
        disk.free()
        freed = await probe.look()

        assert [found.ok for found in full] == [False, False]
        assert "is full" in full[0].text
        assert freed.ok

    async def test_click_is_refused_and_counts_when_repeated(self, full_scene, disk):
        """Nothing was decided; the same click later decides."""
        view = await full_scene.hold()
        disk.fill()

        with pytest.raises(OperationalError, match="is full"):
            await full_scene.click(view)
        assert (await full_scene.again(view)).proposal.state is ProposalState.OPEN
        disk.free()
        answer = await full_scene.click(view)
        await full_scene.settle()

        assert answer.execution_enqueued
        assert full_scene.marks == 1

    @pytest.fixture
    def strike(self, disk, scenery):
        """Give a function that plays the main job on the real engine until the disk fills at a point."""
        struck, opened = threading.Event(), []

        def open_scene(point):
            def interrupt(passed):
                if passed == point and not struck.is_set():
                    struck.set()
                    disk.fill()

            class Struck(LiveScene):
                def build_engine(self):
                    return InterruptingEngine(super().build_engine(), interrupt)

            scenery.interrupt = interrupt
            store = InterruptingStore(open_store(f"sqlite:///{disk.folder / 'fermata.db'}"), interrupt)
            opened.append(Struck(scenery, store, SystemClock()))
            return opened[-1]

        async def play(point):
            scene = open_scene(point)
            receipt = await scene.send()
            while not struck.is_set():
                await asyncio.sleep(0.02)
                view = await scene.show(receipt.incidents[0])
                if view.proposal is not None and view.proposal.state is ProposalState.OPEN and not struck.is_set():
                    await scene.click(view)
            await asyncio.sleep(0.3)
            disk.free()
            return scene, receipt.incidents[0]

        yield play, open_scene
        for scene in opened:
            scene.engine.close()
            scene.store.close()

    POINTS = ("step:investigate:gather:begin", "step:remediate:check:begin", "effect:after")

    @pytest.mark.parametrize("point", POINTS)
    async def test_run_it_stopped_is_finished_after_a_restart(self, strike, point):
        """Whatever could not be recorded is looked at again; the effect is not repeated."""
        play, open_scene = strike
        scene, incident_id = await play(point)
        scene.engine.close()

        scene = open_scene("never")
        view = await finish(scene, incident_id)

        assert view.incident.state in _ENDED
        assert scene.marks == 1
        assert (await scene.house.readings.verify_journal()).holds

    @pytest.mark.parametrize("point", [POINTS[0], POINTS[-1]])
    async def test_run_it_stopped_is_finished_without_a_restart(self, strike, point):
        """Space is all it needs: the sweeps find the run that nobody runs any more."""
        play, _ = strike
        scene, incident_id = await play(point)

        view = await finish(scene, incident_id, within_s=30)

        assert view.incident.state in _ENDED

    async def test_result_that_found_no_room_is_recorded_when_there_is_some(self, disk, scenery):
        """A full disk is no outcome of an action: it was done, the target says so, and nobody has to settle it."""

        class Freed(InterruptingStore):
            """Makes space as soon as a write was refused, before anything else is written."""

            async def write(self, work):
                try:
                    return await super().write(work)
                except OperationalError:
                    disk.free()
                    raise

        def interrupt(passed):
            if passed == "effect:after":
                disk.fill()

        scenery.interrupt = interrupt
        store = Freed(open_store(f"sqlite:///{disk.folder / 'fermata.db'}"), interrupt)
        scene = LiveScene(scenery, store, SystemClock())
        receipt = await scene.send()

        view = await finish(scene, receipt.incidents[0])

        (done,) = await scene.list_journal("action.executed")
        assert "Probed" in done["detail"]
        assert not await scene.list_journal("action.outcome_unknown")
        assert (view.incident.state in _ENDED, scene.marks) == (True, 1)
        scene.engine.close()
        store.close()


async def finish(scene, incident_id, within_s=20):
    """Let people and sweeps do their part until the incident is at its end; fail when it does not come."""
    deadline = time.monotonic() + within_s
    while True:
        view = await scene.show(incident_id)
        unfinished = await asyncio.to_thread(scene.engine.list_unfinished)
        if view.incident.state in _ENDED and not unfinished:
            return view
        assert time.monotonic() < deadline, (view.incident.state, unfinished)
        if view.proposal is not None and view.proposal.state is ProposalState.OPEN:
            await scene.click(view)
        scene.engine.reap()
        await scene.rescue()
        await asyncio.sleep(0.05)


class TestClock:
    """A clock that jumps by hours loses nothing and doubles nothing; late is refused."""

    @pytest.mark.parametrize(("hours", "rule"), [(5, "expired"), (-5, "expired"), (0, "")])
    async def test_jump_between_hold_and_click(self, scene, hours, rule):
        """Forward: the hold has expired. Backward, too, since nobody knows how old it is. Else one click counts."""
        view = await scene.hold()
        scene.clock.advance(timedelta(hours=hours))

        answer = await scene.click(view)
        again = await scene.click(view)
        await scene.settle()

        assert answer.rule == rule
        assert not again.accepted
        assert scene.marks == (0 if rule else 1)
        assert (await scene.house.readings.verify_journal()).holds

    @pytest.mark.parametrize(("seconds", "effects"), [(18_000, 0), (-20, 1), (-18_000, 0)])
    async def test_jump_between_click_and_execution(self, scene, seconds, effects):
        """Forward: the approval is too old. Backward: it counts by a little, and else is of an hour to come."""
        view = await scene.hold()
        await scene.click(view)
        scene.clock.advance(timedelta(seconds=seconds))

        await scene.settle()

        assert scene.marks == effects
        assert (await scene.again(view)).incident.state is IncidentState.NEEDS_PERSON
        assert (await scene.house.readings.verify_journal()).holds

    @pytest.mark.parametrize("hours", [5, -5])
    async def test_jump_during_the_verification(self, scene, hours):
        """It ends within its number of looks, says what it saw, and the card can be shown."""
        view = await scene.hold()
        await scene.click(view)
        sleep, looks = scene.clock.sleep, []

        async def jump(seconds):
            if not looks:
                scene.clock.advance(timedelta(hours=hours))
            looks.append(seconds)
            await sleep(seconds)

        scene.clock.sleep = jump
        await scene.settle()

        after = await scene.again(view)
        assert len(looks) <= QUICK.verify_within / QUICK.verify_poll
        assert after.incident.state is IncidentState.NEEDS_PERSON
        assert "still firing" in after.verifications[-1].text
        assert after.card.to_text()
        assert scene.marks == 1

    async def test_card_that_waits_goes_out_when_the_clock_is_set_back(self, scene):
        """Due five hours from now, by a clock that was wrong: it is not kept for five hours."""
        view = await scene.hold()
        channel = scene.context.channels["messages"]
        deliver, channel.deliver = channel.deliver, crash
        await deliver_due(scene.context)
        channel.deliver = deliver
        scene.clock.advance(timedelta(hours=-5))

        await deliver_due(scene.context)

        assert [message.key for message in scene.scenery.messages] == [view.incident.id]

    async def test_stalled_incident_is_found_when_the_clock_is_set_back(self, scene, monkeypatch):
        """What stands still is looked after, though its last change lies in the future."""
        monkeypatch.setattr(Examination, "diagnose", crash)
        receipt = await scene.send()
        with pytest.raises(RuntimeError):
            await scene.settle()
        scene.engine.cancel(scene.engine.list_unfinished()[0].run_id)
        scene.clock.advance(timedelta(hours=-5))

        assert await scene.rescue() == 1

        assert (await scene.show(receipt.incidents[0])).incident.state is IncidentState.NEEDS_PERSON


async def test_locked_store_delays_and_loses_nothing(scene):
    """Webhook, click and execution wait for another writer, and each happens once."""
    view = await scene.hold()
    database = scene.store.database.url.database

    def lock():
        locker = sqlite3.connect(database, isolation_level=None)
        locker.execute("BEGIN IMMEDIATE")
        locked.set()
        time.sleep(0.5)
        locker.execute("COMMIT")
        locker.close()

    for work in (lambda: scene.send("payments"), lambda: scene.click(view), scene.settle):
        locked = threading.Event()
        thread = threading.Thread(target=lock)
        thread.start()
        assert locked.wait(5)
        await work()
        thread.join()

    assert scene.marks == 1
    assert len(await scene.list_journal("incident.opened")) == 2


async def test_store_that_stays_locked_refuses_in_words(sqlite_stages, monkeypatch):
    """The source is told to try again, the person that nothing was decided."""
    monkeypatch.setattr(connect, "BUSY_TIMEOUT_MS", 50)
    scenery, url = sqlite_stages.make()
    scenery.add_workloads()
    store = open_store(url)
    scene = Scene(scenery, store, SteppingClock())
    view = await scene.hold()
    locker = sqlite3.connect(store.database.url.database, isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")

    for work in (lambda: scene.send("payments"), lambda: scene.click(view)):
        with pytest.raises(TransientError, match="is locked"):
            await work()
    locker.execute("COMMIT")
    locker.close()
    answer = await scene.click(view)
    await scene.settle()

    assert answer.execution_enqueued
    assert scene.marks == 1
    store.close()


async def test_store_that_is_away_between_effect_and_result_leaves_no_unknown(sqlite_stages, monkeypatch):
    """It came back: the step is done again as after a crash, the target says that it happened, and nobody is asked."""
    monkeypatch.setattr(connect, "BUSY_TIMEOUT_MS", 50)
    scenery, url = sqlite_stages.make()
    scenery.add_workloads()
    store = open_store(url)
    scene = Scene(scenery, store, SteppingClock())
    view = await scene.hold()
    await scene.click(view)
    (planned,) = view.plan.actions
    action = scene.house.context.actions[planned.name]
    execute = action.execute
    locker = sqlite3.connect(store.database.url.database, isolation_level=None, check_same_thread=False)
    timer = threading.Timer(0.5, lambda: locker.execute("COMMIT"))

    async def execute_and_lose_the_store(planned, key):
        result = await execute(planned, key)
        locker.execute("BEGIN IMMEDIATE")
        timer.start()
        return result

    monkeypatch.setattr(action, "execute", execute_and_lose_the_store)

    await scene.settle()

    timer.join()
    locker.close()
    kinds = [entry.event.kind for entry in (await scene.show(view.incident.id)).journal]
    assert scene.marks == 1
    assert kinds.count("action.intended") == kinds.count("action.executed") == 1
    assert "action.outcome_unknown" not in kinds
    store.close()


def test_second_start_on_one_state_directory_names_the_first(company, sqlite_stages, wait_until):
    """Two processes must not work on one SQLite store: the second one says who is there, and does nothing."""
    scenery, url = sqlite_stages.make()
    scenery.add_workloads()
    first = company.start(scenery.folder, url, until="enough")
    wait_until(lambda: first.has("serving"))
    store = open_store(url)
    second = scenery.build_house(store, DbosEngine(store), SystemClock())

    async def start():
        second.start()

    with pytest.raises(OperationalError, match="is running on this store already") as caught:
        asyncio.run(start())

    assert str(first.pid) in caught.value.what
    assert f"kill {first.pid}" in caught.value.do
    asyncio.run(second.close())
    (scenery.folder / "enough").touch()
    assert first.wait() == 0
    assert len(scenery.marks["checkout"]) == 1
