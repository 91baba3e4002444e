"""Ranking the services of some files."""

import pytest

from fermata.flows.bundle.metric_rank import rank_files
from fermata.kit.errors import UserError

GRAPH = '{"services": ["web", "cart", 5], "edges": [{"from": "web", "to": "cart"}]}'


@pytest.fixture
def folder(tmp_path):
    """Give a folder with a graph and with metrics of a cart that got slow."""
    rows = [f"{10 * n},{0.5 if n < 20 else 0.9},{0.1 if n < 20 else 0.5}" for n in range(30)]
    (tmp_path / "all.csv").write_text("\n".join(["time,web:latency,cart:latency", *rows]))
    (tmp_path / "notes.txt").write_text("nothing")
    (tmp_path / "graph.json").write_text(GRAPH)
    return tmp_path


def test_slow_callee_is_ranked_first(folder):
    """Files and folders alike; what cannot be used is named."""
    (folder / "broken.json").write_text('{\n"x": }')
    (folder / "odd.csv").write_text("time,db:latency\nsoon,1\n10,2\n")

    ranked = rank_files([folder], folder / "graph.json", target="web", onset=200)

    assert [item.node for item in ranked.ranking.items][:1] == ["cart"]
    assert [warning.removeprefix(str(folder)) for warning in ranked.warnings] == [
        '/graph.json: 1 entries of "services" are no objects',
        "/broken.json:2: it is not JSON: Expecting value (column 6)",
        "/odd.csv: 1 rows without a time, the first on line 2",
    ]


def test_graph_is_not_needed(folder):
    """Each node then speaks for itself."""
    assert rank_files([folder / "all.csv"], None).ranking.items[0].node == "cart"


def test_nothing_usable_is_refused(folder):
    """With the reasons."""
    with pytest.raises(UserError, match="cannot be opened"):
        rank_files([folder / "absent.csv"], None)


def test_graph_that_cannot_be_read_is_refused(folder):
    """Ranking without it would be another answer than the one asked for."""
    with pytest.raises(UserError, match="cannot be used"):
        rank_files([folder], folder / "notes.txt")


def test_unknown_target_is_refused(folder):
    """A typing error must not read as a calm system."""
    with pytest.raises(UserError, match="wbe is not known"):
        rank_files([folder], folder / "graph.json", target="wbe")
