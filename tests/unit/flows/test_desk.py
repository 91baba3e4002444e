"""The counter: every click and command is answered and journalled, and counts only for whom it may."""

from datetime import timedelta

import pytest
from tests.unit.flows.stage import PEOPLE, RAIL, set_limit

from fermata.domain.incident import IncidentState
from fermata.domain.proposal import Answer, ProposalState, Ruling
from fermata.kit.digest import shorten
from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.desk import NONCE_DIGITS, Guest, Reply

ALICE = Guest(channel="console", handle="alice", name="Alice")
BOB = Guest(channel="console", handle="bob")
DORA = Guest(channel="console", handle="dora")
WATCHER = {"id": "dora", "name": "Dora", "roles": ["viewer"], "handles": {"console": "dora"}}
STRANGER = Guest(channel="console", handle="mallory")


def read_nonce(view):
    """Give the digits that a button of a view's card carries."""
    return view.card.plan_digest.removeprefix("sha256:")[:NONCE_DIGITS]


async def click(stage, view, guest=ALICE, ruling=Ruling.APPROVE, **changes):
    """Click on the card of a view."""
    values = {"incident_id": view.incident.id, "nonce": read_nonce(view)}
    return await stage.house.desk.decide(guest, ruling, **(values | changes))


async def list_answered(stage):
    """Give what the counter answered, as the journal has it: who, the command, whether it was done."""
    entries = await stage.house.readings.list_journal(limit=1000)
    events = [entry.event for entry in entries if entry.event.kind == "guest.answered"]
    return [(event.actor.kind, event.data["command"], event.data["ok"]) for event in events]


async def test_click_with_the_nonce_of_the_held_plan_decides(stage):
    """The nonce names the plan that was seen; one yes starts its execution."""
    view = await stage.hold()

    answer = await click(stage, view)

    assert (answer.accepted, answer.execution_enqueued) == (True, True)
    assert stage.list_unfinished() == ["remediate"]


@pytest.mark.parametrize(
    ("nonce", "words"),
    [
        ("0123456789abcdef", "the card showed another plan (01234567)"),
        ("0123", "did not say which plan"),
        ("", "did not say which plan"),
    ],
)
async def test_nonce_of_no_plan_is_refused_in_words(stage, nonce, words):
    """A nonce that names no plan of the incident, or is too short to name any, approves nothing."""
    view = await stage.hold()

    answer = await click(stage, view, nonce=nonce)

    assert (answer.accepted, answer.rule) == (False, "digest_mismatch")
    assert words in answer.text
    assert stage.list_unfinished() == []


async def test_nonce_counts_only_for_its_own_incident(stage):
    """A plan of one incident cannot be approved through another one."""
    view = await stage.hold()
    other = await stage.hold_suggestions(view, set_limit(256))

    old = await click(stage, view)
    new = await click(stage, other)

    assert old.rule == "already_decided"
    assert "a newer plan took its place" in old.text
    assert new.accepted


async def test_second_click_hears_who_decided_and_when(stage):
    """Whoever comes later is told by whom and when, whatever they clicked."""
    view = await stage.hold()
    await click(stage, view)

    answers = [await click(stage, view, BOB), await click(stage, view, BOB, Ruling.REJECT)]

    assert [answer.rule for answer in answers] == ["already_decided"] * 2
    assert all("already approved by alice at 12:00 UTC" in answer.text for answer in answers)


@pytest.mark.parametrize(
    ("changes", "rule", "words"),
    [
        ({"handle": "mallory"}, "unknown_person", "nobody in the settings is mallory"),
        ({"bot": True}, "bot", "is a machine account"),
        ({"handle": "mallory", "bot": True}, "bot", "is a machine account"),
        ({"handle": "robot"}, "bot", "robot is a bot"),
        ({"barred": "no write permission on acme/shop"}, "barred", "no write permission on acme/shop"),
        ({"handle": "mallory", "barred": "a guest of the workspace"}, "barred", "a guest of the workspace"),
    ],
)
async def test_guest_who_may_not_decide_is_answered_and_never_counted(stage, changes, rule, words):
    """A stranger, a machine, or whom the channel bars: told why, journalled, and nothing runs."""
    view = await stage.hold()

    answer = await click(stage, view, ALICE.model_copy(update=changes))

    after = await stage.show(view.incident.id)
    assert (answer.accepted, answer.rule, after.proposal.state) == (False, rule, ProposalState.OPEN)
    assert words in answer.text
    assert after.journal[-1].event.data["rule"] == rule
    assert stage.list_unfinished() == []


