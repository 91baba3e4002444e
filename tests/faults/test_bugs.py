"""The target vanishes in the middle, or there is a bug in a step or in a plug: the alert still reaches people."""

from datetime import timedelta

import pytest
from tests.faults.scenery import QUICK, crash, go_on

from fermata.domain.action import Outcome
from fermata.domain.incident import IncidentState
from fermata.domain.person import Actor
from fermata.domain.proposal import ProposalState
from fermata.flows.deliver import deliver_due
from fermata.flows.diagnose import Examination
from fermata.flows.investigate import Investigation
from fermata.flows.remediate import Remediation

DANA = Actor(kind="person", id="dana", channel="messages")
IMPATIENT = QUICK.model_copy(update={"overdue_after": timedelta(0), "verify_within": timedelta(milliseconds=200)})


class TestTargetGone:
    """The system that was to be changed vanishes in the middle."""

    @pytest.fixture
    def vanish_at(self, scene):
        """Give a function that makes the workloads vanish at a point."""
        path = scene.scenery.hand.path

        def arrange(point):
            scene.scenery.interrupt = lambda passed: (
                path.rename(path.with_name("gone.json")) if passed == point else None
            )
            scene.open(limits=IMPATIENT)

        return arrange

    async def test_between_intent_and_effect(self, scene, vanish_at):
        """Nobody knows: it is said with the command to settle it, and never done again."""
        vanish_at("effect:before")
        view = await scene.hold()
        await scene.click(view)

        await scene.settle()

        after, words = await scene.again(view), await scene.find_words(view)
        action_id = view.plan.actions[0].id
        assert after.incident.state is IncidentState.NEEDS_PERSON
        assert words.startswith("Unknown outcome of rehearsal.set_memory_limit on rehearsal:process/checkout")
        assert f"fermata settle {action_id} done|failed" in words
        assert len(await scene.list_journal("action.outcome_unknown")) == 1
        await scene.house.curation.settle(action_id, Outcome.FAILED, DANA, "I looked")
        assert len(await scene.list_journal("action.settled")) == 1

    async def test_unknown_outcome_bars_the_next_plan(self, scene, vanish_at):
        """As long as nobody has settled it, nothing more is proposed for that target."""
        vanish_at("effect:before")
        view = await scene.hold()
        await scene.click(view)
        await scene.settle()
        path = scene.scenery.hand.path
        path.with_name("gone.json").rename(path)
        scene.scenery.interrupt = go_on
        scene.open()
        scene.clock.advance(timedelta(hours=1))

        await scene.house.curation.investigate_again(view.incident.id, by=DANA)
        await scene.settle()

        assert "Nobody knows whether" in await scene.find_words(view)
        assert scene.marks == 0

    async def test_after_the_effect(self, scene, vanish_at):
        """It was done and cannot be seen: never taken for health, and a person is told."""
        vanish_at("effect:after")
        view = await scene.hold()
        await scene.click(view)

        await scene.settle()

        after = await scene.again(view)
        assert after.incident.state is IncidentState.NEEDS_PERSON
        assert after.executions[-1].outcome is Outcome.DONE
        assert "could not be read" in await scene.find_words(view)


class TestBugs:
    """A bug in a step or in a plug: the alert still reaches people, in words, and nothing stands still."""

    @pytest.mark.parametrize(
        ("leg", "step"),
        [
            (Investigation, "_begin"),
            (Investigation, "_gather"),
            (Examination, "diagnose"),
            (Investigation, "_propose"),
            (Remediation, "_check"),
            (Remediation, "_read_baseline"),
            (Remediation, "_act"),
            (Remediation, "_verify"),
            (Remediation, "_conclude"),
        ],
    )
    async def test_crash_of_a_step_ends_with_a_person(self, live_scene, monkeypatch, leg, step):
        """The run failed for good: the sweep says so on the card, with the run's name."""
        scene = live_scene
        scene.engine.close()
        monkeypatch.setattr(leg, step, crash)
        scene.open(limits=IMPATIENT)
        view = await scene.hold()
        if leg is Remediation:
            assert (await scene.click(view)).execution_enqueued
            await scene.settle()

        assert await scene.rescue() == 1
        assert await scene.rescue() == 0

        after = await scene.again(view)
        words = await scene.find_words(view)
        assert after.incident.state is IncidentState.NEEDS_PERSON
        assert "did not finish" in words
        assert "a bug that nobody knows of" in words
        assert after.proposal is None or after.proposal.state is not ProposalState.APPROVED
        assert scene.marks == (1 if step in ("_verify", "_conclude") else 0)
        await deliver_due(scene.context)
        (message,) = scene.scenery.messages
        assert "CheckoutDown" in message.text
        assert words in message.text

    async def test_crash_of_a_collector_is_a_gap(self, scene):
        """The investigation goes on without it and says what is missing."""
        (collector,) = scene.context.collectors
        collector.collect = crash

        view = await scene.hold()

        assert view.incident.state is IncidentState.NEEDS_PERSON
        assert [gap.collector for gap in view.gaps] == ["rehearsal.state"]
        assert "it crashed (RuntimeError)" in view.card.to_text()

    @pytest.mark.parametrize("method", ["validate", "dry_run"])
    async def test_crash_of_an_action_that_is_being_planned(self, live_scene, method):
        """No plan, and a person is told."""
        scene = live_scene
        scene.engine.close()
        scene.open(limits=IMPATIENT)
        setattr(scene.context.actions["rehearsal.set_memory_limit"], method, crash)

        view = await scene.hold()
        await scene.rescue()

        assert (await scene.again(view)).incident.state is IncidentState.NEEDS_PERSON
        assert await scene.find_words(view)

    async def test_crash_of_the_look_for_drift_refuses(self, scene):
        """A target that cannot be looked at is an unknown state: closed for action."""
        view = await scene.hold()
        scene.context.actions["rehearsal.set_memory_limit"].observe_version = crash
        await scene.click(view)

        await scene.settle()

        assert scene.marks == 0
        assert "Nothing was executed." in await scene.find_words(view)

    @pytest.mark.parametrize(("probes", "words"), [(True, "did not happen"), (False, "Unknown outcome")])
    async def test_crash_of_an_execution_is_probed(self, scene, probes, words):
        """The world is asked what happened; if it cannot tell, a person is asked."""
        scene.open(limits=IMPATIENT)
        view = await scene.hold()
        action = scene.context.actions["rehearsal.set_memory_limit"]
        action.execute = crash
        if not probes:
            action.probe = crash
        await scene.click(view)

        await scene.settle()

        assert words in await scene.find_words(view)
        assert (await scene.again(view)).incident.state is IncidentState.NEEDS_PERSON

    async def test_crash_of_the_health_probe_is_never_health(self, scene):
        """Blindness is not a restored service."""
        scene.open(limits=IMPATIENT)
        view = await scene.hold()
        (probe,) = scene.context.probes
        probe.read = crash
        await scene.click(view)

        await scene.settle()

        after = await scene.again(view)
        assert after.incident.state is IncidentState.NEEDS_PERSON
        assert after.verifications[-1].verdict.value != "restored"

    async def test_crash_of_a_channel_delays_its_card(self, scene):
        """The card waits, and goes out when the channel works again."""
        channel = scene.context.channels["messages"]
        deliver, channel.deliver = channel.deliver, crash
        view = await scene.hold()
        await deliver_due(scene.context)
        channel.deliver = deliver
        scene.clock.advance(timedelta(seconds=2))

        await deliver_due(scene.context)

        assert [message.key for message in scene.scenery.messages] == [view.incident.id]
