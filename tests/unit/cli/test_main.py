"""The door: every error becomes words with three parts and an exit code that scripts can tell apart."""

import errno
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from tests.unit.cli.desk import run

from fermata import __version__
from fermata.cli import main as door
from fermata.domain.proposal import ProposalState
from fermata.kit.errors import FermataError, GuardRefused, InvariantBroken, NotFoundError, OperationalError, UserError
from fermata.kit.rings import NEW_OBJECTS

FULL = Path("/dev/full")
COMMANDS = {
    *("demo", "up", "login", "check", "incidents", "show", "pending", "why", "investigate", "resolve", "settle"),
    *("approve", "reject", "halt", "resume", "audit", "settings", "policy", "actions"),
}


def run_failing(monkeypatch, error):
    """Run a command that ends in an error."""

    def fail():
        raise error

    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(fail)
    monkeypatch.setattr(door, "app", app)
    return run()


def test_version_is_printed(desk):
    """`--version` prints the version and nothing else."""
    assert (run("--version").code, run("--version").out) == (0, f"{__version__}\n")


def test_help_lists_every_command():
    """Each command stands in the help with a line of its own."""
    result = run("--help")

    assert result.code == 0
    assert set(re.findall(r"^\W*(\w+)", result.out, re.MULTILINE)) >= COMMANDS


def test_help_says_where_to_begin(monkeypatch):
    """Nobody chooses the first of thirty commands by their order; a narrow terminal shows the lines as they are."""
    monkeypatch.setenv("COLUMNS", "80")

    begin = run("--help").out.partition("Where to begin:\n")[2]

    assert re.search(r"to set it up +init, then check, up, test-alert\n", begin)


def test_command_line_without_a_command_shows_the_help():
    """Nothing to do is a usage error that helps."""
    result = run()

    assert result.code == 2
    assert "approve" in result.out + result.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UserError("It is wrong", why="a test", do="Correct it"), 2),
        (NotFoundError("It is not there", why="a test", do="Look elsewhere"), 2),
        (GuardRefused("halt", "It was refused", why="a test", do="Resume"), 3),
        (OperationalError("It is down", why="a test", do="Start it"), 4),
        (InvariantBroken("It cannot be", why="a test", do="Report it"), 70),
    ],
)
def test_each_family_of_errors_has_its_exit_code(monkeypatch, error, code):
    """What happened, why, and what to do stand on stderr; stdout stays for answers."""
    result = run_failing(monkeypatch, error)

    assert (result.code, result.out) == (code, "")
    assert result.err == f"fermata: {error}\n"
    assert all(part in result.err for part in (error.what, error.why, error.do))


def test_family_without_a_code_of_its_own_counts_as_a_bug(monkeypatch):
    """An error of no family still ends in words, and as what it is: something we forgot."""
    result = run_failing(monkeypatch, FermataError("It is strange", do="Report it"))

    assert result.code == 70
    assert "It is strange" in result.err


def test_crash_shows_its_trace_and_owns_up(monkeypatch, desk):
    """A bug of ours says so, with the trace to report."""
    result = run_failing(monkeypatch, ZeroDivisionError("by a test"))

    assert (result.code, result.out) == (70, "")
    assert "ZeroDivisionError: by a test" in result.err
    assert "this is a bug of Fermata's" in result.err


@pytest.mark.parametrize(
    ("number", "advice"),
    [(errno.EMFILE, "ulimit -n"), (errno.ENOSPC, "df -i"), (errno.ENOMEM, "memory"), (errno.EDQUOT, "quota")],
)
def test_machine_that_has_no_more_to_give_is_no_bug(monkeypatch, number, advice):
    """Files, space and memory end anywhere: what is short is named, without a trace."""
    result = run_failing(monkeypatch, OSError(number, os.strerror(number), "/srv/some file"))

    assert (result.code, result.out.strip()) == (4, "")
    assert os.strerror(number) in result.err
    assert "/srv/some file" in result.err
    assert advice in result.err
    assert "bug" not in result.err


def test_error_with_control_characters_is_inert(monkeypatch):
    """An error that quotes text from outside must not command the terminal."""
    result = run_failing(monkeypatch, UserError("It said \x1b[31mred\x1b[0m"))

    assert "\x1b" not in result.err
    assert "\\x1b[31mred" in result.err


def test_wrong_usage_ends_with_2(desk):
    """An option that does not exist is the user's error, like wrong settings."""
    assert desk.run("incidents", "--nonsense").code == 2


def test_settings_that_are_wrong_name_every_fault(desk):
    """All faults at once, each with its path, and how to go on."""
    desk.file.write_text("serverr: {}\npeople: 3\n")

    result = desk.run("incidents")

    assert result.code == 2
    assert "did you mean 'server'" in result.err
    assert "people" in result.err
    assert "docs/settings.md" in result.err


