"""A store that is named by what it is becomes the one that its user is configured for."""

import pytest

from fermata.rules.servicegraph.merging import Standing, merge
from fermata.rules.servicegraph.partial import Basis, Fact


@pytest.fixture
def shop(part):
    """Give what merges measured calls with declared ones; stores of the declared have their kinds."""

    def make(measured, declared, stores, *, protocols=None, own=()):
        seen = part("measured", measured, own)
        for edge in seen.edges:
            name = (protocols or {}).get(edge.callee, edge.callee if edge.callee in NAMELESS else edge.caller)
            edge.facts |= {"protocol": Fact(name, Basis.MEASURED, "t"), "rate_rps": Fact(3.0, Basis.MEASURED, "t")}
            if "kafka" in name:
                edge.facts["mode"] = Fact("async", Basis.MEASURED, "t")
        said = part("declared", declared, stores)
        for name, kind in stores.items():
            said.nodes[name].facts["kind"] = Fact(kind, Basis.GUESSED, "image")
        graph = merge([said, seen])
        return {f"{edge.caller}>{edge.callee}": edge for edge in graph.edges}, {node.name for node in graph.nodes}

    return make


NAMELESS = {"postgresql", "kafka", "redis"}


def test_database_without_a_name_is_the_one_that_is_declared(shop):
    """Each user's own; the nameless one is none of the system."""
    edges, nodes = shop(
        "orders>postgresql users>postgresql", "orders>orders-db users>users-db",
        {"orders-db": "db", "users-db": "db", "orders": "app", "users": "app"},
    )  # fmt: skip

    assert {name: edge.standing for name, edge in edges.items()} == {
        "orders>orders-db": Standing.CONFIRMED,
        "users>users-db": Standing.CONFIRMED,
    }
    assert edges["orders>orders-db"].facts["rate_rps"].value == 3.0
    assert "postgresql" not in nodes


def test_broker_without_a_name_is_the_one_of_both_ends(shop):
    """To it and from it; who takes is configured for it, and does not send there."""
    edges, nodes = shop("orders>kafka kafka>mailer", "orders>bus mailer>bus", {"bus": "queue"})

    assert set(edges) == {"orders>bus", "bus>mailer"}
    assert nodes == {"orders", "bus", "mailer"}


@pytest.mark.parametrize(
    ("measured", "declared", "stores", "more"),
    [
        ("orders>postgresql", "orders>one orders>two", {"one": "db", "two": "db"}, {}),
        ("orders>postgresql", "orders>cart-cache", {"cart-cache": "cache"}, {}),
        ("orders>postgresql orders>db", "orders>db", {"db": "db"}, {}),
        ("orders>postgresql", "orders>db", {"db": "db"}, {"own": ("postgresql",)}),
        ("orders>postgresql", "orders>db", {"db": "db"}, {"protocols": {"postgresql": "mysql"}}),
        ("orders>ledger", "orders>db", {"db": "db"}, {"protocols": {"ledger": "ledger"}}),
    ],
)
def test_call_stays_where_it_may_be_another(shop, measured, declared, stores, more):
    """Two that it may be, none of the kind, one that is measured itself, a service of that name, a name that is one."""
    edges, _ = shop(measured, declared, stores, **more)

    assert set(edges) == {*measured.split(), *declared.split()}
