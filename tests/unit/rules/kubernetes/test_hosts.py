import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermata.rules.kubernetes.hosts import find_hosts, sibling_port


@pytest.mark.parametrize(
    ("value", "key", "hosts"),
    [
        ("redis-cart:6379", "REDIS_ADDR", [("redis-cart", 6379, True)]),
        ("http://ts-order:8080/api", "", [("ts-order", 8080, True)]),
        ("lb://ts-order-service", "", [("ts-order-service", None, True)]),
        ("jdbc:mysql://user:secret@db.shop.svc:3306/x", "", [("db.shop.svc", 3306, True)]),
        ("a-0.a:8848 a-1.a:8848", "SERVERS", [("a-0.a", 8848, True), ("a-1.a", 8848, True)]),
        ("10.0.0.7:5432", "DB", [("10.0.0.7", 5432, False)]),
        ("mysql", "DB_HOST", [("mysql", None, True)]),
        ("mysql", "DB_URL", [("mysql", None, False)]),
        ("kafka-0,kafka-1", "KAFKA_BROKERS", [("kafka-0", None, False), ("kafka-1", None, False)]),
    ],
)
def test_value_names_its_hosts(value, key, hosts):
    """A scheme, a port or the variable's name says what is a host."""
    assert [host[:3] for host in find_hosts(value, key)] == hosts
    assert all(host.has_scheme is ("://" in value) for host in find_hosts(value, key))


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("frontend", "OTEL_SERVICE_NAME"),
        ("frontend", "MODE"),
        ("8080", "SERVER"),
        ("localhost:8080", "ADDR"),
        ("http://127.0.0.1:9000", "URL"),
        ("localhost", "DB_HOST"),
        ("Some Words", "HOST"),
        ("true", ""),
        ("", "HOST"),
        ("nginx:1.25.3", "IMAGE_TAG"),
        ("12:30:45", "AT"),
    ],
)
def test_other_values_name_none(value, key):
    """Names, numbers, times and the machine itself are no hosts."""
    assert list(find_hosts(value, key)) == []


def test_host_is_named_once():
    """A URL's host is not found again as a pair of host and port."""
    assert [host.name for host in find_hosts("http://web:80 http://web:80/x web:80")] == ["web"]


def test_port_may_stand_in_a_variable_beside_the_host():
    """By the habit of naming them alike."""
    assert sibling_port("DB_HOST") == "DB_PORT"
    assert sibling_port("DB_URL") == ""
    assert sibling_port("HOST") == ""


@given(st.text(max_size=80), st.text(max_size=20))
def test_any_text_is_taken(value, key):
    """Whatever a variable holds, looking for hosts does not fail."""
    list(find_hosts(value, key))
