"""Alerts from Alertmanager: one webhook body becomes one batch, or is refused whole with the faulty field named.

A body with one malformed alert is refused, not trimmed: Alertmanager sends the group again at its next interval and
the refusal is journalled, so nothing goes missing without a word.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import ValidationError

from fermata.domain.alert import Alert, AlertBatch, AlertStatus, Severity
from fermata.integrations.alertmanager.wire import WireAlert, WireBody
from fermata.kit.digest import compute_bytes_digest, compute_digest
from fermata.kit.errors import TooLargeError, UserError


class AlertmanagerSource:
    """Parses the webhook of version 4 (Alertmanager 0.6 and later)."""

    name = "alertmanager"

    def parse(self, body: bytes, received_at: datetime) -> AlertBatch:
        """Return the alerts of a body. Pure.

        Args:
            body: The request body, as received.
            received_at: Also the end of a resolved alert that carries none: the latest it can be.

        Raises:
            TooLargeError: More than 10,000 alerts, or a label or a count beyond its limit.
            UserError: The body is not what Alertmanager sends; the message names the index and the field.
        """
        try:
            wire = WireBody.model_validate_json(body)
        except ValidationError as error:
            raise describe_refusal(error) from error
        digest = compute_bytes_digest(body)
        return AlertBatch(
            source=self.name,
            group_key=wire.group_key,
            alerts=tuple(_build_alert(alert, digest, received_at) for alert in wire.alerts),
            truncated=wire.truncated,
        )


def _build_alert(wire: WireAlert, payload_digest: str, received_at: datetime) -> Alert:
    status = AlertStatus(wire.status)
    return Alert(
        source=AlertmanagerSource.name,
        # Alertmanager before 0.20 sends no fingerprint; the labels are what it is computed from anyway.
        fingerprint=wire.fingerprint or compute_digest(wire.labels).removeprefix("sha256:")[:16],
        name=wire.labels.get("alertname") or "unnamed",
        status=status,
        severity=Severity.from_label(wire.labels.get("severity")),
        labels=wire.labels,
        annotations=wire.annotations,
        starts_at=wire.starts_at,
        # A firing alert may carry the instant it would time out at; it has not ended.
        ends_at=(wire.ends_at or received_at) if status is AlertStatus.RESOLVED else None,
        generator_url=wire.generator_url,
        value=wire.annotations.get("value", ""),
        payload_digest=payload_digest,
        received_at=received_at,
    )


def describe_refusal(error: ValidationError) -> UserError:
    """Word the first fault of a body. Repeats no value of it, only where the fault is."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = _join_path(first["loc"])
    kind = TooLargeError if first["type"] in {"too_long", "string_too_long"} else UserError
    return kind(
        f"The alerts were refused at {field!r}",
        why=first["msg"].removeprefix("Value error, "),
        do="Point an Alertmanager webhook_configs receiver at this path; Grafana's webhook has its own, named grafana",
        source=AlertmanagerSource.name,
        field=field,
        index=next((part for part in first["loc"] if isinstance(part, int)), None),
    )


def _join_path(parts: tuple[int | str, ...]) -> str:
    """Write `alerts[3].labels.severity`. Label names come from outside: bounded, and printable on one line."""
    path = "".join(
        f"[{part}]" if isinstance(part, int) else "." + "".join(c if c.isprintable() else "?" for c in part[:64])
        for part in parts
    )
    return path.removeprefix(".") or "body"
