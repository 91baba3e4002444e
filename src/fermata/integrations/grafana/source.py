"""Alerts from Grafana: one webhook body becomes one batch, or is refused whole with the faulty field named.

A body with one malformed alert is refused, not trimmed: Grafana sends the group again and the refusal is journalled,
so nothing goes missing without a word.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import ValidationError

from fermata.domain.alert import Alert, AlertBatch, AlertStatus, Severity
from fermata.integrations.grafana.wire import WireAlert, WireBody
from fermata.kit.digest import compute_bytes_digest, compute_digest
from fermata.kit.errors import TooLargeError, UserError

# Grafana raises these in place of the rule's own alert; the rule's name is then in the label `rulename`.
SUBSTITUTES = {"DatasourceNoData": "no data", "DatasourceError": "evaluation failed"}

# A rule has a handful of queries; a card has one line for them.
LONGEST_VALUE = 1_000


class GrafanaSource:
    """Parses the webhook of unified alerting, version 1 (Grafana 9 and later)."""

    name = "grafana"

    def parse(self, body: bytes, received_at: datetime) -> AlertBatch:
        """Return the alerts of a body. Pure.

        Args:
            body: The request body, as received.
            received_at: Also the end of a resolved alert that carries none: the latest it can be.

        Raises:
            TooLargeError: More than 10,000 alerts, or a label or a count beyond its limit.
            UserError: The body is not what unified alerting sends; the message names the index and the field.
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
        source=GrafanaSource.name,
        fingerprint=wire.fingerprint or compute_digest(wire.labels).removeprefix("sha256:")[:16],
        name=_name_rule(wire),
        status=status,
        severity=Severity.from_label(wire.labels.get("severity")),
        labels=wire.labels,
        annotations=_list_links(wire) | wire.annotations,
        starts_at=wire.starts_at,
        ends_at=(wire.ends_at or received_at) if status is AlertStatus.RESOLVED else None,
        generator_url=wire.generator_url,
        value=_describe_value(wire),
        payload_digest=payload_digest,
        received_at=received_at,
    )


def _name_rule(wire: WireAlert) -> str:
    name = wire.labels.get("alertname", "")
    if name in SUBSTITUTES:
        return wire.labels.get("rulename") or name
    return name or "unnamed"


def _describe_value(wire: WireAlert) -> str:
    """Return `A=0.3125, C=1`, one for each query of the rule; else the older text; else why there is none."""
    if wire.values:
        return ", ".join(f"{query}={value}" for query, value in wire.values.items())[:LONGEST_VALUE]
    return wire.value_string[:LONGEST_VALUE] or SUBSTITUTES.get(wire.labels.get("alertname", ""), "")


def _list_links(wire: WireAlert) -> dict[str, str]:
    """Return the pages a person may want, as annotations; the rule's own annotations win over them.

    `imageURL` is left out: for many image stores it is a signed address, which is a secret.
    """
    links = {
        "grafana_dashboard_url": wire.dashboard_url,
        "grafana_panel_url": wire.panel_url,
        "grafana_silence_url": wire.silence_url,
    }
    return {name: url for name, url in links.items() if url}


def describe_refusal(error: ValidationError) -> UserError:
    """Word the first fault of a body. Repeats no value of it, only where the fault is."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = _join_path(first["loc"])
    kind = TooLargeError if first["type"] in {"too_long", "string_too_long"} else UserError
    return kind(
        f"The alerts were refused at {field!r}",
        why=first["msg"].removeprefix("Value error, "),
        do="Point a Grafana contact point of type webhook at this path, with no custom payload; legacy alerting "
        "(before Grafana 9) is not read, and Alertmanager's webhook has its own path, named alertmanager",
        source=GrafanaSource.name,
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
