"""What people do by hand: merge, split, ask for another look, settle what nobody knew."""

import pytest
from tests.unit.flows.stage import ALICE, WELL, make_alert

from fermata.domain.action import ActionResult, Outcome
from fermata.domain.incident import IncidentState
from fermata.domain.proposal import ProposalState
from fermata.flows.curate import tell_resolved
from fermata.kit.errors import NotFoundError, UserError
from fermata.rules.lifecycle import move_incident

BILLING = make_alert("BillingDown", "billing")


async def test_merged_incident_goes_with_its_alerts_and_findings(stage):
    """The target takes alerts and evidence; the source's plan is withdrawn, and it says where it went."""
    source = await stage.hold()
    target = await stage.hold(BILLING)

    merged = await stage.house.curation.merge(target.incident.id, source.incident.id, ALICE)

    gone, stays = await stage.show(source.incident.id), await stage.show(target.incident.id)
    assert {alert.name for alert in stays.alerts} == {"CheckoutDown", "BillingDown"}
    assert {item.id for item in source.evidence} <= {item.id for item in stays.evidence}
    assert (gone.incident.state, gone.incident.merged_into) == (IncidentState.MERGED, target.incident.id)
    assert gone.proposal.state is ProposalState.SUPERSEDED
    assert merged.merges[-1].text == f"merged from {source.incident.id} by alice"


async def test_merge_is_journalled_on_both_sides(stage):
    """Each of the two incidents tells of it, with who did it."""
    source, target = await stage.hold(), await stage.hold(BILLING)

    await stage.house.curation.merge(target.incident.id, source.incident.id, ALICE)

    gone, stays = await stage.show(source.incident.id), await stage.show(target.incident.id)
    assert (stays.journal[-1].event.kind, stays.journal[-1].event.actor) == ("incident.merged", ALICE)
    assert stays.journal[-1].event.data == {"source": source.incident.id, "alerts": 1, "findings": len(source.evidence)}
    assert gone.journal[-1].event.kind == "incident.merged_away"


async def test_alert_of_a_merged_incident_belongs_to_the_target(stage):
    """What comes later about a merged alert goes where it was merged to."""
    source, target = await stage.hold(), await stage.hold(BILLING)
    await stage.house.curation.merge(target.incident.id, source.incident.id, ALICE)

    receipt = await stage.resolve()

    assert receipt.incidents == (target.incident.id,)
    assert (await stage.house.readings.explain_alert("CheckoutDown")).incident_id == target.incident.id


async def test_incident_is_not_merged_into_itself(stage):
    """A merge that makes no sense changes nothing."""
    view = await stage.hold()

    with pytest.raises(UserError, match="was not merged"):
        await stage.house.curation.merge(view.incident.id, view.incident.id, ALICE)

    assert (await stage.show(view.incident.id)).proposal.state is ProposalState.OPEN


async def test_approved_plan_of_a_merged_incident_is_not_executed(stage):
    """A plan that was approved before its incident was folded into another is refused: its incident moved on."""
    source, target = await stage.hold(), await stage.hold(BILLING)
    await stage.decide(source)
    await stage.house.curation.merge(target.incident.id, source.incident.id, ALICE)

    await stage.engine.drain()

    assert (await stage.show(source.incident.id)).proposal.state is ProposalState.REFUSED
    assert stage.count_marks() == 0


async def test_split_takes_alerts_out_with_the_findings(stage):
    """The alerts named become an incident of their own; both keep the evidence, and the common plan is withdrawn."""
    slow = make_alert("CheckoutSlow")
    view = await stage.hold(make_alert(), slow)
    (slow_id,) = (alert.id for alert in view.alerts if alert.name == "CheckoutSlow")

    separated = await stage.house.curation.split(view.incident.id, [slow_id], ALICE)

    stays, goes = await stage.show(view.incident.id), await stage.show(separated.id)
    assert ([alert.name for alert in stays.alerts], [alert.name for alert in goes.alerts]) == (
        ["CheckoutDown"],
        ["CheckoutSlow"],
    )
    assert goes.incident.split_from == view.incident.id
    assert {item.id for item in goes.evidence} == {item.id for item in view.evidence}
    assert stays.proposal.state is ProposalState.SUPERSEDED
    assert stays.journal[-1].event.kind == "incident.split"


