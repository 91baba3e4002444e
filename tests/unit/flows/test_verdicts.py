"""An alert that comes back soon after a verified fix overturns the verdict: the loop breaker counts it as a failure."""

from datetime import timedelta

import pytest
from tests.unit.flows.stage import RAIL, make_alert

from fermata.domain.diagnosis import Citation, Diagnosis, Verdict
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.execution import VerificationVerdict
from fermata.domain.facts import ChangeFacts
from fermata.domain.incident import IncidentState
from fermata.flows.verdicts import is_because_of, uphold_if_other_cause
from fermata.testing.rehearsal import Workload


async def fix(stage, view, *alerts):
    """Approve the plan of a view; its alerts resolve, and the fix is verified."""
    action = stage.context.actions["rehearsal.set_memory_limit"]
    execute = action.execute

    async def execute_and_resolve(planned, key):
        result = await execute(planned, key)
        await stage.resolve(*alerts)
        return result

    action.execute = execute_and_resolve
    after = await stage.approve(view)
    action.execute = execute
    assert after.verifications[-1].verdict is VerificationVerdict.RESTORED
    return after


@pytest.fixture
async def fixed(stage):
    """Give the view of an incident whose fix was verified."""
    return await fix(stage, await stage.hold())


async def test_alert_that_fires_again_overturns_the_verdict(stage, fixed):
    """Within the flap window `restored` becomes `unchanged`, in the journal and on the card."""
    stage.clock.advance(timedelta(minutes=5))

    await stage.send(make_alert(at=300))

    after = await stage.show(fixed.incident.id)
    assert after.verifications[0].verdict is VerificationVerdict.UNCHANGED
    assert "CheckoutDown fired again 5m" in after.verifications[0].text
    assert (await stage.list_kinds()).count("verification.overturned") == 1


async def test_verdict_of_a_time_to_come_is_overturned_without_a_number(stage, fixed):
    """A clock was set back: `-2h after` tells nobody anything."""
    stage.clock.advance(timedelta(hours=-2))

    await stage.send(make_alert(at=300))

    after = await stage.show(fixed.incident.id)
    assert "CheckoutDown fired again after the fix was verified" in after.verifications[0].text


async def test_alert_that_fires_after_the_window_is_another_disruption(stage, fixed):
    """A fix that held for longer than the flap window stays a fix."""
    stage.restart(grouping={"window": "1h"})
    stage.clock.advance(timedelta(minutes=15))

    await stage.send(make_alert(at=900))

    after = await stage.show(fixed.incident.id)
    assert len(after.alerts) == 2
    assert after.verifications[0].verdict is VerificationVerdict.RESTORED


async def test_second_flap_finds_nothing_to_overturn(stage, fixed):
    """A verdict is overturned once."""
    stage.clock.advance(timedelta(minutes=1))
    await stage.send(make_alert(at=60))
    await stage.resolve(make_alert(at=60))

    await stage.send(make_alert(at=90))

    assert (await stage.list_kinds()).count("verification.overturned") == 1


async def test_incident_without_an_execution_has_no_verdict(stage):
    """An alert that comes back before anything was done overturns nothing."""
    await stage.send()
    await stage.resolve()

    await stage.send(make_alert(at=30))

    assert "verification.overturned" not in await stage.list_kinds()


