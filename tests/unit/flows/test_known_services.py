"""Which service is meant by a name with a slip in it."""

import pytest
from tests.unit.flows.stage import make_alert

from fermata.flows.known_services import choose_near, find_near_service
from fermata.rules.servicegraph.merging import MergedGraph, MergedNode

KNOWN = ("checkout", "cart", "payment-api", "Ledger")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("chekout", "checkout"),
        ("checkoutt", "checkout"),
        ("payment_api", "payment-api"),
        ("ledgr", "Ledger"),
        ("checkout", ""),
        ("ledger", ""),
        ("card-api", ""),
        ("search", ""),
        ("", ""),
    ],
)
def test_name_with_a_slip_in_it_is_near_to_the_one_that_was_meant(name, near):
    """One that is known, however it is written, and one that is another name, is near to none."""
    assert choose_near(name, KNOWN) == near


class Graphs:
    """A graph of the systems, or what asking for it comes to."""

    def __init__(self, answer):
        self.answer, self.asked = answer, 0

    async def read(self):
        """Give it."""
        self.asked += 1
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


GRAPH = MergedGraph(nodes=(MergedNode("checkout", {}, aliases=("shop-front",)),), edges=())


@pytest.mark.parametrize(("name", "near"), [("chekout", "checkout"), ("shop-frnt", "shop-front"), ("checkout", "")])
async def test_service_of_the_graph_is_known(stage, name, near):
    """By each of its names."""
    assert await find_near_service(name, (), stage.house.readings, Graphs(GRAPH), but="FermataTest") == near


@pytest.mark.parametrize("answer", [None, TimeoutError()])
async def test_graph_that_is_not_told_costs_no_more_than_the_hint(stage, answer):
    """No system knows one, or it did not answer in time."""
    assert await find_near_service("chekout", (), stage.house.readings, Graphs(answer), but="FermataTest") == ""


async def test_service_of_settings_and_incidents_is_known_without_asking_anybody(stage):
    """What this very command opened makes no name known: the slip would be known the second time."""
    graphs = Graphs(GRAPH)
    await stage.send(make_alert("BillingDown", "billing"), make_alert("FermataTest", "chekout"))
    ask = stage.house.readings

    assert await find_near_service("biling", (), ask, graphs, but="FermataTest") == "billing"
    assert await find_near_service("chekout", ["checkout"], ask, Graphs(None), but="FermataTest") == "checkout"
    assert await find_near_service("checkout", ["checkout"], ask, graphs, but="FermataTest") == ""
    assert graphs.asked == 1