@pytest.mark.parametrize("names", [[], ["CheckoutDown"], ["al-of-another"]])
async def test_split_of_nothing_of_everything_or_of_others_is_refused(stage, names):
    """A split needs something to take and something to leave."""
    view = await stage.hold()
    ids = [view.alerts[0].id if name == "CheckoutDown" else name for name in names]

    with pytest.raises(UserError, match="was not split"):
        await stage.house.curation.split(view.incident.id, ids, ALICE)


async def test_split_off_incident_is_looked_at_by_itself(stage):
    """What was taken out is open, and can be investigated on its own alerts and the evidence it took along."""
    view = await stage.hold(make_alert(), make_alert("CheckoutSlow"))
    (slow_id,) = (alert.id for alert in view.alerts if alert.name == "CheckoutSlow")
    separated = await stage.house.curation.split(view.incident.id, [slow_id], ALICE)

    await stage.house.curation.investigate_again(separated.id, ALICE)
    await stage.engine.drain()

    assert (await stage.show(separated.id)).incident.state is IncidentState.HELD


async def test_person_asks_for_another_look(stage):
    """Another investigation is started on a person's word, and the journal says whose."""
    view = await stage.hold(BILLING)

    run_id = await stage.house.curation.investigate_again(view.incident.id, ALICE)

    (*_, entry) = await stage.house.readings.list_journal(view.incident.id)
    assert entry.event.data == {"run_id": run_id, "why": "asked by alice"}
    assert stage.list_unfinished() == ["investigate"]


async def leave_unknown(stage, *, resolves=False):
    """Execute a plan whose outcome nobody knows, while its alert may resolve; give the view afterwards."""
    view = await stage.hold()

    async def lose(planned, key):
        if resolves:
            await stage.resolve()
        return ActionResult(outcome=Outcome.UNKNOWN, detail="the line went dead", at=stage.clock.now())

    stage.context.actions["rehearsal.set_memory_limit"].execute = lose
    return await stage.approve(view)


async def test_person_settles_what_nobody_knew(stage):
    """What somebody found out is written beside the intent, journalled, and shown on the card."""
    view = await leave_unknown(stage)
    action_id = view.plan.actions[0].id

    await stage.house.curation.settle(action_id, Outcome.FAILED, ALICE, "the limit is the old one")

    after = await stage.show(view.incident.id)
    intent = await stage.store.read(lambda transaction: transaction.ledger.find(action_id))
    assert (intent.outcome, intent.detail) == (Outcome.FAILED, "alice looked: the limit is the old one")
    assert (after.journal[-1].event.kind, after.journal[-1].event.actor) == ("action.settled", ALICE)
    assert after.executions[0].steps[0].result.outcome is Outcome.FAILED
    assert "failed: alice looked: the limit is the old one" in after.card.to_text()
    assert "fermata settle" not in after.card.to_text()


async def test_word_that_settles_the_last_doubt_ends_the_incident(stage):
    """It waited for nothing else: all is well, and no alert fires. The card calls nobody any more."""
    view = await leave_unknown(stage, resolves=True)
    before = (await stage.show(view.incident.id)).incident.state
    stage.rehearsal.hand.write({"checkout": WELL})

    await stage.house.curation.settle(view.plan.actions[0].id, Outcome.DONE, ALICE, "took it up by hand")

    after = await stage.show(view.incident.id)
    assert (before, after.incident.state) == (IncidentState.NEEDS_PERSON, IncidentState.RESOLVED)
    assert after.journal[-1].event.kind == "incident.resolved"
    assert "A person must act" not in after.card.to_text()


