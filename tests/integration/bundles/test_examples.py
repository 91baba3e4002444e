"""The bundles that the documentation works through, through the command itself."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fermata.cli.main import app

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "diagnosis.md"
BLOCK = re.compile(r"^```\n\$ fermata (investigate --bundle (\S+))\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLES = {match[2]: match[3].splitlines() for match in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))}


def run(*arguments):
    """Run a command as somebody in the repository's root does."""
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(autouse=True)
def _stand_in_the_root(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_both_examples_are_on_the_page():
    """Every bundle that is shipped as an example is worked through, and no other."""
    shipped = {f"examples/{path.parent.name}" for path in (ROOT / "examples").glob("*/bundle.yaml")}

    assert set(EXAMPLES) == shipped


@pytest.mark.parametrize("bundle", sorted(EXAMPLES))
def test_report_reads_as_the_page_shows_it(bundle):
    """Each line of the page's block stands in the report, in that order; `...` stands for what is left out."""
    report = run("investigate", "--bundle", bundle).splitlines()

    position = 0
    for line in EXAMPLES[bundle]:
        if line != "...":
            assert line in report[position:], line
            position = report.index(line, position) + 1


@pytest.mark.parametrize(
    ("bundle", "cause", "entity", "guilty"),
    [
        ("examples/quotes-0619", "service_selector_mismatch", "quotes", None),
        ("examples/mm-88e", "faulty_change", "matchmaker", "a0c310bf9594"),
    ],
)
def test_answer_for_machines_names_cause_place_and_change(bundle, cause, entity, guilty):
    """The JSON says what the page says, twice the same."""
    first, second = (json.loads(run("investigate", "--bundle", bundle, "--offline", "--json")) for _ in range(2))

    assert (first["verdict"], first["guilty_change"]) == ("identified", guilty)
    assert (first["hypotheses"][0]["cause"], first["entities"][0]["name"]) == (cause, entity)
    assert first["costs"]["tokens"] == 0
    assert first["run_id"] == second["run_id"]
