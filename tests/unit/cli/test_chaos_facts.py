"""`fermata chaos facts`: patterns alone, or a provider's answer over the wire, into a graph that a plan is made of."""

import json

import pytest
from tests.unit.cli.provider import serve_provider
from tests.unit.flows.test_code_facts import ACCEPTED, CODE, GRAPH
from typer.testing import CliRunner

from fermata.cli.main import app

PRICE = "price: {input_per_mtok: 1, output_per_mtok: 2}"


@pytest.fixture
def place(tmp_path):
    """Give a graph, its code, and settings without a model."""
    (tmp_path / "graph.json").write_text(json.dumps(GRAPH))
    (tmp_path / "checkout").mkdir()
    (tmp_path / "checkout/pay.py").write_text(CODE)
    (tmp_path / "fermata.yaml").write_text(f"state_dir: {tmp_path / 'state'}\n")
    return tmp_path


def run(place, *arguments):
    """Run the command in this process."""
    start = ["--config", str(place / "fermata.yaml"), "chaos", "facts", "--graph", str(place / "graph.json")]
    return CliRunner().invoke(app, [*start, "--code", str(place / "checkout"), *map(str, arguments)])


def test_without_a_model_it_says_so_and_patterns_are_read(place):
    """With the line of each fact."""
    told = run(place)

    assert told.exit_code == 0
    assert "code, by pattern, checkout/pay.py:3" in " ".join(told.stdout.split())
    assert "model: no model is configured: patterns alone" in told.stdout
    assert "(--offline)" in run(place, "--offline").stdout


def test_broken_settings_are_named_and_not_in_the_way(place):
    """Patterns need none."""
    (place / "fermata.yaml").write_text("models: 3\n")

    told = run(place)

    assert told.exit_code == 0
    assert "no model is asked (" in told.stdout


def test_answer_of_a_provider_comes_into_the_plan(place):
    """Checked, written into the graph with its source, and read from there by `chaos plan`."""
    output = place / "out.json"
    with serve_provider(json.dumps(ACCEPTED)) as server:
        target = f"{{name: small, model: small-1, base_url: '{server.url}/v1', {PRICE}}}"
        with (place / "fermata.yaml").open("a") as file:
            file.write(f"models:\n  targets:\n    - {target}\n")
        told = run(place, "-o", output, "--json")

    assert told.exit_code == 0, told.output
    facts = {item["field"]: item for item in json.loads(told.stdout)["facts"]}
    assert facts["on_error"]["value"] == "fallback"
    assert json.loads(output.read_text())["edges"][0]["code"]["on_error"] == "fallback"
    planned = CliRunner().invoke(app, ["chaos", "plan", "--graph", str(output), "--json"])
    assert planned.exit_code == 0


def test_graph_that_cannot_be_written_is_named(place):
    """It is a mistake, and says which."""
    told = run(place, "--offline", "-o", place / "no/such/folder")

    assert told.exit_code != 0


def test_many_refusals_are_cut(place):
    """All of them stand in the JSON."""
    both = {**GRAPH, "edges": [*GRAPH["edges"], {"from": "checkout", "to": "ledgerbook"}]}
    (place / "graph.json").write_text(json.dumps(both))
    (place / "checkout/pay.py").write_text("payments(ledgerbook(timeout=3))\n" * 25)

    assert "refused: 5 more; --json has them all" in run(place, "--offline").stdout


def test_live_asks_the_systems_of_the_settings(place):
    """Without one that knows a graph it says so, and the file needs not be there."""
    start = ["--config", str(place / "fermata.yaml"), "chaos", "facts", "--code", str(place / "checkout")]

    told = [CliRunner().invoke(app, [*start, *more]).exception for more in (["--live"], [])]

    assert "No configured system knows a service graph" in str(told[0])
    assert "No source of a service graph is given" in str(told[1])


def test_several_graphs_are_merged_first(place):
    """What one does not know the other may."""
    (place / "more.json").write_text(json.dumps({"services": [{"name": "mail"}], "edges": []}))

    told = run(place, "--graph", place / "more.json", "--offline")

    assert told.exit_code == 0, told.output
    assert "code, by pattern, checkout/pay.py:3" in " ".join(told.stdout.split())


def test_plan_with_code_tells_what_the_graph_lacks(place):
    """As it does without."""
    (place / "more.json").write_text(json.dumps({"services": [{"name": "mail"}], "edges": [{"from": "x"}]}))
    start = [
        "--config",
        str(place / "fermata.yaml"),
        "chaos",
        "plan",
        "--graph",
        str(place / "graph.json"),
        "--offline",
    ]
    start += ["--graph", str(place / "more.json")]

    told = [CliRunner().invoke(app, [*start, *more]) for more in ([], ["--code", str(place / "checkout")])]

    assert all("more.json: " in one.stderr for one in told), [one.stderr for one in told]
