"""Bodies of tools that are not read at this door are refused by name; what looks like them a little is not."""

import json

import pytest

from fermata.domain.alert import AlertStatus
from fermata.integrations.webhook.foreign import find_foreign
from fermata.integrations.webhook.source import PlainSource
from fermata.kit.errors import UserError
from fermata.testing.source_contract import RECEIVED_AT

PLAIN = {"title": "checkout is down", "service": "checkout", "status": "firing"}
GROUP = {"receiver": "fermata", "status": "firing", "alerts": [], "groupLabels": {}, "groupKey": "{}", "version": "4"}
GRAFANA = GROUP | {"version": "1", "orgId": 1, "title": "[FIRING:2] High CPU", "state": "alerting"}
LEGACY = {"title": "[Alerting] High CPU", "state": "alerting", "ruleId": 1, "evalMatches": []}
SNS = {"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:1:alarms", "MessageId": "22b80b92", "Message": "{}"}
CONFIRM = SNS | {"Type": "SubscriptionConfirmation", "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/"}
ALARM = {"AlarmName": "checkout-5xx", "NewStateValue": "ALARM", "OldStateValue": "OK"}
BRIDGE = {"source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change", "detail": {}}
PAGER = {"event": {"id": "01C", "event_type": "incident.triggered", "resource_type": "incident", "data": {}}}
PAGER_V2 = {"messages": [{"event": "incident.trigger", "incident": {"id": "P1"}}]}
GENIE = {"action": "Create", "alert": {"alertId": "x", "message": "m"}}
DATADOG = {"title": "[Triggered] x", "event_type": "metric_alert", "last_updated": "1", "org": {"id": "1", "name": "a"}}


def refuse(body):
    """Return the refusal of a body."""
    with pytest.raises(UserError) as caught:
        PlainSource().parse(json.dumps(body).encode(), RECEIVED_AT)
    return str(caught.value)


@pytest.mark.parametrize(
    ("body", "tool", "do"),
    [
        (GRAFANA, "Grafana", "/v1/alerts/grafana"),
        ({name: value for name, value in GRAFANA.items() if name != "orgId"}, "Grafana", "/v1/alerts/grafana"),
        (GROUP, "Alertmanager", "/v1/alerts/alertmanager"),
        (LEGACY, "Grafana before version 9", "unified alerting"),
        (SNS, "Amazon SNS", "plain form"),
        (CONFIRM, "Amazon SNS", "confirms the subscription"),
        (ALARM, "Amazon CloudWatch", "plain form"),
        (BRIDGE, "Amazon CloudWatch", "plain form"),
        (PAGER, "PagerDuty", "plain form"),
        (PAGER_V2, "PagerDuty", "plain form"),
        (GENIE, "Opsgenie", "plain form"),
        (DATADOG, "Datadog", "payload of its webhook"),
    ],
)
def test_body_of_a_tool_that_is_not_read_here_is_refused_by_its_name(body, tool, do):
    """Above all where it has a title and a status: taken for a plain alert, it would never end."""
    said = refuse(body)

    assert f"it is a body of {tool}" in said
    assert do in said


@pytest.mark.parametrize(
    "extra",
    [
        {"alerts": 3},
        {"alerts": ["a", "b"]},
        {"receiver": "ops", "groupLabels": {}},
        {"event": "down"},
        {"event": {"event_type": "x"}},
        {"messages": ["a"]},
        {"messages": [{"event": "deployed", "incident": {}}]},
        {"action": "Create"},
        {"alert": {"id": 1}, "action": "x"},
        {"Type": "Notification"},
        {"source": "aws.cloudwatch"},
        {"event_type": "x", "org": "shop"},
        {"ruleId": 7},
    ],
)
def test_plain_alert_with_a_field_of_the_same_name_is_taken(extra):
    """Whoever writes the plain form may add what they like."""
    (alert,) = PlainSource().parse(json.dumps(PLAIN | extra).encode(), RECEIVED_AT).alerts

    assert alert.status is AlertStatus.FIRING


@pytest.mark.parametrize("body", [SNS, ALARM, BRIDGE, PAGER, PAGER_V2, GENIE, DATADOG])
def test_body_of_a_tool_with_the_plain_form_added_is_taken(body):
    """As a function of two lines writes it, which leaves the rest where it is."""
    (alert,) = PlainSource().parse(json.dumps(body | PLAIN).encode(), RECEIVED_AT).alerts

    assert (alert.name, alert.status) == ("checkout is down", AlertStatus.FIRING)


def test_group_of_alerts_with_the_plain_form_added_is_refused():
    """All but one of its alerts would be lost, and which of them ends."""
    assert "it is a body of Alertmanager" in refuse(GROUP | PLAIN)
    assert "it is a body of Grafana" in refuse(GRAFANA | PLAIN)


def test_older_plugin_of_sentry_is_named():
    """Its body has no title of its own, and no end."""
    body = {"project_slug": "checkout", "level": "error", "culprit": "pay", "event": {"title": "KeyError"}}

    assert "it is a body of Sentry's older plugin WebHooks. Use an internal integration" in refuse(body)


def test_plain_form_is_nobodys():
    """Neither is an empty body."""
    assert (find_foreign(PLAIN), find_foreign({})) == (None, None)


@pytest.mark.parametrize("word", ["Triggered", "Re-Triggered", "Warn", "Re-Warn", "No Data", "Re-No Data", "Renotify"])
def test_transitions_of_datadog_fire(word):
    """As its documentation lists them; `Recovered` ends."""

    def read(status):
        return PlainSource().parse(json.dumps(PLAIN | {"id": "k", "status": status}).encode(), RECEIVED_AT).alerts[0]

    assert (read(word).status, read("Recovered").status) == (AlertStatus.FIRING, AlertStatus.RESOLVED)
    assert read(word).fingerprint == read("Recovered").fingerprint
