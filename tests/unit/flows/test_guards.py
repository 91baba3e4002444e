"""The guards that live in flows, each refusing: a real store, an engine that runs when told to, effects that count."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import update

from fermata.bootstrap import House
from fermata.domain.ids import ApprovalId
from fermata.domain.incident import IncidentState
from fermata.domain.person import Actor
from fermata.domain.proposal import Approval, ProposalState, Ruling
from fermata.flows.investigate import Investigation
from fermata.flows.legs import INVESTIGATE, REMEDIATE, enqueue_execution
from fermata.flows.remediate import Remediation
from fermata.integrations.alertmanager.system import Alertmanager
from fermata.kit.digest import canonical_json
from fermata.ports.action import TargetGone
from fermata.ports.source import SourceSettings
from fermata.rules.lifecycle import move_incident
from fermata.settings import Settings
from fermata.store.tables import approvals, plans, proposals
from fermata.testing.clock import FakeClock
from fermata.testing.engine import InlineEngine, SimulatedCrash
from fermata.testing.rehearsal import MIB, Rehearsal, RehearsalSettings, Workload

ALICE = Actor(kind="person", id="alice", channel="console")
RAIL = {
    "id": "rail",
    "actions": ["rehearsal.*"],
    "resources": ["rehearsal:process/*"],
    "approvers": {"roles": ["oncall"]},
}
ALERT = {
    "status": "firing",
    "labels": {"alertname": "CheckoutDown", "service": "checkout", "severity": "critical"},
    "annotations": {},
    "startsAt": "2026-11-23T11:59:00Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "",
    "fingerprint": "feedfeedfeedfeed",
}
BODY = {
    "version": "4",
    "groupKey": "{}",
    "truncatedAlerts": 0,
    "status": "firing",
    "receiver": "fermata",
    "groupLabels": {},
    "commonLabels": {},
    "commonAnnotations": {},
    "externalURL": "",
    "alerts": [ALERT],
}


class Desk:
    """One house with a plan that is held, and what a person may do to it."""

    def __init__(self, house, engine, rehearsal):
        self.house, self.engine, self.rehearsal = house, engine, rehearsal
        self.proposal = None

    async def hold(self):
        """Take an alert in and investigate it; the plan is held."""
        await self.house.intake.receive("alertmanager", json.dumps(BODY).encode())
        await self.engine.drain()
        (pending,) = await self.house.readings.list_pending()
        self.proposal = pending.proposal

    async def approve(self):
        """Click Approve as alice."""
        return await self.house.decisions.decide(
            self.proposal.id,
            Ruling.APPROVE,
            channel="console",
            handle="alice",
            shown_digest=self.proposal.plan_digest,
        )

    async def find_refusal(self):
        """Give the rule of the one refused execution, and make sure that nothing was executed."""
        view = await self.house.readings.show(self.proposal.incident_id)
        refusals = [entry.event.data["rule"] for entry in view.journal if entry.event.kind == "execution.refused"]
        assert view.proposal.state is ProposalState.REFUSED
        assert not any(entry.event.kind == "action.intended" for entry in view.journal)
        (rule,) = refusals
        return rule

    def count_effects(self):
        """Give how often the target was changed."""
        return len(self.rehearsal.hand.read()["checkout"].marks)


def build_house(tmp_path, store, systems, engine):
    """Build a house whose engine runs when told to; no sweeps."""
    settings = Settings.model_validate(
        {
            "state_dir": tmp_path,
            "people": [{"id": "alice", "name": "Alice", "roles": ["oncall"], "handles": {"console": "alice"}}],
            "policy": {"guardrails": [RAIL]},
        }
    )
    house = House(settings, systems, store, engine, FakeClock())
    engine.register(INVESTIGATE, Investigation(house.context).run)
    engine.register(REMEDIATE, Remediation(house.context).run)
    engine.launch()
    return house


@pytest.fixture
async def desk(tmp_path, sqlite_store, inline_engine):
    """Give a desk with a plan that is held."""
    clock = FakeClock()
    rehearsal = Rehearsal(RehearsalSettings(path=tmp_path / "rehearsal.json"), clock)
    rehearsal.hand.write({"checkout": Workload(need_bytes=96 * MIB, limit_bytes=64 * MIB)})
    systems = {"alertmanager": Alertmanager(SourceSettings(), clock), "rehearsal": rehearsal}
    desk = Desk(build_house(tmp_path, sqlite_store, systems, inline_engine), inline_engine, rehearsal)
    await desk.hold()
    return desk


def forge_approval(desk, person_id):
    """Write a person's yes as a row, past everybody."""
    now = desk.house.context.clock.now()
    forged = Approval(
        id=ApprovalId(f"appr-forged-{person_id}"),
        proposal_id=desk.proposal.id,
        plan_digest=desk.proposal.plan_digest,
        person_id=person_id,
        role="oncall",
        channel="console",
        approved_at=now,
        expires_at=now + timedelta(minutes=30),
    )
    with desk.house.store.begin() as transaction:
        transaction.proposals.add_approval(forged)


