"""Hosts come out of settings, and nothing else does."""

import pytest

from fermata.rules.servicegraph.configured import (
    MOST_TEXT,
    Named,
    Place,
    expand,
    find_named,
    guess_stranger,
    name_words,
)

PLACE = Place({"cart", "db", "redis"}, "shop", {"shop"})


def hosts(key, value, *, are_files=False):
    """Give the names that one setting leads to."""
    return [named.host for named in find_named([(key, value)], PLACE, are_files=are_files)]


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("CART_ADDR", "cart:7070", ["cart"]),
        ("CART_SERVICE_HOST", "cart", ["cart"]),
        ("URLS", "http://cart/x,redis://redis.shop.svc:6379/0", ["cart", "redis"]),
        ("", "--backend=http://cart:80", ["cart"]),
        ("DB", "Server=db;Username=sa;Password=x", ["db"]),
        ("DSN", "host=db user=me password=pw", ["db"]),
        ("DSN", "me:pw@tcp(db:3306)/shop", ["db"]),
        ("PAY_URL", "https://api.stripe.com/v1", ["api.stripe.com"]),
        ("MAIL_HOST", "smtp.mailer.net", ["smtp.mailer.net"]),
        ("LEGACY_HOST", "mainframe", ["mainframe"]),
        ("KAFKA_BROKERS", "kafka-0.kafka:9092,kafka-1.kafka:9092", ["kafka"]),
        ("KAFKA_BOOTSTRAP_SERVERS", "mq:9092", ["mq"]),
        ("DB_HOSTS", "db-0.db.shop.svc.cluster.local:27017,db-1.db:27017", ["db"]),
        ("DOCS_ADDR", "docs:8080", ["docs"]),
        ("CACHE", "keys.cache.svc:6379", ["keys.cache.svc"]),
        ("CACHE", "keys.cache.svc.cluster.local:6379", ["keys.cache.svc.cluster.local"]),
        ("CACHE", "keys.cache:6379", []),
        ("DSN", "me:pw@tcp(mysql:3306)/shop", ["mysql"]),
        ("PG", "host=pg port=5432 dbname=shop", ["pg"]),
        ("PG", "host=pg mode=fast", []),
        ("--brokers", "--brokers=kafka:9092", ["kafka"]),
        ("--server", "standalone", []),
        ("LEVEL", "info", []),
        ("CART_ADDR", "", []),
    ],
)
def test_hosts_are_found_in_every_usual_form(key, value, found):
    """Addresses, URLs, arguments and connection strings."""
    assert hosts(key, value) == found


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://cart:4317"),
        ("DOCS_URL", "https://www.example.com/help"),
        ("DOCS_LINK", "https://docs.acme.io/help"),
        ("LOGO_URL", "https://cdn.acme.io/logo.svg"),
        ("PRIVACY_POLICY_URL", "https://acme.io/privacy"),
        ("SCHEMA", "http://www.w3.org/2001/XMLSchema"),
        ("PEER_ADDR", "http://10.0.0.7:80"),
        ("ADMIN_PASSWORD", "hunter:12345"),
        ("RATIO", "half:30"),
        ("FILE_URL", "https://archive.tar.gz2"),
    ],
)
def test_what_is_no_call_makes_no_node(key, value):
    """Telemetry, examples, pages for people, addresses without a name, and values of secrets."""
    assert hosts(key, value) == []


@pytest.mark.parametrize(
    "value",
    [
        "postgres://sesame:opensesame@db/shop",
        "postgres://sesame:open/sesame@db/shop",
        "postgres://sesame:12345@db/shop",
        "postgres://sesame:@db/shop",
        "sesame:12345@tcp(db:3306)/shop",
        "amqp://sesame:op en@db",
    ],
)
def test_user_and_password_never_become_a_host(value):
    """Whatever stands in a password, only the host behind it is read."""
    found = hosts("DATABASE_URL", value)

    assert not any("sesame" in host or "open" in host for host in found)


def test_file_names_only_services_that_are_there():
    """Files name much that is no call."""
    text = "upstream http://cart:80;\n# see https://nginx.org/docs and http://nobody:80"

    assert hosts("conf/nginx.conf", text, are_files=True) == ["cart"]


