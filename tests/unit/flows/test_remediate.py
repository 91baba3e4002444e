"""Leg 2: every guard again, each action at most once, and what came of it in words."""

from datetime import timedelta

import pytest
from tests.unit.flows.stage import ALICE, RAIL, SICK, WELL, set_limit

from fermata.domain.action import ActionResult, Outcome
from fermata.domain.incident import IncidentState
from fermata.domain.proposal import ProposalState
from fermata.flows.remediate import Remediation
from fermata.kit.errors import OperationalError
from fermata.testing.engine import SimulatedCrash


def get_action(stage):
    """Give the rehearsed action as the house has it."""
    return stage.context.actions["rehearsal.set_memory_limit"]


def fail_on(stage, name, outcome):
    """Let the action end like this on one workload, without an effect."""
    action, execute = get_action(stage), get_action(stage).execute

    async def scripted(planned, key):
        if planned.target.name != name:
            return await execute(planned, key)
        return ActionResult(outcome=outcome, detail="said by a test", at=stage.clock.now())

    action.execute = scripted


async def hold_two(stage):
    """Hold a plan that first changes search, then checkout."""
    view = await stage.hold()
    stage.rehearsal.hand.write({"checkout": SICK, "search": SICK})
    return await stage.hold_suggestions(view, set_limit(128, "search"), set_limit(128))


async def test_approved_plan_is_executed_and_told(stage):
    """The effect happens once, under the intent's mark, and the journal tells each step of it."""
    view = await stage.approve(await stage.hold())

    (mark,) = stage.rehearsal.hand.read()["checkout"].marks
    kinds = [entry.event.kind for entry in view.journal]
    told = kinds[kinds.index("proposal.approved") :]
    assert mark == f"{view.plan.actions[0].id}.{view.plan.digest.removeprefix('sha256:')[:12]}"
    assert told[:4] == ["proposal.approved", "execution.started", "action.intended", "action.executed"]
    assert view.executions[0].outcome is Outcome.DONE
    assert view.executions[0].ended_at is not None
    assert view.proposal.state is ProposalState.EXECUTED
    assert view.proposal.decided_by == "alice"


async def test_refused_plan_executes_nothing_and_says_so(stage):
    """A guard that says no is on the card, in the journal and in the metrics; nothing was touched."""
    view = await stage.hold()
    await stage.decide(view)
    stage.restart(policy={})

    await stage.engine.drain()

    after = await stage.show(view.incident.id)
    assert (after.proposal.state, after.incident.state) == (ProposalState.REFUSED, IncidentState.NEEDS_PERSON)
    assert "Nothing was executed" in after.card.to_text()
    assert after.executions == ()
    assert stage.count_marks() == 0
    assert 'fermata_guard_refusals_total{rule="policy"} 1.0' in stage.context.meters.render().decode()


@pytest.mark.parametrize("do", ["Renew the credential", ""])
async def test_target_that_cannot_be_looked_at_is_refused_with_what_to_do(stage, do):
    """What the system says that a person can do is what they read; where it says nothing, that it must answer."""
    view = await stage.hold()
    await stage.decide(view)

    async def refuse(target, parameters):
        raise OperationalError("Kubernetes refused to read it (HTTP 401)", do=do)

    get_action(stage).observe_version = refuse

    await stage.engine.drain()

    after = await stage.show(view.incident.id)
    assert stage.count_marks() == 0
    assert f"{do or 'Make it answer again'}, then run `fermata investigate`" in after.card.to_text()


