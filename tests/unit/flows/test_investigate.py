"""Leg 1: from an incident to a plan that waits, or to words for a person. It changes nothing outside."""

import asyncio
import contextlib
from datetime import timedelta

import pytest
from tests.unit.flows.scripted_gateway import ScriptedGateway, answer_with
from tests.unit.flows.stage import ALICE, SICK, WELL, Scripted, make_alert

from fermata.domain.incident import IncidentState
from fermata.domain.proposal import ProposalState
from fermata.kit.errors import OperationalError, UserError
from fermata.testing.engine import SimulatedCrash
from fermata.testing.rehearsal import MIB, Workload


class Failing:
    """A collector of a system that is down."""

    name = "scripted.down"

    def wants(self, scope):
        """Want everything."""
        return True

    async def collect(self, scope):
        """Fail."""
        raise OperationalError("Nobody answers", why="a test")


async def ask_again(stage, view):
    """Ask for another investigation and carry it out; give the view afterwards."""
    await stage.house.curation.investigate_again(view.incident.id, ALICE)
    await stage.engine.drain()
    return await stage.show(view.incident.id)


async def test_known_cause_ends_in_a_plan_that_is_held(stage):
    """A diagnosis whose action is permitted is held as a plan with its diff; nothing was changed."""
    view = await stage.hold()

    assert view.incident.state is IncidentState.HELD
    assert view.diagnosis.leading.cause == "memory_limit_exceeded"
    assert view.card.can_decide
    assert "+limit_bytes: 134217728" in view.card.to_text()
    assert stage.count_marks() == 0


async def test_investigation_is_told_in_the_journal(stage):
    """Each step of leg 1 is an entry, and the evidence is named with its digest."""
    view = await stage.hold()

    kinds = await stage.list_kinds(view.incident.id)
    (collected,) = [entry.event.data for entry in view.journal if entry.event.kind == "evidence.collected"]
    assert kinds[3:] == ["investigation.started", "evidence.collected", "incident.diagnosed", "proposal.opened"]
    assert [item["digest"] for item in collected["evidence"]] == [item.digest for item in view.evidence]


async def test_unknown_cause_goes_to_a_person_with_the_checks(stage):
    """Nothing found: the incident needs a person, and the card says what would tell more."""
    view = await stage.hold(make_alert("BillingDown", "billing"))

    assert (view.incident.state, view.proposal) == (IncidentState.NEEDS_PERSON, None)
    text = view.card.to_text()
    assert "undetermined" in text.lower()
    assert not view.card.can_decide


async def test_collector_that_fails_is_missing_on_the_card(build_stage):
    """What could not be asked stands on the card; the plan is made from what there is."""
    stage = build_stage(Scripted(collectors=[Failing()]))

    view = await stage.hold()

    assert [gap.collector for gap in view.gaps] == ["scripted.down"]
    assert "Nobody answers: a test" in view.card.to_text()
    assert view.incident.state is IncidentState.HELD


async def test_critical_alert_gets_the_shorter_deadline(build_stage):
    """For a critical alert a card soon beats a card complete."""

    class Slow(Failing):
        async def collect(self, scope):
            await asyncio.sleep(5)

    limits = {"gather_deadline": "3s", "gather_deadline_critical": "200ms"}
    stage = build_stage(Scripted(collectors=[Slow()]), limits=limits)

    view = await stage.hold()

    assert [gap.reason for gap in view.gaps] == ["timed out after 200ms"]


async def test_incident_that_resolved_meanwhile_is_skipped(stage):
    """A run that begins after the last alert resolved finds nothing to do."""
    receipt = await stage.send()
    await stage.resolve()

    await stage.engine.drain()

    view = await stage.show(receipt.incidents[0])
    assert view.incident.state is IncidentState.RESOLVED
    assert "investigation.started" not in await stage.list_kinds()


async def test_incident_that_resolves_during_its_investigation_gets_no_plan(stage):
    """When the last alert resolves while evidence is gathered, nothing is held and nobody is called."""
    receipt = await stage.send()
    collect = stage.context.collectors[0].collect

    async def resolve_and_collect(scope):
        await stage.resolve()
        return await collect(scope)

    stage.context.collectors[0].collect = resolve_and_collect

    await stage.engine.drain()

    view = await stage.show(receipt.incidents[0])
    assert (view.incident.state, view.proposal) == (IncidentState.RESOLVED, None)


