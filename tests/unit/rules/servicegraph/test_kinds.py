"""Kinds are told from the products' own names, and from nothing vaguer."""

import pytest

from fermata.rules.servicegraph.kinds import guess_kind, is_telemetry, is_telemetry_key, kind_of_protocol


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        ("postgres:15-alpine", "db"),
        ("registry.example:5000/library/mysql@sha256:0123", "db"),
        ("ghcr.io/valkey-io/valkey:9", "cache"),
        ("bitnami/redis-cluster", "cache"),
        ("apache/kafka:3.9", "queue"),
        ("nginx", "gateway"),
        ("demo-loadgenerator", "loadgen"),
        ("shop/load-generator:1", "loadgen"),
        ("shop/cart", None),
        ("", None),
    ],
)
def test_product_names_the_kind(image, kind):
    """Registry, owner, tag and digest say nothing."""
    assert guess_kind(image) == kind


@pytest.mark.parametrize(
    "image", ["oliver006/redis_exporter", "shop/kafka-consumer", "mongo-express", "pg/backup-postgres"]
)
def test_program_that_works_on_a_store_is_none(image):
    """An exporter keeps nothing."""
    assert guess_kind(image.replace("_", "-")) is None


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("otel/opentelemetry-collector-contrib:0.1", "anything"),
        ("grafana/grafana:13", ""),
        ("grafana/agent", ""),
        ("", "jaeger"),
        ("prom/prometheus", "metrics"),
    ],
)
def test_telemetry_is_known_by_image_or_name(image, name):
    """What only takes in metrics, logs and traces is no part of a journey."""
    assert is_telemetry(image, name)


@pytest.mark.parametrize(
    ("image", "name"), [("shop/billing", "prometheus-billing"), ("grafana/k6", "load"), ("", "cart")]
)
def test_name_alone_makes_no_telemetry_where_an_image_is_known(image, name):
    """A service may be called after anything."""
    assert not is_telemetry(image, name)


def test_variable_of_telemetry_is_known_by_its_words():
    """Whole words: a HOTEL is no OTEL."""
    assert is_telemetry_key("OTEL_EXPORTER_OTLP_ENDPOINT")
    assert is_telemetry_key("JAEGER_HOST")
    assert not is_telemetry_key("HOTEL_ADDR")


def test_protocol_tells_what_keeps_state():
    """Protocols of stores and queues alone."""
    assert kind_of_protocol("postgresql") == "db"
    assert kind_of_protocol("redis") == "cache"
    assert kind_of_protocol("kafka") == "queue"
    assert kind_of_protocol("http") is None
