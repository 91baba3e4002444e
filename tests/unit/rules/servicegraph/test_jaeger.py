"""Jaeger's summary of who calls whom."""

from fermata.rules.servicegraph.jaeger import read_dependencies


def test_pairs_and_counts_are_read():
    """With the window that was asked for they are rates."""
    document = {"data": [{"parent": "web", "child": "Cart", "callCount": 60}, {"parent": "web", "child": "db"}]}

    (first, second) = read_dependencies(document, source="d.json", window_s=60).edges

    assert {key: fact.value for key, fact in first.facts.items()} == {"calls_seen": 60, "rate_rps": 1.0}
    assert (first.callee, second.facts) == ("cart", {})


def test_list_without_a_window_has_no_rates():
    """A count over an unknown time is none."""
    (edge,) = read_dependencies([{"parent": "a", "child": "b", "callCount": 7}], source="d.json").edges

    assert "rate_rps" not in edge.facts


def test_entries_that_name_no_pair_are_counted():
    """A service that calls itself and telemetry are left out without a word."""
    items = [{"parent": "a"}, {"child": "a"}, {"parent": "a", "child": "a"}, {"parent": "a", "child": "jaeger"},
             {"parent": "a", "child": "b", "callCount": True}]  # fmt: skip

    graph = read_dependencies(items, source="d.json")

    assert graph.problems == ["2 entries without a parent or a child"]
    assert [edge.facts for edge in graph.edges] == [{}]


def test_anything_else_is_no_answer_of_jaeger():
    """And it is said."""
    assert "it holds no dependencies" in read_dependencies({"data": "x"}, source="d.json").problems[0]