def test_each_host_is_named_once_with_its_protocol():
    """The scheme before it, without what a driver adds."""
    settings = [("DB_URL", "jdbc:postgresql://db:5432/x"), ("DB_HOST", "db"), ("Q", "mongodb+srv://redis/x")]

    named = find_named(settings, PLACE)

    assert [(each.host, each.key, each.protocol) for each in named] == [
        ("db", "DB_URL", "postgresql"),
        ("redis", "Q", "mongodb"),
    ]


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("http://${HOST}:${PORT:-80}/", "http://cart:80/"),
        ("$HOST $(HOST) ${HOST?must be set}", "cart cart cart"),
        ("${NONE}x${NONE-y}", "xy"),
        ("${TWICE}", "cart"),
        ("$$", "$$"),
    ],
)
def test_variables_are_put_in(text, expanded):
    """As compose and Kubernetes write them, one inside another too."""
    assert expand(text, {"HOST": "cart", "TWICE": "$HOST"}) == expanded


def test_words_of_a_command_have_the_option_before_them():
    """In one word or in two; an option without a value is nobody's."""
    words = ["serve", "--brokers=kafka:9092", "--db", "db:5432", "-v", "--quiet", "x", "sh -c --a=b"]

    assert name_words(words) == [
        ("", "serve"),
        ("--brokers", "--brokers=kafka:9092"),
        ("", "--db"),
        ("--db", "db:5432"),
        ("", "-v"),
        ("", "--quiet"),
        ("--quiet", "x"),
        ("", "sh -c --a=b"),
    ]


@pytest.mark.parametrize(
    ("host", "protocol", "kind", "why"),
    [
        ("api.stripe.com", "https", "external", "api.stripe.com is defined nowhere here"),
        ("store", "redis", "cache", "protocol redis"),
        ("kafka", "", "queue", "its name"),
        ("redis.cache.svc.cluster.local", "", "cache", "its name"),
        ("store.cache.svc", "redis", "cache", "protocol redis"),
        ("mainframe", "http", None, "its name"),
    ],
)
def test_stranger_is_what_its_domain_its_protocol_or_its_name_says(host, protocol, kind, why):
    """Somebody else's only with a domain: a bare name runs in the same place."""
    assert guess_stranger(Named(host, "KEY", protocol, is_known=False)) == (kind, why)


def test_ring_of_variables_ends():
    """Neither a ring nor growth goes on for ever."""
    assert expand("$A", {"A": "$B", "B": "$A"}) in {"$A", "$B"}
    assert len(expand("$A", {"A": "$A$A" * 100})) <= 200 * MOST_TEXT


FRONTS = Place({"cart", "db"}, "shop", {"shop", "data"}, fronts={"orders-db", "orders-db.data"})


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"PROD_DB": "orders-db:5432"}, ["orders-db"]),
        ({"PROD_DB": "orders-db.data:5432"}, ["orders-db.data"]),
        ({"PROD_DB": "orders-db"}, []),  # A word alone may be anything's name.
        ({"PROD_DB": "other-db:5432"}, []),
        ({"PROD_DB_PASSWORD": "orders-db:5432"}, []),
        ({"CACHE": "cart", "CACHE_PORT": "6379"}, ["cart"]),
        ({"CACHE": "cart", "CACHE_PORT": "none"}, []),
        ({"CACHE": "cart", "OTHER_PORT": "6379"}, []),
        ({"CACHE": "carts", "CACHE_PORT": "6379"}, []),
        ({"DB_USER": "db", "DB_PORT": "5432"}, []),
        ({"PGHOST": "db"}, ["db"]),
        ({"mysqlhost": "db"}, ["db"]),
        ({"PGHOST": "elsewhere"}, []),
        ({"GHOST": "two words"}, []),
        ({"REDIS_HOST": "db", "REDIS_PORT": "6379"}, ["db"]),
    ],
)
def test_address_without_a_scheme_is_a_call_where_its_host_is_known(settings, found):
    """Its setting need not say that it is one; where nothing of that name is there, it is none."""
    assert [named.host for named in find_named(settings.items(), FRONTS)] == found


def test_files_make_no_call_to_what_no_workload_is_behind():
    """They name much that nobody calls."""
    assert find_named([("app/conf", "db = orders-db:5432")], FRONTS, are_files=True) == []
