"""A rehearsal from the terminal: never without a sandbox, never without a person's word on exactly this."""

import json
import socket
from datetime import date

import pytest
from tests.unit.rules.rehearsed.rehearsed_scene import collapse

from fermata.domain.experiment import Verdict
from fermata.domain.held_experiment import ExperimentState
from fermata.kit.digest import shorten
from fermata.testing.experiments import make_experiment, make_held, make_result

PROXY = """\
  faultproxy:
    timeout_s: 0.2
    proxies:
      - {edge: "checkout->payment", control: "127.0.0.1:1", token: "file:token"}
chaos:
  targets: ["checkout->payment"]
"""


@pytest.fixture
def stage(desk):
    """Give the desk with a policy and a proxy that does not answer; `dana` may approve its rehearsals."""
    changes = {
        'actions: ["rehearsal.*"]': 'actions: ["faultproxy.*"]',
        '"rehearsal:process/*"': '"faultproxy:service/*"',
    }
    (desk.folder / "token").write_text("a-token")
    desk.write_settings(PROXY, **changes)
    return desk


def add(desk, *rows, result=None):
    """Add rows to the desk's store."""

    async def work(house, engine):
        now = house.context.clock.now()
        for row in rows:
            held = row.model_copy(update={"proposed_at": now, "expires_at": now.replace(year=2100)})
            await house.store.write(lambda transaction, held=held: transaction.experiments.add(held))
            if result is not None:
                await house.store.write(lambda tx, held=held: tx.experiments.save_result(held.id, result))

    desk.play(work)


def show(desk, held_id="exp-1"):
    """Give a row as it is now."""

    async def work(house, engine):
        return (await house.experiments.show(held_id)).held

    return desk.play(work)


def write(desk, **changes):
    """Write an experiment's file."""
    file = desk.folder / "experiment.json"
    target = make_experiment().target.model_copy(update={"address": ""})
    file.write_text(json.dumps(make_experiment(**({"target": target} | changes)).to_json()))
    return file


@pytest.mark.parametrize("command", ["run", "propose"])
def test_place_that_does_not_answer_is_no_sandbox(stage, command):
    """What is not met is listed; nothing is held, and the exit code is that of a guard."""
    result = stage.run("chaos", command, "--experiment", write(stage))

    assert result.code == 3
    assert "NO" in result.out
    assert "This is no sandbox" in result.err
    assert stage.run("chaos", "list", "--json").json == []


def test_system_that_is_not_configured_is_named(desk):
    """Its section is missing."""
    result = desk.run("chaos", "propose", "--experiment", write(desk))

    assert result.code == 2
    assert "Nothing injects for 'faultproxy'" in result.err


@pytest.mark.parametrize("options", [(), ("1",), ("--graph", "graph.json")])
def test_nothing_chosen_is_nothing_run(stage, options):
    """An item needs its graph, and a graph its item."""
    result = stage.run("chaos", "run", *options)

    assert result.code == 2
    assert "Give either a plan's item with --graph, or --experiment" in result.err


def test_last_day_that_is_none_is_refused(stage):
    """A schedule ends on a day."""
    result = stage.run("chaos", "propose", "--experiment", write(stage), "--until", "soon")

    assert result.code == 2
    assert "'soon' is no day" in result.err


def test_schedule_without_a_slot_is_refused(stage):
    """It would be approved, and never begin."""
    result = stage.run("chaos", "propose", "--experiment", write(stage), "--until", "2099-12-31")

    assert result.code == 2
    assert "chaos.slot says no weekday" in result.err


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (make_held(state=ExperimentState.RUNNING, runner="gone:1"), "died"),
        (make_held(state=ExperimentState.PROPOSED, runner=f"{socket.gethostname()}:999999999"), "abandoned"),
    ],
)
def test_row_that_nobody_closed_is_reported_as_what_it_is_now(stage, row, told):
    """It neither runs nor waits any more."""
    add(stage, row)

    out = stage.run("chaos", "report").out

    assert f"│ {told} " in out
    assert "runs; approved" not in out
    assert "waits for a person" not in out


