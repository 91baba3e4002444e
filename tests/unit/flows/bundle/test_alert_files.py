"""Alerts of a bundle: webhook bodies of either sender, the API's lists, and what a person writes."""

from datetime import UTC, datetime

import pytest

from fermata.domain.alert import AlertStatus, Severity

FIRING = {
    "status": "firing",
    "labels": {"alertname": "Down", "service": "cart", "severity": "critical"},
    "annotations": {"summary": "cart is down", "value": "3"},
    "startsAt": "2026-11-23T12:00:00Z",
    "fingerprint": "f1",
}
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def read_only(folder, body):
    """Give the one alert of a file, read without a warning."""
    folder.write("alerts/a.json", body)
    bundle = folder.read()
    assert bundle.warnings == ()
    (alert,) = bundle.alerts
    return alert


def test_alertmanager_body_is_read(folder):
    """As the webhook at the door reads it."""
    alert = read_only(folder, {"version": "4", "groupKey": "{}", "alerts": [FIRING]})

    assert (alert.source, alert.fingerprint, alert.name, alert.value) == ("alertmanager", "f1", "Down", "3")
    assert (alert.starts_at, alert.severity, alert.status) == (NOON, Severity.CRITICAL, AlertStatus.FIRING)


def test_grafana_body_is_read(folder):
    """Its values, and the rule's name where Grafana puts a substitute before it."""
    raw = FIRING | {"labels": {"alertname": "DatasourceNoData", "rulename": "Latency"}, "values": {"A": 0.5}}

    alert = read_only(folder, {"version": "1", "orgId": 1, "alerts": [raw]})

    assert (alert.source, alert.name, alert.value) == ("grafana", "Latency", "A=0.5")


@pytest.mark.parametrize("wrap", [lambda alert: [alert], lambda alert: alert])
def test_alert_of_the_api_is_read(folder, wrap):
    """Alertmanager's own list says `status: {state: active}`."""
    alert = read_only(folder, wrap(FIRING | {"status": {"state": "active"}}))

    assert (alert.name, alert.status) == ("Down", AlertStatus.FIRING)


def test_alert_written_by_hand_is_read(folder):
    """A title and a start suffice; what stands beside the labels becomes one."""
    alert = read_only(
        folder,
        {
            "title": "p95 too high",
            "service": "cart",
            "severity": "high",
            "started_at": "2026-11-23T12:00:00Z",
            "value": 6.2,
            "threshold": 1,
            "labels": {"team": "web", "n": 3, "none": None},
        },
    )

    assert (alert.name, alert.summary, alert.value, alert.source) == ("p95 too high", "p95 too high", "6.2", "bundle")
    assert alert.labels == {"service": "cart", "severity": "high", "team": "web", "n": "3"}
    assert alert.annotations["threshold"] == "1"
    assert (alert.severity, alert.status) == (Severity.HIGH, AlertStatus.FIRING)


def test_resolved_alert_has_an_end(folder):
    """Its own, else the end of the window, at the latest."""
    hand = {"title": "x", "started_at": "2026-11-23T12:00:00Z", "status": "resolved"}
    folder.write("alerts/a.json", hand | {"resolved_at": "2026-11-23T12:10:00Z"})
    folder.write("alerts/b.json", {"version": "4", "alerts": [FIRING | {"status": "resolved"}]})

    first, second = folder.read().alerts

    assert first.ends_at == NOON.replace(minute=10)
    assert second.ends_at == NOON.replace(minute=30)


def test_alert_of_the_manifest_comes_first_and_the_earliest_is_the_onset(folder):
    """Which one a person points at, and when it began, are two questions."""
    folder.write("bundle.yaml", "version: 1\nalert: alerts/z.json\n")
    folder.write("alerts/a.json", {"title": "first", "started_at": "2026-11-23T11:50:00Z"})
    folder.write("alerts/z.json", {"title": "main", "started_at": "2026-11-23T12:00:00Z"})

    bundle = folder.read()

    assert [alert.name for alert in bundle.alerts] == ["main", "first"]
    assert bundle.onset == NOON.replace(hour=11, minute=50)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("{", "it is not JSON"),
        ([1], "an alert is an object"),
        ({"title": "x"}, "has no started_at"),
        ({"title": "x", "started_at": "noon"}, "has no started_at"),
        ({"alerts": [{"startsAt": "2026-11-23T12:00:00Z", "labels": 3}]}, "an object is wanted"),
        ({"alerts": [FIRING], "truncatedAlerts": 2}, "2 more alerts were cut"),
    ],
)
def test_what_cannot_be_read_is_named(folder, body, reason):
    """The file, and why; the log beside it is still read."""
    folder.write("logs/a.log", "ERROR x\n")
    folder.write("alerts/a.json", body)

    bundle = folder.read()

    assert any(item.startswith("alerts/a.json") and reason in item for item in bundle.warnings), bundle.warnings
    assert len(bundle.evidence) == 1


def test_malformed_alert_costs_itself_only(folder):
    """Its neighbours in the body are taken in."""
    folder.write("alerts/a.json", {"version": "4", "alerts": [FIRING, {"status": "firing"}, "x"]})

    bundle = folder.read()

    assert [alert.name for alert in bundle.alerts] == ["Down"]
    assert len(bundle.warnings) == 2


def test_secret_in_an_alert_is_hidden(folder):
    """Labels and annotations pass redaction."""
    raw = FIRING | {"annotations": {"summary": "curl -H 'Authorization: Bearer 8xLOxBtZp8aQ12'"}}

    assert "8xLOxBtZp8aQ12" not in read_only(folder, {"version": "4", "alerts": [raw]}).summary
