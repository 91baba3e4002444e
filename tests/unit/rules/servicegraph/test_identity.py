"""Two nodes are one only when something says so."""

import pytest

from fermata.rules.servicegraph.identity import identify


def names(*parts):
    """Give the merged name of every node, by source."""
    found = identify(parts).names
    return [{name: found[number, name] for name in part.nodes} for number, part in enumerate(parts)]


@pytest.mark.parametrize(
    ("first", "second"),
    [("cart", "cart"), ("cart-service", "cartservice"), ("Cart Service", "cart-service"), ("cart", "cart.shop")],
)
def test_same_letters_are_the_same_service(part, first, second):
    """Case, separators and a namespace behind it say nothing; the first source names it."""
    declared, measured = names(part("declared", nodes=[first]), part("measured", nodes=[second]))

    assert declared[first] == measured[second]


def test_word_more_is_another_service(part):
    """It is named as alike, and kept apart."""
    parts = [part("declared", nodes=["cart", "web"]), part("measured", nodes=["cart-service", "web"])]

    found = identify(parts)

    assert found.names[1, "cart-service"] == "cart-service"
    assert found.lookalikes == [("cart", "cart-service")]


def test_other_name_joins_in_either_order(part):
    """A Deployment says what its Service is called, or its telemetry."""
    first, second = part("declared", nodes=["cart"]), part("measured", nodes=["cart-v1"])
    first.nodes["cart"].aliases = frozenset({"cart-v1"})

    assert names(first, second)[1] == {"cart-v1": "cart"}
    assert names(second, first)[1] == {"cart": "cart-v1"}


def test_name_that_two_claim_is_nobody_s(part):
    """A label that all workloads share tells none from another."""
    first, second = part("declared", nodes=["a", "b"]), part("measured", nodes=["shop"])
    for node in first.nodes.values():
        node.aliases = frozenset({"shop"})

    assert names(first, second)[1] == {"shop": "shop"}
    assert names(second, first)[1] == {"a": "a", "b": "b"}


def test_name_that_two_sources_claim_is_nobody_s(part):
    """Each by itself is sure; together they are not."""
    one, two, three = part("declared", nodes=["a"]), part("live", nodes=["b"]), part("measured", nodes=["x"])
    one.nodes["a"].aliases = two.nodes["b"].aliases = frozenset({"x"})

    assert names(one, two, three)[2] == {"x": "x"}


def test_what_one_source_tells_apart_stays_apart(part):
    """Even where names or other names are equal but for separators."""
    both = part("measured", nodes=["cart-service", "cartservice"])
    alias = part("declared", nodes=["cart", "cartservice"])
    alias.nodes["cart"].aliases = frozenset({"cartservice"})

    assert names(both)[0] == {"cart-service": "cart-service", "cartservice": "cartservice"}
    assert names(both, alias)[1] == {"cart": "cart", "cartservice": "cartservice"}


def test_bare_end_of_a_call_joins_what_the_same_source_has(part):
    """A host name may be the service's other form, and is no service of its own."""
    traces = part("measured", "web>redis.shop", nodes=["redis"])

    assert names(traces)[0]["redis.shop"] == "redis"


def test_namespace_of_another_service_keeps_them_apart(part):
    """`db.blog` is not the `db` of `shop`."""
    first = part("declared", nodes=["db"])
    first.nodes["db"].namespace = "shop"

    assert names(first, part("measured", nodes=["db.blog", "db.shop"]))[1] == {"db.blog": "db.blog", "db.shop": "db"}


@pytest.mark.parametrize("namespace", ["", "shop"])
def test_domain_of_the_world_is_not_our_service_of_its_first_word(part, namespace):
    """`api.stripe.com` is no `api`, whether one source names both or two do, and wherever ours runs."""
    both = part("written", "pay>api.stripe.com", nodes=["api"])
    both.nodes["api"].namespace = namespace
    other = part("measured", "pay>api.stripe.com", nodes=["pay"])

    assert names(both)[0]["api.stripe.com"] == "api.stripe.com"
    assert names(part("declared", nodes=["api"]), other)[1]["api.stripe.com"] == "api.stripe.com"


def test_cluster_s_own_domain_may_be_any(part):
    """`svc` says that the namespace stands before it."""
    first = part("declared", nodes=["db"])
    first.nodes["db"].namespace = "shop"

    found = names(first, part("measured", "web>db.shop.svc.corp.example.com", nodes=["web"]))

    assert found[1]["db.shop.svc.corp.example.com"] == "db"


def test_other_names_are_kept(part):
    """For whoever searches by them."""
    first, second = part("declared", nodes=["cart-service"]), part("measured", nodes=["CartService"])
    first.nodes["cart-service"].aliases = frozenset({"Cart V1"})

    assert identify([first, second]).aliases["cart-service"] == {"cart-v1", "cartservice"}


def test_service_with_another_s_other_name_stays_apart_in_one_source(part):
    """Whoever has both means two."""
    one = part("declared", nodes=["cart", "cart-v1"])
    one.nodes["cart"].aliases = frozenset({"cart-v1"})

    assert names(one)[0] == {"cart": "cart", "cart-v1": "cart-v1"}
