"""Calls that the settings tell of."""

from fermata.domain.service_graph import ServiceKind
from fermata.rules.servicegraph.merging import merge
from fermata.rules.servicegraph.told import guess_told_kind, read_told


def test_names_of_the_pairs_say_what_they_are():
    """A product's name is a kind, a domain of the world's is somebody else's, and a word is nothing."""
    merged = merge([read_told([("Web", "redis"), ("web", "api.stripe.com"), ("web", "cart")], "settings")])

    assert {node.name: (node.kind, node.is_defined) for node in merged.nodes} == {
        "web": ("", True),
        "redis": ("cache", True),
        "api.stripe.com": ("external", False),
        "cart": ("", True),
    }
    assert [(edge.caller, edge.callee) for edge in merged.edges] == [
        ("web", "redis"),
        ("web", "api.stripe.com"),
        ("web", "cart"),
    ]


def test_pair_without_a_name_is_passed_over():
    """Nobody calls nothing."""
    assert not read_told([("web", ""), (" ", "cart")], "settings").nodes


def test_what_says_nothing_is_an_application():
    """Where a kind is wanted."""
    names = ("postgres", "api.stripe.com", "cart")
    assert [guess_told_kind(name) for name in names] == [ServiceKind.DB, ServiceKind.EXTERNAL, ServiceKind.APP]
