"""Bodies of monitoring tools, put into the plain form: one function for each, by the fields that only it has.

Sources, read November 2026: Uptime Kuma's `server/notification-providers/webhook.js` and `server/model/{monitor,
heartbeat}.js`; Better Stack, "Uptime webhooks"; UptimeRobot, "Web-hook alert contacts". No live service was asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

Plain = dict[str, Any]
Reader = Callable[[Mapping[str, Any]], "Plain | str | None"]
"""Returns the plain form, the words for a message that is no alert, or `None` for a body of somebody else."""

_KUMA = {0: "down", 1: "up"}
_ROBOT = {"1": "down", "2": "up"}


def read_plain(body: Mapping[str, Any]) -> Plain | str:
    """Return a body in the plain form, or the words for a message that tells of no alert."""
    return next((found for reader in _READERS if (found := reader(body)) is not None), dict(body))


def _read_kuma(body: Mapping[str, Any]) -> Plain | str | None:
    if "heartbeat" not in body or "monitor" not in body:
        return None
    beat, monitor = _map(body["heartbeat"]), _map(body["monitor"])
    status = beat.get("status")
    if not monitor or not isinstance(status, int) or status not in _KUMA:
        return "a message of Uptime Kuma about no monitor that is down or up: a test, a notice or maintenance"
    tags = {str(tag.get("name")).casefold(): tag.get("value") for tag in map(_map, _list(monitor.get("tags")))}
    return {
        "title": _name(monitor.get("name")),
        "status": _KUMA[status],
        "service": tags.get("service") or monitor.get("name"),
        "severity": tags.get("severity") or "critical",
        "started_at": _read_naive(beat.get("time")),
        "summary": beat.get("msg"),
        "url": monitor.get("url"),
        "id": f"uptime-kuma/{monitor.get('id')}",
    }


def _read_better_stack(body: Mapping[str, Any]) -> Plain | None:
    data = _map(body.get("data"))
    told = _map(data.get("attributes"))
    if data.get("type") != "incident" or not told:
        return None
    is_over = told.get("resolved_at") is not None
    return {
        "title": _name(told.get("name")),
        "status": "resolved" if is_over else "firing",
        "service": told.get("name"),
        "severity": "critical",
        "started_at": told.get("started_at"),
        "ended_at": told.get("resolved_at"),
        "summary": told.get("cause"),
        "url": told.get("url"),
        "id": f"better-stack/{told.get('name')}/{told.get('url')}",
    }


def _read_uptime_robot(body: Mapping[str, Any]) -> Plain | str | None:
    if "monitorFriendlyName" not in body or "alertType" not in body:
        return None
    status = _ROBOT.get(str(body["alertType"]))
    if status is None:
        return "a message of UptimeRobot that says neither down nor up"
    return {
        "title": _name(body["monitorFriendlyName"]),
        "status": status,
        "service": body["monitorFriendlyName"],
        "severity": "critical",
        "started_at": _read_seconds(body.get("alertDateTime")) if status == "down" else None,
        "summary": body.get("alertDetails"),
        "url": body.get("monitorURL"),
        "id": f"uptimerobot/{body.get('monitorID')}",
    }


_READERS: tuple[Reader, ...] = (_read_kuma, _read_better_stack, _read_uptime_robot)


def _name(value: Any) -> Any:
    """Return the alert's name for a monitor's: it is called the same at its end."""
    return f"{value.strip()} is down" if isinstance(value, str) and value.strip() else value


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _read_naive(value: Any) -> str | None:
    """Return the time of a heartbeat, `2026-11-27 02:50:11.041` in UTC, with its offset; `None` for anything else."""
    try:
        return datetime.fromisoformat(value).replace(tzinfo=UTC).isoformat()
    except (TypeError, ValueError):
        return None


def _read_seconds(value: Any) -> str | None:
    try:
        return datetime.fromtimestamp(int(value), UTC).isoformat()
    except (TypeError, ValueError, OverflowError, OSError):
        return None
