"""Alerts by a plain webhook: one body is one alert. Its senders seldom say which firing an end belongs to."""

from __future__ import annotations

import json
from datetime import datetime

from pydantic import ValidationError

from fermata.domain.alert import Alert, AlertBatch, AlertStatus, Severity
from fermata.integrations.webhook.foreign import find_foreign
from fermata.integrations.webhook.shapes import read_plain
from fermata.integrations.webhook.wire import PlainAlert
from fermata.kit.digest import compute_bytes_digest, compute_digest
from fermata.kit.errors import UserError
from fermata.ports.alert_webhook import read_fault

_ADVICE = (
    'Send {"title": "checkout is down", "service": "checkout", "status": "firing"} and the same with "resolved" at '
    "its end, or a body of Uptime Kuma, Better Stack, UptimeRobot, Sentry or New Relic: docs/systems/webhook.md"
)


class PlainSource:
    """Parses the plain form, and the bodies of tools that are put into it."""

    name = "webhook"

    def parse(self, body: bytes, received_at: datetime) -> AlertBatch:
        """Return the alert of a body; none for a test or a notice, which the batch tells in words. Pure.

        Raises:
            TooLargeError: A text or the number of labels is beyond its limit.
            UserError: The body is no JSON object with a title and a status; the message names the field.
        """
        content = _read_object(body)
        reading = read_plain(content)
        if isinstance(reading, str):
            return AlertBatch(source=self.name, group_key="", alerts=(), refused=(reading,))
        if reading.is_own and (foreign := find_foreign(content)) is not None:
            raise UserError(
                "The alert was refused", why=f"it is a body of {foreign.tool}", do=foreign.do, source=self.name
            )
        try:
            told = PlainAlert.model_validate(reading.plain)
        except ValidationError as error:
            fault = read_fault(error)
            raise _refuse(fault.field, fault.why, fault.kind) from error
        alert = _build_alert(told, compute_bytes_digest(body), received_at)
        if not reading.one_at_a_time and told.started_at:
            # The start tells which firing it is: it stays as it was sent, also where a clock is ahead.
            alert = alert.model_copy(update={"starts_at": told.started_at})
        one = reading.one_at_a_time
        return AlertBatch(source=self.name, group_key="", alerts=(alert,), one_at_a_time=one, many_at_once=not one)


def _read_object(body: bytes) -> dict[str, object]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        # The place, and none of the body's words: a comma too many is found by it, and a secret stays out.
        why = "it is no JSON"
        if isinstance(error, json.JSONDecodeError):
            why = f"it is no JSON from line {error.lineno}, column {error.colno} on"
        elif isinstance(error, UnicodeDecodeError) and error.encoding == "utf-8":
            why = f"it is not UTF-8, from byte {error.start + 1} on: a sender such as PowerShell has to be told so"
        raise _refuse("body", why) from error
    if not isinstance(content, dict):
        raise _refuse("body", "it is no JSON object")
    return content


def _build_alert(told: PlainAlert, digest: str, received_at: datetime) -> Alert:
    own = {"alertname": told.title, "service": told.service, "severity": told.severity}
    labels = told.labels | {name: text for name, text in own.items() if text}
    # How bad it is may change while it fires, and somebody else's word of it is no part of what it is.
    identity = [told.id] if told.id else [told.title, told.service, told.labels]
    is_over = told.status is AlertStatus.RESOLVED
    notes = {"summary": told.summary, "url": told.url}
    return Alert(
        source=PlainSource.name,
        fingerprint=compute_digest(identity).removeprefix("sha256:")[:16],
        name=told.title,
        status=told.status,
        severity=Severity.from_label(labels.get("severity")),
        labels=labels,
        annotations={name: text for name, text in notes.items() if text},
        starts_at=min(told.started_at or received_at, received_at),
        ends_at=min(told.ended_at or received_at, received_at) if is_over else None,
        value=told.value,
        payload_digest=digest,
        received_at=received_at,
    )


def _refuse(field: str, why: str, kind: type[UserError] = UserError) -> UserError:
    return kind(f"The alert was refused at {field!r}", why=why, do=_ADVICE, source=PlainSource.name, field=field)
