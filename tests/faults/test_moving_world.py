"""The world moves between the card and the execution, repeats itself, or a person calls a halt."""

import os
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import timedelta

import pytest
from tests.faults.company import ROOT
from tests.faults.scene import set_limit
from tests.faults.scenery import SICK

from fermata.domain.execution import VerificationVerdict
from fermata.domain.incident import IncidentState
from fermata.domain.person import Actor
from fermata.domain.proposal import ProposalState
from fermata.testing.interruption import InterruptingEngine, InterruptingStore
from fermata.testing.rehearsal import MIB

DANA = Actor(kind="person", id="dana", channel="messages")
AFTER_COOLDOWN = timedelta(minutes=11)


def need(scene, mib, name="checkout"):
    """Let a workload need so much."""
    scene.scenery.hand.write({name: SICK.model_copy(update={"need_bytes": mib * MIB})})


async def remediate(scene, view):
    """Approve what is held and let it run; give the incident afterwards."""
    assert (await scene.click(view)).execution_enqueued
    await scene.settle()
    return await scene.again(view)


async def look_again(scene, view):
    """Let the cooldown pass and ask for another investigation; give the incident afterwards."""
    scene.clock.advance(AFTER_COOLDOWN)
    await scene.house.curation.investigate_again(view.incident.id, by=DANA)
    await scene.settle()
    return await scene.again(view)


async def test_target_that_changed_since_the_dry_run_makes_the_plan_stale(scene):
    """The diff on the card is no longer what would happen: nothing runs, and a new plan has a new digest."""
    view = await scene.hold()
    await scene.click(view)
    scene.clock.advance(timedelta(seconds=1))
    scene.scenery.hand.write({"checkout": SICK.model_copy(update={"limit_bytes": 80 * MIB})})

    await scene.settle()

    old = await scene.store.read(lambda transaction: transaction.proposals.get(view.proposal.id))
    after = await scene.again(view)
    assert scene.marks == 0
    assert old.state is ProposalState.STALE
    assert (await scene.list_journal("execution.refused"))[0]["rule"] == "drift"
    assert (after.incident.state, after.proposal.state) == (IncidentState.HELD, ProposalState.OPEN)
    assert after.proposal.plan_digest != view.proposal.plan_digest
    assert "already settled" in (await scene.click(view)).text
    assert (await remediate(scene, after)).executions[-1].outcome.value == "done"
    assert scene.marks == 1


class TestLoopBreaker:
    """The same thing is not done again and again."""

    async def test_action_within_its_cooldown_is_not_proposed(self, scene):
        """A fix that did not help is followed by words, not by the same fix."""
        need(scene, 200)
        view = await scene.hold()

        after = await remediate(scene, view)

        assert after.incident.state is IncidentState.NEEDS_PERSON
        assert "its cooldown is 10m" in await scene.find_words(view)
        assert scene.marks == 1

    async def test_action_within_its_cooldown_is_not_executed(self, scene):
        """Two incidents held the same fix for one target; the second yes comes too late for it."""
        first = await scene.hold()
        second = await scene.hold(symptom="Slow")
        await scene.click(first)
        await scene.click(second)

        await scene.settle()

        assert scene.marks == 1
        (entry,) = await scene.list_journal("execution.refused")
        assert entry["rule"] == "cooldown"
        assert "Nothing was executed." in await scene.find_words(second)

    async def test_second_failure_in_a_row_goes_to_a_person(self, scene):
        """Memory that outgrew two limits is a leak, not a limit."""
        need(scene, 2000)
        view = await scene.hold()
        await remediate(scene, view)
        view = await look_again(scene, view)
        assert view.incident.state is IncidentState.HELD
        await remediate(scene, view)

        after = await look_again(scene, view)

        assert after.incident.state is IncidentState.NEEDS_PERSON
        assert "a leak, not a limit" in await scene.find_words(view)
        assert "a leak, not a limit" in after.card.to_text()
        assert scene.marks == 2


async def test_alert_that_comes_back_overturns_the_verdict(scene):
    """The fix did not hold: the loop breaker counts it as a failure from then on."""
    view = await scene.hold()
    await scene.click(view)
    await run_while_the_alert_resolves(scene)
    fixed = await scene.again(view)
    assert (fixed.incident.state, fixed.verifications[-1].verdict) == (
        IncidentState.RESOLVED,
        VerificationVerdict.RESTORED,
    )
    scene.clock.advance(timedelta(minutes=2))

    again = await scene.send(starts_at=scene.clock.now())
    await scene.settle()

    assert again.incidents == (view.incident.id,)
    (entry,) = await scene.list_journal("verification.overturned")
    assert "the fix did not hold" in entry["text"]
    after = await scene.again(view)
    assert after.verifications[0].verdict is VerificationVerdict.UNCHANGED


async def run_while_the_alert_resolves(scene):
    """Run leg 2; its alert resolves as soon as the effect is there."""
    sleep = scene.clock.sleep

    async def resolve_and_sleep(seconds):
        await scene.send(status="resolved")
        await sleep(seconds)

    scene.clock.sleep = resolve_and_sleep
    await scene.settle()
    scene.clock.sleep = sleep


@dataclass
class Halting:
    """A `fermata halt` under way beside a lock on its store."""

    process: subprocess.Popen
    locker: sqlite3.Connection
    began: float

    def unlock(self):
        """Let the store go."""
        if self.locker.in_transaction:
            self.locker.execute("ROLLBACK")


