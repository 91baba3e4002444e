"""Bodies of tools that are not read at this door, known by the fields that only they have, so that a refusal says so.

Without this a body of Grafana passed for a plain alert: it has a title and a status, and everything else of it (labels,
the other alerts, which firing ends) was lost. A body that is read here is never looked at: its tool's reader comes
first. The fields are those that each tool's documentation names; none of the tools was tried:

- Grafana and Alertmanager: as `fermata.ports.alert_webhook`. Grafana before version 9: `evalMatches` and `ruleId`.
- SNS: `Type`, `TopicArn`, `MessageId`. CloudWatch: the message of an alarm (`AlarmName`, `NewStateValue`), and
  EventBridge's event of one (`detail-type`, `source`).
- PagerDuty: webhooks V3 (`event.event_type`, `event.resource_type`) and V2 (`messages[].event`).
- Opsgenie: `action`, `alert.alertId`.
- Sentry's older plugin "WebHooks": `project_slug`, `event`, `level`, `culprit` (getsentry/sentry, its plugin's source).
- Datadog: what is sent unless a payload is written (`event_type`, `last_updated`, `org`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Foreign:
    """Whose body it is, and what to do about it."""

    tool: str
    do: str


_PAGE = "docs/systems/webhook.md"
_PLAIN = f"let a few lines of a function post the plain form ({_PAGE}) in its place"


def find_foreign(body: Mapping[str, Any]) -> Foreign | None:
    """Return whose body it is; `None` where it is nobody's that is known. Pure.

    Whoever adds a title and a status to a body writes the plain form, and may leave the rest of it there. Only a group
    of alerts is no plain alert even so: of Grafana it has both, and all but one of its alerts would be lost.
    """
    if _has(body, "title", "status") and not _is_group(body):
        return None
    return next((found for is_theirs, found in _KNOWN if is_theirs(body)), None)


def _has(body: Any, *names: str) -> bool:
    return isinstance(body, Mapping) and all(name in body for name in names)


def _is_group(body: Mapping[str, Any]) -> bool:
    return isinstance(body.get("alerts"), list) and _has(body, "receiver", "groupLabels")


def _is_grafana(body: Mapping[str, Any]) -> bool:
    # Alertmanager's is version 4, and has neither of these.
    return _is_group(body) and (_has(body, "orgId") or _has(body, "title", "state"))


def _is_sns(body: Mapping[str, Any]) -> bool:
    return _has(body, "Type", "TopicArn", "MessageId")


def _is_cloudwatch(body: Mapping[str, Any]) -> bool:
    return _has(body, "AlarmName", "NewStateValue") or (
        body.get("source") == "aws.cloudwatch" and _has(body, "detail-type", "detail")
    )


def _is_pagerduty(body: Mapping[str, Any]) -> bool:
    messages = body.get("messages")
    older = messages if isinstance(messages, list) else []
    return _has(body.get("event"), "event_type", "resource_type") or any(
        _has(item, "event", "incident") and str(item["event"]).startswith("incident.") for item in older
    )


def _is_opsgenie(body: Mapping[str, Any]) -> bool:
    return _has(body, "action") and _has(body.get("alert"), "alertId")


def _is_datadog(body: Mapping[str, Any]) -> bool:
    return _has(body, "event_type", "last_updated") and _has(body.get("org"), "id", "name")


def _point_at(name: str) -> str:
    return f"Point it at /v1/alerts/{name}, and have a section `{name}: {{}}` under systems: docs/systems/{name}.md"


_KNOWN: tuple[tuple[Callable[[Mapping[str, Any]], bool], Foreign], ...] = (
    (_is_grafana, Foreign("Grafana", _point_at("grafana"))),
    (_is_group, Foreign("Alertmanager", _point_at("alertmanager"))),
    (
        lambda body: _has(body, "evalMatches", "ruleId"),
        Foreign("Grafana before version 9", "Use its unified alerting (version 9 and later): docs/systems/grafana.md"),
    ),
    (
        lambda body: _has(body, "project_slug", "event") and _has(body, "level", "culprit"),
        Foreign("Sentry's older plugin WebHooks", f"Use an internal integration in its place, as {_PAGE} shows"),
    ),
    (
        _is_sns,
        Foreign("Amazon SNS", f"SNS sends no token: {_PLAIN}, which also confirms the subscription"),
    ),
    (_is_cloudwatch, Foreign("Amazon CloudWatch", f"It is not read here: {_PLAIN}")),
    (_is_pagerduty, Foreign("PagerDuty", f"It is not read here: {_PLAIN}, or send alerts here from what pages you")),
    (_is_opsgenie, Foreign("Opsgenie", f"It is not read here: {_PLAIN}, or send alerts here from what pages you")),
    (
        _is_datadog,
        Foreign(
            "Datadog", f"Write the payload of its webhook yourself, as {_PAGE} shows: what it sends by itself is text"
        ),
    ),
)
