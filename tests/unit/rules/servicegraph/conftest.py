"""Graphs put together from a few words."""

import pytest

from fermata.rules.servicegraph.merging import merge
from fermata.rules.servicegraph.partial import Basis, PartialGraph


class Part(PartialGraph):
    """A partial graph that is written down in one go."""

    def __init__(self, basis, calls="", nodes=(), *, source=""):
        super().__init__(source or basis, Basis(basis))
        for name in nodes:
            self.add_node(name)
        for call in calls.split():
            caller, _, callee = call.partition(">")
            self.add_edge(caller, callee, why="test")


@pytest.fixture
def part():
    """Give what makes one source: its basis, calls as `a>b`, and defined nodes."""
    return Part


@pytest.fixture
def merged(part):
    """Give what makes a merged graph of calls, with facts of nodes and calls."""

    def make(calls, nodes=(), facts=None, *, basis="declared"):
        graph = part(basis, calls, nodes)
        for name, told in (facts or {}).items():
            if ">" in name:
                edge = next(edge for edge in graph.edges if f"{edge.caller}>{edge.callee}" == name)
                edge.facts.update({key: _fact(value, basis) for key, value in told.items()})
            else:
                graph.add_node(name, **told)
        return merge([graph])

    return make


def _fact(value, basis):
    from fermata.rules.servicegraph.partial import Fact

    return Fact(value, Basis(basis), basis)
