"""Approvals under attack. Each attack executes nothing, is answered in words, and leaves an entry in the journal."""

import asyncio
import json
import threading
from datetime import timedelta

import pytest
from sqlalchemy import text
from tests.faults.scene import Scene, SteppingClock, set_limit
from tests.faults.scenery import CHANNEL, DANA, EVE, GUARDRAIL, make_settings
from tests.fixtures.stores import POSTGRES
from tests.integration.store.tampering import break_in

from fermata.domain.incident import IncidentState
from fermata.domain.person import Person
from fermata.domain.policy import Approvers
from fermata.domain.proposal import ProposalState, Ruling
from fermata.flows.deliver import deliver_due
from fermata.flows.hold import hold_plan
from fermata.flows.sweep import restart_approved
from fermata.settings.tree import PolicySettings
from fermata.store.connect import open_store
from fermata.testing.engine import SimulatedCrash

LATER = timedelta(minutes=31)


async def assert_click_refused(scene, view, answer, rule):
    """Check that a click was answered with a rule, journalled, and started nothing."""
    assert (answer.accepted, answer.execution_enqueued, answer.rule) == (False, False, rule)
    assert len(answer.text) > 20
    (*_, entry) = await scene.list_journal("approval.refused")
    assert (entry["rule"], entry["proposal_id"], entry["text"]) == (rule, view.proposal.id, answer.text)
    await scene.settle()
    assert scene.marks == 0
    assert await scene.list_journal("execution.started") == []


async def assert_execution_refused(scene, view, rule, *words):
    """Check that leg 2 refused by a rule, journalled it, and that a person was told why."""
    await scene.settle()
    assert scene.marks == 0
    (entry,) = await scene.list_journal("execution.refused")
    assert (entry["rule"], entry["proposal_id"]) == (rule, view.proposal.id)
    after = await scene.again(view)
    told = await scene.find_words(view)
    assert (after.incident.state, after.proposal.state) == (IncidentState.NEEDS_PERSON, ProposalState.REFUSED)
    assert told.startswith("Nothing was executed.")
    assert all(word in told for word in words), told
    assert told in after.card.to_text()


def raise_limit(scene):
    """Change one byte of the stored plan: a memory limit of 128 MiB becomes one of 928 MiB."""
    changed = scene.execute_sql("UPDATE plans SET record = replace(record, '134217728', '934217728')")
    assert changed.rowcount == 1


@pytest.mark.parametrize(
    ("handle", "rule"),
    [
        ("mallory", "unknown_person"),
        ("alertmanager", "unknown_person"),
        ("fermata", "self_approval"),
        ("robot", "bot"),
        ("max", "wrong_role"),
    ],
)
async def test_click_of_someone_who_may_not_is_refused(scene, handle, rule):
    """Strangers, the alert's source, Fermata itself, machines and people without the role approve nothing."""
    view = await scene.hold()

    answer = await scene.click(view, handle)

    await assert_click_refused(scene, view, answer, rule)
    assert (await scene.again(view)).proposal.state is ProposalState.OPEN


def test_nobody_can_be_called_fermata(tmp_path):
    """Settings that would make Fermata a person are refused before any click is."""
    sneaky = Person(id="fermata", name="Fermata", roles=("oncall",), handles={CHANNEL: "sneaky"})

    with pytest.raises(ValueError, match="reserved"):
        make_settings(tmp_path, people=(sneaky,))


async def test_person_of_a_session_that_is_gone_is_refused(scene):
    """A page session names a person id; one that the settings no longer know is a stranger."""
    view = await scene.hold()

    answer = await scene.click(view, "dana", person_id="ghost")

    await assert_click_refused(scene, view, answer, "unknown_person")


@pytest.mark.parametrize("shown", ["", "sha256:0000", "other"])
async def test_card_that_showed_another_plan_is_refused(scene, shown):
    """The approval is for the digest that was on the card, whole; none is no digest."""
    view = await scene.hold()
    last = "1" if view.proposal.plan_digest.endswith("0") else "0"
    digest = view.proposal.plan_digest[:-1] + last if shown == "other" else shown

    answer = await scene.click(view, shown_digest=digest)

    await assert_click_refused(scene, view, answer, "digest_mismatch")


async def test_plan_edited_before_the_click_is_refused_and_can_be_rejected(scene):
    """The stored plan is hashed again at the click; a no is always safe."""
    view = await scene.hold()
    raise_limit(scene)

    answer = await scene.click(view)

    await assert_click_refused(scene, view, answer, "plan_edited")
    assert (await scene.click(view, ruling=Ruling.REJECT, reason="edited")).accepted


