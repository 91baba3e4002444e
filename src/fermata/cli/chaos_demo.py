"""`fermata chaos demo`: three real rehearsals on this machine, with no cluster, no key and no account."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fermata.cli.ending import end_by_signals
from fermata.cli.output import JsonFlag, print_json

if TYPE_CHECKING:
    from fermata.cli.pool_demo.narration import PoolNarrator
    from fermata.cli.pool_demo.stage import PoolStage
    from fermata.domain.experiment import ExperimentResult


def add_to(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(demo)


def demo(
    design: Annotated[
        list[str] | None, typer.Option(help="Only this design: naive, timeout or fallback. May be repeated.")
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
    narrator = PoolNarrator(Console(stderr=as_json, highlight=False, emoji=False))
    try:
        report = asyncio.run(_play_all(narrator, [name for name in DESIGNS if not design or name in design]))
    finally:
        narrator.stop_waiting()
    if as_json:
        print_json(report)
    if not report["right"]:
        raise typer.Exit(1)


async def _play_all(narrator: PoolNarrator, designs: list[str]) -> dict[str, Any]:
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
                result = await _play_one(narrator, stage, design)
                verdicts[design] = result.verdict
                items.append(_describe(design, result, time.monotonic() - began))
            narrator.wait_for("the services to end")
    narrator.stop_waiting()
    is_right = all(verdict in (RIGHT[design], Verdict.INCONCLUSIVE) for design, verdict in verdicts.items())
    narrator.close(verdicts, time.monotonic() - began, is_right=is_right)
    return {"right": is_right, "seconds": round(time.monotonic() - began, 1), "rehearsals": items}


async def _play_one(narrator: PoolNarrator, stage: PoolStage, design: str) -> ExperimentResult:
    """Rehearse one design; once more where the machine was too busy to tell."""
    from fermata.cli.pool_demo.run import Timing, play, prepare
    from fermata.domain.experiment import Verdict

    for is_last in (False, True):
        scene = await prepare(stage, design, Timing())
        narrator.show_prediction(scene)
        result = await play(stage, scene, on_phase=narrator.note_phase, on_sample=narrator.note_sample)
        if result.verdict is not Verdict.INCONCLUSIVE or is_last:
            break
        narrator.say_again(result)
    narrator.show_result(result, scene.experiment)
    return result


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
