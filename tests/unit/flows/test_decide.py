"""The decision: one click, one transaction, one answer, one entry in the journal."""

import asyncio
from datetime import timedelta

import pytest
from tests.unit.flows.stage import ALICE, RAIL

from fermata.domain.incident import IncidentState
from fermata.domain.person import Actor
from fermata.domain.proposal import ProposalState, Ruling
from fermata.kit.errors import NotFoundError


async def list_refusals(stage, view):
    """Give the rules of the clicks that did not count, as the journal has them."""
    entries = await stage.house.readings.list_journal(view.incident.id, limit=1000)
    return [entry.event.data["rule"] for entry in entries if entry.event.kind == "approval.refused"]


async def test_yes_of_an_entitled_person_starts_the_execution(stage):
    """One yes completes the approval: the state, the entry and the run are one commit."""
    view = await stage.hold()

    answer = await stage.decide(view)

    after = await stage.show(view.incident.id)
    assert (answer.accepted, answer.execution_enqueued) == (True, True)
    words = "1 of 1 approvals; `fermata up` runs what was approved, after its guards look again"
    assert answer.text == f"Approved by alice. {words}."
    assert (after.proposal.state, after.proposal.decided_by) == (ProposalState.APPROVED, "alice")
    assert after.journal[-1].event.actor == Actor(kind="person", id="alice", channel="console")
    assert stage.list_unfinished() == ["remediate"]


@pytest.mark.parametrize(
    ("changes", "rule", "words"),
    [
        ({"handle": "mallory"}, "unknown_person", "nobody in the settings is mallory on console"),
        ({"handle": "alice", "channel": "chat"}, "unknown_person", "nobody in the settings is alice on chat"),
        ({"handle": "robot"}, "bot", "robot is a bot"),
        ({"handle": "fermata"}, "self_approval", "never decides on its own plans"),
        ({"handle": "max"}, "wrong_role", "max has role sales"),
        ({"shown_digest": "sha256:00"}, "digest_mismatch", "the card showed another plan"),
        ({"shown_digest": ""}, "digest_mismatch", "did not say which plan"),
    ],
)
async def test_click_that_does_not_count_is_answered_and_journalled(stage, changes, rule, words):
    """Whoever clicks is told why it did not count, the journal keeps it, and nothing is enqueued."""
    view = await stage.hold()

    answer = await stage.decide(view, **changes)

    assert (answer.accepted, answer.rule, answer.state) == (False, rule, ProposalState.OPEN)
    assert words in answer.text
    assert await list_refusals(stage, view) == [rule]
    assert stage.list_unfinished() == []


async def test_click_by_a_session_is_the_persons(stage):
    """A channel that knows the person names them; the handle is then only words."""
    view = await stage.hold()

    answer = await stage.decide(view, handle="whatever the page calls them", person_id="bob")

    assert answer.text.startswith("Approved by bob")


async def test_click_comes_too_late_at_the_instant_of_expiry(stage):
    """An hour later the plan cannot be approved any more, whether a sweep has run or not."""
    view = await stage.hold()
    stage.clock.advance(timedelta(hours=1))

    answer = await stage.decide(view)

    assert (answer.accepted, answer.rule) == (False, "expired")


async def test_no_is_taken_with_its_reason(stage):
    """A rejection hands the incident to people, with the reason on the card and in the journal."""
    view = await stage.hold()

    answer = await stage.decide(view, Ruling.REJECT, reason="it is the deploy; token=abcdefgh1234")

    after = await stage.show(view.incident.id)
    assert (answer.accepted, after.proposal.state) == (True, ProposalState.REJECTED)
    assert after.incident.state is IncidentState.NEEDS_PERSON
    assert "it is the deploy" in after.card.to_text()
    assert "abcdefgh1234" not in str(after.to_json())
    assert stage.list_unfinished() == []