async def test_another_investigation_supersedes_the_held_plan(stage):
    """When an incident is looked at again, what was held for it is withdrawn: one incident, one open plan."""
    first = await stage.hold()

    second = await ask_again(stage, first)

    old = await stage.store.read(lambda transaction: transaction.proposals.get(first.proposal.id))
    assert second.proposal.id != first.proposal.id
    assert (old.state, second.proposal.state) == (ProposalState.SUPERSEDED, ProposalState.OPEN)
    assert old.reason == "the incident is looked at again"


async def test_another_investigation_rests_on_its_own_look_only(stage):
    """What an earlier look saw is kept for the record and proves nothing now."""
    first = await stage.hold()
    stage.rehearsal.hand.write({"checkout": WELL})

    second = await ask_again(stage, first)

    assert len(second.evidence) == 2 * len(first.evidence)
    assert second.diagnosis.leading is None
    assert second.incident.state is IncidentState.NEEDS_PERSON


async def test_look_that_brought_nothing_does_not_fall_back_on_the_one_before(stage):
    """When nothing can be asked any more, an earlier look is no ground for a plan."""
    first = await stage.hold()
    stage.rehearsal.hand.path.unlink()

    second = await ask_again(stage, first)

    assert second.diagnosis.leading is None
    assert second.incident.state is IncidentState.NEEDS_PERSON


async def test_superseded_plan_goes_when_there_is_no_new_one(stage):
    """An open plan whose incident was looked at again without finding it is withdrawn: it cannot be approved."""
    first = await stage.hold()
    stage.rehearsal.hand.write({"checkout": WELL})

    second = await ask_again(stage, first)

    assert second.proposal.state is ProposalState.SUPERSEDED
    assert not second.card.can_decide


async def test_interrupted_step_is_done_again_without_a_second_plan(stage):
    """A run that died after its plan was held comes back to the same plan."""
    receipt = await stage.send()
    for when in ("before", "after", "recorded"):
        with contextlib.suppress(SimulatedCrash):
            await stage.engine.drain(crash_at="propose", when=when)
    await stage.engine.drain()

    view = await stage.show(receipt.incidents[0])
    assert (view.incident.state, view.proposal.state) == (IncidentState.HELD, ProposalState.OPEN)
    assert (await stage.list_kinds()).count("proposal.opened") == 1


async def test_incident_asked_about_after_its_end_is_refused(stage):
    """There is nothing to investigate in what is over."""
    view = await stage.hold()
    await stage.resolve()

    with pytest.raises(UserError, match="is resolved"):
        await stage.house.curation.investigate_again(view.incident.id, ALICE)


async def test_outcomes_are_metered(stage):
    """Each investigation is counted under what it ended in."""
    stage.rehearsal.hand.write({"checkout": SICK, "search": Workload(need_bytes=MIB, limit_bytes=2 * MIB)})
    await stage.hold()
    stage.clock.advance(timedelta(minutes=30))
    await stage.hold(make_alert("SearchDown", "search"))

    text = stage.context.meters.render().decode()
    assert 'fermata_investigations_total{outcome="held"} 1.0' in text
    assert 'fermata_investigations_total{outcome="needs_person"} 1.0' in text


async def test_plan_is_held_before_a_model_is_asked(build_stage):
    """A model that hangs keeps no plan from people; what it says comes onto the card later."""
    states = []

    def step(request):
        (pending,) = read_proposals(stage)
        states.append(pending.state.value)
        return answer_with("MemoryError")(request)

    stage = build_stage(models=ScriptedGateway(step))
    view = await stage.hold()

    assert states == ["open"]
    assert view.incident.state is IncidentState.HELD
    assert view.card.can_decide
    assert "Asked: acme/high" in view.card.to_text()
    assert [entry.event.kind for entry in view.journal].count("proposal.opened") == 1


async def test_opinion_about_what_was_looked_at_anew_is_dropped(build_stage):
    """The plan was carried out while a model was thinking: the later diagnosis stays."""

    def step(request):
        with stage.store.begin() as transaction:
            (incident,) = transaction.incidents.list_recent(1)
            diagnosis = transaction.findings.find_diagnosis(incident.id)
            transaction.findings.save_diagnosis(incident.id, diagnosis.model_copy(update={"checks": ("Look.",)}))
        return answer_with("MemoryError")(request)

    stage = build_stage(models=ScriptedGateway(step))
    view = await stage.hold()

    assert view.diagnosis.checks == ("Look.",)
    assert view.diagnosis.analysis is None


def read_proposals(stage):
    """Give the newest incident's proposals, as they are stored now."""
    with stage.store.begin() as transaction:
        (incident,) = transaction.incidents.list_recent(1)
        return list(transaction.proposals.list_for_incident(incident.id))
