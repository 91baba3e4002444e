"""The end of leg 2: restored, unchanged or worse, and what comes next for each."""

from datetime import timedelta

from tests.unit.flows.stage import ALICE, SICK, WELL, make_alert, set_limit

from fermata.domain.action import ActionResult, Outcome
from fermata.domain.diagnosis import Verdict
from fermata.domain.execution import VerificationVerdict
from fermata.domain.incident import IncidentState
from fermata.domain.proposal import ProposalState
from fermata.flows.curate import Curation
from fermata.testing.rehearsal import MIB, Workload


async def let_alerts_resolve(stage):
    """Let the source resolve the alert as soon as the action was done."""
    action = stage.context.actions["rehearsal.set_memory_limit"]
    execute = action.execute

    async def execute_and_resolve(planned, key):
        result = await execute(planned, key)
        await stage.resolve()
        return result

    action.execute = execute_and_resolve


async def make_it_worse(stage):
    """Hold, approve and execute a plan that breaks a healthy workload; give the view afterwards."""
    stage.rehearsal.hand.write({"checkout": WELL})
    view = await stage.hold()
    held = await stage.hold_suggestions(view, set_limit(32))
    return held, await stage.approve(held)


async def test_fix_that_helped_resolves_the_incident(stage):
    """Healthy and no alert firing: restored, mitigated, resolved, and the verdict is on the card."""
    view = await stage.hold()
    await let_alerts_resolve(stage)

    after = await stage.approve(view)

    assert after.incident.state is IncidentState.RESOLVED
    assert after.verifications[0].verdict is VerificationVerdict.RESTORED
    assert "restored after" in after.card.to_text()
    assert [entry.event.kind for entry in after.journal][-2:] == ["execution.verified", "incident.resolved"]


async def test_alert_that_joined_meanwhile_keeps_the_incident_mitigated(stage):
    """What fired between the last look and the end is not resolved with the rest."""
    view = await stage.hold()
    await let_alerts_resolve(stage)
    await stage.decide(view)
    write = stage.store.write

    async def send_before_the_end(work):
        if "conclude" in work.__qualname__:
            stage.store.write = write
            await stage.send(make_alert("CheckoutSlow", at=0))
        return await write(work)

    stage.store.write = send_before_the_end
    await stage.engine.drain()

    after = await stage.show(view.incident.id)
    assert after.verifications[0].verdict is VerificationVerdict.RESTORED
    assert after.incident.state is IncidentState.MITIGATED
    await stage.resolve(make_alert("CheckoutSlow", at=0))
    assert (await stage.show(view.incident.id)).incident.state is IncidentState.RESOLVED


async def test_fix_that_somebody_took_back_says_who_before_anything_else(stage):
    """It did not fail to help: it did not stay. Whoever tries again without knowing that tries for ever."""
    stage.rehearsal.hand.write({"checkout": Workload(need_bytes=500 * MIB, limit_bytes=64 * MIB)})
    view = await stage.hold()
    keys = []

    async def tell(planned, key):
        keys.append((planned.id, key.action_id))
        return "What was changed was overwritten by reconciler."

    stage.context.actions["rehearsal.set_memory_limit"].find_reversal = tell

    after = await stage.approve(view)

    (action,) = view.plan.actions
    assert keys == [(action.id, action.id)]
    assert after.verifications[0].text.startswith("What was changed was overwritten by reconciler. Measured: ")
    told = "The plan was carried out and did not stay. What was changed was overwritten by reconciler. Measured: "
    assert told in after.card.to_text()
    assert after.incident.state is IncidentState.NEEDS_PERSON


async def test_fix_that_did_not_help_is_handed_over_and_looked_at_again(stage):
    """Unchanged: the world after the attempt is new evidence; the loop breaker keeps it from going round."""
    stage.rehearsal.hand.write({"checkout": Workload(need_bytes=500 * MIB, limit_bytes=64 * MIB)})
    view = await stage.hold()

    after = await stage.approve(view)

    assert after.verifications[0].verdict is VerificationVerdict.UNCHANGED
    assert after.incident.state is IncidentState.NEEDS_PERSON
    assert (await stage.list_kinds(view.incident.id)).count("investigation.started") == 2
    assert "its cooldown is 10m" in after.card.to_text()
    assert "What was done here before" not in after.card.to_text()
    assert stage.count_marks() == 1


async def test_alert_that_still_fires_is_not_restored(stage):
    """A healthy reading with the alert still firing when time is up is no fix."""
    view = await stage.hold()

    after = await stage.approve(view)

    assert after.verifications[0].verdict is VerificationVerdict.UNCHANGED
    assert "still firing: CheckoutDown" in after.verifications[0].text
    assert after.verifications[0].took >= timedelta(seconds=5)


async def test_alert_that_fires_on_after_the_fix_keeps_the_cause(stage):
    """The look afterwards finds nothing wrong: the proven cause stays, with what was done and what it did."""
    view = await stage.hold()

    after = await stage.approve(view)

    card = " ".join(after.card.to_text().split())
    assert after.incident.state is IncidentState.NEEDS_PERSON
    assert (await stage.list_kinds(view.incident.id)).count("investigation.started") == 2
    assert after.diagnosis.leading.cause == view.diagnosis.leading.cause
    assert "It was done: " in card
    assert "Still firing: checkoutdown" not in card
    assert "Still firing: CheckoutDown" in card
    assert "see whether it stops before anything else is changed" in card


