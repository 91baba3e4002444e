"""`fermata init`: look at this machine, ask a little, write settings that work, and look whether they do."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fermata.cli.groups import WholeHelp
from fermata.cli.output import JsonFlag, get_console, get_line_width, print_json, say, show_controls, wrap_hanging
from fermata.cli.setup.discord import discord
from fermata.cli.setup.slack import slack
from fermata.kit.errors import UserError

if TYPE_CHECKING:
    from fermata.flows.setup.detect import Detected
    from fermata.ports.system import CheckResult
    from fermata.rules.setup.composing import Choices
    from fermata.rules.setup.findings import Found
    from fermata.settings import LoadedSettings

_CHECK_S = 15
_init = typer.Typer(cls=WholeHelp, invoke_without_command=True)


def add_to(app: typer.Typer) -> None:
    """Add the command and what belongs to it."""
    _init.command("slack")(slack)
    _init.command("discord")(discord)
    app.add_typer(_init, name="init")


@dataclass(frozen=True, slots=True)
class _Plan:
    """What will be written, and where."""

    file: Path
    choices: Choices

    @property
    def text(self) -> str:
        from fermata.rules.setup.composing import write_settings_file

        return write_settings_file(self.choices)

    @property
    def systems(self) -> tuple[Found, ...]:
        return self.choices.systems


@_init.callback()
def init(  # noqa: PLR0913 - one parameter for each option
    context: typer.Context,
    kube_context: Annotated[
        list[str] | None,
        typer.Option("--context", help="Look at the cluster of this context. One that looks like production needs it."),
    ] = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: use what is marked, permit nothing.")] = False,
    allow_restarts: Annotated[
        bool, typer.Option("--allow-restarts", help="Let restarts be proposed; each waits for a person.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a settings file that is there; the old one is kept beside it.")
    ] = False,
    check: Annotated[bool, typer.Option(help="Look afterwards whether everything answers.")] = True,
    as_json: JsonFlag = False,
) -> None:
    """Look for what there is to watch, ask a little, and write fermata.yaml. --json alone only tells what is there."""
    if context.invoked_subcommand is not None:
        return
    file = _find_file(context)
    if not (yes or as_json or is_somebody_there()):
        raise UserError(
            "init asks questions, and there is nobody at the keyboard", do="Use --yes, or --json to look only"
        )
    detected = _detect(file.parent, is_quiet=as_json)
    if as_json and not yes:
        print_json(_describe(file, detected))
        return
    plan = _decide(file, detected, kube_context or (), asks=not yes, permits=allow_restarts)
    if not _agree(plan, asks=not yes, force=force, is_quiet=as_json):
        say("Nothing was written.")
        raise typer.Exit(1)
    loaded = _write(plan, is_quiet=as_json)
    if yes and not as_json:
        _tell_unused(detected)
    results = _check(loaded, is_quiet=as_json) if check else None
    if results is not None:
        plan, loaded = _leave_out_silent(plan, loaded, results, asks=not yes)
    if as_json:
        print_json(_describe(file, detected, plan, results))
        return
    _tell_next(plan, loaded, context)


def is_somebody_there() -> bool:
    """Answer whether somebody at a terminal can be asked."""
    return sys.stdin.isatty()


def _find_file(context: typer.Context) -> Path:
    named = context.find_root().params.get("config")
    return Path(named or "fermata.yaml").absolute()


def _detect(folder: Path, *, is_quiet: bool) -> Detected:
    from fermata.cli.setup.asking import note_missing_packages
    from fermata.flows.setup.detect import detect
    from fermata.settings.surroundings import read_surroundings

    console = get_console()
    if is_quiet or not console.is_terminal:
        detected = asyncio.run(detect(read_surroundings(folder)))
    else:
        with console.status("Looking at this machine ..."):
            detected = asyncio.run(detect(read_surroundings(folder)))
    return replace(detected, found=note_missing_packages(detected.found))


def _decide(file: Path, detected: Detected, contexts: Sequence[str], *, asks: bool, permits: bool) -> _Plan:
    from fermata.cli.setup import asking
    from fermata.cli.setup.writing import SCHEMA, STATE_DIR, TOKEN
    from fermata.rules.setup.composing import Choices

    found = detected.found
    chosen = asking.choose_defaults(found, contexts)
    owner = asking.guess_owner()
    if asks:
        _head(f"Found in {file.parent} and on this machine")
        for gap in detected.gaps:
            say(f"      {gap}")
        chosen = asking.ask_systems(found, chosen)
        owner = asking.ask_owner(owner)
    systems = tuple(one for position, one in enumerate(found) if position in chosen)
    if asks and not permits:
        permits = asking.ask_restarts(systems)
    choices = Choices(
        owner=owner,
        systems=systems,
        state_dir=STATE_DIR,
        token_file=f"{STATE_DIR}/{TOKEN}",
        schema_file=f"{STATE_DIR}/{SCHEMA}",
        permits_restarts=permits,
    )
    return _Plan(file, choices)


def _tell_unused(detected: Detected) -> None:
    """Say what is there and cannot be used yet, and why: whoever was asked nothing has not seen it in a list."""
    unused = [f"{one.title}: {one.problem}" for one in detected.found if one.problem]
    if unused or detected.gaps:
        _head("Not used")
    for line in (*unused, *detected.gaps):
        say(f"  {line}")


def _agree(plan: _Plan, *, asks: bool, force: bool, is_quiet: bool) -> bool:
    """Show what would change in a file that is there, and answer whether it may.

    Raises:
        UserError: It would change, nobody can be asked, and nobody said `--force`.
    """
    from fermata.cli.setup.writing import compare

    changes = compare(plan.file, plan.text)
    if not changes:
        return True
    if not is_quiet:
        _head(f"{plan.file} is there already; it would change so")
        for line in changes:
            say(line)
    if force:
        return True
    if not asks:
        raise UserError(
            f"{plan.file} is there already, and would change",
            why="init overwrites nothing by itself",
            do="Use --force (the old one is kept beside it), or another file: fermata --config FILE init",
        )
    return typer.confirm("Replace it? The old one is kept beside it", default=False)


def _write(plan: _Plan, *, is_quiet: bool) -> LoadedSettings:
    """Write, and load what was written, as every other command will.

    Raises:
        UserError: What stands there cannot be loaded, because of the environment.
    """
    from fermata.cli.setup.writing import compare, ensure_token, write_schema, write_settings
    from fermata.settings import load_settings

    token = ensure_token(plan.file.parent)
    schema = write_schema(plan.file.parent)
    is_same = compare(plan.file, plan.text) == []
    written = None if is_same else write_settings(plan.file, plan.text)
    if not is_quiet:
        _head("Written")
        said = "says this already" if written is None else "new" if written.is_new else f"before: {written.backup}"
        for path, what in (
            (plan.file, f"the settings ({said})"),
            (token, "what alert sources must send; only you can read it"),
            (schema, "for editors: they complete and check the settings"),
        ):
            say(f"  {path}  {what}")
    return load_settings(plan.file)


def _check(loaded: LoadedSettings, *, is_quiet: bool) -> list[CheckResult]:
    from fermata.cli.checking import run_check

    if not is_quiet:
        _head("Does it answer?")
    return run_check(loaded, deadline=timedelta(seconds=_CHECK_S), is_quiet=is_quiet)


def _leave_out_silent(
    plan: _Plan, loaded: LoadedSettings, results: Sequence[CheckResult], *, asks: bool
) -> tuple[_Plan, LoadedSettings]:
    """Leave out for now what does not answer, if somebody who can be asked agrees; return what is written then."""
    from fermata.cli.setup import asking
    from fermata.cli.setup.writing import replace_settings
    from fermata.settings import load_settings

    silent = asking.list_silent(plan.systems, results)
    if not silent or (asks and not asking.ask_silent(silent)):
        return plan, loaded
    systems = tuple(replace(one, problem=silent.get(one.system, "")) for one in plan.systems)
    plan = replace(plan, choices=replace(plan.choices, systems=systems))
    replace_settings(plan.file, plan.text)
    return plan, load_settings(plan.file)


def _tell_next(plan: _Plan, loaded: LoadedSettings, context: typer.Context) -> None:
    from fermata.cli.setup.telling import list_next_steps
    from fermata.cli.setup.writing import STATE_DIR, TOKEN

    named = context.find_root().params.get("config")
    server = loaded.settings.server
    _head("Next")
    steps = list_next_steps(
        plan.systems,
        command=f"fermata --config {shlex.quote(str(named))}" if named else "fermata",
        token=plan.file.parent / STATE_DIR / TOKEN,
        url=server.public_url or f"http://{server.host}:{server.port}",
        is_slack_known="slack" in loaded.systems,
    )
    for number, step in enumerate(steps, start=1):
        first, _, rest = step.partition("\n")
        console = get_console()
        line = wrap_hanging(show_controls(first), width=get_line_width(console), indent=5)
        console.print(f"{number:>3}. {line}", markup=False, soft_wrap=True)
        if rest:
            say(rest)


def _head(text: str) -> None:
    from rich.text import Text

    get_console().print(Text(f"\n{show_controls(text)}", style="bold"), soft_wrap=True)


def _describe(
    file: Path, detected: Detected, plan: _Plan | None = None, results: list[CheckResult] | None = None
) -> dict[str, Any]:
    from fermata.rules.setup.composing import list_ready

    return {
        "file": str(file),
        "written": plan is not None,
        "found": [one.to_json() for one in detected.found],
        "gaps": list(detected.gaps),
        "used": [one.system for one in list_ready(plan.choices)] if plan else None,
        "checks": [result.to_json() for result in results] if results is not None else None,
    }
