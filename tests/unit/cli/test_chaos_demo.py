"""`fermata chaos demo`: what it reports, and what it exits with. The whole of it runs in tests/integration."""

import contextlib
import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from fermata.cli.main import app
from fermata.cli.pool_demo import run as demo_run
from fermata.cli.pool_demo import stage as demo_stage
from fermata.cli.pool_demo.run import Scene, make_experiment
from fermata.cli.pool_demo.stage import PoolStage
from fermata.domain.experiment import ExperimentResult, Prediction, Verdict
from fermata.domain.service_graph import Call
from fermata.kit.errors import UserError

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture
def baselines():
    """Give the seconds of each baseline that was played."""
    return []


@pytest.fixture
def play(monkeypatch, baselines):
    """Give a function that runs the demo with verdicts from a list instead of processes."""
    stage = PoolStage(1, 2, 3, "t" * 32, {"naive": 4, "timeout": 5, "fallback": 6})

    @contextlib.asynccontextmanager
    async def open_stage():
        yield stage

    async def prepare(stage, design, timing):
        prediction = Prediction(expected="unknown", why="not measured")
        call = Call("checkout", "payment", rate_rps=40.0, latency_ms=6.0, pool_max=20)
        return Scene(call, make_experiment(stage, design, prediction, timing))

    monkeypatch.setattr(demo_stage, "open_stage", open_stage)
    monkeypatch.setattr(demo_run, "prepare", prepare)

    def run(*verdicts, args=()):
        left = list(verdicts)

        async def rehearse(stage, scene, *, on_phase, on_sample):
            verdict, is_injected = left.pop(0)
            baselines.append(scene.experiment.baseline.total_seconds())
            return ExperimentResult(
                experiment_id="e", digest="d", verdict=verdict, why="because", started_at=NOON,
                injected_at=NOON if is_injected else None, ended_at=NOON,
            )  # fmt: skip

        monkeypatch.setattr(demo_run, "play", rehearse)
        return CliRunner().invoke(app, ["chaos", "demo", *args]), left

    return run


RIGHT = [(Verdict.COLLAPSED, True), (Verdict.CONTAINED, True), (Verdict.GRACEFUL, True)]


def test_three_right_verdicts_are_reported(play):
    """One JSON object for machines; the story stands on stderr."""
    told, _ = play(*RIGHT, args=["--json"])

    report = json.loads(told.stdout)
    assert told.exit_code == 0
    assert report["right"] is True
    assert [(item["design"], item["verdict"]) for item in report["rehearsals"]] == [
        ("naive", "collapsed"),
        ("timeout", "contained"),
        ("fallback", "graceful"),
    ]
    assert "Fermata chaos demo" in told.stderr


def test_wrong_verdict_exits_1(play):
    """A script notices."""
    told, _ = play((Verdict.GRACEFUL, True), *RIGHT[1:])

    assert told.exit_code == 1
    assert "please report it" in told.stdout


def test_inconclusive_is_not_wrong(play):
    """The machine was busy."""
    told, _ = play((Verdict.INCONCLUSIVE, True), (Verdict.INCONCLUSIVE, True), *RIGHT[1:])

    assert told.exit_code == 0
    assert "run it again" in told.stdout


@pytest.mark.parametrize("is_injected", [True, False])
def test_design_that_nothing_could_be_told_of_is_tried_once_more(play, is_injected):
    """And only once."""
    told, left = play((Verdict.INCONCLUSIVE, is_injected), RIGHT[0], RIGHT[1], args=["--design", "naive"])
    assert (told.exit_code, left) == (0, [RIGHT[1]])
    assert "once more  INCONCLUSIVE: because" in told.stdout

    told, left = play(*[(Verdict.INCONCLUSIVE, is_injected)] * 3, args=["--design", "naive"])
    assert (told.exit_code, len(left)) == (0, 1)


def test_design_that_is_not_known_is_refused(play):
    """It names those that are."""
    told, _ = play(args=["--design", "brave"])

    assert isinstance(told.exception, UserError)
    assert "naive, timeout, fallback" in str(told.exception)


def test_what_felt_the_fault_is_kept_as_a_case(play, baselines, tmp_path):
    """In folders named like the designs; standard output stays one JSON object."""
    told, _ = play(*RIGHT, args=["--json", "--save-case", str(tmp_path / "cases")])

    assert json.loads(told.stdout)["right"] is True
    assert sorted(path.name for path in (tmp_path / "cases").iterdir()) == ["naive", "timeout"]
    assert "holds the case: " in told.stderr
    assert baselines == [7.0] * 3


def test_folder_that_is_taken_is_refused_before_anything_is_broken(play, tmp_path):
    """A minute is not spent for nothing."""
    (tmp_path / "mine").write_text("x")

    told, left = play(*RIGHT, args=["--save-case", str(tmp_path)])

    assert isinstance(told.exception, UserError)
    assert left == RIGHT


def test_where_nothing_felt_the_fault_there_is_no_case(play, tmp_path):
    """And it says so."""
    told, _ = play(RIGHT[2], args=["--design", "fallback", "--save-case", str(tmp_path / "cases")])

    assert "nothing collapsed" in told.stderr
    assert not (tmp_path / "cases").exists()
