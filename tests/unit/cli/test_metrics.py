"""`fermata metrics rank` on files."""

import json

import pytest
from typer.testing import CliRunner

from fermata.cli.main import app
from fermata.kit.errors import UserError


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Give a runner in a folder with a graph and two tables of metrics."""
    for name, before, after in (("web", 0.5, 0.9), ("cart", 0.1, 0.5)):
        rows = [f"{10 * n},{before if n < 20 else after}" for n in range(30)]
        (tmp_path / f"{name}.csv").write_text("\n".join([f"time,{name}:latency", *rows]))
    (tmp_path / "calm.csv").write_text("\n".join(["time,web:latency", *(f"{10 * n},0.5" for n in range(30))]))
    stops = ["time," + ",".join(f"w{number}:widgets" for number in range(11))]
    stops += [",".join(map(str, [10 * n, *[100 if n < 20 else 0] * 11])) for n in range(30)]
    (tmp_path / "stops.csv").write_text("\n".join(stops))
    (tmp_path / "graph.json").write_text(
        '{"services": ["web"], "edges": [{"from": "web", "to": "cart"}, {"from": "x"}]}'
    )
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(app, ["metrics", "rank", *args])


FILES = ("--metrics", "web.csv", "cart.csv", "--graph", "graph.json")


def test_ranking_is_printed_for_machines(run):
    """Most likely origin first, with its time and its reason; what cannot be used stands on stderr."""
    told = run(*FILES, "--target", "web", "--onset", "1970-01-01T00:03:20Z", "--json")

    answer = json.loads(told.stdout)
    assert answer["abnormal"] is True
    assert answer["ranking"][0]["node"] == "cart"
    assert answer["ranking"][0]["metric"] == "latency"
    assert answer["ranking"][0]["onset"] == "1970-01-01T00:03:20.000Z"
    assert "rose from 0.1 to 0.5" in answer["ranking"][0]["why"]
    assert 'fermata: graph.json: entry 2 of "edges" has no "to"' in told.stderr


def test_ranking_is_printed_for_people(run):
    """A row a suspect."""
    told = run(*FILES)

    assert told.exit_code == 0
    assert "cart" in told.stdout


def test_calm_system_is_said_to_be_calm(run):
    """Nothing abnormal is an answer, not an error."""
    told = run("--metrics", "calm.csv", "--onset", "200")

    assert told.exit_code == 0
    assert told.stdout == "Nothing is abnormal: nothing left its normal range.\n"


def test_onset_that_is_late_is_no_all_clear(run):
    """It says what was left before it."""
    told = run("--metrics", "web.csv", "--onset", "270")

    assert "Nothing is abnormal" not in told.stdout
    assert told.stdout.startswith("No origin is named: nothing left its normal range from 1970-01-01T00:04:30.000Z on;")


def test_stop_is_printed_as_moved(run):
    """For people at most ten, for machines all."""
    people, machines = run("--metrics", "stops.csv"), run("--metrics", "stops.csv", "--json")

    assert people.stdout.startswith("No origin is named: nothing that is judged left its normal range.")
    assert "Moved far, and not judged (1 more: see --json):" in people.stdout
    assert people.stdout.count("widgets fell from 100 to 0") == 10
    moved = json.loads(machines.stdout)["moved"]
    assert len(moved) == 11
    assert moved[0] == {
        "node": "w0",
        "metric": "widgets",
        "onset": "1970-01-01T00:03:20.000Z",
        "why": "widgets fell from 100 to 0",
    }


@pytest.mark.parametrize("args", [("--onset", "yesterday"), ("--target", "nobody")])
def test_wrong_wish_is_refused(run, args):
    """With what to write instead."""
    assert isinstance(run(*FILES, *args).exception, UserError)


def test_no_file_is_refused(run):
    """Nothing was given to read."""
    assert isinstance(run().exception, UserError)