async def test_approved_plan_is_executed_when_nothing_refuses(desk):
    """The desk of these tests executes once: what refuses below is the guard, not the desk."""
    answer = await desk.approve()
    await desk.engine.drain()

    assert answer.execution_enqueued
    assert desk.count_effects() == 1


async def test_approval_while_halted_is_refused(desk):
    """Halted: an approval does not count, and says who halted. `halt`."""
    await desk.house.switch.halt(ALICE, "looking")

    answer = await desk.approve()

    assert (answer.accepted, answer.rule, answer.state) == (False, "halt", ProposalState.OPEN)
    assert "halted by alice" in answer.text


async def test_execution_while_halted_is_refused(desk):
    """Halted after the approval: the execution does not start, nor after a resume. `halt`."""
    await desk.approve()
    await desk.house.switch.halt(ALICE, "looking")

    await desk.engine.drain()

    assert await desk.find_refusal() == "halt"
    told = (await desk.house.readings.show(desk.proposal.incident_id)).proposal.reason
    assert told.endswith("Run `fermata resume`, then run `fermata investigate` for a new plan.")
    assert desk.count_effects() == 0


async def test_empty_halt_file_halts(desk):
    """A file that says nothing halts like one that does: `touch` is enough. `halt`."""
    await desk.approve()
    desk.house.context.halt.path.touch()

    await desk.engine.drain()

    assert await desk.find_refusal() == "halt"


async def test_target_that_cannot_be_asked_is_refused(desk):
    """What cannot be looked at before an execution is not changed. `unknown_state`."""
    await desk.approve()
    away = desk.rehearsal.hand.path.rename(desk.rehearsal.hand.path.with_suffix(".away"))

    await desk.engine.drain()

    away.rename(desk.rehearsal.hand.path)
    assert await desk.find_refusal() == "unknown_state"
    assert desk.count_effects() == 0


async def test_target_that_is_gone_is_looked_at_again(desk, monkeypatch):
    """Nobody can make it answer: that is a changed world, and perhaps the end of the fault. `drift`."""

    async def find_nothing(target, parameters):
        raise TargetGone("There is no session with pid 31472 any more")

    monkeypatch.setattr(desk.house.context.actions["rehearsal.set_memory_limit"], "observe_version", find_nothing)
    await desk.approve()

    await desk.engine.drain()

    view = await desk.house.readings.show(desk.proposal.incident_id)
    (refusal,) = [entry.event.data for entry in view.journal if entry.event.kind == "execution.refused"]
    assert refusal["rule"] == "drift"
    assert "The target is gone: There is no session with pid 31472 any more" in refusal["text"]
    assert "Make it answer" not in refusal["text"]
    why = [entry.event.data["why"] for entry in view.journal if entry.event.kind == "investigation.enqueued"]
    assert why[-1] == "the plan went stale"


async def test_action_whose_system_was_taken_out_is_refused(desk, tmp_path, sqlite_store):
    """An approved action that no configured system offers any more is not executed. `catalogue`."""
    await desk.approve()
    engine = InlineEngine(sqlite_store)
    desk.house = build_house(tmp_path, sqlite_store, {}, engine)

    await engine.drain()

    assert await desk.find_refusal() == "catalogue"
    assert desk.count_effects() == 0


async def test_approval_the_journal_does_not_hold_is_refused(desk):
    """Rows that say approved, without the journal's entry of it, execute nothing. `journal`."""
    proposal, now = desk.proposal, desk.house.context.clock.now()
    forge_approval(desk, "alice")
    with desk.house.store.begin() as transaction:
        transaction.proposals.compare_and_set(
            proposal.id, ProposalState.OPEN, ProposalState.APPROVED, at=now, by="alice", reason=""
        )
        enqueue_execution(transaction, desk.house.context, proposal.incident_id, proposal.id, now)

    await desk.engine.drain()

    assert await desk.find_refusal() == "journal"
    assert desk.count_effects() == 0


async def test_plan_row_that_was_edited_is_refused(desk):
    """A plan whose stored text was changed after its approval is not the one that was approved. `plan_edited`."""
    await desk.approve()
    with desk.house.store.begin() as transaction:
        record = transaction.connection.exec_driver_sql("SELECT record FROM plans").scalar_one()
        transaction.connection.execute(update(plans).values(record=record.replace("134217728", "934217728")))

    await desk.engine.drain()

    with desk.house.store.begin_read() as transaction:
        refused = transaction.journal.list_entries(kinds=["execution.refused"])
    assert [entry.event.data["rule"] for entry in refused] == ["plan_edited"]
    assert desk.count_effects() == 0


async def test_incident_that_resolved_meanwhile_is_left_alone(desk):
    """What ended by itself between the approval and the execution is not touched any more. `incident_moved_on`."""
    await desk.approve()
    ended = ALERT | {"status": "resolved", "endsAt": "2026-11-23T12:00:00Z"}
    await desk.house.intake.receive("alertmanager", json.dumps(BODY | {"alerts": [ended]}).encode())

    await desk.engine.drain()

    assert await desk.find_refusal() == "incident_moved_on"
    assert desk.count_effects() == 0