async def test_target_that_changed_is_proposed_anew(stage):
    """Drift: the plan goes stale, and a new one is made from what is there now."""
    view = await stage.hold()
    await stage.decide(view)
    stage.rehearsal.hand.write({"checkout": SICK.model_copy(update={"limit_bytes": SICK.limit_bytes // 2})})

    await stage.engine.drain()

    after = await stage.show(view.incident.id)
    old = await stage.store.read(lambda transaction: transaction.proposals.get(view.proposal.id))
    assert old.state is ProposalState.STALE
    card = (await stage.show(view.incident.id)).card.to_text()
    assert "Approved before: approved by alice, not executed" in card
    assert "The target changed after the dry run" in card
    assert (after.proposal.state, after.incident.state) == (ProposalState.OPEN, IncidentState.HELD)
    assert after.plan.digest != view.plan.digest
    assert stage.count_marks() == 0


async def test_plan_of_an_incident_that_is_over_is_not_executed(stage):
    """An incident that resolves between the click and the execution needs nothing any more."""
    view = await stage.hold()
    await stage.decide(view)
    await stage.resolve()

    await stage.engine.drain()

    after = await stage.show(view.incident.id)
    assert after.incident.state is IncidentState.RESOLVED
    assert after.proposal.state in (ProposalState.REFUSED, ProposalState.SUPERSEDED)
    assert stage.count_marks() == 0


async def test_steps_are_done_in_order(stage):
    """A plan of two steps does both, in the order on the card."""
    view = await stage.approve(await hold_two(stage))

    assert [step.target.name for step in view.executions[0].steps] == ["search", "checkout"]
    assert (stage.count_marks("search"), stage.count_marks("checkout")) == (1, 1)


async def test_failed_step_stops_the_plan(stage):
    """After a step that failed nothing further is done, and the card says which one it was."""
    view = await hold_two(stage)
    fail_on(stage, "search", Outcome.FAILED)

    after = await stage.approve(view)

    assert (stage.count_marks("search"), stage.count_marks("checkout")) == (0, 0)
    assert [step.result.outcome for step in after.executions[0].steps] == [Outcome.FAILED]
    assert after.incident.state is IncidentState.NEEDS_PERSON
    assert "The plan was not carried out: said by a test" in after.card.to_text()


async def test_second_step_that_fails_leaves_the_first_and_says_so(stage):
    """A plan that stopped half-way is verified as it is, and a person hears that it was done in part."""
    view = await hold_two(stage)
    fail_on(stage, "checkout", Outcome.FAILED)

    after = await stage.approve(view)

    assert (stage.count_marks("search"), stage.count_marks("checkout")) == (1, 0)
    assert after.incident.state is IncidentState.NEEDS_PERSON
    assert "in part" in after.card.to_text()


async def test_unknown_outcome_goes_to_a_person_and_is_never_repeated(stage):
    """Nobody knows whether it happened: the card says how to settle it, and nothing is done again."""
    view = await stage.hold()
    fail_on(stage, "checkout", Outcome.UNKNOWN)

    after = await stage.approve(view)
    await stage.engine.drain()

    action_id = after.plan.actions[0].id
    assert after.incident.state is IncidentState.NEEDS_PERSON
    assert f"fermata settle {action_id} done|failed" in after.card.to_text()
    assert "action.outcome_unknown" in [entry.event.kind for entry in after.journal]
    assert stage.count_marks() == 0


async def test_effect_that_broke_is_probed(stage):
    """An action that raised may have had its effect: the world is asked before anything is said."""
    view = await stage.hold()
    execute = get_action(stage).execute

    async def break_afterwards(planned, key):
        await execute(planned, key)
        raise OperationalError("The connection was lost", why="a test")

    get_action(stage).execute = break_afterwards

    after = await stage.approve(view)

    (step,) = after.executions[0].steps
    assert (step.result.outcome, stage.count_marks()) == (Outcome.DONE, 1)
    assert "The connection was lost: a test. Probed: its mark is in the file" in step.result.detail


async def test_effect_that_broke_and_cannot_be_probed_is_unknown(stage):
    """When the world cannot tell either, the outcome is unknown."""
    view = await stage.hold()

    async def break_down(planned, key):
        stage.rehearsal.hand.path.unlink()
        raise ZeroDivisionError

    get_action(stage).execute = break_down

    after = await stage.approve(view)

    (step,) = after.executions[0].steps
    assert step.result.outcome is Outcome.UNKNOWN
    assert "could not be probed: The rehearsal file cannot be read" in step.result.detail


async def test_detail_of_a_result_is_redacted(stage):
    """What a target says is text from outside: secrets in it reach neither journal nor card."""
    view = await stage.hold()

    async def tell(planned, key):
        return ActionResult(outcome=Outcome.FAILED, detail="token=abcdefgh12345678", at=stage.clock.now())

    get_action(stage).execute = tell

    after = await stage.approve(view)

    assert "abcdefgh1234" not in str(after.to_json())


@pytest.mark.parametrize("when", ["before", "after", "recorded"])
@pytest.mark.parametrize("step", ["check", "baseline", "action-0", "verify", "conclude"])
async def test_crash_at_any_step_has_one_effect(stage, step, when):
    """A process that dies at any step comes back to the same end: one effect, one execution, one verification."""
    view = await stage.hold()
    await stage.decide(view)

    with pytest.raises(SimulatedCrash):
        await stage.engine.drain(crash_at=step, when=when)
    stage.restart()
    await stage.engine.drain()

    after = await stage.show(view.incident.id)
    kinds = [entry.event.kind for entry in after.journal]
    assert stage.count_marks() == 1
    assert kinds.count("execution.started") == kinds.count("execution.verified") == 1
    assert after.proposal.state is ProposalState.EXECUTED
    assert (await stage.house.readings.verify_journal()).holds


async def test_intent_without_a_result_is_probed_after_a_crash(stage):
    """A crash between intent and effect: the world says that it did not happen, and a person is told, not surprised."""
    view = await stage.hold()
    await stage.decide(view)

    async def die(planned, key):
        raise SimulatedCrash

    get_action(stage).execute = die
    with pytest.raises(SimulatedCrash):
        await stage.engine.drain()
    stage.restart()

    await stage.engine.drain()

    after = await stage.show(view.incident.id)
    assert stage.count_marks() == 0
    assert after.incident.state is IncidentState.NEEDS_PERSON
    assert "Fermata or its store stopped in between. Probed: its mark is not in the file" in after.card.to_text()


async def test_halt_between_two_steps_stops_the_second(stage):
    """The kill switch is asked before each action: what has begun is finished, what has not does not start."""
    view = await hold_two(stage)
    execute = get_action(stage).execute

    async def halt_afterwards(planned, key):
        result = await execute(planned, key)
        stage.context.halt.halt(ALICE, "enough")
        return result

    get_action(stage).execute = halt_afterwards

    after = await stage.approve(view)

    assert (stage.count_marks("search"), stage.count_marks("checkout")) == (1, 0)
    assert "halted by alice" in after.executions[0].steps[1].result.detail


def meet(stage, name, meanwhile):
    """Let something happen right after the action ended on one workload."""
    action, execute = get_action(stage), get_action(stage).execute

    async def watched(planned, key):
        result = await execute(planned, key)
        if planned.target.name == name:
            meanwhile()
        return result

    action.execute = watched


async def test_target_that_changed_between_two_steps_is_left_alone(stage):
    """Every step meets the world that was on the card, not only the first: somebody gave checkout more meanwhile."""
    view = await hold_two(stage)
    bigger = SICK.model_copy(update={"limit_bytes": 16 * SICK.limit_bytes})
    meet(stage, "search", lambda: stage.rehearsal.hand.write({**stage.rehearsal.hand.read(), "checkout": bigger}))

    after = await stage.approve(view)

    assert (stage.count_marks("search"), stage.count_marks("checkout")) == (1, 0)
    assert "changed after the dry run" in after.executions[0].steps[1].result.detail
    assert after.incident.state is IncidentState.NEEDS_PERSON


@pytest.fixture
def short_lived(monkeypatch):
    """Let what is observed be good for ten minutes."""
    monkeypatch.setattr("fermata.testing.rehearsal._FRESH", timedelta(minutes=10))


@pytest.mark.usefixtures("short_lived")
async def test_evidence_that_grew_old_between_two_steps_stops_the_plan(stage, monkeypatch):
    """A process that was down for long after the first step does not go on as if nothing had passed."""
    view = await hold_two(stage)
    record = Remediation._record

    async def record_and_sleep(self, *args, **options):
        recorded = await record(self, *args, **options)
        stage.clock.advance(timedelta(minutes=25))
        return recorded

    monkeypatch.setattr(Remediation, "_record", record_and_sleep)

    after = await stage.approve(view)

    assert (stage.count_marks("search"), stage.count_marks("checkout")) == (1, 0)
    assert "evidence that is too old" in after.executions[0].steps[1].result.detail


@pytest.mark.usefixtures("short_lived")
async def test_time_that_a_step_takes_does_not_age_the_evidence(stage):
    """A slow rollout is the plan's own: its second step is what was approved to follow it."""
    view = await hold_two(stage)
    action, execute = get_action(stage), get_action(stage).execute

    async def take_long(planned, key):
        stage.clock.advance(timedelta(minutes=25 if planned.target.name == "search" else 0))
        result = await execute(planned, key)
        return result.model_copy(update={"at": stage.clock.now()})

    action.execute = take_long

    await stage.approve(view)

    assert (stage.count_marks("search"), stage.count_marks("checkout")) == (1, 1)


async def test_second_step_on_the_same_target_is_no_drift(build_stage):
    """What the plan itself did to a target is what its next step was approved after."""
    stage = build_stage(policy={"guardrails": [RAIL | {"cooldown": "1h"}]})
    view = await stage.hold()
    view = await stage.hold_suggestions(view, set_limit(100), set_limit(128))

    after = await stage.approve(view)

    assert [step.result.outcome for step in after.executions[0].steps] == [Outcome.DONE, Outcome.DONE]
    assert stage.count_marks("checkout") == 2


async def test_same_action_rests_before_it_is_done_again(build_stage):
    """What was just done on a target is not done again within the cooldown: a person is told."""
    stage = build_stage(policy={"guardrails": [RAIL | {"cooldown": "1h"}]})
    view = await stage.hold()
    stage.rehearsal.hand.write({"checkout": SICK.model_copy(update={"need_bytes": 4 * SICK.need_bytes})})

    after = await stage.approve(view)

    assert after.incident.state is IncidentState.NEEDS_PERSON
    assert stage.count_marks() == 1
    assert "its cooldown is 1h" in after.card.to_text()


async def test_healthy_target_with_its_alert_resolved_is_restored(stage):
    """The steady state and the alerts together make `restored`."""
    view = await stage.hold()
    await stage.decide(view)
    execute = get_action(stage).execute

    async def resolve_afterwards(planned, key):
        result = await execute(planned, key)
        await stage.resolve()
        return result

    get_action(stage).execute = resolve_afterwards
    await stage.engine.drain()

    after = await stage.show(view.incident.id)
    assert stage.rehearsal.hand.read()["checkout"].limit_bytes == WELL.limit_bytes
    assert after.incident.state is IncidentState.RESOLVED
    assert after.verifications[0].verdict.value == "restored"


async def test_restored_without_a_step_says_which_one_and_what_to_do(stage):
    """All is well again, and yet a step that was approved was not done: whoever reads "restored" reads that beside."""
    view = await hold_two(stage)
    await stage.decide(view)
    execute = get_action(stage).execute

    async def mend_meanwhile(planned, key):
        result = await execute(planned, key)
        bigger = SICK.model_copy(update={"limit_bytes": 16 * SICK.limit_bytes})
        stage.rehearsal.hand.write({**stage.rehearsal.hand.read(), "checkout": bigger})
        await stage.resolve()
        return result

    get_action(stage).execute = mend_meanwhile
    await stage.engine.drain()

    after = await stage.show(view.incident.id)
    (verification,) = after.verifications
    told = "Step 2 of 2 was not done: rehearsal.set_memory_limit on rehearsal:process/checkout."
    (entry,) = [entry for entry in after.journal if entry.event.kind == "execution.verified"]
    assert verification.verdict.value == "restored"
    assert told in verification.text
    assert "The target changed after the dry run" in verification.text
    assert f"`fermata investigate {view.incident.id}`" in verification.text
    assert "It is looked at again" not in verification.text
    assert told in entry.event.data["text"]
    assert told in after.card.to_text()
