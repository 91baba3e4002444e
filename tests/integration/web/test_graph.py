"""The page of the service graph."""

import pytest

from fermata.rules.servicegraph.merging import merge
from fermata.rules.servicegraph.partial import Basis, PartialGraph


class Graphs:
    """The house's graph: a fixed one, or none."""

    def __init__(self, graph):
        self.graph = graph

    async def read(self):
        """Give it."""
        return self.graph


@pytest.fixture
def graph():
    """Give a graph of two sources that disagree, with a name that means harm."""
    one, two = PartialGraph("k8s", Basis.LIVE), PartialGraph("prometheus", Basis.MEASURED)
    one.add_node("web", replicas=2)
    two.add_node("web", replicas=1)
    one.add_edge("web", "<script>alert(1)</script>")
    two.add_edge("web", "cart", rate_rps=12.0)
    two.problems.append("istio.rate: it was refused")
    return merge([one, two])


async def test_graph_is_drawn_and_told(ada, house, graph):
    """A picture, every call in words, what failed, and what sources disagree on."""
    house.graphs = Graphs(graph)

    page = (await ada.get("/graph")).text
    picture = await ada.get("/graph.svg")

    assert "2 calls" in page
    assert '<img src="/graph.svg"' in page
    assert "<td>12/s, not declared</td>" in page
    assert "istio.rate: it was refused" in page
    assert "replicas is 1 (prometheus); not kept: 2 (k8s)" in page
    assert "<script>alert" not in page
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert "<script" not in picture.text


async def test_long_lists_are_cut(ada, house):
    """The command has them all."""
    part = PartialGraph("k8s", Basis.LIVE)
    for number in range(502):
        part.add_edge("web", f"s{number}")
    house.graphs = Graphs(merge([part]))

    assert "2 more are not shown" in (await ada.get("/graph")).text


async def test_house_without_a_graph_says_what_to_add(ada, house):
    """The picture is not there."""
    house.graphs = Graphs(None)

    assert "No configured system knows a service graph" in (await ada.get("/graph")).text
    assert (await ada.get("/graph.svg")).status_code == 404


@pytest.mark.parametrize("path", ["/graph", "/graph.svg"])
async def test_stranger_sees_nothing(client, house, graph, path):
    """The graph tells how a system is built."""
    house.graphs = Graphs(graph)

    answer = await client.get(path)

    assert answer.status_code in {303, 401}
    assert "cart" not in answer.text
