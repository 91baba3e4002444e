"""`fermata demo` as a command: flags in, one run, a story or one JSON object out."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from fermata.cli.demo.faults import Scenario, parse_scenario
from fermata.cli.output import JsonFlag, print_json
from fermata.kit.errors import UserError


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(  # noqa: PLR0913 - one parameter for each option
    scenario: Annotated[Scenario, typer.Option(help="What breaks; each has another right answer.")] = Scenario.MEMORY,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Work here and keep the files; otherwise a temporary one.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", metavar="URL", help="Ask a model too: the address of any OpenAI-compatible endpoint, with /v1."
        ),
    ] = None,
    model_name: Annotated[
        str, typer.Option("--model-name", metavar="NAME", help="Its name there; without one, the first it lists.")
    ] = "",
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Approve as the demo person Dana Demo, for scripts.")] = False,
    prometheus: Annotated[
        bool, typer.Option(help="Use real Prometheus and Alertmanager where they are installed.")
    ] = True,
    as_json: JsonFlag = False,
) -> None:
    """Break a small real shop, watch Fermata investigate it, and decide. Ctrl-C cleans up everything."""
    # Only the demo needs a supervisord of its own; the integration speaks to whatever runs.
    if importlib.util.find_spec("supervisor") is None:
        raise UserError(
            "The demo needs the supervisor package",
            why="it runs its shop under a real supervisord",
            do="pip install 'fermata-ops[demo]'",
        )
    from fermata.cli.demo.plant import AskedModel
    from fermata.cli.demo.run import DemoOptions, DemoRun
    from fermata.kit.log import configure_log

    configure_log("error")
    parse_scenario(scenario)
    if model_name and not model:
        raise UserError("--model-name goes with --model", do="Give the endpoint's address, too")
    ask = AskedModel(model, model_name) if model else None
    root = directory or Path(tempfile.mkdtemp(prefix="fermata-demo-"))
    options = DemoOptions(approve=yes, use_prometheus=prometheus, quiet=as_json, keep=directory is not None, model=ask)
    try:
        report = asyncio.run(DemoRun(root, scenario, options).play())
    finally:
        if directory is None:
            shutil.rmtree(root, ignore_errors=True)
    if as_json:
        print_json(report)
    if report["verification"] != "restored":
        sys.exit(1)