async def test_word_over_a_target_that_is_still_sick_ends_nothing(stage):
    """Done or not, it does not run: the card says what was read."""
    view = await leave_unknown(stage)

    await stage.house.curation.settle(view.plan.actions[0].id, Outcome.DONE, ALICE, "I did it")

    after = await stage.show(view.incident.id)
    assert after.incident.state is IncidentState.NEEDS_PERSON
    assert "still firing: CheckoutDown" in after.card.to_text()


async def test_settled_outcome_is_settled_once(stage):
    """A known outcome is not overwritten."""
    view = await leave_unknown(stage)
    action_id = view.plan.actions[0].id
    await stage.house.curation.settle(action_id, Outcome.DONE, ALICE, "")

    with pytest.raises(UserError, match="settled already"):
        await stage.house.curation.settle(action_id, Outcome.FAILED, ALICE, "")


async def test_unknown_settles_nothing(stage):
    """Whoever looked must say what they found."""
    view = await leave_unknown(stage)

    with pytest.raises(UserError, match="done or failed"):
        await stage.house.curation.settle(view.plan.actions[0].id, Outcome.UNKNOWN, ALICE, "")


async def test_action_that_was_never_intended_is_not_settled(stage):
    """An id that no intent has is an error with where to find the right one."""
    with pytest.raises(NotFoundError, match="ever intended"):
        await stage.house.curation.settle("act-none", Outcome.DONE, ALICE, "")


async def test_settling_words_are_redacted(stage):
    """What a person writes may hold a secret, and the journal is forever."""
    view = await leave_unknown(stage)

    await stage.house.curation.settle(view.plan.actions[0].id, Outcome.DONE, ALICE, "password=hunter2hunter2")

    assert "hunter2" not in str((await stage.show(view.incident.id)).to_json())


async def test_incident_is_resolved_by_hand_and_its_plan_withdrawn(stage):
    """A person who fixed it elsewhere ends it; nobody can approve the plan any more, and the journal names them."""
    view = await stage.hold()

    await stage.house.curation.resolve(view.incident.id, ALICE, "fixed by a deploy")

    after = await stage.show(view.incident.id)
    assert (after.incident.state, after.proposal.state) == (IncidentState.RESOLVED, ProposalState.SUPERSEDED)
    assert (after.journal[-1].event.kind, after.journal[-1].event.actor) == ("incident.resolved", ALICE)
    assert (await stage.decide(view)).rule == "already_decided"


async def test_end_in_the_second_of_an_approval_stops_the_plan_and_says_so(stage):
    """It was approved and has not begun: whoever ends the incident must not wonder whether it will."""
    view = await stage.hold()
    await stage.decide(view)

    resolved = await stage.house.curation.resolve(view.incident.id, ALICE, "fixed by a deploy")
    await stage.engine.drain()

    after = await stage.show(view.incident.id)
    assert "The plan that was approved does not begin." in tell_resolved(resolved)
    assert (after.incident.state, after.proposal.state) == (IncidentState.RESOLVED, ProposalState.REFUSED)
    assert after.executions == ()


@pytest.mark.parametrize("state", [IncidentState.EXECUTING, IncidentState.VERIFYING])
async def test_incident_that_is_being_changed_is_not_ended(stage, state):
    """What is under way ends first, and is verified: its result belongs to an incident that is there."""
    view = await stage.hold()
    incident = view.incident
    for step in (IncidentState.EXECUTING, state):
        incident = move_incident(incident, step, incident.updated_at)
    await stage.house.store.write(lambda transaction: transaction.incidents.save(incident))

    with pytest.raises(UserError, match=f"it is {state.value}"):
        await stage.house.curation.resolve(incident.id, ALICE, "")

    assert (await stage.show(incident.id)).proposal.state is ProposalState.OPEN


async def test_incident_that_has_ended_is_not_resolved_again(stage):
    """The second word says that there is nothing to end."""
    view = await stage.hold()
    await stage.house.curation.resolve(view.incident.id, ALICE, "")

    with pytest.raises(UserError, match="it is resolved"):
        await stage.house.curation.resolve(view.incident.id, ALICE, "")