@pytest.mark.parametrize("record", ["", "{}", "{", None])
async def test_plan_that_is_no_plan_any_more_is_refused(scene, record):
    """A row that cannot be read is answered, not an error page; nor does it break the card."""
    view = await scene.hold()
    statement = "DELETE FROM plans" if record is None else "UPDATE plans SET record = :record"
    with break_in(scene.store) as connection:
        connection.execute(text(statement), {"record": record} if record is not None else {})

    answer = await scene.click(view)

    await assert_click_refused(scene, view, answer, "plan_edited")
    assert "cannot be read" in (await scene.again(view)).card.to_text()


async def test_plan_edited_after_the_click_is_refused(scene):
    """Leg 2 hashes the stored plan again: what was approved runs, or nothing."""
    view = await scene.hold()
    assert (await scene.click(view)).execution_enqueued
    raise_limit(scene)

    await assert_execution_refused(scene, view, "plan_edited", "changed after it was held")


async def test_plan_edited_with_every_digest_is_refused(scene):
    """Whoever also writes the new digest into the proposal and the approval still has the journal against them."""
    view = await scene.hold()
    await scene.click(view)
    raise_limit(scene)
    edited = await scene.store.read(lambda transaction: transaction.proposals.get_plan(view.plan.id))
    scene.execute_sql("UPDATE proposals SET plan_digest = :digest", digest=edited.digest)
    scene.execute_sql(
        "UPDATE approvals SET record = replace(record, :old, :new)", old=view.proposal.plan_digest, new=edited.digest
    )

    await assert_execution_refused(scene, view, "journal", "no intact entry")


async def test_forged_approval_row_is_refused(scene):
    """A state and an approval written by SQL start leg 2 through the sweep, and leg 2 asks the journal."""
    view = await scene.hold()
    forge_approval(scene, view, "dana")
    scene.clock.advance(timedelta(minutes=1))

    assert await restart_approved(scene.context) == 1

    await assert_execution_refused(scene, view, "journal", "no intact entry", "fermata audit verify")


def forge_approval(scene, view, person_id, *, approvals_of=None):
    """Write by SQL what an approval leaves in the rows."""
    now = scene.clock.now()
    record = {
        "id": "appr-forged",
        "proposal_id": view.proposal.id,
        "plan_digest": view.proposal.plan_digest,
        "person_id": person_id,
        "role": "oncall",
        "channel": CHANNEL,
        "approved_at": now.isoformat(),
        "expires_at": (now + LATER).isoformat(),
    }
    scene.execute_sql(
        "INSERT INTO approvals VALUES (:id, :proposal_id, :person_id, :approved_at, :record)",
        **{name: record[name] for name in ("id", "proposal_id", "person_id")},
        approved_at="2026-11-23T12:00:00.000000Z",
        record=json.dumps(record),
    )
    scene.execute_sql(
        "UPDATE proposals SET state = 'approved', decided_at = '2026-11-23T12:00:00.000000Z', decided_by = 'dana'"
        " WHERE id = :id",
        id=view.proposal.id,
    )


async def test_forged_journal_entry_is_refused(scene):
    """An entry that was changed to tell of the approval no longer has its own hash."""
    view = await scene.hold()
    forge_approval(scene, view, "dana")
    told = {
        "kind": "proposal.approved",
        "actor": {"kind": "person", "id": "dana", "channel": CHANNEL},
        "incident_id": view.incident.id,
        "data": {
            "proposal_id": view.proposal.id,
            "plan_digest": view.proposal.plan_digest,
            "approval_id": "appr-forged",
        },
    }
    with break_in(scene.store) as connection:
        entry = connection.execute(text("SELECT max(sequence) FROM journal")).scalar_one()
        change = "UPDATE journal SET kind = 'proposal.approved', event = :event WHERE sequence = :entry"
        connection.execute(text(change), {"event": json.dumps(told), "entry": entry})
        find = "INSERT INTO journal_data VALUES (:entry, 'approval_id', 'appr-forged')"
        connection.execute(text(find), {"entry": entry})
    scene.clock.advance(timedelta(minutes=1))

    await restart_approved(scene.context)

    await assert_execution_refused(scene, view, "journal")
    assert not (await scene.house.readings.verify_journal()).holds


