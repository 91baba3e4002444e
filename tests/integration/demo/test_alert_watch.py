"""The demo's own alert messages are what Alertmanager would have sent."""

from fermata.cli.demo.alert_watch import Counters, build_message, compute_fingerprint, compute_ratio, parse_counters

PAGE = """\
# TYPE shop_requests_total counter
shop_requests_total{outcome="error",target="checkout"} 30
shop_requests_total{outcome="ok",target="checkout"} 170
# TYPE shop_requests_unanswered_total counter
shop_requests_unanswered_total{target="checkout"} 10
"""


def test_fingerprint_is_the_one_prometheus_gave():
    """The same labels give the fingerprint that a recorded Alertmanager 0.25.0 message carries."""
    labels = {
        "alertname": "HighErrorRate",
        "cluster": "staging",
        "instance": "127.0.0.1:19100",
        "job": "demo",
        "namespace": "shop",
        "service": "checkout-api",
        "severity": "critical",
    }

    assert compute_fingerprint(labels) == "5ffdb6c44fddef39"


def test_unanswered_requests_are_not_failed_ones():
    """A request counts for one of the two alerts, never for both."""
    first = Counters(0, 100, 10, 0)

    last = parse_counters(PAGE, 4)

    assert last == Counters(4, 200, 30, 10)
    assert compute_ratio("unanswered", first, last) == 0.1
    assert compute_ratio("failed", first, last) == 0.1
    assert compute_ratio("failed", last, last) == 0


def test_group_fires_while_any_alert_in_it_does():
    """The top status is firing until the last alert is resolved, and the common parts are those of all alerts."""
    down = {"status": "resolved", "labels": {"alertname": "A", "service": "checkout"}, "annotations": {"summary": "a"}}
    errors = {"status": "firing", "labels": {"alertname": "B", "service": "checkout"}, "annotations": {"summary": "b"}}

    both = build_message([down, errors], "http://127.0.0.1:1/metrics")
    last = build_message([down], "http://127.0.0.1:1/metrics")

    assert (both["status"], last["status"]) == ("firing", "resolved")
    assert both["commonLabels"] == {"service": "checkout"}
    assert both["commonAnnotations"] == {}
