"""Metrics' names are read by their words, whatever the convention."""

import pytest

from fermata.rules.metrics.semantics import Kind, Meaning, is_metric, read_meaning, split_words


@pytest.mark.parametrize(
    ("name", "kind", "statistic"),
    [
        ("latency Average", Kind.LATENCY, "avg"),
        ("p95latency", Kind.LATENCY, "p95"),
        ("http_server_request_duration_seconds", Kind.LATENCY, ""),
        ("http.server.request.duration", Kind.LATENCY, ""),
        ("TargetResponseTime", Kind.LATENCY, ""),
        ("request_latency_seconds{quantile=0.99}", Kind.LATENCY, "p99"),
        ("latency_p999", Kind.LATENCY, "p99"),
        ("checkout median latency", Kind.LATENCY, "p50"),
        ("rq_time", Kind.LATENCY, ""),
        ("p99", Kind.LATENCY, "p99"),
        ("availability", Kind.SUCCESS, ""),
        ("success_rate", Kind.SUCCESS, ""),
        ("http_request_errors_total", Kind.ERRORS, ""),
        ("HTTPCode_Target_5XX_Count", Kind.ERRORS, ""),
        ("http_requests_5xx", Kind.ERRORS, ""),
        ("istio_requests_total", Kind.TRAFFIC, ""),
        ("rps", Kind.TRAFFIC, ""),
        ("container_cpu_usage_seconds_total", Kind.CPU, ""),
        ("container_cpu_cfs_throttled_seconds_total", Kind.SATURATION, ""),
        ("cpu_cfs", Kind.SATURATION, ""),
        ("node_load1", Kind.SATURATION, ""),
        ("container_memory_working_set_bytes", Kind.MEMORY, ""),
        ("network_receive", Kind.NETWORK, ""),
        ("tcp_retrans", Kind.PACKET_LOSS, ""),
        ("temperature", Kind.OTHER, ""),
        ("shop_log_age_seconds", Kind.OTHER, ""),
        ("process_uptime_seconds", Kind.OTHER, ""),
        ("certificate_expires_in_seconds", Kind.OTHER, ""),
        ("latency_p42", Kind.LATENCY, "p90"),
    ],
)
def test_name_says_what_is_measured(name, kind, statistic):
    """Prometheus, OpenTelemetry, Istio, CloudWatch and short forms are read alike; an odd percentile is a tail."""
    assert read_meaning(name) == Meaning(kind, statistic)


def test_unit_speaks_where_the_name_is_silent():
    """Something in milliseconds is a time."""
    assert read_meaning("checkout", "ms").kind is Kind.LATENCY
    assert read_meaning("checkout", "widgets").kind is Kind.OTHER


def test_direction_that_hurts_follows_from_the_kind():
    """More errors hurt, fewer successes hurt, and traffic may hurt either way."""
    assert [read_meaning(name).worse for name in ("errors", "availability", "rps", "temperature")] == [1, -1, 0, 0]


def test_camel_case_and_glued_percentiles_are_parted():
    """`RequestCount` is two words, and a percentile is none."""
    assert split_words("RequestCount p95latency") == ("request", "count", "latency")


@pytest.mark.parametrize(
    ("text", "known"), [("error_rate", True), ("service_cpu", False), ("rate", False), ("checkout", False)]
)
def test_metric_is_told_from_a_service(text, known):
    """All of its words are a metric's, and one says what is measured."""
    assert is_metric(text) is known
