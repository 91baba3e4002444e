"""The words of a drawing."""

import pytest

from fermata.rules.servicegraph.wording import describe_edge, describe_node, format_number


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"kind": "db", "replicas": 1, "persistent_storage": False}, "db x1, no volume"),
        (
            {"kind": "app", "replicas": 2, "readiness_probe": False, "persistent_storage": False},
            "app x2, no readiness probe",
        ),
        ({}, ""),
    ],
)
def test_service_is_told_by_what_it_lacks(merged, facts, words):
    """A volume is missed only where state is kept."""
    assert describe_node(merged("", facts={"a": facts}).nodes[0]) == words


def test_end_of_a_call_alone_is_said_to_be_so(merged):
    """Nobody defines it."""
    assert describe_node(merged("a>b", ["a"]).nodes[1]) == "not defined here"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"rate_rps": 12.0, "latency_ms": 4.125, "error_share": 0.01}, "12/s, 4.12 ms, 1% errors"),
        ({"code.timeout_ms": 300, "code.retries": 2, "code.pool_max": 8}, "timeout 300 ms, 2 retries, pool 8"),
        ({"code.timeout_ms": 0, "mode": "async"}, "no timeout, async"),
        ({"rate_rps": "much", "latency_ms": True}, ""),
    ],
)
def test_call_is_told_by_its_numbers(merged, facts, words):
    """What nobody says is left out."""
    assert describe_edge(merged("a>b", facts={"a>b": facts}).edges[0]) == words


def test_numbers_have_three_digits_that_count():
    """And no exponent where people read them."""
    assert [format_number(value) for value in (0.01234, 4.1, 12345.6)] == ["0.0123", "4.1", "12346"]
