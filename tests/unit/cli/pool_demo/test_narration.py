"""What the demo prints: a bar for each second, the verdict, and the prediction beside it."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from fermata.cli.pool_demo.narration import PoolNarrator, draw_bars
from fermata.cli.pool_demo.run import Scene, Timing, make_experiment
from fermata.cli.pool_demo.stage import PoolStage
from fermata.domain.experiment import ExperimentResult, Measured, Phase, Prediction, Sample, Verdict
from fermata.domain.service_graph import Call

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def see(second, ok, *, phase=Phase.FAULT, p50=5.0, p95=9.0, requests=20):
    """Give a second of refunds."""
    return Sample(
        at=NOON + timedelta(seconds=second), phase=phase, journey="refund", requests=requests, ok=ok, p50_ms=p50,
        p95_ms=p95,
    )  # fmt: skip


@pytest.fixture
def experiment():
    """Give the rehearsal of the naive design."""
    stage = PoolStage(1, 2, 3, "t" * 32, {"naive": 4})
    prediction = Prediction(expected="collapse", why="80 of 20 slots", numbers={"in_flight": 20.0})
    return make_experiment(stage, "naive", prediction, Timing())


@pytest.fixture
def tell(experiment):
    """Give a function that lets a narrator tell something, and returns what stands on the terminal."""

    def play(work, *, width=100):
        out = io.StringIO()
        narrator = PoolNarrator(Console(file=out, force_terminal=True, width=width, color_system=None))
        work(narrator)
        narrator.stop_waiting()
        return out.getvalue()

    return play


def test_bars_are_as_high_as_what_was_answered(experiment):
    """Low where it came too late; a mark where a phase begins."""
    samples = [
        see(0, 20, phase=Phase.BASELINE),
        see(1, 10),
        see(2, 0),
        see(3, 20, p95=900.0),
        see(4, 20, p50=800.0, p95=900.0),
        see(5, 0, requests=0),
        see(6, 20, phase=Phase.RECOVERY),
    ]

    drawn = draw_bars(experiment.checks[1], samples)

    assert drawn.plain == "█│▅▁▃▁│█"
    assert {str(span.style) for span in drawn.spans} == {"green", "red", "dim"}
    assert draw_bars(experiment.checks[0], samples).plain == ""


def test_design_is_told_from_today_to_what_to_fix(tell, experiment):
    """Short enough to be read while it runs."""
    call = Call("checkout", "payment", rate_rps=40.0, latency_ms=6.0, pool_max=20)
    result = ExperimentResult(
        experiment_id=experiment.id,
        digest="d",
        verdict=Verdict.COLLAPSED,
        why="refund: 31 %",
        started_at=NOON,
        injected_at=NOON,
        withdrawn_at=NOON + timedelta(seconds=3.3),
        ended_at=NOON + timedelta(seconds=9),
        aborted="beside the fault, refund",
        measured=(Measured(journey="refund", phase=Phase.FAULT, requests=9, ok_ratio=0.31, p95_ms=900.0),),
        samples=(see(0, 20),),
        comparison=("calls in flight: 20 predicted, 19.9 measured",),
        fix_first="Give them a timeout.",
    )

    def work(narrator):
        narrator.begin_design(1, 3, "naive")
        narrator.show_prediction(Scene(call, experiment))
        narrator.note_phase(Phase.FAULT)
        narrator.note_sample(see(0, 20))
        narrator.show_result(result, experiment)

    told = tell(work)

    for words in (
        "1 of 3  naive: waits for one of 20 connections",
        "today      40 calls/s of 6.0 ms, 20 connections, no timeout",
        "predicted  collapse: 80 of 20 slots",
        "pay          no fault was injected",
        "refund     █  31% answered under the fault, p95 900 ms",
        "measured   COLLAPSED: refund: 31 %",
        "aborted    the fault was seen to be gone 3.3 s after it began; 8 s were planned",
        "calls in flight: 20 predicted, 19.9 measured",
        "fix first  Give them a timeout.",
    ):
        assert words in told


def test_long_words_hang_under_their_label(tell, experiment):
    """On a narrow terminal, too."""
    scene = Scene(
        Call("checkout", "payment", rate_rps=40.0, latency_ms=6.0, pool_max=20, timeout_ms=300.0),
        experiment.model_copy(update={"prediction": Prediction(expected="degrade", why="word " * 30)}),
    )

    lines = tell(lambda narrator: narrator.show_prediction(scene), width=60).splitlines()
    words = [line.rstrip() for line in lines if "word" in line]

    assert words[0].startswith("   predicted  degrade: word word")
    assert all(line.startswith(" " * 14 + "word") for line in words[1:])
    assert max(len(line) for line in words) <= 60


@pytest.mark.parametrize(
    ("verdict", "is_right", "words"),
    [
        (Verdict.COLLAPSED, True, "naive: collapsed   (55 s)"),
        (Verdict.GRACEFUL, False, "please report it"),
        (Verdict.INCONCLUSIVE, True, "too busy to tell: run it again"),
    ],
)
def test_end_says_what_it_came_to(tell, verdict, is_right, words):
    """A wrong verdict is ours to mend; an open one is the machine's."""
    told = tell(lambda narrator: narrator.close({"naive": verdict}, 55.4, is_right=is_right))

    assert words in told
    assert "fermata chaos plan" in told


def test_pipe_gets_no_moving_parts(experiment):
    """And no drawing that is drawn again."""
    out = io.StringIO()
    narrator = PoolNarrator(Console(file=out, force_terminal=False))
    narrator.open()
    narrator.wait_for("the services")
    narrator.note_sample(see(0, 20))

    assert "Fermata chaos demo" in out.getvalue()
    assert "the services" not in out.getvalue()
