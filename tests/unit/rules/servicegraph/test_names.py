"""Names in one form, and no two services made one."""

import pytest

from fermata.rules.servicegraph.names import (
    clean_name,
    find_service_host,
    fold_name,
    is_address,
    is_world_host,
    strip_pod,
    strip_tail,
)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        (" Cart_Service ", "cart-service"),
        ("cart.shop.svc.cluster.local.", "cart.shop"),
        ("cart.shop.svc", "cart.shop"),
        ("api.example.net", "api.example.net"),
    ],
)
def test_name_is_brought_to_one_form(name, clean):
    """Case, spaces and a cluster's own domain say nothing."""
    assert clean_name(name) == clean


def test_folding_keeps_every_letter():
    """Only separators go; the word `service` stays, and is stripped for likeness alone."""
    assert fold_name("cart-service") == fold_name("CartService") == "cartservice"
    assert strip_tail("cart-service") == strip_tail("cart") == "cart"
    assert strip_tail("service") == "service"
    assert fold_name("shard-1-2") != fold_name("shard-12")


@pytest.mark.parametrize(("host", "is_one"), [("10.0.0.1", True), ("fe80::1", True), ("cart", False), ("db1", False)])
def test_address_names_nothing(host, is_one):
    """An address is no name of a service."""
    assert is_address(host) is is_one


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("cart", "cart"),
        ("CART.", "cart"),
        ("cart.shop", "cart"),
        ("cart.shop.svc.cluster.local", "cart"),
        ("mongo-0.mongo.shop", "mongo"),
        ("cart.default", "cart"),
        ("cart.elsewhere.svc", "cart"),
        ("cart.com", None),
        ("www.cart.com", None),
        ("a.b.cart.shop", None),
        ("stripe", None),
    ],
)
def test_host_leads_to_a_service_only_by_the_forms_of_a_cluster(host, found):
    """A domain of the world's is no service, however it begins."""
    assert find_service_host(host, {"cart", "mongo"}, namespace="shop", namespaces={"shop"}) == found


@pytest.mark.parametrize(
    ("host", "service"),
    [
        ("kafka-0.kafka", "kafka"),
        ("Kafka-12.kafka-headless.mq.svc", "kafka-headless.mq.svc"),
        ("data-db-0.data", "data"),
        ("web-1.shop", "web-1.shop"),
        ("kafka.kafka", "kafka.kafka"),
        ("shard-1", "shard-1"),
    ],
)
def test_pod_of_a_stateful_set_is_its_service(host, service):
    """Only where both names begin alike: `shop` may be a namespace, and `web-1` a service of it."""
    assert strip_pod(host) == service


def test_pod_leads_to_a_known_service():
    """Also without a namespace behind it; a stranger's leads nowhere."""
    assert find_service_host("mongo-1.mongo", {"mongo"}) == "mongo"
    assert find_service_host("mongo-1.mongo", {"cart"}) is None


def test_own_namespace_comes_first():
    """A name that two namespaces have is the asker's own."""
    known = {"db.shop", "db.blog", "db"}

    assert find_service_host("db", known, namespace="blog") == "db.blog"
    assert find_service_host("db.shop", known, namespace="blog", namespaces={"shop"}) == "db.shop"


@pytest.mark.parametrize(
    "host", ["api.stripe.com", "API.Stripe.com.", "stripe.com", "hooks.io", "api.eu.mail.dev", "db-1.db.example.org"]
)
def test_domain_of_the_world_is_known_by_its_end(host):
    """Also where its first word is one of our own."""
    assert is_world_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "api",
        "cart.shop",
        "cart.shop.svc",
        "cart.mq.svc.cluster.local",
        "cart.shop.svc.corp.example.com",
        "mongo-0.mongo.shop",
        "cart.prod.internal",
        "redis.service.consul",
        "com.shop.orders",
        "10.0.0.1",
    ],
)
def test_name_inside_is_none_of_the_world(host):
    """A namespace behind it, the cluster's own domain, a domain for private use, a package's name, an address."""
    assert not is_world_host(host)
