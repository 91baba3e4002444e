"""`alerts/*.json`: webhook bodies as a source sent them, or one normalised alert that a person wrote.

What an integration reads at the door is read here again from the same shared format, more leniently: a stored body is
no request that could be sent anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from fermata.domain.alert import Alert, AlertStatus, Severity
from fermata.flows.bundle.cloud_alarms import read_alarm
from fermata.flows.bundle.files import SourceFile, Unreadable, read_text
from fermata.flows.bundle.haul import Haul
from fermata.flows.bundle.parsing import name_type, parse_json_documents, read_instant, read_text_field
from fermata.flows.hiding import hide_alert
from fermata.kit.clock import format_instant
from fermata.kit.digest import compute_digest
from fermata.kit.digging import dig
from fermata.kit.errors import UserError
from fermata.ports.alert_webhook import OptionalText, Told, WebhookAlert, WebhookBody, WebhookSource

_NEVER = datetime.min.replace(tzinfo=UTC)
_LABELS = ("service", "severity", "namespace", "pod", "container", "deployment", "node", "instance")
# Grafana raises these in place of the rule's own alert; the rule's name is then in the label `rulename`.
_SUBSTITUTES = frozenset({"DatasourceNoData", "DatasourceError"})


class _StoredAlert(WebhookAlert):
    instant_example = "2026-11-23T09:51:00Z"

    values: Any = None
    value_string: OptionalText = Field(alias="valueString", default="")


class _StoredBody(WebhookBody[_StoredAlert]):
    version_read = "4"


class _StoredSource(WebhookSource[_StoredAlert]):
    """Reads a stored body of either sender."""

    name = "alertmanager"
    Body = _StoredBody
    AlertModel = _StoredAlert
    advice = "Store the body as it was received"

    def tell(self, wire: _StoredAlert) -> Told:
        """Return the rule's name and its value, wherever the sender puts them."""
        name = wire.labels.get("alertname", "")
        if name in _SUBSTITUTES:
            name = wire.labels.get("rulename") or name
        value = wire.annotations.get("value", "") or wire.value_string
        if isinstance(wire.values, Mapping):
            value = ", ".join(f"{query}={number}" for query, number in wire.values.items())[:1_000] or value
        return Told(name=name or "unnamed", value=value, annotations=wire.annotations)


class _GrafanaSource(_StoredSource):
    name = "grafana"


def read_alerts(file: SourceFile, haul: Haul, received_at: datetime | None) -> None:
    """Add the alerts of one file.

    Args:
        received_at: When a resolved alert without an end is taken to have ended: the end of the bundle's window.
    """
    try:
        documents = parse_json_documents(read_text(file))
    except Unreadable as error:
        haul.leave_out_file(file, error)
        return
    for document in documents:
        for body in document if isinstance(document, list) else [document]:
            _read_body(body, file, haul, received_at)


def _read_body(body: Any, file: SourceFile, haul: Haul, received_at: datetime | None) -> None:
    if not isinstance(body, Mapping):
        haul.leave_out(file.name, f"an alert is an object, not {name_type(body)}")
        return
    body = read_alarm(body)
    if not isinstance(body.get("alerts"), list) and "startsAt" in body:
        body = {"alerts": [body]}  # As Alertmanager's own API lists them.
    if not isinstance(body.get("alerts"), list):
        _read_normalised(body, file, haul)
        return
    source = _GrafanaSource() if "orgId" in body or body.get("version") == "1" else _StoredSource()
    alerts = [_straighten(alert) for alert in body["alerts"]]
    wire = {
        "version": "4",
        "alerts": alerts,
        "groupKey": body.get("groupKey"),
        "truncatedAlerts": body.get("truncatedAlerts"),
    }
    latest = [instant for alert in alerts if (instant := _find_start(alert)) is not None]
    try:
        batch = source.parse(json.dumps(wire).encode(), received_at or max(latest, default=_NEVER))
    except (UserError, ValueError) as error:
        haul.leave_out(file.name, getattr(error, "why", "") or str(error)[:200])
        return
    for refusal in batch.refused:
        haul.leave_out(file.name, refusal)
    if batch.truncated:
        haul.leave_out(file.name, f"{batch.truncated} more alerts were cut by their source")
    named = read_text_field(body, "source")  # An export says which integration it came through.
    haul.alerts += [
        hide_alert(alert.model_copy(update={"source": named}) if named else alert, haul.hide_named)
        for alert in batch.alerts
    ]


def _straighten(alert: Any) -> Any:
    """Return an alert as the webhook writes it: the API says `status: {state: active}`, and may leave labels out."""
    if not isinstance(alert, Mapping):
        return alert
    status = alert.get("status")
    if isinstance(status, Mapping):
        status = "firing" if status.get("state") != "resolved" else "resolved"
    return {**alert, "status": status or "firing", "labels": alert.get("labels") or {}}


def _find_start(alert: Any) -> datetime | None:
    return read_instant(dig(alert, "startsAt"))


def _read_normalised(body: Mapping[str, Any], file: SourceFile, haul: Haul) -> None:
    started_at = read_instant(body.get("started_at") or body.get("startsAt") or body.get("time"))
    if started_at is None:
        haul.leave_out(file.name, "the alert has no started_at, an RFC 3339 time such as 2026-11-23T09:51:00Z")
        return
    title = read_text_field(body, "title", "name", "alertname") or "unnamed"
    labels = _read_texts(body.get("labels"))
    for name in _LABELS:
        if (value := read_text_field(body, name)) and name not in labels:
            labels[name] = value
    annotations = _read_texts(body.get("annotations"))
    # The title is the sentence a person reads; the rule's name may stand in the labels.
    annotations.setdefault("summary", title)
    if threshold := read_text_field(body, "threshold"):
        annotations.setdefault("threshold", threshold)
    resolved = read_text_field(body, "status").lower() in ("resolved", "ok", "inactive")
    digest = compute_digest([title, sorted(labels.items()), format_instant(started_at)])
    alert = Alert(
        source=read_text_field(body, "source") or "bundle",
        fingerprint=digest.removeprefix("sha256:")[:16],
        name=labels.get("alertname") or title,
        status=AlertStatus.RESOLVED if resolved else AlertStatus.FIRING,
        severity=Severity.from_label(labels.get("severity")),
        labels=labels,
        annotations=annotations,
        starts_at=started_at,
        ends_at=(read_instant(body.get("ended_at") or body.get("resolved_at")) or started_at) if resolved else None,
        value=read_text_field(body, "value"),
        payload_digest=digest,
        received_at=started_at,
    )
    haul.alerts.append(hide_alert(alert, haul.hide_named))


def _read_texts(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {}
    items: Iterable[tuple[Any, Any]] = value.items()
    return {str(name): item if isinstance(item, str) else json.dumps(item) for name, item in items if item is not None}
