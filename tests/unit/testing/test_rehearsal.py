"""The rehearsed system keeps the contracts of a real one, and counts its effects."""

from datetime import timedelta

import pytest

from fermata.domain.action import Outcome, PlannedAction, Risk
from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import LogFacts, ResourceFacts, StateFacts, WorkloadPhase
from fermata.domain.scope import Scope
from fermata.kit.errors import OperationalError, UserError
from fermata.ports.action import ExecutionKey
from fermata.testing.clock import FakeClock
from fermata.testing.records import NOON
from fermata.testing.rehearsal import MIB, Rehearsal, RehearsalSettings, Workload

CHECKOUT = Entity(system="rehearsal", kind="process", name="checkout")
PARAMETERS = {"limit_bytes": 128 * MIB}
KEY = ExecutionKey("act-1", "sha256:0123456789abcdef")


@pytest.fixture
def points():
    """Give the list of points that were passed."""
    return []


@pytest.fixture
def rehearsal(tmp_path, points):
    """Give a system whose one workload needs more than its limit."""
    system = Rehearsal(RehearsalSettings(path=tmp_path / "workloads.json"), FakeClock(), interrupt=points.append)
    system.hand.write({"checkout": Workload(need_bytes=96 * MIB, limit_bytes=64 * MIB)})
    return system


@pytest.fixture
def action(rehearsal):
    """Give its action."""
    (action,) = rehearsal.list_actions()
    return action


@pytest.fixture
async def planned(action):
    """Give a planned step."""
    dry_run = await action.dry_run(CHECKOUT, PARAMETERS)
    return PlannedAction(
        id=KEY.action_id, name=action.spec.name, target=CHECKOUT, parameters=PARAMETERS, risk=Risk.LOW, dry_run=dry_run
    )


def make_scope(*names):
    """Give a scope of services by these names."""
    entities = tuple(Entity(kind="service", name=name) for name in names)
    return Scope(
        incident_id="inc-1",
        alerts=(),
        entities=entities,
        onset=NOON,
        window_start=NOON - timedelta(hours=1),
        window_end=NOON,
    )


async def test_evidence_of_a_sick_workload_reads_as_its_facts(rehearsal):
    """State, resources and logs come in the typed form that signatures read."""
    (collector,) = rehearsal.list_collectors()

    evidence = {item.kind: item for item in await collector.collect(make_scope("checkout", "billing"))}

    assert StateFacts.from_json(evidence[EvidenceKind.STATE].facts).phase is WorkloadPhase.CRASH_LOOP
    assert ResourceFacts.from_json(evidence[EvidenceKind.RESOURCES].facts).memory_limit_bytes == 64 * MIB
    assert LogFacts.from_json(evidence[EvidenceKind.LOGS].facts).total_lines == 5
    assert evidence[EvidenceKind.LOGS].lines[-1].text == "MemoryError"
    assert {item.entity for item in evidence.values()} == {CHECKOUT}


async def test_evidence_of_a_healthy_workload_has_no_error(rehearsal):
    """What runs has nothing to say."""
    rehearsal.hand.write({"checkout": Workload(need_bytes=MIB, limit_bytes=2 * MIB)})
    (collector,) = rehearsal.list_collectors()

    evidence = {item.kind: item for item in await collector.collect(make_scope("checkout"))}

    assert StateFacts.from_json(evidence[EvidenceKind.STATE].facts).phase is WorkloadPhase.RUNNING
    assert [line.text for line in evidence[EvidenceKind.LOGS].lines] == ["INFO starting", "INFO serving"]


async def test_scope_without_names_is_not_wanted(rehearsal):
    """A scope of nothing is not asked about; unknown names bring nothing."""
    (collector,) = rehearsal.list_collectors()

    assert not collector.wants(make_scope())
    assert await collector.collect(make_scope("billing")) == []


async def test_file_that_is_gone_is_a_system_that_is_down(rehearsal):
    """Every question fails as it would with a real system that does not answer."""
    rehearsal.hand.path.unlink()
    (probe,) = rehearsal.list_probes()

    with pytest.raises(OperationalError, match="cannot be read"):
        await probe.read(CHECKOUT, timedelta(0))
    assert [result.ok for result in await rehearsal.check()] == [False]