async def test_approval_copied_from_another_proposal_is_refused(scene):
    """A real approval, real in the journal too, is worth nothing under another proposal."""
    scene.scenery.add_workloads("checkout", "payments")
    first, second = await scene.hold("checkout"), await scene.hold("payments")
    await scene.click(first)
    scene.execute_sql(
        "INSERT INTO approvals SELECT 'appr-copy', :id, person_id, approved_at,"
        " replace(replace(record, :other, :id), :digest, :mine) FROM approvals",
        id=second.proposal.id,
        other=first.proposal.id,
        digest=first.proposal.plan_digest,
        mine=second.proposal.plan_digest,
    )
    scene.execute_sql(
        "UPDATE proposals SET state = 'approved', decided_at = '2026-11-23T12:00:00.000000Z' WHERE id = :id",
        id=second.proposal.id,
    )
    scene.clock.advance(timedelta(minutes=1))

    await restart_approved(scene.context)
    await scene.settle()

    assert {name: len(marks) for name, marks in scene.scenery.marks.items()} == {"checkout": 1, "payments": 0}
    (entry,) = await scene.list_journal("execution.refused")
    assert (entry["rule"], entry["proposal_id"]) == ("journal", second.proposal.id)
    assert "Nothing was executed." in await scene.find_words(second)


async def test_same_click_again_changes_nothing(scene):
    """Replayed before and after the execution: told who decided and when; one effect."""
    view = await scene.hold()
    assert (await scene.click(view)).execution_enqueued

    before = await scene.click(view)
    await scene.settle()
    after = await scene.click(view)
    await scene.settle()

    assert [answer.rule for answer in (before, after)] == ["already_decided"] * 2
    assert "already approved by dana at 12:00 UTC" in before.text
    assert "already executed; approved by dana" in after.text
    assert scene.marks == 1
    assert len(await scene.list_journal("approval.refused")) == 2


async def test_click_after_the_hold_expired_is_refused(scene):
    """At the minute it expires it is too late, whether the sweep has been there or not."""
    view = await scene.hold()
    scene.clock.advance(LATER)

    answer = await scene.click(view)

    await assert_click_refused(scene, view, answer, "expired")


async def test_approval_that_expires_before_leg_2_is_refused(scene):
    """A yes of half an hour ago is for a world of half an hour ago."""
    view = await scene.hold()
    await scene.click(view)
    scene.clock.advance(LATER)

    await assert_execution_refused(scene, view, "expired", "Its approval ended at")


@pytest.mark.parametrize(
    ("changes", "rule", "word"),
    [
        ({"people": (EVE,)}, "not_enough_approvals", "no longer entitled: dana"),
        ({"people": (DANA.model_copy(update={"roles": ("sales",)}),)}, "not_enough_approvals", "dana"),
        ({"policy": PolicySettings()}, "policy", "policy"),
        (
            {"policy": PolicySettings(guardrails=(GUARDRAIL.model_copy(update={"approvals": 2}),))},
            "not_enough_approvals",
            "1 of 2",
        ),
        (
            {"policy": PolicySettings(guardrails=(GUARDRAIL.model_copy(update={"resources": ("other:*",)}),))},
            "policy",
            "policy",
        ),
        (
            {
                "policy": PolicySettings(
                    guardrails=(GUARDRAIL.model_copy(update={"approvers": Approvers(roles=("admin",))}),)
                )
            },
            "not_enough_approvals",
            "dana",
        ),
    ],
)
async def test_right_lost_between_click_and_execution_is_refused(scene, changes, rule, word):
    """Who may approve what is asked again, of the settings as they are when it would run."""
    view = await scene.hold()
    await scene.click(view)
    scene.open(**changes)

    await assert_execution_refused(scene, view, rule, word)


