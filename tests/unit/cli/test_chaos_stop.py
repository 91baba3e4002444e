"""A stop is a file first, and its words are what came of it."""

import socket
from datetime import date, timedelta

import pytest
from tests.unit.cli.desk import USER

from fermata.domain.held_experiment import ExperimentApproval, ExperimentState
from fermata.flows.experiments.stopping import EVERYTHING, find_request
from fermata.testing.experiments import make_held

DEAD = f"{socket.gethostname()}:{2**22 + 1}:aa"


def add(desk, *rows):
    """Add rows to the desk's store."""

    async def work(house, engine):
        for row in rows:
            await house.store.write(lambda transaction, row=row: transaction.experiments.add(row))

    desk.play(work)


def find_folder(desk):
    """Give where requests are."""
    return desk.folder / "state" / "experiments"


def make_approved(held_id="exp-1", **changes):
    """Give a row that was approved and has not begun."""
    held = make_held(held_id)
    end = held.expires_at + timedelta(days=365 * 80)
    yes = ExperimentApproval(
        person_id="dana",
        role="oncall",
        channel="console",
        digest=held.digest,
        approved_at=held.proposed_at,
        expires_at=end,
    )
    return held.model_copy(update={"state": ExperimentState.APPROVED, "approvals": (yes,), **changes})


def test_stop_of_one_that_runs_elsewhere_is_a_file_and_a_flag(desk):
    """Whoever runs it hears of it, here or elsewhere; that nobody was heard of is said."""
    add(desk, make_held(state=ExperimentState.RUNNING, runner="elsewhere:1:aa"))

    result = desk.run("chaos", "stop", "--reason", "lunch", "--json")

    assert result.json["stopping"] == "everything"
    assert "the process that ran it has not been heard of" in result.json["told"][0]
    assert find_request(find_folder(desk), "exp-1") == "stopped by dana: lunch"
    assert find_request(find_folder(desk), EVERYTHING) == ""


def test_run_that_the_file_has_ended_before_the_store_was_open_was_stopped(desk, monkeypatch):
    """It does not run any more when the store is asked, and that is because it was told to stop."""
    add(desk, make_held(state=ExperimentState.RUNNING, started_at="2026-11-26T03:00:00Z"))

    def end(house):
        ended = make_held(
            state=ExperimentState.STOPPED,
            started_at="2026-11-26T03:00:00Z",
            ended_at="2100-01-01T00:00:00Z",
            reason=find_request(find_folder(desk), EVERYTHING),
        )
        return house.store.write(lambda tx: tx.experiments.compare_and_set(ExperimentState.RUNNING, ended))

    result = run_after(desk, monkeypatch, end, "chaos", "stop")

    assert result.out.splitlines()[-1] == f"Stopped exp-1: stopped by {USER}."
    assert "Nothing was running" not in result.out


def test_run_that_ended_by_itself_meanwhile_was_not_stopped(desk, monkeypatch):
    """The words do not claim it."""
    add(desk, make_held(state=ExperimentState.RUNNING))

    def end(house):
        ended = make_held(
            state=ExperimentState.DONE,
            started_at="2026-11-26T03:00:00Z",
            ended_at="2100-01-01T00:00:00Z",
            verdict="graceful",
        )
        return house.store.write(lambda tx: tx.experiments.compare_and_set(ExperimentState.RUNNING, ended))

    result = run_after(desk, monkeypatch, end, "chaos", "stop", "exp-1")

    assert result.out.splitlines()[-1] == "exp-1 was over before it could be stopped: graceful."


def run_after(desk, monkeypatch, work, *command):
    """Run a command; between its request and its first look at the store something happens."""
    from fermata.flows.experiments.holding import Experiments

    listed = Experiments.list_recent
    done = []

    async def list_recent(self, limit=50):
        if not done:
            done.append(True)
            await work(type("House", (), {"store": self._context.flow.store}))
        return await listed(self, limit)

    monkeypatch.setattr(Experiments, "list_recent", list_recent)
    return desk.run(*command)


@pytest.mark.parametrize("wanted", ["latest", "p-1", "exp-1", ""])
def test_stop_takes_every_way_to_name_one(desk, wanted):
    """What runs is `latest`, though another one was proposed since."""
    add(
        desk,
        make_held(state=ExperimentState.RUNNING, runner=DEAD),
        make_held("exp-2", proposed_at="2099-01-01T00:00:00Z", expires_at="2100-01-01T00:00:00Z"),
    )

    result = desk.run("chaos", "stop", *([wanted] if wanted else []))

    assert result.code == 0
    assert "Nobody carries out a stop of exp-1: the process that ran it has died." in result.out
    assert list(find_folder(desk).iterdir()) == []


def test_latest_is_not_one_that_died(desk):
    """Nobody has closed its row, and what begins next is what somebody wants to stop."""
    add(
        desk,
        make_held(state=ExperimentState.RUNNING, runner=DEAD),
        make_held("exp-2", state=ExperimentState.APPROVED),
    )

    result = desk.run("chaos", "stop", "latest")

    assert "Withdrawn: exp-2 does not run any more." in result.out
    assert "exp-1" not in result.out


def test_stop_of_what_has_not_begun_withdraws_it(desk):
    """It would begin next; a weekly approval stays, unless it is named."""
    weekly = make_approved("exp-2", scheduled_until=date(2099, 1, 1))
    add(desk, make_approved(), weekly.model_copy(update={"experiment": make_held("exp-2").experiment}))

    first, second = desk.run("chaos", "stop"), desk.run("chaos", "stop", "exp-2")

    assert first.out.strip().splitlines()[-1] == "Withdrawn: exp-1 does not run any more."
    assert "exp-2" not in first.out
    assert second.out.strip().splitlines()[-1] == "Withdrawn: exp-2 does not run any more."


def test_stop_with_nothing_running_leaves_nothing_behind(desk):
    """The next one must not be met by it."""
    result = desk.run("chaos", "stop")

    assert result.code == 0
    assert "Nothing was running, so nothing was stopped." in result.out
    assert find_request(find_folder(desk), EVERYTHING) == ""


def test_stop_of_one_that_is_not_there_claims_nothing(desk):
    """Only that there is none."""
    result = desk.run("chaos", "stop", "exp-nope")

    assert (result.code, result.out) == (2, "")
    assert "There is no experiment 'exp-nope'" in result.err
    assert "Told" not in result.err
    assert list(find_folder(desk).iterdir()) == []


@pytest.mark.parametrize(("wanted", "name"), [("exp-1", "exp-1"), ("latest", EVERYTHING), ("", EVERYTHING)])
def test_stop_works_when_the_store_does_not(desk, wanted, name):
    """The file is there; which one is the latest nobody can say, so whatever runs is stopped."""
    desk.write_settings("store: {url: 'sqlite:////proc/none/fermata.db'}\n")

    result = desk.run("chaos", "stop", *([wanted] if wanted else []))

    assert result.code == 0
    assert "the store could not be told" in result.err
    assert find_request(find_folder(desk), name)


def test_stop_of_what_can_be_no_experiment_is_refused(desk):
    """An id is no path."""
    assert desk.run("chaos", "stop", "../x").code == 2
