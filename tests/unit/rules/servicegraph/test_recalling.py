"""What is kept of a graph, and the part of it that an incident is shown."""

import pytest

from fermata.rules.servicegraph.merging import merge
from fermata.rules.servicegraph.partial import Basis, PartialGraph
from fermata.rules.servicegraph.recalling import add_told, condense_graph, list_callees, list_sharing, recall


@pytest.fixture
def kept():
    """Give what is kept of web -> cart -> redis, cart -> mail without waiting, and a pair that is by itself."""
    live = PartialGraph("docker", Basis.LIVE)
    for name in ("web", "cart", "redis", "mail", "report", "lake"):
        live.add_node(name)
    live.guess("redis", "kind", "cache", "image redis")
    live.add_edge("web", "cart")
    live.add_edge("cart", "redis")
    live.add_edge("cart", "mail", mode="async")
    live.add_edge("report", "lake")
    return condense_graph(merge([live]))


def _list(recalled):
    return [f"{call['from']}->{call['to']} {call['mode']}".rstrip() for call in recalled.calls]


def test_calls_around_a_service_are_told_nearest_first(kept):
    """Both ways, as far as calls lead; what has no part in it is counted."""
    found = recall(kept, {"web"})

    assert _list(found) == ["web->cart", "cart->mail async", "cart->redis"]
    assert {"name": "redis", "kind": "cache"} in found.services
    assert [service["name"] for service in found.services] == ["web", "cart", "mail", "redis"]
    assert found.left_out == 1


def test_graph_that_does_not_know_the_service_tells_nothing(kept):
    """Whom an unknown service calls is not nobody: it is not known."""
    found = recall(kept, {"billing"})

    assert (found.services, found.calls) == ((), ())


def test_many_calls_are_cut_to_the_nearest(kept):
    """A large system has more than a person or a model can read."""
    found = recall(kept, {"redis"}, most=1)

    assert _list(found) == ["cart->redis"]
    assert found.left_out == 3


def test_service_is_called_as_it_is_asked_for(kept):
    """A Deployment and the Service before it are one thing of two names: the alert knows one of them."""
    cart = next(node for node in kept["services"] if node["name"] == "cart")
    cart["aliases"] = ["cart-v2"]

    assert "web->cart-v2" in _list(recall(kept, {"cart-v2"}))
    assert "web->cart" in _list(recall(kept, {"web"}))


def test_service_without_calls_is_known(kept):
    """It is in the graph, and nobody calls it."""
    kept["edges"] = []

    found = recall(kept, {"web"})

    assert found.services == ({"name": "web", "kind": ""},)


def test_call_that_was_never_seen_is_not_kept():
    """Declared, while its caller is measured and does not make it: nobody knows that it happens."""
    measured, live = PartialGraph("prometheus", Basis.MEASURED), PartialGraph("kubernetes", Basis.LIVE)
    measured.add_edge("web", "cart", rate_rps=2.0)
    for name in ("web", "cart", "old"):
        live.add_node(name)
    live.add_edge("web", "cart")
    live.add_edge("web", "old")

    kept = condense_graph(merge([measured, live]))

    assert [edge["to"] for edge in kept["edges"]] == ["cart"]
    assert kept["sources"] == ["kubernetes", "prometheus"]


def test_services_that_use_the_same_queue_or_store_are_beside_each_other():
    """A message that its sender writes otherwise breaks who takes it, and neither calls the other."""
    live = PartialGraph("docker", Basis.LIVE)
    for name, kind in (("orders", "app"), ("mailer", "worker"), ("quotes", "app"), ("web", "app")):
        live.add_node(name)
        live.guess(name, "kind", kind, "image")
    for name, kind in (("broker", "queue"), ("cache", "cache"), ("db", "db")):
        live.add_node(name)
        live.guess(name, "kind", kind, "image")
    for caller, callee in (
        ("orders", "broker"), ("mailer", "broker"), ("mailer", "cache"), ("quotes", "cache"), ("web", "db"),
        ("cache", "db"), ("web", "orders"),
    ):  # fmt: skip
        live.add_edge(caller, callee)
    graph = condense_graph(merge([live]))

    assert list_sharing(graph, {"mailer"}) == ("orders", "quotes")
    assert list_sharing(graph, {"billing"}) == ()


def test_calls_that_somebody_wrote_down_are_added(kept):
    """What measures may not see them all; what it says of a call it does see stays."""
    told = add_told(kept, [("cart", "mail"), ("web", "lake"), ("web", "shelf")], "settings")

    found = recall(told, {"web"})

    assert _list(found) == ["web->cart", "web->lake", "web->shelf", "cart->mail async", "cart->redis", "report->lake"]
    assert {"name": "shelf", "kind": "app"} in found.services
    assert told["sources"] == ["docker", "settings"]
    assert add_told(kept, [("web", "cart")], "settings") == kept
    assert add_told(kept, [("web", "kafka")], "settings")["services"][-1]["kind"] == "queue"


def test_told_call_by_another_name_is_of_the_same_service(kept):
    """A service has one name in a graph, however its caller is called where it was written down."""
    node = next(node for node in kept["services"] if node["name"] == "cart")
    node["aliases"] = ["cart-service"]

    assert add_told(kept, [("web", "cart-service")], "settings") == kept


def test_callees_are_those_called_from_here(kept):
    """By any name of the caller, with each name of theirs; who calls, or is called further on, is none."""
    cart = next(node for node in kept["services"] if node["name"] == "cart")
    cart["aliases"] = ["cart-v2"]

    assert list_callees(kept, {"cart-v2"}) == {"redis": ("redis",), "mail": ("mail",)}
    assert list_callees(kept, {"web"}) == {"cart": ("cart", "cart-v2")}
    assert list_callees(kept, {"web", "cart"}) == {"redis": ("redis",), "mail": ("mail",)}
    assert list_callees(kept, {"billing"}) == {}
