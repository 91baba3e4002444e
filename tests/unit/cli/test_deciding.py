"""A person's word from the terminal: approve, reject, halt, resume."""

import os
import pty
import signal
import sqlite3
import subprocess
import time

import pytest
from tests.unit.cli.desk import MIB, SICK, USER, Workload, alert_now
from tests.unit.flows.stage import hold_suggestions, set_limit, write_body

from fermata.cli.opening import get_actor
from fermata.domain.action import Outcome
from fermata.domain.incident import IncidentState
from fermata.domain.proposal import ProposalState


@pytest.fixture
def held(desk):
    """Give the view of an incident whose plan is held."""
    return desk.send()


def test_approval_without_a_terminal_needs_the_digest(desk, held):
    """Without eyes on the card there is no approval, unless it names the plan that was seen."""
    result = desk.run("approve", stdin="y\n")

    assert result.code == 2
    assert "An approval without a terminal needs --digest" in result.err
    assert f"--digest {held.plan.digest.removeprefix('sha256:')[:8]}" in result.err
    assert desk.show(held.incident.id).proposal.state is ProposalState.OPEN


@pytest.mark.parametrize("length", [8, 71])
def test_approval_by_digest_is_taken(desk, held, length):
    """Eight digits of the digest, or all of it with its prefix, name the plan."""
    digest = held.plan.digest if length == 71 else held.plan.digest.removeprefix("sha256:")[:length]

    result = desk.run("approve", "--digest", digest, "--no-wait")

    view = desk.show(held.incident.id)
    assert (result.code, result.out) == (
        0,
        "Approved by dana. 1 of 1 approvals; `fermata up` runs what was approved, after its guards look again.\n",
    )
    assert (view.proposal.state, view.proposal.decided_by) == (ProposalState.APPROVED, "dana")


def test_approval_of_another_digest_is_refused(desk, held):
    """A digest that is too short or of another plan approves nothing, and the right one is said."""
    for digest in ("00000000", "sha256:00000000", held.plan.digest[7:14], "sha256:", held.plan.digest[:8]):
        result = desk.run("approve", held.incident.id, "--digest", digest, "--no-wait")

        assert (result.code, result.out) == (2, ""), digest
        assert f"is not {digest}" in result.err
        assert f"begins with {held.plan.digest[7:15]}" in result.err
    assert desk.show(held.incident.id).proposal.state is ProposalState.OPEN


def test_approval_for_machines_is_one_object(desk, held):
    """The answer, the states, and no verification yet."""
    answered = desk.run("approve", "--digest", held.plan.digest, "--no-wait", "--json").json

    assert answered["answer"]["accepted"] is True
    assert (answered["incident_id"], answered["proposal"], answered["verification"]) == (
        held.incident.id,
        "approved",
        None,
    )


def test_second_approval_is_answered_and_ends_with_1(desk, held):
    """Who comes too late hears who was faster; for scripts the answer is no."""
    desk.run("approve", "--digest", held.plan.digest, "--no-wait")

    result = desk.run("approve", "--digest", held.plan.digest, "--no-wait")

    assert result.code == 1
    assert "already approved by dana" in result.out


def test_person_without_the_role_is_refused(desk, held):
    """A handle that is nobody's is answered, and counts for nothing."""
    desk.write_settings(**{f"console: {USER}": "console: somebody"})

    result = desk.run("approve", "--digest", held.plan.digest, "--no-wait")

    assert result.code == 1
    assert f"nobody in the settings is {USER} on console" in result.out


def test_plan_that_was_decided_on_is_not_asked_about_again(desk, held):
    """No card and no question about what cannot be approved any more: it is said, with what to look at instead."""
    desk.run("reject", "--reason", "no")

    result = desk.run("approve", stdin="y\n")

    assert (result.code, result.out) == (2, "")
    assert "has no plan that waits for a decision: its plan is rejected" in result.err
    assert "fermata pending" in result.err