async def test_two_fixes_that_did_not_hold_stop_the_third(build_stage):
    """Each fix is followed by the alert again: the third time a person is told, and nothing is proposed."""
    stage = build_stage(policy={"guardrails": [RAIL | {"cooldown": "1s"}]})
    view = await fix(stage, await stage.hold())
    for start in (300, 600):
        stage.clock.advance(timedelta(minutes=5))
        limit = stage.rehearsal.hand.read()["checkout"].limit_bytes
        stage.rehearsal.hand.write({"checkout": Workload(need_bytes=limit * 3 // 2, limit_bytes=limit)})
        view = await stage.hold(make_alert(at=start))
        if start == 300:
            await fix(stage, view, make_alert(at=start))

    assert (view.incident.state, stage.list_unfinished()) == (IncidentState.NEEDS_PERSON, [])
    assert "memory that outgrows every limit is a leak, not a limit" in view.card.to_text()


async def test_fix_is_upheld_when_what_fires_again_has_another_cause(stage, fixed):
    """Something else broke: the fix did what it was for, and is no failure to the loop breaker."""
    stage.clock.advance(timedelta(minutes=5))
    await stage.send(make_alert(at=300))
    diagnosis = fixed.diagnosis
    other = diagnosis.leading.model_copy(update={"cause": "disk_full"})

    def uphold(transaction):
        found = diagnosis.model_copy(update={"hypotheses": (other,)})
        now = stage.clock.now()
        return [uphold_if_other_cause(transaction, fixed.incident.id, found, now) for _ in range(2)]

    upheld = await stage.store.write(uphold)

    after = await stage.show(fixed.incident.id)
    assert upheld == [True, False]
    assert after.verifications[0].verdict is VerificationVerdict.RESTORED
    assert "CheckoutDown fired again later for another cause: disk_full" in after.verifications[0].text
    assert (await stage.list_kinds()).count("verification.upheld") == 1


async def test_fix_is_not_upheld_by_the_same_cause_or_by_none(stage, fixed):
    """What broke again is what was mended, or nobody knows: the brake may come early, never late."""
    stage.clock.advance(timedelta(minutes=5))
    await stage.send(make_alert(at=300))

    def uphold(transaction):
        unknown = Diagnosis(verdict=Verdict.UNDETERMINED)
        found = (unknown, fixed.diagnosis)
        return [uphold_if_other_cause(transaction, fixed.incident.id, each, stage.clock.now()) for each in found]

    assert await stage.store.write(uphold) == [False, False]
    assert (await stage.show(fixed.incident.id)).verifications[0].verdict is VerificationVerdict.UNCHANGED


def deploy(view, at, **values):
    """Return the evidence that what was mended was put there anew."""
    target = values.pop("entity", view.plan.steady_state.entity)
    facts = ChangeFacts(**({"id": "d1", "kind": "deployment", "title": "New", "changed_at": at} | values))
    return Evidence(
        incident_id=view.incident.id,
        kind=EvidenceKind.CHANGE,
        collector="docker.changes",
        entity=target,
        title="checkout was created from shop:2",
        query="docker inspect",
        observed_at=at,
        fresh_until=at + timedelta(hours=1),
        lines=(EvidenceLine(number=1, text="created"),),
        facts=facts.to_json(),
    )


async def test_fix_is_not_upheld_where_the_same_change_is_to_blame(fixed):
    """It runs on elsewhere, as in a replica, and is called by another cause's name there."""
    item = deploy(fixed, fixed.plan.created_at, id="68622f9")
    citation = Citation(evidence_id=item.id, first_line=1, last_line=1, quote="created")
    plan = fixed.plan.model_copy(update={"citations": (citation,)})

    assert is_because_of(plan, "68622f9", [item])
    assert not is_because_of(plan, "0ther11", [item])
    assert not is_because_of(plan, None, [item])
    assert not is_because_of(fixed.plan, "68622f9", [item])


async def judge_unknown(stage, view, *evidence):
    """Let a look that finds no cause follow an alert five minutes after the verdict."""
    unknown = Diagnosis(verdict=Verdict.UNDETERMINED)
    return await stage.store.write(
        lambda transaction: uphold_if_other_cause(transaction, view.incident.id, unknown, stage.clock.now(), evidence)
    )


async def test_fix_is_upheld_when_what_was_mended_was_put_there_anew_since(stage, fixed):
    """Somebody else's container with a fault nobody knows is not the one that was measured."""
    since = stage.clock.now() + timedelta(minutes=4)
    stage.clock.advance(timedelta(minutes=5))
    await stage.send(make_alert(at=300))

    assert await judge_unknown(stage, fixed, deploy(fixed, since))

    after = await stage.show(fixed.incident.id)
    assert after.verifications[0].verdict is VerificationVerdict.RESTORED
    assert "after the verdict: checkout was created from shop:2" in after.verifications[0].text


@pytest.mark.parametrize(
    ("minutes", "values"),
    [
        (-60, {}),
        (6, {}),
        (4, {"kind": "commit"}),
        (4, {"is_own": True}),
        (4, {"entity": "other"}),
    ],
    ids=["before the verdict", "after the alert", "only written", "our own", "another place"],
)
async def test_fix_is_not_upheld_by_other_changes(stage, fixed, minutes, values):
    """What was there when it was measured, what came after the alert, and what is elsewhere explain nothing."""
    if "entity" in values:
        values = {"entity": fixed.plan.steady_state.entity.model_copy(update={"name": "other"})}
    at = stage.clock.now() + timedelta(minutes=minutes)
    stage.clock.advance(timedelta(minutes=5))
    await stage.send(make_alert(at=300))

    assert not await judge_unknown(stage, fixed, deploy(fixed, at, **values))

    assert (await stage.show(fixed.incident.id)).verifications[0].verdict is VerificationVerdict.UNCHANGED


async def test_verdict_that_an_older_version_overturned_stays(stage, fixed):
    """When its alert fired was not kept, so nothing can be said to lie before it."""
    since = stage.clock.now() + timedelta(minutes=4)
    stage.clock.advance(timedelta(minutes=5))
    await stage.send(make_alert(at=300))

    def forget(transaction):
        kept = transaction.flags.find(f"overturned/{fixed.incident.id}")
        transaction.flags.put(f"overturned/{fixed.incident.id}", {**kept, "fired_at": None})

    await stage.store.write(forget)

    assert not await judge_unknown(stage, fixed, deploy(fixed, since))
