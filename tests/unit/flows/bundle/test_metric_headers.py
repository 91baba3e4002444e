"""A column's header is parted into service and metric."""

import pytest

from fermata.flows.bundle.metric_headers import split_header


@pytest.mark.parametrize(
    ("header", "parts"),
    [
        ("cart:p95", ("cart", "p95")),
        ("AWS::Lambda:latency", ("AWS::Lambda", "latency")),
        ("adservice-cpu", ("adservice", "cpu")),
        ("ts-auth-service-network_receive", ("ts-auth-service", "network_receive")),
        ("redis-cart-cpu_cfs", ("redis-cart", "cpu_cfs")),
        ("worker-01-tcp_retans", ("worker-01", "tcp_retans")),
        ("nacos-0-p90latency", ("nacos-0", "p90latency")),
        ("order-queue-rps", ("order-queue", "rps")),
        ("cart-error-rate", ("cart", "error-rate")),
        ("cart-p95-latency", ("cart", "p95-latency")),
        ("cart_error_rate", ("cart", "error_rate")),
        ("cart_service_request_duration", ("cart_service", "request_duration")),
        ("cart.latency", ("cart", "latency")),
        ("cart latency p99", ("cart", "latency p99")),
        ("cart_temperature", ("cart", "temperature")),
        ("error_rate", ("", "error_rate")),
        ("temperature", ("", "temperature")),
        (" cart:p95 ", ("cart", "p95")),
    ],
)
def test_border_is_found_by_what_metrics_are_called(header, parts):
    """Colons part, dashes stand in services' names, underscores in metrics'; a header may name no service."""
    assert split_header(header) == parts


@pytest.mark.parametrize(
    ("header", "parts"),
    [
        ("load-balancer-cpu", ("load-balancer", "cpu")),
        ("api_cpu_queue_depth", ("api_cpu", "queue_depth")),
        ("apistore-cpu", ("apistore", "cpu")),
        ("api", ("", "api")),
    ],
)
def test_known_services_come_first(header, parts):
    """The longest known name that ends at a separator; a mere beginning of a word is none."""
    assert split_header(header, {"load-balancer", "load", "api", "api_cpu"}) == parts