async def test_second_click_hears_what_happened(stage):
    """A decision is made once; who comes later is told by whom and when."""
    view = await stage.hold()
    await stage.decide(view)

    answers = [await stage.decide(view, handle="bob"), await stage.decide(view, Ruling.REJECT, handle="bob")]

    assert [answer.rule for answer in answers] == ["already_decided"] * 2
    assert "already approved by alice at 12:00 UTC" in answers[0].text
    assert stage.list_unfinished() == ["remediate"]


async def test_of_many_clicks_at_once_one_starts_the_execution(stage):
    """Two people who click at the same moment start one run; the other is told."""
    view = await stage.hold()

    answers = await asyncio.gather(*(stage.decide(view, handle=handle) for handle in ("alice", "bob") * 5))

    assert sum(answer.execution_enqueued for answer in answers) == 1
    assert sum(answer.accepted for answer in answers) == 1
    assert stage.list_unfinished() == ["remediate"]


async def test_plan_that_needs_two_waits_for_the_second(build_stage):
    """N of M: the first yes is counted and shown, the same person again is not, the second person completes it."""
    stage = build_stage(policy={"guardrails": [RAIL | {"approvals": 2}]})
    view = await stage.hold()

    first = await stage.decide(view)
    again = await stage.decide(view)
    between = await stage.show(view.incident.id)
    second = await stage.decide(view, handle="bob")

    assert (first.accepted, first.execution_enqueued) == (True, False)
    assert "1 of 2 approvals; one more of role oncall is needed" in first.text
    assert (again.accepted, again.rule) == (False, "already_said")
    assert "So far: 1 of 2" in between.card.to_text()
    assert between.journal[-2].event.kind == "approval.given"
    assert second.execution_enqueued
    assert (await stage.show(view.incident.id)).proposal.decided_by == "alice,bob"


async def test_no_while_halted_is_taken(stage):
    """The kill switch stops executions; a rejection is always safe."""
    view = await stage.hold()
    await stage.house.switch.halt(ALICE, "looking")

    answer = await stage.decide(view, Ruling.REJECT)

    assert answer.accepted


async def test_plan_row_that_was_edited_cannot_be_approved(stage):
    """One byte changed in the stored plan is another plan, and a row that is no plan is none."""
    view = await stage.hold()
    with stage.store.begin() as transaction:
        transaction.connection.exec_driver_sql("UPDATE plans SET record = replace(record, '134217728', '934217728')")
    edited = await stage.decide(view)
    with stage.store.begin() as transaction:
        transaction.connection.exec_driver_sql("UPDATE plans SET record = '{}'")

    damaged = await stage.decide(view)

    assert (edited.rule, damaged.rule) == ("plan_edited", "plan_edited")
    assert await list_refusals(stage, view) == ["plan_edited"] * 2


async def test_decision_on_nothing_is_an_error(stage):
    """A proposal that does not exist is named."""
    view = await stage.hold()
    nothing = view.model_copy(update={"proposal": view.proposal.model_copy(update={"id": "prop-none"})})

    with pytest.raises(NotFoundError, match="prop-none"):
        await stage.decide(nothing)


async def test_clicks_are_metered(stage):
    """Each click is counted by what became of it."""
    view = await stage.hold()
    await stage.decide(view, handle="max")
    await stage.decide(view)

    text = stage.context.meters.render().decode()
    assert 'fermata_clicks_total{rule="wrong_role",ruling="approve"} 1.0' in text
    assert 'fermata_clicks_total{rule="accepted",ruling="approve"} 1.0' in text


async def test_reason_is_cut_behind_its_secrets(stage):
    """Cut before, half of an address would hold all of its password: on the card, in the row and in the journal."""
    view = await stage.hold()
    words = f"{'x' * 463} postgres://shop:correct-horse-battery@db/x"

    answer = await stage.decide(view, Ruling.REJECT, reason=words)

    entries = await stage.house.readings.list_journal(limit=1000)
    seen = await stage.show(view.incident.id)
    assert answer.accepted
    assert "correct" not in answer.text + str([entry.to_json() for entry in entries]) + str(seen.card.to_json())