@pytest.mark.parametrize(
    ("target", "parameters"),
    [
        (Entity(system="other", kind="process", name="checkout"), PARAMETERS),
        (Entity(system="rehearsal", kind="service", name="checkout"), PARAMETERS),
        (CHECKOUT, {}),
        (CHECKOUT, {"limit_bytes": "128"}),
        (CHECKOUT, {"limit_bytes": 1, "force": True}),
    ],
)
def test_wrong_target_or_parameters_are_refused(action, target, parameters):
    """Validation is strict, as a real action's is."""
    with pytest.raises(UserError):
        action.validate(target, parameters)


async def test_dry_run_shows_the_diff_and_changes_nothing(rehearsal, action):
    """The diff, the blast radius, and the action that takes it back; the file stays."""
    before = rehearsal.hand.path.read_bytes()

    dry_run = await action.dry_run(CHECKOUT, action.validate(CHECKOUT, PARAMETERS))

    assert "-limit_bytes: 67108864" in dry_run.diff
    assert "+limit_bytes: 134217728" in dry_run.diff
    assert dry_run.undo.parameters == {"limit_bytes": 64 * MIB}
    assert rehearsal.hand.path.read_bytes() == before


async def test_dry_run_of_nothing_is_refused(action):
    """A change that makes none, or of a workload that is not there, is the user's error."""
    with pytest.raises(UserError, match="already"):
        await action.dry_run(CHECKOUT, {"limit_bytes": 64 * MIB})
    with pytest.raises(UserError, match="known: checkout"):
        await action.dry_run(CHECKOUT.model_copy(update={"name": "billing"}), PARAMETERS)


async def test_version_follows_what_the_diff_was_computed_from(rehearsal, action):
    """The version changes with the limit, and with nothing else."""
    before = await action.observe_version(CHECKOUT, PARAMETERS)
    workload = rehearsal.hand.read()["checkout"]
    rehearsal.hand.write({"checkout": workload.model_copy(update={"need_bytes": 1})})
    same = await action.observe_version(CHECKOUT, PARAMETERS)
    rehearsal.hand.write({"checkout": workload.model_copy(update={"limit_bytes": 1})})

    assert before == same != await action.observe_version(CHECKOUT, PARAMETERS)


async def test_every_effect_leaves_its_mark(rehearsal, action, planned, points):
    """Twice done is twice marked: that is how tests count."""
    probed = await action.probe(planned, KEY, NOON)
    done = await action.execute(planned, KEY)
    await action.execute(planned, KEY)

    workload = rehearsal.hand.read()["checkout"]
    assert (probed.outcome, done.outcome) == (Outcome.FAILED, Outcome.DONE)
    assert (workload.limit_bytes, workload.marks) == (128 * MIB, (KEY.mark, KEY.mark))
    assert (await action.probe(planned, KEY, NOON)).outcome is Outcome.DONE
    assert points == ["effect:before", "effect:after"] * 2


async def test_effect_that_was_interrupted_before_did_not_happen(rehearsal, tmp_path, planned):
    """A process that dies at the first point leaves no mark, at the second point its mark."""

    class Died(BaseException):
        pass

    def die_at(point):
        def interrupt(passed):
            if passed == point:
                raise Died

        return interrupt

    for point, marks in (("effect:before", 0), ("effect:after", 1)):
        system = Rehearsal(RehearsalSettings(path=rehearsal.hand.path), FakeClock(), interrupt=die_at(point))
        with pytest.raises(Died):
            await system.list_actions()[0].execute(planned, KEY)
        assert len(rehearsal.hand.read()["checkout"].marks) == marks


async def test_probe_reads_whether_the_limit_suffices(rehearsal):
    """Healthy is running; sick has a severity."""
    (probe,) = rehearsal.list_probes()
    sick = await probe.read(CHECKOUT, timedelta(0))
    rehearsal.hand.write({"checkout": Workload(need_bytes=1, limit_bytes=2)})
    well = await probe.read(CHECKOUT, timedelta(0))

    assert (sick.healthy, sick.severity, well.healthy, well.severity) == (False, 3, True, 0)
    assert probe.handles(CHECKOUT)
    assert not probe.handles(Entity(kind="service", name="checkout"))


async def test_file_that_is_there_is_checked(rehearsal):
    """The doctor names the file."""
    (result,) = await rehearsal.check()

    assert (result.ok, result.text) == (True, str(rehearsal.hand.path))
