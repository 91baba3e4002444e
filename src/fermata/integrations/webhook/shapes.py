"""Bodies of monitoring tools, put into the plain form: one function for each, by the fields that only it has.

What was read, in November 2026; no live service was asked:

- Uptime Kuma: its source, 2.5.3 (`server/notification-providers/webhook.js`, `server/model/{monitor,heartbeat}.js`).
- Better Stack: the example body of docs.betteruptime.com, "Webhooks" (as far as the page that replaced it could be
  read, betterstack.com/docs/uptime/webhooks, it shows none); the attributes of its incidents API; its Terraform
  provider. Of a reopened incident, and of one without a monitor, no body was found.
- UptimeRobot: the beginning of its help page "Webhook Integration", which does not reach the names of the fields. Those
  are from pages (Zulip, Grafana OnCall, Rocket.Chat), and what `alertType` and `alertDateTime` mean from public code,
  of tools that receive them: a guess until somebody sends one.
- New Relic: its default payload of a workflow's webhook, as docs.plural.sh ("New Relic") shows it, with
  the states that it sends; what `impactedEntities` and `createdAt` hold is a guess.
- Sentry: the pages "Issue Alerts", "Metric Alerts", "Issues" and "Activity Alerts" of its integration platform
  (getsentry/sentry-docs, docs/integrations/integration-platform/webhooks), with an example of each body.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fermata.kit.digging import dig, dig_list, dig_map, dig_maps

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """A body in the plain form."""

    plain: Plain
    one_at_a_time: bool = True
    """Whether of its thing one firing goes on at a time: the body does not tell which one it means."""
    is_own: bool = False
    """Whether nobody's reader knew it, so that it stands as it was sent."""


Reader = Callable[[Mapping[str, Any]], "Reading | str | None"]
"""Returns the plain form, the words for a message that is no alert, or `None` for a body of somebody else."""

_KUMA = {0: "down", 1: "up"}
_ROBOT = {"1": "down", "2": "up"}
_SENTRY_ENDS = frozenset({"resolved", "archived", "ignored"})
"""What is done to an issue so that it is over; `ignored` is what older versions call `archived`."""
_SENTRY_SEVERITIES = {
    **dict.fromkeys(("critical", "fatal"), "critical"),
    **dict.fromkeys(("info", "debug"), "info"),
    "error": "high",
    "warning": "warning",
}
_NEW_RELIC = {"CREATED": "firing", "ACTIVATED": "firing", "CLOSED": "resolved", "RESOLVED": "resolved"}
_NEW_RELIC_SEVERITIES = {"CRITICAL": "critical", "HIGH": "high", "MEDIUM": "warning", "LOW": "info"}
_SENTRY_PROJECT = re.compile(r"/api/0/projects/[^/]+/([^/]+)/events/")


def read_plain(body: Mapping[str, Any]) -> Reading | str:
    """Return a body in the plain form, or the words for a message that tells of no alert."""
    return next((found for reader in _READERS if (found := reader(body)) is not None), Reading(dict(body), is_own=True))


def _read_kuma(body: Mapping[str, Any]) -> Reading | str | None:
    if "heartbeat" not in body or "monitor" not in body:
        return None
    beat, monitor = dig_map(body, "heartbeat"), dig_map(body, "monitor")
    status = beat.get("status")
    if not monitor or not isinstance(status, int) or status not in _KUMA:
        return "a message of Uptime Kuma about no monitor that is down or up: a test, or something that expires"
    tags = {str(tag.get("name")).casefold(): tag.get("value") for tag in dig_maps(monitor, "tags")}
    word, told_at = _KUMA[status], _read_naive(beat.get("time"))
    return Reading(
        {
            "title": _name(monitor.get("name")),
            "status": word,
            "service": tags.get("service") or monitor.get("name"),
            "severity": tags.get("severity") or "critical",
            # Older versions do not tell since when it was down.
            "started_at": told_at if word == "down" else _read_naive(beat.get("lastDownTime")) or told_at,
            "ended_at": told_at,
            "summary": beat.get("msg"),
            "url": _find_address(monitor.get("url")),
            "id": f"uptime-kuma/{monitor.get('id')}",
        }
    )


def _read_better_stack(body: Mapping[str, Any]) -> Reading | str | None:
    data, event = dig_map(body, "data"), body.get("event")
    told = dig_map(data, "attributes")
    if data.get("type") == "monitor" and told:
        return "a message of Better Stack that a monitor's settings changed: it tells of no incident"
    if data.get("type") != "incident" or not told:
        return None
    is_over = event == "resolved" or (told.get("resolved_at") is not None and event != "reopened")
    monitor = dig(data, "relationships", "monitor", "data", "id")
    thing = f"monitor/{monitor}" if monitor else f"{told.get('name')}/{told.get('url')}"
    return Reading(
        {
            "title": _name(told.get("name")),
            "status": "resolved" if is_over else "firing",
            "service": told.get("name"),
            "severity": "critical",
            "started_at": told.get("started_at"),
            "ended_at": told.get("resolved_at"),
            "summary": told.get("cause"),
            "url": told.get("url"),
            "id": f"better-stack/{thing}",
        },
        # A monitor has several incidents at once: it is down, and its certificate expires.
        one_at_a_time=not told.get("started_at"),
    )