@pytest.mark.parametrize("command", ["approve", "reject"])
def test_decision_without_a_plan_is_an_error(desk, command):
    """Where nothing is held there is nothing to decide, and the state says why."""
    view = desk.send(investigate=False)

    result = desk.run(command)

    assert result.code == 2
    assert f"{view.incident.id} has no plan to decide on: it is open" in result.err


def test_rejection_is_taken_with_its_reason(desk, held):
    """A no needs no digest: it is always safe."""
    result = desk.run("reject", "--reason", "it is the deploy")

    view = desk.show(held.incident.id)
    assert (result.code, result.out) == (0, "Rejected by dana: it is the deploy. Nothing was executed.\n")
    assert (view.proposal.state, view.incident.state) == (ProposalState.REJECTED, IncidentState.NEEDS_PERSON)


def test_rejection_that_names_another_plan_rejects_none(desk, held):
    """Whoever says which plan they mean rejects no newer one; its own digits reject it."""
    refused = desk.run("reject", "--digest", "9" * 8)
    assert (refused.code, "is not 99999999" in refused.err) == (2, True)
    digits = desk.run("pending", "--json").json[0]["proposal"]["plan_digest"][7:15]

    assert desk.run("reject", "--digest", digits, "--reason", "no").code == 0


@pytest.fixture
def two(desk, held):
    """Give the views of two incidents whose plans are held, the older first."""
    desk.hand.write({"checkout": SICK, "search": SICK})
    return held, desk.send(alert_now("SearchDown", "search"))


def test_rejection_where_several_wait_must_say_which(desk, two):
    """Nobody named one, and nobody is there to be asked: none is rejected, and each is told with its digest."""
    result = desk.run("reject", "--reason", "no")

    assert (result.code, result.out) == (2, "")
    assert "2 plans wait, and nobody said which one is rejected" in result.err
    for view in two:
        told = f"{view.incident.id} ({view.plan.digest.removeprefix('sha256:')[:8]}"
        assert told in " ".join(result.err.split())
        assert desk.show(view.incident.id).proposal.state is ProposalState.OPEN


@pytest.mark.parametrize("named", ["incident", "digest"])
def test_rejection_that_names_one_of_several_rejects_it(desk, two, named):
    """By its incident, or by the digest of the newest."""
    older, newer = two
    words = [older.incident.id] if named == "incident" else ["--digest", newer.plan.digest]

    assert desk.run("reject", *words).code == 0

    rejected, left = (older, newer) if named == "incident" else (newer, older)
    assert desk.show(rejected.incident.id).proposal.state is ProposalState.REJECTED
    assert desk.show(left.incident.id).proposal.state is ProposalState.OPEN


def test_digest_of_an_older_plan_alone_rejects_none(desk, two):
    """It guards what was looked at, and names no incident: so that is what the refusal asks for."""
    result = desk.run("reject", "--digest", two[0].plan.digest)

    assert (result.code, f"The plan of {two[1].incident.id} is not" in " ".join(result.err.split())) == (2, True)
    assert "--digest" not in desk.run("reject").err
    assert [desk.show(view.incident.id).proposal.state for view in two] == [ProposalState.OPEN] * 2


@pytest.mark.parametrize(("keys", "code", "state"), [(b"y\n", 0, "rejected"), (b"\n", 1, "open")])
def test_rejection_at_a_terminal_where_several_wait_shows_the_newest_and_asks(desk, two, start, keys, code, state):
    """Only a yes rejects, and exactly what was shown."""
    terminal, keyboard = pty.openpty()
    process = start("--config", desk.file, "reject", stdin=keyboard)
    shown = ""
    while "Reject exactly this?" not in shown:
        shown += os.read(process.stdout.fileno(), 65536).decode()
    os.write(terminal, keys)

    process.communicate(timeout=20)

    os.close(terminal)
    os.close(keyboard)
    assert two[1].incident.id in shown
    assert process.returncode == code
    assert [desk.show(view.incident.id).proposal.state.value for view in two] == ["open", state]


