"""Alarms of clouds as they are posted: CloudWatch's, alone or in SNS's envelope, and Google Cloud Monitoring's.

Sources (read 2026-11-27; no alarm was received): for CloudWatch, `events/testdata/cloudwatch-alarm-sns-payload-*.json`
of aws/aws-lambda-go; for Google, a body of version 1.2 (gist.github.com/joemiller/f54d464bbbd97ad956935771489f6199) and
the one with a severity that GoAlert's receiver quotes from Google's page. The names of dimensions and labels are from
memory but for `InstanceId`, `QueueName` and `instance_id`. Anything else stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fermata.flows.bundle.files import Unreadable
from fermata.flows.bundle.parsing import parse_json, read_text_field
from fermata.kit.digging import dig_map, dig_maps

_SERVICES = (
    *("FunctionName", "ServiceName", "ApiName", "QueueName", "TableName", "DBInstanceIdentifier", "LoadBalancer"),
    *("BucketName", "ClusterName", "InstanceId"),
)
"""Dimensions that name what is looked at, the most exact first."""
_LABELS = ("service_name", "function_name", "module_id", "container_name", "database_id", "instance_id")


def read_alarm(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an alarm of a cloud in the fields of an alert of our own; any other body as it is."""
    body = _open_envelope(body)
    if "AlarmName" in body and "NewStateValue" in body:
        return _read_cloudwatch(body)
    incident = body.get("incident")
    if isinstance(incident, Mapping) and "incident_id" in incident:
        return _read_google(incident)
    return body


def _open_envelope(body: Mapping[str, Any]) -> Mapping[str, Any]:
    message = body.get("Message")
    if body.get("Type") != "Notification" or not isinstance(message, str):
        return body
    try:
        inner = parse_json(message)
    except Unreadable:
        return body
    return inner if isinstance(inner, Mapping) else body


def _read_cloudwatch(body: Mapping[str, Any]) -> Mapping[str, Any]:
    named = {
        read_text_field(item, "name"): read_text_field(item, "value")
        for metric in _list_metrics(dig_map(body, "Trigger"))
        for item in dig_maps(metric.get("Dimensions"))
    }
    name = read_text_field(body, "AlarmName")
    state, before = (read_text_field(body, key) for key in ("NewStateValue", "OldStateValue"))
    # Who no longer measures does not say that it is over.
    fires = state == "ALARM" or (state == "INSUFFICIENT_DATA" and before == "ALARM")
    at = _read_time(body.get("StateChangeTime"))
    return {
        "title": read_text_field(body, "AlarmDescription") or name,
        "service": next((named[key] for key in _SERVICES if named.get(key)), ""),
        "status": "firing" if fires else "resolved",
        "started_at": at,
        "labels": {"alertname": name, **{key: value for key, value in named.items() if key and value}},
        "annotations": {"reason": read_text_field(body, "NewStateReason")},
    }


def _list_metrics(trigger: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what an alarm looks at: its one metric, or those that its expression computes with, the last one first."""
    computed = [dig_map(dig_map(part, "MetricStat"), "Metric") for part in dig_maps(trigger.get("Metrics"))]
    return [*reversed(computed), trigger]


def _read_google(incident: Mapping[str, Any]) -> Mapping[str, Any]:
    labels = dig_map(dig_map(incident, "resource"), "labels")
    return {
        "title": read_text_field(incident, "summary", "policy_name", "condition_name"),
        "service": read_text_field(labels, *_LABELS),
        "severity": read_text_field(incident, "severity").lower(),
        "status": "firing" if read_text_field(incident, "state") == "open" else "resolved",
        "started_at": incident.get("started_at"),
        "ended_at": incident.get("ended_at"),
        "labels": {"alertname": read_text_field(incident, "policy_name", "condition_name") or "incident"},
    }


def _read_time(value: Any) -> Any:
    """Return CloudWatch's `2026-11-26T21:31:00.000+0000` as RFC 3339 has it; other values as they are."""
    if not isinstance(value, str):
        return value
    try:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%f%z").isoformat()
    except ValueError:
        return value
