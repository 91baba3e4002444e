"""`fermata chaos plan` and models: asked where settings name one, not with `--offline`, and never in the way."""

import json

import pytest
from tests.unit.cli.provider import serve_provider
from tests.unit.flows.test_chaos_reading import GRAPH, SPOILT, SUGGESTED, answer
from tests.unit.flows.test_code_facts import CODE
from typer.testing import CliRunner

from fermata.cli.main import app

CALLS = {"services": [{"name": "checkout"}, {"name": "payments"}], "edges": [{"from": "checkout", "to": "payments"}]}
PRICE = "price: {input_per_mtok: 1, output_per_mtok: 2}"


@pytest.fixture
def place(tmp_path):
    """Give a graph, its code, and settings without a model."""
    (tmp_path / "graph.json").write_text(json.dumps(GRAPH))
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/pay.py").write_text(CODE)
    (tmp_path / "fermata.yaml").write_text(f"state_dir: {tmp_path / 'state'}\n")
    return tmp_path


def run(place, *arguments):
    """Run the command in this process."""
    start = ["--config", str(place / "fermata.yaml"), "chaos", "plan", "--graph", str(place / "graph.json")]
    return CliRunner().invoke(app, [*start, *map(str, arguments)])


def ask(place, said, *arguments):
    """Run it with a provider that says something."""
    with serve_provider(said) as server:
        target = f"{{name: small, model: small-1, base_url: '{server.url}/v1', {PRICE}}}"
        (place / "fermata.yaml").write_text(
            f"state_dir: {place / 'state'}\nmodels:\n  targets:\n    - {target}\nanalysis: {{deadline: 5s}}\n"
        )
        return run(place, *arguments)


def test_without_a_model_the_rules_plan_is_printed_and_it_says_why(place):
    """On stderr, whatever was asked for."""
    plain, wanted, offline = run(place, "--json"), run(place, "--json", "--model"), run(place, "--json", "--offline")

    assert "fermata: rules alone: no model is configured" in plain.stderr
    assert "fermata: rules alone: no model is configured" in wanted.stderr
    assert "fermata: rules alone: no model is asked (--offline)" in offline.stderr
    assert plain.stdout == wanted.stdout == offline.stdout


def test_broken_settings_are_named_and_not_in_the_way(place):
    """A plan needs none, and `--offline` reads none."""
    (place / "fermata.yaml").write_text("models: 3\n")
    told, offline = run(place, "--json"), run(place, "--json", "--offline")

    assert told.exit_code == 0
    assert "rules alone: no model is asked (" in told.stderr
    assert "(--offline)" in offline.stderr
    assert told.stdout == offline.stdout


def test_answer_of_a_provider_comes_into_the_plan(place):
    """Checked, with its source; what is refused stands on stderr."""
    told = ask(place, json.dumps(answer(missed=[SUGGESTED, SPOILT])), "--json")

    assert told.exit_code == 0, told.output
    assert [item["source"] for item in json.loads(told.stdout) if "source" in item] == [
        "suggested by openai-compatible/small"
    ]
    assert "rules, with a reading by openai-compatible/small (1 stood, 1 refused)" in told.stderr
    assert "refused: m2 partial_commit mail error" in told.stderr
    assert "save this list with --json" in told.stderr


def test_suggestions_have_no_number_in_the_table(place):
    """The others have the number that the graph gives again."""
    told = ask(place, json.dumps(answer(missed=[SUGGESTED], first=["r2"])))
    header, *lines = told.stdout.splitlines()
    rows = [line for line in lines if not line.startswith(" ")]

    assert header.split()[0] == "item"
    assert min(row.split()[0] for row in rows) == "-"
    assert "[suggested by openai-compatible/small]" in " ".join(told.stdout.split())
    assert rows[0].split()[0] == "2" or rows[1].split()[0] == "2"


@pytest.mark.parametrize("said", ["no JSON at all", json.dumps({"missed": "all of it"}), json.dumps(answer())])
def test_answer_that_is_none_leaves_the_rules_plan(place, said):
    """To the last byte."""
    told, offline = ask(place, said, "--json"), run(place, "--json", "--offline")

    assert told.exit_code == 0
    assert "rules alone: " in told.stderr
    assert told.stdout == offline.stdout


def test_many_refusals_are_cut(place):
    """On a terminal nobody reads more."""
    spoilt = [{**SPOILT, "target": f"mail{n}"} for n in range(25)]

    assert "refused: 5 more" in ask(place, json.dumps(answer(missed=spoilt))).stderr


def test_code_is_read_by_patterns_into_the_plan(place):
    """Beside one graph, and beside what several sources tell."""
    (place / "graph.json").write_text(json.dumps(CALLS))
    told = run(place, "--code", f"checkout={place / 'shop'}", "--json", "--offline")

    assert told.exit_code == 0, told.output
    waits = [item["numbers"].get("longest_wait_ms") for item in json.loads(told.stdout) if item["fault"] == "latency"]
    assert waits == [2000]
    (place / "compose.yaml").write_text("services: {mail: {image: mail}}\n")
    merged = run(
        place, "--code", f"checkout={place / 'shop'}", "--compose", place / "compose.yaml", "--json", "--offline"
    )
    assert [
        item["numbers"].get("longest_wait_ms") for item in json.loads(merged.stdout) if item["fault"] == "latency"
    ] == [2000]