@pytest.mark.parametrize(
    ("words", "consequence"),
    [
        (["approve", "--no-wait", "--digest"], "Nothing is executed until"),
        (["reject", "--digest"], "Cards in"),
    ],
)
def test_decision_that_nobody_serves_says_so_at_once(desk, held, words, consequence):
    """Whoever approved at three in the morning may close the laptop: that nothing runs is said before that."""
    result = desk.run(*words, held.plan.digest)

    assert result.code == 0
    assert f"No process serves this store at the moment. {consequence}" in result.err
    assert "`fermata up`" in result.err


def test_rejection_for_machines_is_one_object(desk, held):
    """Accepted, rejected, and whose incident it was."""
    answered = desk.run("reject", "--json").json

    assert (answered["answer"]["accepted"], answered["proposal"]) == (True, "rejected")
    assert answered["state"] == "needs_person"


@pytest.mark.parametrize(("keys", "code", "state"), [(b"y\n", 0, "approved"), (b"\n", 1, "open")])
def test_approval_at_a_terminal_shows_the_card_and_asks(desk, held, start, keys, code, state):
    """At a terminal the whole card comes first; only a yes approves, and exactly what was shown."""
    terminal, keyboard = pty.openpty()
    process = start("--config", desk.file, "approve", "--no-wait", stdin=keyboard)
    shown = ""
    while "Approve exactly this?" not in shown:
        shown += os.read(process.stdout.fileno(), 65536).decode()
    os.write(terminal, keys)

    process.communicate(timeout=20)

    os.close(terminal)
    os.close(keyboard)
    assert "+limit_bytes: 134217728" in shown
    assert process.returncode == code
    assert desk.show(held.incident.id).proposal.state == state


def test_approval_waits_until_it_is_verified(desk, held):
    """It stays until the plan was executed and verified, and says how that went."""

    def resolve_after_the_effect(house):
        action = house.context.actions["rehearsal.set_memory_limit"]
        execute = action.execute

        async def execute_and_resolve(planned, key):
            body = write_body(alert_of(held) | {"status": "resolved"})
            await house.intake.receive("alertmanager", body)
            return await execute(planned, key)

        action.execute = execute_and_resolve

    with desk.serving_inline(held, resolve_after_the_effect):
        result = desk.run("approve", held.incident.id, "--digest", held.plan.digest, "--json")

    assert result.code == 0, result.err
    assert (result.json["proposal"], result.json["verification"]) == ("executed", "restored")
    assert result.json["state"] == "resolved"


def alert_of(view):
    """Give the alert of a view as its source would send it."""
    (alert,) = view.alerts
    return alert_now() | {"startsAt": alert.starts_at.isoformat(), "fingerprint": alert.fingerprint}


def test_approval_whose_plan_did_not_help_ends_with_1(desk, held):
    """The plan was carried out and the alert still fires: for scripts the answer is no."""
    with desk.serving_inline(held):
        result = desk.run("approve", held.incident.id, "--digest", held.plan.digest)

    assert result.code == 1
    assert result.out.splitlines() == [
        "Approved by dana. 1 of 1 approvals; `fermata up` runs what was approved, after its guards look again.",
        "unchanged: still firing: CheckoutDown",
    ]


def test_approval_says_at_once_which_step_was_not_done(desk, held):
    """Of two steps the second meets another world: whoever approved both hears that, whatever the verdict is."""
    sick = Workload(need_bytes=96 * MIB, limit_bytes=64 * MIB)
    desk.hand.write({"checkout": sick, "search": sick})

    async def work(house, engine):
        await hold_suggestions(house.context, held, set_limit(128, "search"), set_limit(128))
        return await house.readings.show(held.incident.id)

    two = desk.play(work)

    def change_after_the_first(house):
        action = house.context.actions["rehearsal.set_memory_limit"]
        execute = action.execute

        async def execute_and_change(planned, key):
            result = await execute(planned, key)
            desk.hand.write({**desk.hand.read(), "checkout": sick.model_copy(update={"limit_bytes": 512 * MIB})})
            body = write_body(alert_of(held) | {"status": "resolved"})
            await house.intake.receive("alertmanager", body)
            return result

        action.execute = execute_and_change

    with desk.serving_inline(two, change_after_the_first):
        result = desk.run("approve", two.incident.id, "--digest", two.plan.digest)

    told = "Step 2 of 2 was not done: rehearsal.set_memory_limit on rehearsal:process/checkout."
    assert result.code == 1
    assert f"restored: {told}" in result.out


