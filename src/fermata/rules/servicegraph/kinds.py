"""What a node is, told from its image, a protocol or a name: a guess, which any other source beats."""

from __future__ import annotations

import re

from fermata.domain.service_graph import ServiceKind

# Software by what it stores or does. The words are the products' own names, as images and protocols spell them.
_DATABASES = (
    "postgres", "postgresql", "postgis", "timescaledb", "mysql", "mysqldb", "mariadb", "percona", "mongo",
    "mongodb", "cockroach", "cockroachdb", "cassandra", "scylla", "clickhouse", "couchdb", "couchbase",
    "elasticsearch", "opensearch", "neo4j", "influxdb", "mssql", "sqlserver", "oracle", "yugabyte", "tidb",
    "etcd", "dynamodb", "minio", "spanner", "vitess", "cosmosdb", "db2", "hbase", "arangodb", "foundationdb",
)  # fmt: skip
_CACHES = ("redis", "valkey", "memcached", "memcache", "keydb", "dragonfly", "hazelcast", "varnish")
_QUEUES = (
    "rabbitmq", "kafka", "redpanda", "nats", "activemq", "artemis", "pulsar", "nsq", "mosquitto", "emqx", "sqs",
    "servicebus", "jms", "amqp", "mqtt", "stomp",
)  # fmt: skip
_GATEWAYS = ("nginx", "envoy", "haproxy", "traefik", "kong", "ambassador", "apisix", "caddy", "gateway", "proxyv2",
             "ingress", "ingressgateway")  # fmt: skip
_LOAD = ("locust", "k6", "loadgenerator", "loadgen", "vegeta", "hey", "fortio", "jmeter", "gatling")
_TELEMETRY = (
    "collector", "otelcol", "jaeger", "jaegertracing", "zipkin", "openzipkin", "prometheus", "grafana", "loki", "tempo",
    "fluentd", "fluentbit", "fluent", "promtail", "vector", "filebeat", "metricbeat", "kibana", "alertmanager",
    "datadog", "newrelic", "statsd", "telegraf", "pyroscope", "opamp", "kiali", "sentry", "skywalking",
)  # fmt: skip
_WATCHERS = frozenset({"jaegertracing", "openzipkin", "prom", "grafana", "fluent", "otel", "datadog", "newrelic"})
"""Owners of images that hold nothing else, but for the load generator of one of them."""
# A program that works on a store is none: a consumer, a console, a backup.
_ABOUT = frozenset({
    "exporter", "operator", "express", "commander", "consumer", "producer", "client", "ui", "admin", "console",
    "backup", "init", "migrate", "migration", "migrations", "manager", "adapter", "bridge", "connector", "sink",
    "source", "tools", "cli", "dashboard",
})  # fmt: skip
_WORD = re.compile(r"[a-z][a-z0-9]*")
_GROUPS = (
    (_LOAD, ServiceKind.LOADGEN),
    (_QUEUES, ServiceKind.QUEUE),
    (_CACHES, ServiceKind.CACHE),
    (_DATABASES, ServiceKind.DB),
    (_GATEWAYS, ServiceKind.GATEWAY),
)


def split_words(text: str) -> list[str]:
    """Return the words of an image, a name or a key, in lower case: `bitnami/redis-cluster` has three."""
    return _WORD.findall(text.lower())


def guess_kind(image: str) -> ServiceKind | None:
    """Return the kind that an image's own name speaks for, without registry and tag; `None` when it says nothing.

    A program that works on a store (an exporter, a consumer, a console) is none.
    """
    words = split_words(_strip_image(image))
    if not _ABOUT.isdisjoint(words):
        return None
    if {"load", "generator"} <= set(words):
        return ServiceKind.LOADGEN
    for known, kind in _GROUPS:
        if any(word in known for word in words):
            return kind
    return None


def is_telemetry(image: str, name: str = "") -> bool:
    """Answer whether a workload only takes in metrics, logs or traces.

    Args:
        image: Its image; empty when unknown.
        name: Its name; read only where no image is known, since `prometheus-billing` may be anybody's.
    """
    words = split_words(_strip_image(image)) if image else split_words(name)
    owners = image.partition("@")[0].lower().split("/")[:-1]
    return any(word in _TELEMETRY for word in words) or ("k6" not in words and not _WATCHERS.isdisjoint(owners))


def is_telemetry_key(key: str) -> bool:
    """Answer whether a variable says where telemetry is sent to."""
    words = split_words(key.replace("_", " "))
    return bool({"otel", "otlp", "jaeger", "zipkin", "statsd", "collector", "tracing", "telemetry"}.intersection(words))


def kind_of_protocol(protocol: str) -> ServiceKind | None:
    """Return the kind of what speaks a protocol of stores or queues: `postgresql`, `redis`, `kafka`."""
    words = split_words(protocol)
    for known, kind in _GROUPS[1:4]:
        if any(word in known for word in words):
            return kind
    return None


def _strip_image(image: str) -> str:
    name = image.partition("@")[0].rpartition("/")[2]
    return name.partition(":")[0]