async def test_restart_days_after_the_check_executes_nothing(desk):
    """A process that was down between its check and its first action asks every guard again. `expired`, `drift`."""
    await desk.approve()
    with pytest.raises(SimulatedCrash):
        await desk.engine.drain(crash_at="check", when="recorded")
    desk.house.context.clock.advance(timedelta(days=2))

    await desk.engine.drain()

    view = await desk.house.readings.show(desk.proposal.incident_id)
    (failed,) = [entry.event.data["detail"] for entry in view.journal if entry.event.kind == "action.failed"]
    assert "approval ended" in failed
    assert desk.count_effects() == 0


async def test_target_that_changed_after_the_check_is_left_alone(desk):
    """What changes between the check and the first action is drift like any other. `drift`."""
    await desk.approve()
    with pytest.raises(SimulatedCrash):
        await desk.engine.drain(crash_at="check", when="recorded")
    desk.rehearsal.hand.write({"checkout": Workload(need_bytes=96 * MIB, limit_bytes=80 * MIB)})

    await desk.engine.drain()

    view = await desk.house.readings.show(desk.proposal.incident_id)
    (failed,) = [entry.event.data["detail"] for entry in view.journal if entry.event.kind == "action.failed"]
    assert "The target changed after the dry run" in failed
    assert desk.count_effects() == 0


async def test_second_yes_that_nobody_said_is_refused(desk):
    """A forged row does not complete a real approval: each yes must stand in the journal. `journal`."""
    forge_approval(desk, "bob")
    await desk.approve()

    await desk.engine.drain()

    assert await desk.find_refusal() == "journal"
    assert desk.count_effects() == 0


async def test_approval_row_that_was_moved_in_time_is_refused(desk):
    """An approval made younger in its row is not the one the journal tells of. `journal`."""
    await desk.approve()
    with desk.house.store.begin() as transaction:
        (mine,) = transaction.proposals.list_approvals(desk.proposal.id)
        # By less than clocks may differ: by more it is refused as one of an hour to come.
        younger = mine.model_copy(update={"approved_at": mine.approved_at + timedelta(seconds=20)})
        transaction.connection.execute(update(approvals).values(record=canonical_json(younger.to_json())))

    await desk.engine.drain()

    assert await desk.find_refusal() == "journal"
    assert desk.count_effects() == 0


async def test_clicks_that_did_not_count_do_not_hide_the_one_that_did(desk):
    """However many clicks are refused before it, the journal's entry of the approval is found."""
    for _ in range(120):
        await desk.house.decisions.decide(
            desk.proposal.id, Ruling.APPROVE, channel="console", handle="nobody", shown_digest=""
        )

    await desk.approve()
    await desk.engine.drain()

    assert desk.count_effects() == 1


async def test_plan_of_an_incident_that_another_plan_is_executed_for_is_refused(desk):
    """An incident that is being executed lets only the plan pass that it is executed for. `incident_moved_on`."""
    await desk.approve()
    with desk.house.store.begin() as transaction:
        incident = transaction.incidents.get(desk.proposal.incident_id)
        transaction.incidents.save(move_incident(incident, IncidentState.EXECUTING, desk.house.context.clock.now()))

    await desk.engine.drain()

    assert await desk.find_refusal() == "incident_moved_on"
    assert desk.count_effects() == 0


async def test_target_whose_plug_breaks_is_refused(desk, monkeypatch):
    """A bug in a plug while it looks at the target is an unknown state, and no hold that stays for ever."""

    async def crash(*_):
        raise KeyError("bug")

    await desk.approve()
    monkeypatch.setattr(type(desk.house.context.actions["rehearsal.set_memory_limit"]), "observe_version", crash)

    await desk.engine.drain()

    assert await desk.find_refusal() == "unknown_state"
    assert desk.count_effects() == 0


async def test_approved_hold_that_was_moved_to_another_incident_is_refused(desk):
    """A plan is executed for the incident it was made for, and for no other. `plan_edited`."""
    other = ALERT | {"labels": {"alertname": "PayDown", "service": "pay"}, "fingerprint": "beefbeefbeefbeef"}
    await desk.house.intake.receive("alertmanager", json.dumps(BODY | {"alerts": [other]}).encode())
    await desk.engine.drain()
    await desk.approve()
    with desk.house.store.begin() as transaction:
        (elsewhere,) = (
            incident for incident in transaction.incidents.list_recent() if incident.id != desk.proposal.incident_id
        )
        moved = elsewhere.model_copy(update={"state": IncidentState.HELD})
        transaction.incidents.save(moved)
        transaction.connection.execute(update(proposals).values(incident_id=elsewhere.id))

    await desk.engine.drain()

    with desk.house.store.begin_read() as transaction:
        refused = transaction.journal.list_entries(kinds=["execution.refused"])
    assert [entry.event.data["rule"] for entry in refused] == ["plan_edited"]
    assert desk.count_effects() == 0
