"""`fermata chaos demo`: three real rehearsals on this machine, with no cluster, no key and no account."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fermata.cli.ending import end_by_signals
from fermata.cli.output import JsonFlag, print_json, say
from fermata.cli.signature_cases import keep_case, refuse_taken

if TYPE_CHECKING:
    from fermata.cli.pool_demo.narration import PoolNarrator
    from fermata.cli.pool_demo.run import Scene
    from fermata.cli.pool_demo.stage import PoolStage
    from fermata.domain.experiment import ExperimentResult


def add_to(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(demo)


def demo(
    design: Annotated[
        list[str] | None, typer.Option(help="Only this design: naive, timeout or fallback. May be repeated.")
    ] = None,
    save_case: Annotated[
        Path | None,
        typer.Option(help="Keep what felt the fault here, as cases for `fermata signatures test`; new or empty."),
    ] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Break a slow dependency under three designs, and see which one collapses.

    Real services with a bounded pool, behind Fermata's fault proxy: today's calls are measured, the outcome is
    predicted with Little's law, the fault is injected by lease, and the verdict is put beside the prediction. It takes
    about a minute.
    """
    from rich.console import Console

    from fermata.cli.pool_demo.narration import PoolNarrator
    from fermata.cli.pool_demo.service import DESIGNS
    from fermata.kit.errors import UserError
    from fermata.kit.log import configure_log

    configure_log("error")
    unknown = [name for name in design or () if name not in DESIGNS]
    if unknown:
        raise UserError(f"There is no design {unknown[0]!r}", do=f"Name one of {', '.join(DESIGNS)}")
    if save_case is not None:
        refuse_taken(save_case)
    narrator = PoolNarrator(Console(stderr=as_json, highlight=False, emoji=False))
    played: dict[str, _Played] = {}
    try:
        chosen = [name for name in DESIGNS if not design or name in design]
        report = asyncio.run(_play_all(narrator, chosen, played, is_saved=save_case is not None))
    finally:
        narrator.stop_waiting()
    if save_case is not None:
        _keep(played, save_case)
    if as_json:
        print_json(report)
    if not report["right"]:
        raise typer.Exit(1)


_Played = tuple["Scene", "ExperimentResult"]


def _keep(played: Mapping[str, _Played], folder: Path) -> None:
    """Save each design that felt the fault, in a folder of its own."""
    from fermata.flows.experiments.report import SAVED

    felt = {name: pair for name, pair in played.items() if pair[1].verdict in SAVED}
    if not felt:
        say("fermata: nothing collapsed and nothing was contained, so there is no case to keep", err=True)
    for name, (scene, result) in felt.items():
        keep_case(scene.experiment, result, folder / name, is_on_stderr=True)


async def _play_all(
    narrator: PoolNarrator, designs: list[str], played: dict[str, _Played], *, is_saved: bool
) -> dict[str, Any]:
    from fermata.cli.pool_demo.run import RIGHT
    from fermata.cli.pool_demo.stage import open_stage
    from fermata.domain.experiment import Verdict

    began = time.monotonic()
    items: list[dict[str, Any]] = []
    verdicts = {}
    with end_by_signals():
        narrator.open()
        narrator.wait_for("the services")
        async with open_stage() as stage:
            for number, design in enumerate(designs, start=1):
                narrator.begin_design(number, len(designs), design)
                scene, result = await _play_one(narrator, stage, design, is_saved=is_saved)
                played[design] = (scene, result)
                verdicts[design] = result.verdict
                items.append(_describe(design, result, time.monotonic() - began))
            narrator.wait_for("the services to end")
    narrator.stop_waiting()
    is_right = all(verdict in (RIGHT[design], Verdict.INCONCLUSIVE) for design, verdict in verdicts.items())
    narrator.close(verdicts, time.monotonic() - began, is_right=is_right)
    return {"right": is_right, "seconds": round(time.monotonic() - began, 1), "rehearsals": items}


async def _play_one(narrator: PoolNarrator, stage: PoolStage, design: str, *, is_saved: bool) -> _Played:
    """Rehearse one design; once more where the machine was too busy to tell."""
    from fermata.cli.pool_demo.run import BASELINE_OF_CASE, Timing, play, prepare
    from fermata.domain.experiment import Verdict

    for is_last in (False, True):
        scene = await prepare(stage, design, Timing(baseline=BASELINE_OF_CASE) if is_saved else Timing())
        narrator.show_prediction(scene)
        result = await play(stage, scene, on_phase=narrator.note_phase, on_sample=narrator.note_sample)
        if result.verdict is not Verdict.INCONCLUSIVE or is_last:
            break
        narrator.say_again(result)
    narrator.show_result(result, scene.experiment)
    return scene, result


def _describe(design: str, result: ExperimentResult, seconds: float) -> dict[str, Any]:
    from fermata.cli.pool_demo.run import RIGHT

    return {
        "design": design,
        "known_to": RIGHT[design].value,
        "verdict": result.verdict.value,
        "why": result.why,
        "aborted": result.aborted,
        "affected": result.affected,
        "comparison": list(result.comparison),
        "fix_first": result.fix_first,
        "measured": [item.to_json() for item in result.measured],
        "seconds_from_start": round(seconds, 1),
    }
