"""Alarms of clouds in a bundle."""

import json

import pytest

from fermata.flows.bundle.cloud_alarms import read_alarm

ALARM = {
    "AlarmName": "orders-errors",
    "AlarmDescription": None,
    "NewStateValue": "ALARM",
    "NewStateReason": "Threshold Crossed",
    "StateChangeTime": "2026-11-26T21:31:00.000+0000",
    "Trigger": {"Dimensions": [{"value": "orders", "name": "FunctionName"}, {"name": "Resource"}, 3]},
}
INCIDENT = {
    "incident_id": "0.abc",
    "started_at": 1795728600,
    "ended_at": None,
    "state": "open",
    "summary": "5xx of api is above 1",
    "policy_name": "5xx",
    "severity": "Critical",
    "resource": {"type": "cloud_run_revision", "labels": {"service_name": "api"}},
}


def read_only(folder, body):
    """Give the one alert of a bundle that is read without a warning."""
    folder.write("alerts/a.json", body)
    folder.write("logs/a.log", "INFO x\n")
    bundle = folder.read()
    assert not any("alerts/" in warning for warning in bundle.warnings)
    (alert,) = bundle.alerts
    return alert


@pytest.mark.parametrize("body", [ALARM, {"Type": "Notification", "Message": json.dumps(ALARM)}])
def test_alarm_of_cloudwatch_is_an_alert(folder, body):
    """Alone, or as SNS delivers it; a dimension names what is looked at."""
    alert = read_only(folder, body)

    assert (alert.name, alert.status, alert.labels["service"]) == ("orders-errors", "firing", "orders")
    assert alert.starts_at.isoformat() == "2026-11-26T21:31:00+00:00"
    assert alert.annotations["reason"] == "Threshold Crossed"


def test_alarm_of_an_expression_names_what_it_computes_with(folder):
    """It has no dimensions of its own: its metrics have, the first of them before the others."""
    names = ("orders", "billing")
    metrics = [{"MetricStat": {"Metric": {"Dimensions": [{"name": "FunctionName", "value": name}]}}} for name in names]
    alarm = ALARM | {"Trigger": {"Metrics": [{"Expression": "m1/m2", "Id": "e1"}, *metrics, 3]}}

    assert read_only(folder, alarm).labels["service"] == "orders"


def test_incident_of_google_is_an_alert(folder):
    """Its labels name the resource, its severity how bad it is."""
    alert = read_only(folder, {"version": "1.2", "incident": INCIDENT})

    assert (alert.name, alert.status, alert.labels["service"], alert.severity) == ("5xx", "firing", "api", "critical")
    assert alert.annotations["summary"] == "5xx of api is above 1"


@pytest.mark.parametrize(
    "body",
    [
        ALARM | {"NewStateValue": "OK", "Trigger": {}, "StateChangeTime": "2026-11-26T21:31:00Z"},
        ALARM | {"NewStateValue": "OK", "Trigger": 3, "StateChangeTime": 1795728600},
        {"incident": INCIDENT | {"state": "closed", "ended_at": 1795728700, "resource": 3}},
    ],
)
def test_alarm_that_is_over_is_resolved(folder, body):
    """Whatever else it leaves out."""
    assert read_only(folder, body).status == "resolved"


@pytest.mark.parametrize(("before", "status"), [("ALARM", "firing"), ("OK", "resolved")])
def test_alarm_that_lost_its_data_is_not_over(folder, before, status):
    """A function that is never called any more measures nothing."""
    body = ALARM | {"NewStateValue": "INSUFFICIENT_DATA", "OldStateValue": before}

    assert read_only(folder, body).status == status


@pytest.mark.parametrize(
    "body",
    [
        {"title": "x"},
        {"Type": "Notification", "Message": "hello"},
        {"Type": "Notification", "Message": "3"},
        {"Type": "Notification", "Message": 3},
        {"incident": {"title": "x"}},
        {"AlarmName": "x"},
    ],
)
def test_body_of_no_cloud_stays_as_it_is(body):
    """It is an alert of one's own, or none."""
    assert read_alarm(body) is body
