"""`fermata`: the command line's door and its error boundary."""

from __future__ import annotations

import io
import os
import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

from fermata import __version__
from fermata.cli import (
    asking,
    auditing,
    chaos,
    checking,
    costs,
    deciding,
    incidents,
    linking,
    logs,
    metrics,
    models,
    notifying,
    postmortem,
    serving,
    trying,
)
from fermata.cli.demo import command as demo
from fermata.cli.groups import WholeHelp
from fermata.cli.opening import remember_config
from fermata.cli.output import say
from fermata.cli.setup import command as setup
from fermata.kit.errors import FermataError, GuardRefused, InvariantBroken, OperationalError, UserError
from fermata.kit.lacks import LACKS
from fermata.kit.rings import look_for_rings_rarely

_WHERE_TO_BEGIN = """\b
Where to begin:
  to see it          demo
  to set it up       init, then check, up, test-alert
  an alert came      show, why; pending, then approve or reject
  stop everything    halt
  without a server   investigate --bundle FOLDER; ask, context
"""

app = typer.Typer(
    cls=WholeHelp,
    name="fermata",
    help="Fermata prepares everything about an incident, then holds for a person.",
    epilog=_WHERE_TO_BEGIN,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_EXIT_CODES: tuple[tuple[type[FermataError], int], ...] = (
    (UserError, 2),
    (GuardRefused, 3),
    (OperationalError, 4),
    (InvariantBroken, 70),
)


def _print_version(value: bool) -> None:  # noqa: FBT001 - typer calls it with the flag's value
    if value:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _prepare(
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="The settings file; otherwise FERMATA_CONFIG or ./fermata.yaml."),
    ] = None,
    version: Annotated[  # noqa: FBT002 - a command-line flag
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    del version
    remember_config(config)


demo.add_to(app)
setup.add_to(app)
serving.add_to(app)
checking.add_to(app)
trying.add_to(app)
incidents.add_to(app)
deciding.add_to(app)
linking.add_to(app)
notifying.add_to(app)
auditing.add_to(app)
metrics.add_to(app)
costs.add_to(app)
asking.add_to(app)
models.add_to(app)
logs.add_to(app)
postmortem.add_to(app)
chaos.add_to(app)


def _flush() -> None:
    """Write out what was printed while somebody can still be told that it cannot be."""
    if sys.stdout is not None and not sys.stdout.closed:
        sys.stdout.flush()


def _takes_nothing() -> bool:
    """Answer whether what stdout goes to fails: a full disk, a device. Afterwards it goes nowhere."""
    try:
        sys.stdout.write("\n")
        sys.stdout.flush()
    except OSError:
        # Python would try once more at its end, and print a trace of its own.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    return False


def _is_nowhere() -> bool:
    """Answer whether the working folder is gone, as after a deployment that puts another in its place."""
    try:
        os.getcwd()  # noqa: PTH109 - the system's own answer
    except FileNotFoundError:
        return True
    return False


def _report_crash(error: Exception) -> int:
    """Say what ended a command beside our own errors; return the exit code."""
    if isinstance(error, OSError) and _takes_nothing():
        say(f"fermata: The output cannot be written: {error.strerror}. Write it somewhere else.", err=True)
        return 4
    if isinstance(error, FileNotFoundError) and _is_nowhere():
        what = "fermata: The folder you are in is gone: it was removed, or another stands in its place"
        say(f"{what}. Go into it again (cd), or name the settings from elsewhere with --config.", err=True)
        return 2
    if isinstance(error, OSError) and error.errno in LACKS:
        what = f"fermata: The machine has no more to give: {error.strerror}"
        say(f"{what}{f': {error.filename}' if error.filename else ''}. {LACKS[error.errno]}.", err=True)
        return 4
    # Imported here: a trace is the exception, and start-up time is paid by every command.
    from fermata.kit.log import configure_log, get_log

    configure_log()
    get_log("cli").error("command.crashed", error=type(error).__name__, exc_info=True)
    typer.echo(
        "fermata: this is a bug of Fermata's, and nothing was executed. Please report the trace above.", err=True
    )
    return 70


def _write_what_it_can() -> None:
    """Let a letter that a terminal's alphabet lacks be written by its number, instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def main() -> None:
    """Run a command and turn every error into words and an exit code.

    0 done, 1 the answer is no, 2 wrong usage or settings, 3 a guard refused, 4 an outside system failed, 70 a bug of
    ours, 130 interrupted.
    """
    look_for_rings_rarely()
    _write_what_it_can()
    if not sys.warnoptions:
        # What the models' libraries make of an odd body is for who writes them; what it means here is said in words.
        warnings.filterwarnings("ignore", category=UserWarning, module=r"pydantic")
    try:
        try:
            app()
        finally:
            _flush()
    except FermataError as error:
        code = next((code for family, code in _EXIT_CODES if isinstance(error, family)), 70)
        say(f"fermata: {error}", err=True)
        sys.exit(code)
    except KeyboardInterrupt:
        typer.echo("fermata: interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()  # The reader (head, less) went away; there is nobody left to tell.
        sys.exit(141)
    except Exception as error:  # noqa: BLE001 - boundary: CLI main
        sys.exit(_report_crash(error))