async def test_look_that_was_asked_for_later_counts_as_ever(stage):
    """What was done is kept by the look right after it, and by no other."""
    view = await stage.hold()
    await stage.approve(view)

    await Curation(stage.context).investigate_again(view.incident.id, by=ALICE)
    await stage.engine.drain()

    after = await stage.show(view.incident.id)
    assert after.diagnosis.verdict is Verdict.UNDETERMINED
    assert "It was done: " not in after.card.to_text()


async def test_fix_that_made_it_worse_proposes_its_undo(stage):
    """Worse: the undo is a plan like any other, held for a person."""
    held, after = await make_it_worse(stage)

    assert after.verifications[0].verdict is VerificationVerdict.WORSE
    assert (after.incident.state, after.proposal.state) == (IncidentState.HELD, ProposalState.OPEN)
    assert after.plan.undoes == held.plan.id
    assert after.plan.actions[0].parameters["limit_bytes"] == WELL.limit_bytes
    assert after.card.can_decide


async def test_undo_executes_without_waiting_for_its_cooldown(stage):
    """The undo is the same action on the same target a moment later, and is let through: it takes something back."""
    _, worse = await make_it_worse(stage)
    await let_alerts_resolve(stage)

    after = await stage.approve(worse)

    assert stage.rehearsal.hand.read()["checkout"].limit_bytes == WELL.limit_bytes
    assert after.verifications[-1].verdict is VerificationVerdict.RESTORED
    assert after.incident.state is IncidentState.RESOLVED


async def test_undo_takes_back_only_what_was_done(stage):
    """Of a plan that stopped half-way, the undo holds the steps that happened, and no others."""
    stage.rehearsal.hand.write({"checkout": WELL, "search": SICK})
    view = await stage.hold()
    held = await stage.hold_suggestions(view, set_limit(32), set_limit(128, "search"))
    action = stage.context.actions["rehearsal.set_memory_limit"]
    execute = action.execute

    async def fail_on_search(planned, key):
        if planned.target.name == "search":
            return ActionResult(outcome=Outcome.FAILED, detail="said by a test", at=stage.clock.now())
        return await execute(planned, key)

    action.execute = fail_on_search

    after = await stage.approve(held)

    assert after.verifications[0].verdict is VerificationVerdict.WORSE
    assert after.plan.undoes == held.plan.id
    assert [planned.target.name for planned in after.plan.actions] == ["checkout"]


async def test_worse_without_a_possible_undo_goes_to_a_person(stage):
    """When the undo cannot be planned, the card says why and that things got worse."""
    stage.rehearsal.hand.write({"checkout": WELL})
    view = await stage.hold()
    held = await stage.hold_suggestions(view, set_limit(32))
    await stage.decide(held)
    action = stage.context.actions["rehearsal.set_memory_limit"]
    execute = action.execute

    async def execute_and_forget(planned, key):
        result = await execute(planned, key)
        stage.context.actions.clear()
        return result

    action.execute = execute_and_forget
    await stage.engine.drain()

    after = await stage.show(view.incident.id)
    assert after.incident.state is IncidentState.NEEDS_PERSON
    assert "The undo could not be proposed" in after.card.to_text()
    assert "is not in the catalogue" in after.card.to_text()


async def test_target_that_cannot_be_read_afterwards_is_never_restored(stage):
    """Blindness is not health: a probe that fails afterwards counts as worse than before."""
    stage.rehearsal.hand.write({"checkout": WELL})
    view = await stage.hold()
    held = await stage.hold_suggestions(view, set_limit(256))
    action = stage.context.actions["rehearsal.set_memory_limit"]
    execute = action.execute

    async def execute_and_vanish(planned, key):
        result = await execute(planned, key)
        stage.rehearsal.hand.path.unlink()
        return result

    action.execute = execute_and_vanish

    after = await stage.approve(held)

    assert after.verifications[0].verdict is VerificationVerdict.WORSE
    assert "could not be read" in after.verifications[0].text


async def test_alert_that_joins_while_a_plan_is_carried_out_is_no_failure_of_it(stage):
    """What the plan was for is well; the other symptom is looked at by itself."""
    view = await stage.hold()
    action = stage.context.actions["rehearsal.set_memory_limit"]
    execute = action.execute

    async def execute_and_hear_more(planned, key):
        result = await execute(planned, key)
        await stage.resolve()
        await stage.send(make_alert("CheckoutSlow", at=0))
        return result

    action.execute = execute_and_hear_more
    await stage.decide(view)
    await stage.engine.drain()

    after = await stage.show(view.incident.id)
    (verification,) = after.verifications
    assert verification.verdict is VerificationVerdict.RESTORED
    assert "fires since it was begun, and is looked at by itself: CheckoutSlow" in verification.text
    why = [entry.event.data["why"] for entry in after.journal if entry.event.kind == "investigation.enqueued"]
    assert why[-1] == "an alert came meanwhile"
    assert after.incident.state is not IncidentState.RESOLVED


async def test_same_alert_again_while_a_plan_is_carried_out_is_no_other_symptom(stage):
    """It came back at once: the plan did not help."""
    view = await stage.hold()
    action = stage.context.actions["rehearsal.set_memory_limit"]
    execute = action.execute

    async def execute_and_fire_again(planned, key):
        result = await execute(planned, key)
        await stage.resolve()
        await stage.send(make_alert(at=0))
        return result

    action.execute = execute_and_fire_again
    await stage.decide(view)
    await stage.engine.drain()

    assert (await stage.show(view.incident.id)).verifications[0].verdict is VerificationVerdict.UNCHANGED