def test_approval_says_at_once_that_an_outcome_is_unknown(desk, held):
    """`verifying` for minutes hides it: whoever waits may look at the target meanwhile."""

    def lose_the_answer(house):
        action = house.context.actions["rehearsal.set_memory_limit"]
        execute = action.execute

        async def execute_and_lose(planned, key):
            done = await execute(planned, key)
            return done.model_copy(update={"outcome": Outcome.UNKNOWN, "detail": "The answer was lost."})

        action.execute = execute_and_lose

    with desk.serving_inline(held, lose_the_answer):
        result = desk.run("approve", held.incident.id, "--digest", held.plan.digest)

    assert "Unknown outcome of rehearsal.set_memory_limit on " in result.err
    assert "The answer was lost. It is not done again." in result.err


def test_approval_whose_plan_made_it_worse_does_not_wait_for_the_undo(desk, held):
    """The undo is held for a person; the command reports and ends instead of waiting for that decision."""
    desk.hand.write({"checkout": Workload(need_bytes=96 * MIB, limit_bytes=128 * MIB)})

    async def work(house, engine):
        await hold_suggestions(house.context, held, set_limit(32))
        return await house.readings.show(held.incident.id)

    bad = desk.play(work)

    with desk.serving_inline(bad):
        result = desk.run("approve", bad.incident.id, "--digest", bad.plan.digest)

    assert result.code == 1
    assert "worse: rehearsal:process/checkout" in result.out
    assert desk.show(held.incident.id).plan.undoes == bad.plan.id


def test_approval_that_a_guard_refuses_ends_with_3(desk, held):
    """A plan that was not executed is not reported as approved and done."""
    with desk.serving_inline(held, lambda house: house.context.halt.halt(get_actor(house), "a bad deploy")):
        result = desk.run("approve", held.incident.id, "--digest", held.plan.digest)

    assert result.code == 3
    assert "Not executed (refused): Nothing is executed while Fermata is halted" in result.out


def test_approval_whose_target_changed_ends_with_3(desk, held):
    """A plan that went stale is proposed anew: the command says so, and does not wait for the new one."""

    def drift(house):
        desk.hand.write({"checkout": Workload(need_bytes=96 * MIB, limit_bytes=32 * MIB)})

    with desk.serving_inline(held, drift):
        result = desk.run("approve", held.incident.id, "--digest", held.plan.digest, "--json")

    assert result.code == 3
    assert (result.json["proposal"], result.json["verification"]) == ("stale", None)
    assert "changed after the dry run" in result.json["reason"]


def test_approval_is_carried_out_by_the_serving_process(serving, wait_for_state):
    """The run that a command enqueues is taken up by `fermata up`, in another process."""
    view = wait_for_state(serving.send_to_serving(), "held")

    result = serving.run("approve", view["incident"]["id"], "--digest", view["proposal"]["plan_digest"])

    assert "unchanged: still firing: CheckoutDown" in result.out
    assert "No process serves" not in result.err
    assert len(serving.hand.read()["checkout"].marks) == 1


def test_halt_works_without_a_store(desk):
    """The file is there before anything else is opened; the broken store is said, and changes nothing."""
    desk.write_settings("store: {url: 'sqlite:////dev/null/fermata.db'}\n")

    result = desk.run("halt", "a bad deploy")

    assert result.code == 0
    assert "a bad deploy" in result.out
    assert "No action starts until `fermata resume`" in result.out
    assert "The halt is in force; the journal could not be written" in result.err
    assert (desk.folder / "state" / "HALT").exists()