def test_approval_names_what_was_seen(stage):
    """The first digits of the digest, eight at least."""
    held = make_held()
    add(stage, held)

    wrong = stage.run("chaos", "approve", "--digest", "0" * 8)
    short = stage.run("chaos", "approve", "--digest", shorten(held.digest)[:7])
    blind = stage.run("chaos", "approve")
    right = stage.run("chaos", "approve", "exp-1", "--digest", shorten(held.digest), "--json")

    assert (wrong.code, short.code, blind.code, right.code) == (2, 2, 2, 0)
    assert "An approval without a terminal needs --digest" in blind.err
    assert right.json["accepted"]
    approved = show(stage)
    assert approved.state is ExperimentState.APPROVED
    assert [item.person_id for item in approved.approvals] == ["dana"]


def test_word_that_does_not_count_exits_with_one(stage):
    """It is told why."""
    add(stage, make_held(state=ExperimentState.DONE))

    result = stage.run("chaos", "reject", "--reason", "lunch")

    assert result.code == 1
    assert "Not counted: it is done already" in result.out


def test_rejection_keeps_its_reason(stage):
    """Nothing is injected."""
    add(stage, make_held())

    result = stage.run("chaos", "reject", "exp-1", "--reason", "lunch")

    assert (result.code, result.out.strip()) == (0, "Rejected by dana: lunch. Nothing was injected.")


def test_rejection_where_several_wait_must_say_which(stage):
    """The newest may have come a second ago; what is over is not in question."""
    add(stage, make_held(), make_held("exp-2", state=ExperimentState.APPROVED), make_held("exp-3"))
    add(stage, make_held("exp-4", state=ExperimentState.DONE))

    blind = stage.run("chaos", "reject")
    named = stage.run("chaos", "reject", "exp-2")

    assert (blind.code, named.code) == (2, 0)
    assert "3 rehearsals wait or are approved" in blind.err
    assert "exp-2 (approved" in " ".join(blind.err.split())
    assert [show(stage, f"exp-{number}").state.value for number in (1, 2, 3)] == ["proposed", "refused", "proposed"]


def test_rejection_of_the_only_one_that_waits_needs_no_id(stage):
    """A no is always safe."""
    add(stage, make_held())

    assert stage.run("chaos", "reject").code == 0


def test_finished_rehearsal_is_reported(stage):
    """For people, as JSON, as files, and as a ticket when it collapsed."""
    add(stage, make_held(state=ExperimentState.DONE, verdict="collapsed"), result=make_result())
    file = stage.folder / "run.md"

    people = stage.run("chaos", "report")
    machine = stage.run("chaos", "report", "exp-1", "--json").json
    files = stage.run("chaos", "report", "-o", file)
    ticket = stage.run("chaos", "report", "--ticket")

    assert "collapsed: refund fell" in people.out.replace("\n", " ")
    assert "fermata chaos report exp-1 --save-case cases/exp-1" in people.out
    assert "seen gone 2026-11-23T12:00:10.000Z, after 5s; felt by 40." in people.out
    assert machine["result"]["verdict"] == "collapsed"
    assert files.out.strip() == f"Wrote {file} and 2 drawings beside it"
    assert sorted(path.name for path in stage.folder.glob("run*")) == ["run-answers.svg", "run-latency.svg", "run.md"]
    assert ticket.out.startswith("Give the calls of checkout to payment a timeout")
    assert stage.run("chaos", "report", "--ticket", "--json").json["title"]


def test_rehearsal_without_a_fault_was_felt_by_nobody(stage):
    """Nothing was there to be felt, so nothing is counted."""
    nothing = make_result(verdict=Verdict.INCONCLUSIVE, injected_at=None, withdrawn_at=None, affected=0)
    add(stage, make_held(state=ExperimentState.DONE, verdict="inconclusive"), result=nothing)

    told = stage.run("chaos", "report").out

    assert "started 2026-11-23T12:00:00.000Z." in told
    assert "felt by" not in told


def test_collapse_becomes_a_test_of_the_signatures(stage):
    """What was measured goes into a bundle; nobody has to be asked for it, and no model is."""
    add(stage, make_held(state=ExperimentState.DONE, verdict="collapsed"), result=collapse())
    case = stage.folder / "case"

    people = stage.run("chaos", "report", "--save-case", case)
    machine = stage.run("chaos", "report", "--save-case", stage.folder / "again", "--json")

    assert people.code == 0
    assert people.out.startswith(f"{case} holds the case: named, service_degraded at payment leads.")
    assert "without --graph only the call checkout->payment is known" in people.err
    assert (machine.json["outcome"], len(machine.json["notes"])) == ("named", 1)
    assert stage.run("signatures", "test", case).code == 0


