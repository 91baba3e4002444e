"""`fermata chaos graph`, and `fermata chaos plan` over several sources."""

import json
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from fermata.cli.main import app
from fermata.kit.errors import UserError

COMPOSE = """
services:
  web: {environment: {CART_ADDR: "cart:80"}, ports: ["80:80"], depends_on: [cart-db]}
  cart: {environment: {DB_URL: "redis://:sesame@cart-db/0"}}
  cart-db: {image: "redis:7"}
"""
GRAPH = {
    "services": [{"name": "web", "replicas": 4}, {"name": "web-service"}],
    "edges": [{"from": "web", "to": "cart", "rate_rps": 12, "code": {"timeout_ms": 300}}, {"to": "x"}],
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Give a runner in a folder with a compose file and a graph."""
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    (tmp_path / "graph.json").write_text(json.dumps(GRAPH))
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(app, ["chaos", *args])


def test_graph_is_drawn_for_people(run):
    """Layers with the calls and their numbers; then sources, likenesses, and what they disagree on."""
    told = run("graph", "--compose", "compose.yaml", "--graph", "graph.json")

    assert told.exit_code == 0
    assert "    -> cart     12/s, timeout 300 ms" in told.stdout
    assert "from graph.json (written: 3 services, 1 calls), compose.yaml (declared: 3 services, 3 calls)" in told.stdout
    assert "note: web and web-service look alike, and are kept apart" in told.stdout
    assert (
        "web               replicas  4 (written: graph.json)  1 (declared: compose.yaml (service web))" in told.stdout
    )
    assert 'fermata: graph.json: entry 2 of "edges" has no "from"' in told.stderr
    assert "sesame" not in told.output


def test_graph_is_printed_for_machines_and_read_again(run, tmp_path):
    """What `--json` prints is a graph.json with the source of every fact."""
    told = run("graph", "--compose", "compose.yaml", "--json")

    document = json.loads(told.stdout)
    (tmp_path / "made.json").write_text(told.stdout)
    planned = run("plan", "--graph", "made.json", "--json")
    assert document["services"][0]["sources"]["replicas"]["basis"] == "declared"
    assert "sesame" not in told.stdout
    assert {item["target"] for item in json.loads(planned.stdout)} >= {"cart->cart-db"}
    assert planned.stderr == "fermata: rules alone: no model is configured\n"


def test_drawing_is_written_to_a_file(run, tmp_path):
    """And a file that cannot be written is refused."""
    told = run("graph", "--compose", "compose.yaml", "--svg", "graph.svg")

    assert told.stdout == "3 services and 3 calls are drawn in graph.svg\n"
    assert ET.parse(tmp_path / "graph.svg").getroot().tag.endswith("svg")  # noqa: S314 - our own drawing
    assert isinstance(run("graph", "--compose", "compose.yaml", "--svg", "no/such.svg").exception, UserError)


def test_plan_takes_the_same_sources(run):
    """They are merged first."""
    told = run("plan", "--compose", "compose.yaml", "--graph", "graph.json", "--json")

    assert {item["target"] for item in json.loads(told.stdout)} >= {"cart->cart-db", "web->cart"}


def test_nothing_asked_for_is_refused(run):
    """With where to read on."""
    assert isinstance(run("graph").exception, UserError)
    assert isinstance(run("plan").exception, UserError)


def test_many_problems_are_cut(run, tmp_path):
    """The first twenty, and how many more."""
    folder = tmp_path / "k8s"
    folder.mkdir()
    for number in range(25):
        (folder / f"{number:02}.yaml").write_text("a: [")

    told = run("graph", "--compose", "compose.yaml", "--manifests", "k8s")

    assert told.stderr.count("\n") == 21
    assert "fermata: 6 more could not be used" in told.stderr


def test_live_asks_the_systems_of_the_settings(run, tmp_path, monkeypatch):
    """Without one that knows a graph it says so."""
    monkeypatch.setenv("FERMATA_CONFIG", str(tmp_path / "fermata.yaml"))
    (tmp_path / "fermata.yaml").write_text(f"state_dir: {tmp_path / 'state'}\n")

    told = run("graph", "--live")

    assert isinstance(told.exception, UserError)
    assert "No configured system knows a service graph" in str(told.exception)
    assert isinstance(run("plan", "--live").exception, UserError)

    (tmp_path / "fermata.yaml").write_text(f"state_dir: {tmp_path / 'state'}\ntopology: [[web, redis]]\n")

    assert "-> redis" in run("graph", "--live").stdout
    assert "cache hard dependency" in run("plan", "--live", "--offline").stdout
