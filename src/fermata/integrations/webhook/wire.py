"""The plain form of an alert: a title and a state are enough. Strict about these, lenient about the rest."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from fermata.domain.alert import AlertStatus
from fermata.ports.alert_webhook import MOST_LABELS, LabelText, Name, OptionalText, clean, read_instant

_WORDS = {
    **dict.fromkeys(
        ("firing", "down", "open", "started", "triggered", "alerting", "failing", "fail", "error", "problem"), "firing"
    ),
    # Datadog's $ALERT_TRANSITION (docs.datadoghq.com, "Webhooks", November 2026): no data is an alert like any other.
    **dict.fromkeys(("re-triggered", "warn", "re-warn", "no data", "re-no data", "renotify"), "firing"),
    **dict.fromkeys(("resolved", "up", "ok", "closed", "success", "recovered", "recovery"), "resolved"),
}


# A variable as it stands in a template: Datadog's and Better Stack's, Zabbix's and Grafana's, UptimeRobot's. A GUID in
# braces is none, and has a hyphen.
_VARIABLE = re.compile(r"\$\{?[A-Za-z]\w*(?:\[[^\]]*\])?\}?|\{\{[^{}]*\}\}|\{(?:[A-Za-z$#?][^{}-]*)?\}|\*[A-Za-z]\w*\*")


def _read_status(value: Any) -> AlertStatus:
    found = _WORDS.get(value.strip().casefold()) if isinstance(value, str) else None
    if found is None:
        message = "expected 'firing' or 'resolved' ('down' and 'up' are read, too)"
        raise ValueError(message)
    return AlertStatus(found)


def _read_optional_instant(value: Any) -> datetime | None:
    return None if value == "" else read_instant(value, "2026-11-23T09:51:00Z, or nothing")


def _read_text(value: Any) -> Any:
    """Return a text without what surrounds it, and a number as a text; anything else is left to be refused."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return clean(str(value) if is_number else value.strip() if isinstance(value, str) else value)


def _read_optional(value: Any) -> Any:
    return "" if value is None else _read_text(value)


def _read_filled(value: Any) -> Any:
    """Return a text, or nothing for a variable that its sender left as it stood: of all alerts it would be the same."""
    text = _read_optional(value)
    return "" if isinstance(text, str) and _VARIABLE.fullmatch(text) else text


def _read_labels(value: Any) -> Any:
    return {key: _read_text(item) for key, item in value.items() if item is not None} if isinstance(value, dict) else {}


PlainText = Annotated[LabelText, BeforeValidator(_read_optional)]
FilledText = Annotated[LabelText, BeforeValidator(_read_filled)]
Instant = Annotated[datetime | None, BeforeValidator(_read_optional_instant)]


class PlainAlert(BaseModel):
    """One alert, the whole body."""

    model_config = ConfigDict(frozen=True)

    title: Annotated[Name, BeforeValidator(_read_text)]
    status: Annotated[AlertStatus, BeforeValidator(_read_status)]
    service: FilledText = ""
    severity: PlainText = ""
    id: FilledText = ""
    """What tells one thing that can fail from another; without it, title, service and labels do."""
    started_at: Instant = None
    ended_at: Instant = None
    summary: OptionalText = ""
    url: OptionalText = ""
    value: PlainText = ""
    labels: Annotated[dict[Name, LabelText], Field(max_length=MOST_LABELS - 3), BeforeValidator(_read_labels)] = Field(
        default_factory=dict
    )