def test_halt_for_machines_names_its_file(desk):
    """Machines learn who halted, why, and where the file lies."""
    answered = desk.run("halt", "--json").json

    assert answered["halted"] is True
    assert answered["file"] == str(desk.folder / "state" / "HALT")


def test_halt_is_journalled_by_its_person(desk):
    """With a store that answers, the journal says who halted."""
    desk.run("halt", "a bad deploy")

    async def read(house, engine):
        return await house.readings.list_journal()

    (entry,) = desk.play(read)
    assert (entry.event.kind, entry.event.actor.id) == ("executions.halted", "dana")
    assert entry.event.data["reason"] == "a bad deploy"


def test_halt_does_not_wait_for_a_store_that_hangs_and_is_journalled_when_it_no_longer_does(desk, start):
    """A store that another process holds locked costs the command a moment, the halt nothing, and the journal time."""
    desk.run("incidents")
    holder = sqlite3.connect(desk.folder / "state" / "fermata.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    process = start("--config", desk.file, "halt", "a bad deploy")
    _, err = process.communicate(timeout=30)

    assert process.returncode == 0
    assert (desk.folder / "state" / "HALT").exists()
    assert "The halt is in force. Its entry in the journal is not written yet" in err

    holder.execute("ROLLBACK")
    patience = time.monotonic() + 60
    while not (kinds := holder.execute("SELECT kind FROM journal").fetchall()):
        assert time.monotonic() < patience
        time.sleep(0.05)
    holder.close()
    assert kinds == [("executions.halted",)]


def test_halt_says_that_whoever_journals_it_was_killed(desk, start):
    """A machine without memory kills: an entry that is missing is not passed over in silence."""
    desk.run("incidents")
    holder = sqlite3.connect(desk.folder / "state" / "fermata.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    process = start("--config", desk.file, "halt", "a bad deploy")
    while not (children := list_children(process.pid)) and process.poll() is None:
        time.sleep(0.01)
    for child in children:
        os.kill(child, signal.SIGKILL)

    _, err = process.communicate(timeout=30)
    holder.close()

    assert process.returncode == 0
    assert "The halt is in force; the journal could not be written: whoever wrote it ended" in err


def list_children(pid):
    """Return the processes that a process has started."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [line.split() for line in listed.splitlines()]
    return [int(child) for child, parent in pairs if int(parent) == pid]


def test_approval_while_halted_is_refused(desk, held):
    """Halted: the answer is no, and says who halted."""
    desk.run("halt", "a bad deploy")

    result = desk.run("approve", "--digest", held.plan.digest, "--no-wait")

    assert result.code == 1
    assert "a bad deploy" in result.out


def test_resume_says_what_it_ended(desk):
    """Resuming names the halt that was in force, and says when there was none."""
    desk.run("halt", "a bad deploy")

    first, machine, second = desk.run("resume"), desk.run("resume", "--json").json, desk.run("resume")

    assert first.out.startswith("Resumed; it was halted by")
    assert "was refused for good: ask for a new plan" in first.out
    assert machine == {"halted": False, "was": None}
    assert second.out == "Nothing was halted.\n"


def test_resume_for_machines_says_what_it_ended(desk):
    """The halt that was in force comes as an object."""
    desk.run("halt", "a bad deploy")

    assert desk.run("resume", "--json").json["was"]["reason"] == "a bad deploy"


def test_halt_works_with_settings_that_do_not_load(tmp_path, desk):
    """Whoever broke the settings file during an incident must still be able to stop everything."""
    broken = tmp_path / "broken.yaml"
    broken.write_text("state_dir: here\nsystems: {nonsense: {}}\nserver: {port: many}\n")

    result = desk.run("--config", str(broken), "halt", "stop")

    assert (tmp_path / "here" / "HALT").is_file()
    assert "Halted" in result.out
