"""`fermata chaos plan` on a file."""

import json

import pytest
from typer.testing import CliRunner

from fermata.cli.main import app
from fermata.kit.errors import UserError

GRAPH = {
    "services": [{"name": "web", "replicas": 2}, {"name": "db", "kind": "db", "replicas": 1}],
    "edges": [{"from": "web", "to": "db", "code": {"on_error": "fail"}}, {"from": "x"}],
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Give a runner in a folder with a graph."""
    (tmp_path / "graph.json").write_text(json.dumps(GRAPH))
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(app, ["chaos", "plan", *args])


def test_plan_is_printed_for_machines(run):
    """A list, best first; what cannot be used stands on stderr."""
    told = run("--graph", "graph.json", "--json", "--limit", "3")

    items = json.loads(told.stdout)
    assert len(items) == 3
    assert items[0]["target"] in {"web->db", "db"}
    assert items[0]["scenario"]["steady_state"]["journeys"]
    assert 'fermata: graph.json: entry 2 of "edges" has no "to"' in told.stderr


def test_plan_is_printed_for_people(run):
    """A row an item: the fault with its size, the prediction, the reason, and what would settle an unknown."""
    told = run("--graph", "graph.json")
    words = " ".join(told.stdout.split())

    assert told.exit_code == 0
    assert "[rehearse with latency_ms 2000]" in words
    assert "; no fault proxy can, Chaos Mesh or Gremlin may]" in words
    assert "collapse" in words
    assert "[settled by: pool_max]" in words


def test_plan_in_a_pipe_is_a_hundred_columns_wide(run, tmp_path):
    """The reasons go on below themselves; item, target and fault stay in one line, however long names are."""
    short = run("--graph", "graph.json").stdout.splitlines()
    name = "a" * 80
    (tmp_path / "graph.json").write_text(json.dumps({"edges": [{"from": name, "to": "db"}]}))
    long = run("--graph", "graph.json").stdout.splitlines()

    assert max(map(len, short)) <= 100
    assert any(f"{name}->db" in line and "unknown" in line for line in long)


def test_items_have_the_numbers_that_other_commands_take(run):
    """`fermata chaos run 2` is about the second row."""
    header, *lines = run("--graph", "graph.json").stdout.splitlines()
    rows = [line for line in lines if not line.startswith(" ")]

    assert header.split()[0] == "item"
    assert [row.split()[0] for row in rows] == [str(number) for number in range(1, len(rows) + 1)]


def test_nothing_to_rehearse_is_said(run, tmp_path):
    """A service that nobody calls and that calls nobody breaks nothing else."""
    (tmp_path / "graph.json").write_text('{"services": [{"name": "web", "replicas": 2}], "edges": []}')

    assert "No weak point can be told" in run("--graph", "graph.json").stdout


def test_missing_file_is_refused(run):
    """With the reason."""
    assert isinstance(run("--graph", "none.json").exception, UserError)


def test_place_called_like_production_is_told(run, tmp_path):
    """Nothing is injected by a plan; but a sandbox that reaches there shares it. Ordinary names are not mentioned."""
    quiet = run("--graph", "graph.json")
    (tmp_path / "graph.json").write_text(json.dumps({"edges": [{"from": "web", "to": "kafka.prod"}]}))
    told = run("--graph", "graph.json")

    assert "sandbox" not in quiet.stderr
    assert 'fermata: kafka.prod carries "prod": that is no sandbox' in told.stderr
    assert told.exit_code == 0
