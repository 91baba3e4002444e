"""What one source says: kept with where it was said, and bounded."""

import pytest

from fermata.rules.servicegraph import partial
from fermata.rules.servicegraph.partial import Basis, PartialGraph, text_of


@pytest.fixture
def graph():
    """Give an empty graph of manifests."""
    return PartialGraph("k8s/", Basis.DECLARED)


def test_first_fact_stays_and_nothing_is_no_fact(graph):
    """What is `None` is not said; a second value of one source does not replace the first."""
    graph.add_node("cart", source="cart.yaml", replicas=2, kind=None)
    node = graph.add_node("cart", replicas=3)

    assert node.facts == {"replicas": partial.Fact(2, Basis.DECLARED, "cart.yaml")}


def test_ends_of_a_call_are_nodes_that_nobody_defined(graph):
    """A name at an edge alone is told from a service that the source has."""
    graph.add_node("web")
    graph.add_edge("web", "cart", why="CART_ADDR", protocol="http", mode=None)

    assert graph.nodes["web"].is_defined
    assert not graph.nodes["cart"].is_defined
    assert graph.edges[0].facts == {"protocol": partial.Fact("http", Basis.DECLARED, "k8s/")}
    assert graph.add_node("cart").is_defined


def test_more_calls_than_a_system_has_are_dropped_and_said_once(graph, monkeypatch):
    """A scan of something else must not fill the memory."""
    monkeypatch.setattr(partial, "MOST_EDGES", 2)

    for number in range(5):
        graph.add_edge("web", f"s{number}")

    assert len(graph.edges) == 2
    assert graph.problems == ["only the first 2 calls are read"]


def test_guess_never_replaces_what_is_said(graph):
    """A guess fills a gap, and no gap stays none."""
    graph.add_node("db", kind="db")
    graph.add_node("web")
    graph.guess("db", "kind", "cache", "its image")
    graph.guess("web", "kind", None, "its image")
    graph.guess("web", "kind", "gateway", "its image")

    assert graph.nodes["db"].facts["kind"].value == "db"
    assert graph.nodes["web"].facts["kind"].basis is Basis.GUESSED


def test_values_of_other_types_are_passed_over():
    """What strangers wrote may be anything anywhere."""
    value = {"a": {"b": [1, {"c": 2}], "name": " x ", "port": 80, "on": True}}

    assert text_of(value, "a", "name") == "x"
    assert text_of(value, "a", "port") == "80"
    assert text_of(value, "a", "on") == ""
    assert text_of(value, "a", "b") == ""