async def test_click_on_an_incident_nobody_knows_is_answered(stage):
    """A card of today that a restored backup does not know: that it may be one is said, and journalled."""
    reply = await stage.house.desk.decide(ALICE, Ruling.APPROVE, incident_id="inc-none", nonce="0" * 16)

    assert isinstance(reply, Reply)
    assert (reply.ok, "this store knows no incident inc-none" in reply.text) == (False, True)
    assert "newer than the backup that was restored here" in reply.text
    assert await list_answered(stage) == [("person", "approve", False)]


async def test_click_on_an_incident_without_a_plan_is_answered(stage):
    """It is known, and nothing of it waits."""
    incident_id = (await stage.send()).incidents[0]

    reply = await stage.house.desk.decide(ALICE, Ruling.APPROVE, incident_id=incident_id, nonce="0" * 16)

    assert (reply.ok, f"There is no plan of {incident_id} to decide on" in reply.text) == (False, True)


async def test_no_with_its_reason_is_taken(stage):
    """A rejection by its button carries the words that were typed."""
    view = await stage.hold()

    answer = await click(stage, view, ruling=Ruling.REJECT, reason="the wrong process")

    assert isinstance(answer, Answer)
    assert answer.text == "Rejected by alice: the wrong process. Nothing was executed."


async def test_asking_for_more_looks_again(stage):
    """The button starts another investigation, once: while it runs, a second click is told so."""
    view = await stage.hold()

    first = await stage.house.desk.ask_for_more(ALICE, view.incident.id)
    await stage.engine.drain()
    unknown = await stage.house.desk.ask_for_more(STRANGER, view.incident.id)

    assert first.text.startswith("Looking again")
    assert (await stage.list_kinds(view.incident.id)).count("investigation.enqueued") == 2
    assert (unknown.ok, "fermata link" in unknown.text) == (False, True)


async def test_asking_for_more_names_whose_approval_ends(build_stage):
    """A yes is for one plan: who asks for another look is told what that undoes."""
    stage = build_stage(policy={"guardrails": [RAIL | {"approvals": 2}]})
    view = await stage.hold()
    await click(stage, view)

    reply = await stage.house.desk.ask_for_more(BOB, view.incident.id)

    assert "What alice approved ends with it" in reply.text


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (
            lambda desk, id_: desk.ask_for_more(DORA, id_),
            "Not looked at again: a plan waits, which that would withdraw",
        ),
        (lambda desk, id_: desk.snooze(DORA, id_, timedelta(hours=1)), "Not snoozed: a plan waits for others"),
        (
            lambda desk, id_: desk.command(DORA, f"resolve {id_} fixed by hand"),
            "Not resolved: a plan waits, which that would withdraw",
        ),
    ],
)
async def test_plan_that_waits_is_taken_from_its_deciders_by_nobody_else(build_stage, ask, words):
    """Withdrawing or silencing it is a no by another name: who may not reject may do neither, and hears who may."""
    stage = build_stage(people=(*PEOPLE, WATCHER))
    view = await stage.hold()

    reply = await ask(stage.house.desk, view.incident.id)

    after = await stage.show(view.incident.id)
    assert reply.text == f"{words}; this needs role oncall; dora has role viewer."
    assert (reply.ok, after.incident.state, after.card.can_decide) == (False, IncidentState.HELD, True)
    assert await stage.find_flag(f"snooze/{view.incident.id}") is None


async def test_where_no_plan_waits_anybody_of_the_people_has_it_looked_at_again(build_stage):
    """A rejected plan is nobody's any more."""
    stage = build_stage(people=(*PEOPLE, WATCHER))
    view = await stage.hold()
    await click(stage, view, ruling=Ruling.REJECT)

    snoozed = await stage.house.desk.snooze(DORA, view.incident.id, timedelta(hours=1))
    asked = await stage.house.desk.ask_for_more(DORA, view.incident.id)
    ended = await stage.house.desk.command(DORA, f"resolve {view.incident.id} fixed by hand")

    assert (snoozed.ok, asked.ok, ended.ok) == (True, True, True)


async def test_plan_that_cannot_be_read_keeps_nobody_from_a_new_look(build_stage):
    """Nobody can decide it, so that it is taken from nobody."""
    stage = build_stage(people=(*PEOPLE, WATCHER))
    view = await stage.hold()
    with stage.store.begin() as transaction:
        transaction.connection.exec_driver_sql("UPDATE plans SET record = '{}'")

    assert (await stage.house.desk.ask_for_more(DORA, view.incident.id)).ok


async def test_asking_for_more_of_what_is_looked_at_starts_nothing(stage):
    """A look that is under way is enough."""
    receipt = await stage.send()

    reply = await stage.house.desk.ask_for_more(ALICE, receipt.incidents[0])

    assert "being looked at already" in reply.text
    assert stage.list_unfinished() == ["investigate"]


