"""Who calls whom."""

from fermata.rules.metrics.callgraph import CallGraph

SHOP = CallGraph.build(
    [("web", "cart"), ("web", "mail"), ("cart", "db"), ("db", "db"), ("cart", "web")], asynchronous=[("web", "mail")]
)


def test_neighbours_are_known_both_ways():
    """A call of a node to itself explains nothing and is dropped."""
    assert SHOP.callees == {"web": ("cart", "mail"), "cart": ("db", "web")}
    assert SHOP.callers["web"] == ("cart",)
    assert "db" not in SHOP.callees


def test_reach_goes_down_only_and_survives_cycles():
    """A node reaches itself and what it calls; an unknown one only itself."""
    assert SHOP.list_reachable("cart") == {"cart", "db", "web", "mail"}
    assert SHOP.list_reachable("db") == {"db"}
    assert SHOP.list_reachable("elsewhere") == {"elsewhere"}


def test_nobody_waits_over_an_asynchronous_edge():
    """Nor where there is no edge."""
    assert [SHOP.waits(*edge) for edge in (("web", "cart"), ("web", "mail"), ("db", "web"))] == [True, False, False]