class TestHalt:
    """`fermata halt` stops what has not begun, at every moment."""

    @pytest.fixture
    async def approved(self, scene):
        """Give an approved plan that was not executed yet."""
        view = await scene.hold()
        await scene.click(view)
        return view

    @pytest.fixture
    def locked_halt(self, scene, approved):
        """Give an approved plan, and the command that was called while another process held the store."""
        settings, database = scene.scenery.folder / "fermata.yaml", scene.store.database.url.database
        settings.write_text(f"state_dir: {scene.scenery.folder / 'state'}\nstore: {{url: 'sqlite:///{database}'}}\n")
        locker = sqlite3.connect(database, isolation_level=None)
        locker.execute("BEGIN IMMEDIATE")
        command = [sys.executable, "-m", "fermata", "--config", str(settings), "halt", "locked out"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, env=environment, **pipes) as process:
            halting = Halting(process, locker, time.monotonic())
            yield scene, approved, halting
            process.kill()
        halting.unlock()
        locker.close()

    async def test_halt_before_the_click(self, scene):
        """Nobody can approve, and everybody is told who halted and why."""
        view = await scene.hold()
        await scene.house.switch.halt(DANA, "migration")

        answer = await scene.click(view)
        await scene.settle()

        assert (answer.accepted, answer.rule, scene.marks) == (False, "halt", 0)
        assert "halted by dana" in answer.text
        assert "migration" in answer.text

    async def test_file_that_was_touched_halts(self, scene):
        """Without the command, without any word in it."""
        view = await scene.hold()
        scene.context.halt.path.touch()

        answer = await scene.click(view)

        assert answer.rule == "halt"

    async def test_halt_between_click_and_execution(self, scene):
        """Nothing runs; the plan is over, and a person is told."""
        view = await scene.hold()
        await scene.click(view)
        await scene.house.switch.halt(DANA, "migration")

        await scene.settle()

        after = await scene.again(view)
        assert scene.marks == 0
        assert (after.incident.state, after.proposal.state) == (IncidentState.NEEDS_PERSON, ProposalState.REFUSED)
        assert "halted by dana" in await scene.find_words(view)
        assert "fermata resume" in await scene.find_words(view)

    async def test_halt_between_two_actions(self, scene):
        """The first was done and stays; the second is not begun; the card says which is which."""
        scene.scenery.add_workloads("checkout", "payments")
        scene.scenery.interrupt = lambda point: scene.context.halt.path.touch() if point == "effect:after" else None
        scene.open()
        view = await scene.hold()
        scene.clock.advance(timedelta(seconds=1))
        view = await scene.hold_plan(view, set_limit(128, "checkout"), set_limit(128, "payments"))

        after = await remediate(scene, view)

        assert {name: len(marks) for name, marks in scene.scenery.marks.items()} == {"checkout": 1, "payments": 0}
        done, stopped = after.executions[-1].steps
        assert (done.result.outcome.value, stopped.result.outcome.value) == ("done", "failed")
        assert stopped.result.detail.startswith("Not started.")
        assert after.incident.state is IncidentState.NEEDS_PERSON
        words = await scene.find_words(view)
        assert words.startswith("The plan was carried out in part")
        assert "payments" in words
        assert words in after.card.to_text()

    async def test_halt_while_the_intent_is_being_written(self, scene):
        """A locked store may hold the intent up for half a minute: a halt in that time still counts."""

        def halt_at(point):
            if point == "commit:remediate:action-0:1:before":
                scene.context.halt.path.touch()

        store = scene.store
        scene.store = InterruptingStore(store, halt_at)
        build = scene.build_engine
        scene.build_engine = lambda: InterruptingEngine(build(), halt_at)
        scene.open()
        scene.engine.drain = scene.engine._engine.drain
        view = await scene.hold()

        after = await remediate(scene, view)

        assert scene.marks == 0
        assert after.executions[-1].steps[0].result.detail.startswith("Not started.")
        assert after.incident.state is IncidentState.NEEDS_PERSON
        assert "Nothing is executed while Fermata is halted" in await scene.find_words(view)

    async def test_command_is_effective_while_the_store_is_locked(self, locked_halt):
        """A real `fermata halt`, beside someone who holds the store for writing: in force within seconds."""
        scene, view, halting = locked_halt

        said = halting.process.stdout.readline()
        took_s = time.monotonic() - halting.began
        assert said.startswith("Halted")
        assert took_s < 15
        halting.unlock()
        await scene.settle()

        assert scene.marks == 0
        assert "locked out" in await scene.find_words(view)

    async def test_command_ends_while_the_store_is_locked(self, locked_halt):
        """It says that the journal has no entry yet, and leaves; the entry is tried for without it."""
        _, _, halting = locked_halt

        status = halting.process.wait(timeout=10)

        assert status == 0
        assert "Its entry in the journal is not written yet" in halting.process.stderr.read()

    async def test_resumed_it_proposes_again(self, scene):
        """A halt leaves no cooldown behind for what it stopped before it was begun."""
        view = await scene.hold()
        await scene.click(view)
        await scene.house.switch.halt(DANA, "migration")
        await scene.settle()
        await scene.house.switch.resume(DANA)
        scene.clock.advance(timedelta(seconds=1))
        await scene.house.curation.investigate_again(view.incident.id, by=DANA)
        await scene.settle()

        after = await remediate(scene, await scene.again(view))

        assert scene.marks == 1
        assert after.executions[-1].outcome.value == "done"
