"""The house rules hold on the tree, and each one refuses what it is there to refuse."""

import ast
import textwrap

import pytest

import house_rules

# Four named boundaries: step runner, channel callback, web handler, CLI main.
BROAD_EXCEPTS_ALLOWED = 4
# The demo starts child processes and builds the environment they get.
ENVIRONMENT_READERS = ("src/fermata/settings", "src/fermata/cli/demo/")


def collect(files, find):
    """Apply one rule to many files and name each finding's file."""
    return [f"{name}: {finding}" for name, content in files.items() for finding in find(content)]


def parse(code):
    """Give the syntax tree of an indented snippet."""
    return ast.parse(textwrap.dedent(code))


def test_every_module_fits_in_one_sitting(texts):
    """No Python file is longer than 500 lines."""
    too_long = {
        name: lines
        for name, text in texts.items()
        if name.endswith(".py") and (lines := text.count("\n")) > house_rules.LONGEST_FILE
    }

    assert too_long == {}


def test_every_function_fits_on_a_screen(sources):
    """No function of the package is longer than 80 lines."""
    assert collect(sources, house_rules.list_long_functions) == []


def test_function_of_81_lines_is_named():
    """The limit counts from the `def` line to the last line of the body."""
    longest = "async def story():\n" + "    pass\n" * 79

    assert house_rules.list_long_functions(ast.parse(longest)) == []
    assert house_rules.list_long_functions(ast.parse(longest + "    pass\n")) == [
        "line 1: story has 81 lines (at most 80)"
    ]


def test_broad_excepts_stay_at_the_four_boundaries(sources):
    """Catching everything is allowed at four places in the whole package."""
    found = collect(sources, house_rules.list_broad_excepts)

    assert len(found) <= BROAD_EXCEPTS_ALLOWED, found


@pytest.mark.parametrize(
    "code",
    [
        "try: pass\nexcept: pass",
        "try: pass\nexcept Exception: pass",
        "try: pass\nexcept (ValueError, BaseException): pass",
        "try: pass\nexcept builtins.Exception: pass",
        "with contextlib.suppress(Exception): pass",
        "with suppress(OSError, Exception): pass",
    ],
)
def test_catch_all_in_disguise_is_counted(code):
    """Every spelling of a broad except counts as one."""
    assert len(house_rules.list_broad_excepts(ast.parse(code))) == 1


def test_narrow_except_is_not_counted():
    """A list of named errors is no broad except."""
    tree = parse("""
        try:
            pass
        except (OSError, ValueError):
            pass
        with suppress(KeyError):
            pass
    """)

    assert house_rules.list_broad_excepts(tree) == []


def test_only_settings_reads_the_environment(sources):
    """The environment enters through fermata.settings; the demo alone builds environments for its children."""
    others = {name: tree for name, tree in sources.items() if not name.startswith(ENVIRONMENT_READERS)}

    assert collect(others, house_rules.list_environment_reads) == []


@pytest.mark.parametrize(
    "code", ["os.environ['HOME']", "os.getenv('HOME')", "from os import environ", "import os\nx = dict(os.environ)"]
)
def test_environment_read_is_named(code):
    """Attribute, call and import are all seen."""
    assert len(house_rules.list_environment_reads(ast.parse(code))) == 1


def test_domain_and_rules_are_functions_of_their_arguments(sources):
    """The pure floors read no clock, draw no randomness and open nothing."""
    pure = {
        name: tree for name, tree in sources.items() if name.startswith(("src/fermata/domain/", "src/fermata/rules/"))
    }

    assert collect(pure, house_rules.list_impurities) == []


@pytest.mark.parametrize(
    "code",
    [
        "datetime.now(UTC)",
        "date.today()",
        "clock.now()",
        "import time",
        "from time import monotonic",
        "import random",
        "from secrets import token_hex",
        "from uuid import uuid4",
        "uuid.uuid4()",
        "open('file')",
        "print('here')",
        "default_factory = datetime.utcnow",
    ],
)
def test_impurity_is_named(code):
    """Each way to reach a clock, a dice or a file through an innocent import is seen."""
    assert len(house_rules.list_impurities(ast.parse(code))) == 1


def test_pure_code_is_not_named():
    """An instant passed in, and datetime's arithmetic, are pure."""
    tree = parse("""
        from datetime import UTC, datetime, timedelta
        from uuid import UUID, uuid5

        def is_due(now: datetime, at: datetime) -> bool:
            return now >= at.astimezone(UTC) + timedelta(seconds=1)
    """)

    assert house_rules.list_impurities(tree) == []


def test_every_ignore_says_which_rule_and_why(texts):
    """A silenced checker is a decision: it names its rule and its reason."""
    python = {name: text for name, text in texts.items() if name.endswith(".py")}

    assert collect(python, house_rules.list_unexplained_ignores) == []


@pytest.mark.parametrize(
    ("comment", "complaint"),
    [
        ("# noqa", "names no rule"),
        ("# noqa - the reason is here", "names no rule"),
        ("# noqa: S101", "gives no reason"),
        ("# noqa: S101, BLE001", "gives no reason"),
        ("# type: ignore", "names no rule"),
        ("# type: ignore[arg-type]", "gives no reason"),
        ("# ruff: noqa", "names no rule"),
        ("# ruff: noqa: E501", "gives no reason"),
        ("# pragma: no cover", "gives no reason"),
        ("# mypy: ignore-errors", "gives no reason"),
    ],
)
def test_bare_ignore_is_named(comment, complaint):
    """An ignore without its code, or without its reason, is refused."""
    (finding,) = house_rules.list_unexplained_ignores(f"x = 1  {comment}\n")

    assert finding == f"line 1: {complaint}: {comment}"


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa: BLE001 - the step runner is a boundary",
        "# noqa: S101, BLE001 - tests assert here",
        "# type: ignore[arg-type]  # stub lags behind 3.4",
        "# pragma: no cover - only Windows",
        "# ruff: noqa: T201 - this script prints tables",
        "# an ordinary comment about noqa",
    ],
)
def test_explained_ignore_passes(comment):
    """A code and two words of reason are enough."""
    assert house_rules.list_unexplained_ignores(f"x = 1  {comment}\n") == []


def test_each_lint_exception_in_pyproject_has_its_reason(texts):
    """The list of rules switched off is read by people: each line says why."""
    text = texts["pyproject.toml"]
    tables = [text.split(start, 1)[1].split("\n[tool.", 1)[0] for start in ("\nignore = [", "per-file-ignores]")]

    bare = [line for table in tables for line in table.splitlines() if line.startswith('    "') and " # " not in line]

    assert bare == []


def test_no_file_names_a_machine_or_a_registry(texts):
    """What is committed works anywhere: no path of one machine, no address of one registry."""
    assert collect(texts, house_rules.list_machine_traces) == []


@pytest.mark.parametrize(
    "line",
    [
        "cd /wo" + "rk/main",
        "see '/far" + "m/x/y'",
        "index https://py" + "pi.org/x",
        "url = files.python" + "hosted.org",
    ],
)
def test_machine_trace_is_named(line):
    """A path or a host counts wherever it stands in the line."""
    assert house_rules.list_machine_traces(f"fine\n{line}\n") == [f"line 2: {line}"]


def test_ordinary_path_passes():
    """Relative paths and web addresses that merely contain the words are no traces."""
    assert house_rules.list_machine_traces("docs/work/plan.md\nhttps://example.org/rework/x\nnetwork/ports\n") == []