def _read_uptime_robot(body: Mapping[str, Any]) -> Reading | str | None:
    if "monitorFriendlyName" not in body or "alertType" not in body:
        return None
    status = _ROBOT.get(str(body["alertType"]))
    if status is None:
        return "a message of UptimeRobot that says neither down nor up: its alertType is neither 1 nor 2"
    told = {name: value for name, value in body.items() if not _is_placeholder(value)}
    return Reading(
        {
            "title": _name(told.get("monitorFriendlyName")),
            "status": status,
            "service": told.get("monitorFriendlyName"),
            "severity": "critical",
            "started_at": _read_seconds(told.get("alertDateTime")) if status == "down" else None,
            "summary": told.get("alertDetails"),
            "url": told.get("monitorURL"),
            "id": f"uptimerobot/{told.get('monitorID') or told.get('monitorFriendlyName')}",
        }
    )


def _read_sentry(body: Mapping[str, Any]) -> Reading | str | None:
    data = dig_map(body, "data")
    if "installation" not in body or "action" not in body or not data:
        return None
    action = body["action"]
    incident, event, issue = (dig_map(data, name) for name in ("metric_alert", "event", "issue"))
    if incident:
        return _read_sentry_metric(str(action), incident, data)
    if event and action == "triggered":
        return _read_sentry_event(event, data)
    if issue and action in _SENTRY_ENDS:
        ended = {"title": issue.get("title"), "status": "resolved", "id": _identify_issue(issue.get("id"))}
        return Reading(ended | {"service": dig_map(issue, "project").get("slug"), "url": issue.get("web_url")})
    return "a message of Sentry that no alert rule sent; beside those, only issues that are resolved or archived count"


def _read_sentry_metric(action: str, incident: Mapping[str, Any], data: Mapping[str, Any]) -> Reading:
    rule = dig_map(incident, "alert_rule")
    projects = sorted(str(project) for project in dig_list(incident, "projects"))
    return Reading(
        {
            "title": rule.get("name") or incident.get("title"),
            # Another word is refused by its name, never taken for one of these.
            "status": "firing" if action in ("critical", "warning") else action,
            "service": projects[0] if len(projects) == 1 else None,
            "severity": _SENTRY_SEVERITIES.get(action, "critical"),
            "started_at": incident.get("date_started"),
            "ended_at": incident.get("date_closed"),
            "summary": data.get("description_text"),
            "url": data.get("web_url"),
            "id": f"sentry/metric/{incident.get('organization_id')}/{rule.get('id')}/{','.join(projects)}",
        },
        one_at_a_time=not incident.get("date_started"),
    )


def _read_sentry_event(event: Mapping[str, Any], data: Mapping[str, Any]) -> Reading:
    tags = {str(tag[0]): tag[1] for tag in map(dig_list, dig_list(event, "tags")) if len(tag) == 2}
    # The project's number is all that the event itself says; its address names it as people do.
    project = _SENTRY_PROJECT.search(str(event.get("url")))
    return Reading(
        {
            "title": event.get("title"),
            "status": "firing",
            "service": tags.get("service") or (project and project[1]),
            "severity": _SENTRY_SEVERITIES.get(str(event.get("level"))),
            "started_at": event.get("datetime"),
            "summary": ": ".join(str(said) for said in (data.get("triggered_rule"), event.get("culprit")) if said),
            "url": event.get("web_url"),
            "id": _identify_issue(event.get("issue_id")),
            "labels": {name: tags[name] for name in ("environment", "release") if name in tags},
        }
    )


def _read_new_relic(body: Mapping[str, Any]) -> Reading | str | None:
    if not {"issueUrl", "state", "priority", "title"} <= body.keys():
        return None
    status = _NEW_RELIC.get(str(body["state"]).upper())
    if status is None:
        return "a message of New Relic about an issue that neither begins nor ends: somebody acknowledged it, or a test"
    entities = [name for name in dig_list(body, "impactedEntities") if isinstance(name, str)]
    return Reading(
        {
            "title": body["title"],
            "status": status,
            # Of several none is known to be the one.
            "service": entities[0] if len(entities) == 1 else None,
            "severity": _NEW_RELIC_SEVERITIES.get(str(body["priority"]).upper()),
            "started_at": _read_milliseconds(body.get("createdAt")),
            "summary": ", ".join(str(name) for name in dig_list(body, "alertConditionNames")),
            "url": body["issueUrl"],
            "id": f"new-relic/{body['id']}" if body.get("id") else None,
        }
    )


_READERS: tuple[Reader, ...] = (_read_kuma, _read_better_stack, _read_uptime_robot, _read_sentry, _read_new_relic)


def _identify_issue(number: Any) -> str | None:
    """Return what an issue's alert is known by; without a number its title and service tell it from another's."""
    return f"sentry/issue/{number}" if number else None


def _name(value: Any) -> Any:
    """Return the alert's name for a monitor's: it is called the same at its end."""
    if not isinstance(value, str) or not value.strip():
        return value
    return value.strip() if value.strip().casefold().endswith(" down") else f"{value.strip()} is down"


def _find_address(value: Any) -> Any:
    """Return a monitor's address; nothing for what Uptime Kuma's form begins with, a scheme alone."""
    return None if isinstance(value, str) and value.endswith("://") else value


def _is_placeholder(value: Any) -> bool:
    """Answer whether a variable was sent as it stands in the template, for it does not apply to this message."""
    return isinstance(value, str) and len(value) > 1 and value[0] == value[-1] == "*"


def _read_naive(value: Any) -> str | None:
    """Return the time of a heartbeat, `2026-11-27 02:50:11.041` in UTC, with its offset; `None` for anything else."""
    try:
        return datetime.fromisoformat(value).replace(tzinfo=UTC).isoformat()
    except (TypeError, ValueError):
        return None


def _read_milliseconds(value: Any) -> str | None:
    return _read_seconds(value / 1000) if isinstance(value, int | float) else None


def _read_seconds(value: Any) -> str | None:
    try:
        return datetime.fromtimestamp(int(value), UTC).isoformat()
    except (TypeError, ValueError, OverflowError, OSError):
        return None
