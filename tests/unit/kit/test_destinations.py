"""Where a hidden variable leads."""

import pytest

from fermata.kit.destinations import hide_variable
from fermata.kit.redaction import describe_secret
from fermata.rules.kubernetes.hosts import find_hosts

SECRET = "correct-horse-battery-staple-9"


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("http://catalog:8080/items", "http://catalog:8080"),
        ("https://catalog.shop.svc.cluster.local", "https://catalog.shop.svc.cluster.local"),
        (f"postgres://shop:{SECRET}@db:5432/shop?sslmode=off", "postgres://db:5432"),
        (f"postgresql+asyncpg://shop:a@{SECRET}@db/shop", "postgresql+asyncpg://db"),
        (f"redis://:{SECRET}@cache:6379", "redis://cache:6379"),
        (f"http://catalog?key={SECRET}", "http://catalog"),
        (
            f"mysql://a:{SECRET}@shop.c9akciq32rgw.eu-west-1.rds.example.com",
            "mysql://shop.c9akciq32rgw.eu-west-1.rds.example.com",
        ),
        (f"https://hooks.slack.com/services/T00000000/B00000000/{SECRET}", "https://hooks.slack.com"),
    ],
)
def test_host_and_port_of_a_hidden_url_are_kept(value, place):
    """They are no secret and tell who is called; user, password, path and query are not shown."""
    found = hide_variable("CATALOG_URL", value, ("*_PORT",))

    assert found == f"{describe_secret(value)} at {place}"
    assert SECRET not in found
    assert [host.name for host in find_hosts(found, "CATALOG_URL")] == [place.partition("://")[2].partition(":")[0]]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", "http://catalog:8080"),
        ("DB_URL", f"postgres://shop:a/{SECRET}@db/shop"),
        ("DB_URL", f"postgres://shop:a?{SECRET}@db/shop"),
        ("DB_URL", f"postgres://shop:a {SECRET}@db/shop"),
        ("SEED_URL", f"otpauth://{SECRET}"),
        ("SEED_URL", "https://ghp_0123456789abcdefghijklmnopqrstuvwxyzAB"),
        ("SEED_URL", "https://AKIAIOSFODNN7EXAMPLE/"),
        ("HOOK_URL", "https://k7Jq2Zp9XwLm4Tn8.hooks.example.com/in"),
        ("WORDS", "hello http://catalog"),
        ("WORDS", "hello"),
        ("OTHER_URL", "http://$(HOST):80"),
    ],
)
def test_what_may_hold_a_secret_elsewhere_is_hidden_whole(name, value):
    """What can be read in two ways, is named a secret, or has one in the place of its host."""
    assert hide_variable(name, value, ()) == describe_secret(value)


def test_value_that_may_be_shown_is_shown():
    """Only what is hidden is marked."""
    assert hide_variable("CATALOG_URL", "http://catalog/items", ("*",)) == "http://catalog/items"