def test_options_of_a_case_go_with_a_case(stage):
    """Alone they would be passed over in silence."""
    assert stage.run("chaos", "report", "--graph", "graph.json").code == 2
    assert stage.run("chaos", "report", "--with", "seen").code == 2


def test_rehearsal_without_a_result_is_no_ticket_and_has_no_drawings(stage):
    """It waits."""
    add(stage, make_held())

    assert stage.run("chaos", "report", "--ticket").code == 1
    assert stage.run("chaos", "report", "-o", stage.folder / "run.md").out.strip().endswith("run.md")
    assert "waits for a person" in stage.run("chaos", "report").out


@pytest.mark.parametrize("taken", ["run.md", "run-latency.svg"])
def test_report_replaces_no_file(stage, taken):
    """It may hold edits; nothing is written beside it either."""
    add(stage, make_held(state=ExperimentState.DONE), result=make_result())
    (stage.folder / taken).write_text("mine")

    result = stage.run("chaos", "report", "-o", stage.folder / "run.md")

    assert result.code == 2
    assert f"{taken} was not written: it exists, and may hold edits" in result.err
    assert (stage.folder / taken).read_text() == "mine"
    assert [path.name for path in stage.folder.glob("run*")] == [taken]


def test_report_that_cannot_be_written_says_so(stage):
    """Another place will do."""
    add(stage, make_held())

    result = stage.run("chaos", "report", "-o", stage.folder / "none" / "run.md")

    assert result.code == 4
    assert "cannot be written" in result.err


def test_rehearsals_are_listed(stage):
    """With their verdict, or their state."""
    assert "There are no rehearsals yet." in stage.run("chaos", "list").out
    add(stage, make_held(), make_held("exp-2", state=ExperimentState.DONE, verdict="graceful"))

    out = stage.run("chaos", "list").out

    assert "exp-1  proposed" in out
    assert "exp-2  graceful" in out
    assert len(stage.run("chaos", "list", "--json").json) == 2


def test_schedule_says_when_and_what(stage):
    """Without a slot nothing runs by itself."""
    assert "There is no slot" in stage.run("chaos", "schedule").out
    stage.write_settings("chaos: {slot: {weekday: tuesday, begins: '10:00'}}\n")
    held = make_held(state=ExperimentState.APPROVED, scheduled_until=date(2099, 12, 31))
    add(stage, held)

    out = stage.run("chaos", "schedule").out

    assert "Each Tuesday at 10:00 UTC; next " in out
    assert "exp-1  2099-12-31  payment answers late" in out
    assert stage.run("chaos", "schedule", "--json").json["standing"][0]["id"] == "exp-1"


@pytest.mark.parametrize("begins", ["10", "25:00", "soon"])
def test_slot_that_is_no_time_is_refused(stage, begins):
    """`begins: 10` would be ten seconds past midnight."""
    stage.write_settings(f"chaos: {{slot: {{weekday: tuesday, begins: {begins}}}}}\n")

    assert stage.run("chaos", "schedule").code == 2


def test_incident_points_at_what_to_rehearse(desk):
    """The items of the plan at the service that the diagnosis names."""
    view = desk.send()
    graph = desk.folder / "graph.json"
    graph.write_text(
        json.dumps(
            {
                "services": [{"name": "checkout", "kind": "http", "replicas": 1}, {"name": "shop", "kind": "http"}],
                "edges": [{"from": "shop", "to": "checkout", "rate_rps": 40, "latency_ms": 20}],
                "journeys": [{"name": "buy", "entry": "shop"}],
            }
        )
    )

    people = desk.run("chaos", "from-incident", view.incident.id, "--graph", graph)
    machine = desk.run("chaos", "from-incident", "latest", "--graph", graph, "--json").json

    assert people.code == 0
    assert "checkout" in people.out
    assert machine
    assert f"--from-incident {view.incident.id}" in people.out


def test_collapse_without_a_tracker_is_filed_by_hand(stage):
    """Nothing is made where nothing is configured; what did not collapse is no ticket at all."""
    add(stage, make_held("exp-2"))
    calm = stage.run("chaos", "ticket")
    add(stage, make_held(state=ExperimentState.DONE), result=make_result())

    result = stage.run("chaos", "ticket", "exp-1")

    assert (calm.code, result.code) == (2, 2)
    assert "it did not collapse" in calm.err
    assert "no tracker is in the settings" in result.err