async def test_question_about_an_incident_is_answered_from_it(stage):
    """The answer quotes what the look observed, with where it stands."""
    view = await stage.hold()

    reply = await stage.house.desk.ask_for_more(ALICE, view.incident.id, "why is checkout down?")

    assert reply.ok
    assert "limit" in reply.text
    assert await list_answered(stage) == [("person", "more", True)]


async def test_asking_for_more_of_nothing_is_answered(stage):
    """An incident that does not exist is named."""
    reply = await stage.house.desk.ask_for_more(ALICE, "inc-none")

    assert (reply.ok, "inc-none" in reply.text) == (False, True)


async def test_snooze_is_on_the_card_and_in_the_journal(stage):
    """Who snoozed, and until when, is to be seen; the plan can still be decided."""
    view = await stage.hold()

    reply = await stage.house.desk.snooze(ALICE, view.incident.id, timedelta(minutes=30))

    after = await stage.show(view.incident.id)
    assert reply.text == "Snoozed for 30m, until 12:30 UTC. The card stays, and can be decided."
    assert "alice asked to keep still about it until 2026-11-23 12:30 UTC" in after.card.to_text()
    assert after.card.can_decide
    assert "incident.snoozed" in [entry.event.kind for entry in after.journal]


async def test_snooze_of_what_is_decided_already_promises_no_decision(stage):
    """An older card keeps its buttons where a channel lets nobody change it."""
    view = await stage.hold()
    await stage.house.desk.decide(ALICE, Ruling.REJECT, incident_id=view.incident.id, nonce=read_nonce(view))

    reply = await stage.house.desk.snooze(ALICE, view.incident.id, timedelta(minutes=30))

    assert reply.text == "Snoozed for 30m, until 12:30 UTC. The card stays."


@pytest.mark.parametrize("span", [timedelta(seconds=1), timedelta(days=2), timedelta(minutes=-5)])
async def test_snooze_of_an_unfit_span_is_refused(stage, span):
    """Nobody can silence an incident for days, or into the past."""
    view = await stage.hold()

    reply = await stage.house.desk.snooze(ALICE, view.incident.id, span)

    assert not reply.ok
    assert await stage.find_flag(f"snooze/{view.incident.id}") is None


async def test_snooze_of_what_has_ended_is_refused(stage):
    """There is nothing to keep still about."""
    view = await stage.hold()
    await stage.resolve()

    reply = await stage.house.desk.snooze(ALICE, view.incident.id, timedelta(minutes=5))

    assert (reply.ok, "is resolved" in reply.text) == (False, True)


async def test_newest_card_is_found(stage):
    """The card is the one that can be decided now; of what nobody knows there is none."""
    view = await stage.hold()

    card = await stage.house.desk.find_card(view.incident.id)

    assert card == view.card
    assert await stage.house.desk.find_card("inc-none") is None


async def test_delivery_that_was_dealt_with_is_known(stage):
    """A comment that comes twice is known the second time, in its channel only, and for 7 days at least."""
    desk = stage.house.desk
    assert not await desk.is_known("github", "comment-1")

    assert await desk.remember("github", "comment-1")

    assert not await desk.remember("github", "comment-1")
    assert await desk.is_known("github", "comment-1")
    assert not await desk.is_known("gitlab", "comment-1")


async def test_decision_that_cannot_be_stored_is_an_error(stage, monkeypatch):
    """Whoever clicked must be told that nothing was decided: the error comes through."""

    async def fail(work):
        raise TransientError("The store is full", why="no space", do="Make some")

    view = await stage.hold()
    with monkeypatch.context() as patch:
        patch.setattr(stage.store, "write", fail)

        with pytest.raises(OperationalError, match="store is full"):
            await click(stage, view)

    assert (await stage.show(view.incident.id)).proposal.state is ProposalState.OPEN


async def test_plan_for_two_shows_how_many_said_yes(build_stage):
    """N of M by clicks of two people in two channels' names."""
    stage = build_stage(policy={"guardrails": [RAIL | {"approvals": 2}]})
    view = await stage.hold()

    first = await click(stage, view)
    card = await stage.house.desk.find_card(view.incident.id)
    second = await click(stage, view, BOB)

    assert "1 of 2 approvals" in first.text
    assert "So far: 1 of 2" in card.to_text()
    assert second.execution_enqueued
    assert (await stage.show(view.incident.id)).incident.state is IncidentState.HELD
    assert shorten(view.card.plan_digest) in read_nonce(view)