@pytest.mark.parametrize("kind", ["sqlite", POSTGRES])
def test_clicks_of_two_people_at_once_enqueue_once(request, kind):
    """Two houses on one store, eight clicks at one moment: one is taken, each is answered, one effect."""
    scenery, url = request.getfixturevalue(f"{kind}_stages").make()
    scenery.add_workloads()
    stores = [open_store(url), open_store(url)]
    scenes = [Scene(scenery, store, SteppingClock()) for store in stores]
    view = asyncio.run(scenes[0].hold())
    gate, answers = threading.Barrier(8), []

    def press(number):
        scene, handle = scenes[number % 2], ("dana", "eve")[number // 2 % 2]
        gate.wait()
        answers.append(asyncio.run(scene.click(view, handle)))

    threads = [threading.Thread(target=press, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    runs = scenes[0].engine.list_unfinished()
    asyncio.run(scenes[0].settle())

    assert sorted(answer.execution_enqueued for answer in answers) == [False] * 7 + [True]
    assert {answer.rule for answer in answers} == {"", "already_decided"}
    assert len(runs) == 1
    assert scenes[0].marks == 1
    assert len(asyncio.run(scenes[0].list_journal("approval.refused"))) == 7
    for store in stores:
        store.close()


class TestTwoOfMany:
    """A guardrail that asks for two people."""

    @pytest.fixture
    async def view(self, scene):
        """Give a held plan that needs two approvals."""
        scene.open(policy=PolicySettings(guardrails=(GUARDRAIL.model_copy(update={"approvals": 2}),)))
        return await scene.hold()

    async def test_first_yes_starts_nothing(self, scene, view):
        """It is counted and said who else is needed; the same person's second yes is not another one."""
        first = await scene.click(view, "dana")
        again = await scene.click(view, "dana")
        await scene.settle()

        assert (first.accepted, first.execution_enqueued, first.state) == (True, False, ProposalState.OPEN)
        assert "1 of 2" in first.text
        assert again.rule == "already_said"
        assert scene.marks == 0

    async def test_second_person_completes_it(self, scene, view):
        """Two people, one execution."""
        await scene.click(view, "dana")

        second = await scene.click(view, "eve")
        await scene.settle()

        assert second.execution_enqueued
        assert scene.marks == 1

    async def test_forged_second_yes_is_refused(self, scene, view):
        """One real approval does not vouch for the other."""
        await scene.click(view, "dana")
        forge_approval(scene, view, "eve")
        scene.clock.advance(timedelta(minutes=1))

        await restart_approved(scene.context)

        await assert_execution_refused(scene, view, "journal")

    async def test_one_no_is_enough(self, scene, view):
        """A rejection after a first yes ends it, and later clicks are told by whom."""
        await scene.click(view, "dana")
        rejected = await scene.click(view, "eve", ruling=Ruling.REJECT, reason="not now")
        late = await scene.click(view, "dana")
        await scene.settle()

        assert rejected.accepted
        assert late.rule == "already_decided"
        assert "rejected by eve" in late.text
        assert "not now" in late.text
        assert scene.marks == 0


async def test_plan_of_an_incident_that_ended_is_refused(scene):
    """Everything resolved between the click and leg 2: nothing runs, and the journal and the card say why."""
    view = await scene.hold()
    await scene.click(view)
    await scene.send(status="resolved")
    await deliver_due(scene.context)

    await scene.settle()
    await deliver_due(scene.context)

    after = await scene.again(view)
    assert scene.marks == 0
    assert (after.incident.state, after.proposal.state) == (IncidentState.RESOLVED, ProposalState.REFUSED)
    (entry,) = await scene.list_journal("execution.refused")
    (message,) = scene.scenery.messages
    assert entry["text"] in message.text


async def test_plan_is_withdrawn_when_its_incident_is_looked_at_again(scene):
    """Nobody can approve the old plan while a new one is being made."""
    view = await scene.hold()
    scene.clock.advance(timedelta(seconds=1))
    await scene.house.curation.investigate_again(view.incident.id, by=view.journal[-1].event.actor)
    with pytest.raises(SimulatedCrash):
        await scene.engine.drain(crash_at="gather")

    answer = await scene.click(view)

    assert (answer.accepted, answer.rule) == (False, "already_decided")
    await scene.settle()
    after = await scene.again(view)
    assert after.proposal.id != view.proposal.id
    assert after.proposal.state is ProposalState.OPEN


async def test_investigation_does_not_take_an_approved_plan_away(scene):
    """A person's yes stands: another look that was asked for meanwhile does not undo it."""
    view = await scene.hold()
    await scene.house.curation.investigate_again(view.incident.id, by=view.journal[-1].event.actor)
    await scene.click(view)

    await scene.settle()

    after = await scene.again(view)
    assert scene.marks == 1
    assert (after.proposal.id, after.proposal.state) == (view.proposal.id, ProposalState.EXECUTED)


async def test_plan_that_is_held_again_does_not_supersede_itself(scene):
    """The step that holds it may run twice; the plan stays open, with its button."""
    view = await scene.hold()

    await scene.store.write(lambda transaction: hold_plan(transaction, scene.context, view.plan, scene.clock.now()))

    assert (await scene.again(view)).proposal.state is ProposalState.OPEN
    assert (await scene.click(view)).execution_enqueued


async def test_parameters_outside_of_the_card_cannot_be_proposed(scene):
    """Two plans that differ in one byte have two digests: a yes to one is none to the other."""
    view = await scene.hold()
    scene.clock.advance(timedelta(seconds=1))
    other = await scene.hold_plan(view, set_limit(129))

    answer = await scene.click(other, shown_digest=view.proposal.plan_digest)

    await assert_click_refused(scene, other, answer, "digest_mismatch")
