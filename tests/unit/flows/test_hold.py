"""The hold: a row that waits, and only with a card that shows all of it."""

from datetime import timedelta

from tests.unit.flows.stage import go_on, set_limit

from fermata.domain.incident import IncidentState
from fermata.domain.proposal import ProposalState
from fermata.flows.hold import hand_to_person, hold_plan, withdraw_hold
from fermata.testing.rehearsal import SetMemoryLimit

SECRET = "password=correct-horse-battery"


class Telling(SetMemoryLimit):
    """An action whose diff holds a secret."""

    async def dry_run(self, target, parameters):
        """Write the secret into the diff."""
        dry_run = await super().dry_run(target, parameters)
        return dry_run.model_copy(update={"diff": f"{dry_run.diff}\n+{SECRET}"})


async def test_plan_whose_diff_holds_a_secret_gets_no_button(stage):
    """What cannot be shown cannot be approved: the redacted card is incomplete, and a person must act by hand."""
    stage.context.actions["rehearsal.set_memory_limit"] = Telling(stage.rehearsal.hand, stage.clock, go_on)

    view = await stage.hold()

    assert (view.incident.state, view.proposal) == (IncidentState.NEEDS_PERSON, None)
    assert not view.card.can_decide
    assert "does not show all of it" in view.card.to_text()
    assert "correct-horse" not in view.card.to_text()


async def test_hold_is_opened_with_its_journal_entry_and_its_end(stage):
    """The hold names its digest, its guardrails and until when it is open."""
    view = await stage.hold()

    (opened,) = [entry.event.data for entry in view.journal if entry.event.kind == "proposal.opened"]
    assert opened["digest"] == view.plan.digest == view.proposal.plan_digest
    assert opened["guardrails"] == ["rail"]
    assert view.proposal.expires_at - view.proposal.opened_at == view.plan.approval.valid_for


async def test_newer_plan_takes_the_place_of_an_open_one(stage):
    """Of two plans for one incident the newer is open, and the older says what took its place."""
    first = await stage.hold()

    second = await stage.hold_suggestions(first, set_limit(256))

    old = await stage.store.read(lambda transaction: transaction.proposals.get(first.proposal.id))
    assert (old.state, second.proposal.state) == (ProposalState.SUPERSEDED, ProposalState.OPEN)
    assert second.plan.id in old.reason


async def test_clock_that_was_set_back_leaves_one_plan_to_approve(stage):
    """By their times the older hold is the newest one: it is superseded all the same, and the newer one is shown."""
    first = await stage.hold()
    stage.clock.advance(-timedelta(minutes=20))

    await stage.hold_suggestions(first, set_limit(100))
    third = await stage.hold_suggestions(first, set_limit(128))

    held = await stage.store.read(lambda transaction: transaction.proposals.list_for_incident(first.incident.id))
    assert [hold.state for hold in held].count(ProposalState.OPEN) == 1
    assert held[0] == third.proposal
    assert third.plan.actions[0].parameters["limit_bytes"] == 128 * 2**20


async def test_plan_for_an_incident_that_is_over_is_not_held(stage):
    """A plan that comes too late is skipped."""
    view = await stage.hold()
    await stage.resolve()

    ended = await stage.store.write(
        lambda transaction: hold_plan(
            transaction, stage.context, view.plan.model_copy(update={"id": "plan-late"}), stage.clock.now()
        )
    )

    assert ended == {"outcome": "skipped", "reason": "the incident is resolved"}


async def test_person_is_told_why_nothing_is_proposed(stage):
    """Handing over moves the incident, journals the words and puts them on the card."""
    view = await stage.hold()

    await stage.store.write(
        lambda transaction: hand_to_person(
            transaction, stage.context, view.incident.id, "the loop breaker stopped it", stage.clock.now()
        )
    )

    after = await stage.show(view.incident.id)
    assert after.incident.state is IncidentState.NEEDS_PERSON
    assert "the loop breaker stopped it" in after.card.to_text()
    assert after.journal[-1].event.kind == "incident.handed_over"


async def test_handing_over_what_is_over_is_skipped(stage):
    """Nobody is called for an incident that has ended."""
    view = await stage.hold()
    await stage.resolve()

    ended = await stage.store.write(
        lambda transaction: hand_to_person(transaction, stage.context, view.incident.id, "why", stage.clock.now())
    )

    assert ended["outcome"] == "skipped"
    assert (await stage.show(view.incident.id)).incident.state is IncidentState.RESOLVED


async def test_only_an_open_hold_is_withdrawn(stage):
    """What was decided stays decided."""
    view = await stage.hold()
    await stage.decide(view)

    withdrawn = await stage.store.write(
        lambda transaction: withdraw_hold(transaction, view.incident, "why", stage.clock.now())
    )

    assert not withdrawn
    assert (await stage.show(view.incident.id)).proposal.state is ProposalState.APPROVED