def test_store_that_cannot_be_opened_ends_with_4(desk):
    """A store that is no store is an outside system that failed."""
    desk.write_settings("store: {url: 'sqlite:////dev/null/fermata.db'}\n")

    result = desk.run("incidents")

    assert result.code == 4
    assert result.err.startswith("fermata: ")


def test_interrupted_command_ends_with_130(desk, start):
    """Ctrl-C ends a waiting command without a trace."""
    view = desk.send()
    process = start("--config", desk.file, "approve", view.incident.id, "--digest", view.plan.digest)
    while desk.show(view.incident.id).proposal.state is not ProposalState.APPROVED:
        time.sleep(0.05)

    process.send_signal(signal.SIGINT)

    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "Traceback" not in err


def test_reader_that_went_away_is_no_error_to_tell_of(desk, start):
    """`fermata ... | head` ends quietly when the reader has enough."""
    desk.send()
    process = start("--config", desk.file, "show", "--json")
    process.stdout.close()

    process.wait(20)

    assert process.stderr.read() == ""
    process.stdout = None


@pytest.mark.parametrize(("options", "is_told"), [([], False), (["-W", "default"], True)])
def test_warning_of_a_library_is_not_told_unless_asked_for(options, is_told):
    """It speaks of the innards of an answer whose fault is said in words."""
    code = (
        "import warnings, fermata.cli.main as door\n"
        "door.app = lambda: warnings.warn_explicit('odd usage', UserWarning, 'x.py', 1, module='pydantic.main')\n"
        "door.main()"
    )

    ran = subprocess.run([sys.executable, *options, "-c", code], capture_output=True, text=True, check=True)

    assert ("odd usage" in ran.stderr) is is_told


def test_help_does_not_load_the_engine():
    """`fermata --help` has a start budget: neither dbos nor the web server are imported for it."""
    code = "import sys, fermata.cli.main; print([m for m in ('dbos', 'starlette', 'sqlalchemy') if m in sys.modules])"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "[]"


@pytest.mark.parametrize("command", [("halt",), ("check",), ("pending",)])
def test_folder_that_is_gone_is_said_in_words(tmp_path, monkeypatch, command):
    """A deployment put another in its place while a shell stood in it: that is no bug of ours."""
    monkeypatch.chdir(tmp_path)
    tmp_path.rmdir()
    result = run(*command)
    monkeypatch.undo()

    assert result.code == 2
    assert "fermata: The folder you are in is gone" in result.err
    assert "Traceback" not in result.err


def test_command_looks_for_rings_rarely():
    """Its process is its own: a look for rings begins with 10,000 new objects, and what else was set stays."""
    code = (
        "import gc, sys\nfrom fermata.cli.main import main\n"
        "gc.set_threshold(700, 11, 12)\nsys.argv = ['fermata', '--version']\n"
        "try:\n    main()\nfinally:\n    print(gc.get_threshold())"
    )

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout.splitlines()[-1] == f"({NEW_OBJECTS}, 11, 12)"


@pytest.mark.skipif(not FULL.exists(), reason="a device of Linux")
@pytest.mark.parametrize("words", [["--version"], ["signatures", "--json"]])
def test_full_disk_is_said_on_one_line(words):
    """What cannot be written is no bug of ours: one line on stderr, and the exit code of an outside system."""
    with FULL.open("w") as full:
        told = subprocess.run(
            [sys.executable, "-m", "fermata", *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )

    assert told.returncode == 4
    assert told.stderr == "fermata: The output cannot be written: No space left on device. Write it somewhere else.\n"


@pytest.mark.parametrize("alphabet", ["ascii", "latin-1"])
def test_letter_that_a_terminal_lacks_is_written_by_its_number(tmp_path, alphabet):
    """A service may be called anything, and its card is read on any terminal: nothing ends for one letter."""
    environ = os.environ | {"PYTHONIOENCODING": alphabet, "FERMATA_STATE_DIR": str(tmp_path / "مخزن")}

    told = subprocess.run(
        [sys.executable, "-m", "fermata", "settings", "show"], capture_output=True, env=environ, check=False
    )

    assert (told.returncode, told.stderr) == (0, b"")
    assert b"\\u0645\\u062e\\u0632\\u0646" in told.stdout


@pytest.mark.parametrize("group", [(), ("incidents",), ("chaos",), ("postmortem",), ("logs",)])
def test_help_shows_the_sentence_of_each_command_whole(group, monkeypatch):
    """Half a sentence with dots behind it helps nobody to choose, on a terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")

    told = run(*group, "--help").out.partition("Commands:")[2]

    assert told
    assert "..." not in told
