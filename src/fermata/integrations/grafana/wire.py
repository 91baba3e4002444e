"""The webhook body as Grafana's unified alerting writes it: what is read of it, and what is tolerated.

Source: Grafana documentation, "Configure the webhook notifier for Alerting" (read November 2026), and four bodies in
tests/samples/grafana that were written by hand to it, not recorded. `valueString` stands in older examples only, and
`values` is null for alerts without data: both are optional. Fields that are not read may be anything.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, FailFast, Field, StringConstraints

VERSION = "1"
MOST_ALERTS = 10_000
# Mimir, the strictest common store, allows 30 labels of 1,024 + 2,048 characters by default: beyond these is a mistake.
MOST_LABELS = 128
LONGEST_NAME = 1_024
LONGEST_LABEL = 4_096
# Annotations are for people: a long one is cut, never a reason to lose an alert.
LONGEST_ANNOTATION = 16_384


def _drop_nulls(value: Any) -> Any:
    if value is None:
        return {}
    return {key: item for key, item in value.items() if item is not None} if isinstance(value, dict) else value


def _clean(value: Any) -> Any:
    # PostgreSQL text cannot hold NUL; nothing in a label means it.
    return value.replace("\x00", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONGEST_ANNOTATION:
        return f"{value[:LONGEST_ANNOTATION]}... [cut: {len(value) - LONGEST_ANNOTATION:,} more characters]"
    return value


def read_instant(value: Any) -> datetime | None:
    """Return an RFC 3339 time in UTC, whatever offset it was written in; `None` for null and for year 1.

    Raises:
        ValueError: It is something else; the message does not repeat the value.
    """
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value)
        if instant.year == 1:
            return None
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    message = "expected an RFC 3339 time with its offset, such as 2026-11-23T09:51:00+01:00"
    raise ValueError(message)


def _require_start(value: Any) -> datetime:
    instant = read_instant(value)
    if instant is None:
        message = "an alert without its start cannot be told from the one before it"
        raise ValueError(message)
    return instant


def _require_version(value: Any) -> Any:
    if value != VERSION:
        shown = repr(value[:16]) if isinstance(value, str) else f"a {type(value).__name__}"
        message = f"it is {shown}, and only version {VERSION!r} is read"
        raise ValueError(message)
    return value


def _read_values(value: Any) -> dict[str, str]:
    """Write the numbers of `values` as people read them; what has no number is left out, never refused."""
    if not isinstance(value, dict):
        return {}
    return {
        _clean(str(key)): f"{item:.6g}"
        for key, item in value.items()
        # The bounds leave out NaN, infinity and integers that no float can hold.
        if isinstance(item, int | float) and not isinstance(item, bool) and -1e300 < item < 1e300
    }


Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME), BeforeValidator(_clean)]
LabelText = Annotated[str, StringConstraints(max_length=LONGEST_LABEL), BeforeValidator(_clean)]
AnnotationText = Annotated[str, BeforeValidator(_cut), BeforeValidator(_clean)]
OptionalText = Annotated[str, BeforeValidator(lambda value: "" if value is None else _cut(_clean(value)))]
OptionalName = Annotated[
    str,
    StringConstraints(max_length=LONGEST_NAME),
    BeforeValidator(lambda value: "" if value is None else _clean(value)),
]


class WireAlert(BaseModel):
    """One alert of the body."""

    model_config = ConfigDict(frozen=True)

    status: Literal["firing", "resolved"]
    labels: Annotated[dict[Name, LabelText], Field(max_length=MOST_LABELS), BeforeValidator(_drop_nulls)]
    annotations: Annotated[dict[Name, AnnotationText], Field(max_length=MOST_LABELS), BeforeValidator(_drop_nulls)] = (
        Field(default_factory=dict)
    )
    starts_at: Annotated[datetime, BeforeValidator(_require_start)] = Field(alias="startsAt")
    ends_at: Annotated[datetime | None, BeforeValidator(read_instant)] = Field(alias="endsAt", default=None)
    generator_url: OptionalText = Field(alias="generatorURL", default="")
    fingerprint: OptionalName = ""
    silence_url: OptionalText = Field(alias="silenceURL", default="")
    dashboard_url: OptionalText = Field(alias="dashboardURL", default="")
    panel_url: OptionalText = Field(alias="panelURL", default="")
    values: Annotated[dict[str, str], BeforeValidator(_read_values)] = Field(default_factory=dict)
    value_string: OptionalText = Field(alias="valueString", default="")


class WireBody(BaseModel):
    """The whole body. `version` stands first: its fault is named before any other."""

    model_config = ConfigDict(frozen=True)

    version: Annotated[str, BeforeValidator(_require_version)]
    alerts: Annotated[
        list[WireAlert],
        FailFast(),
        Field(max_length=MOST_ALERTS),
        BeforeValidator(lambda value: [] if value is None else value),
    ]
    group_key: OptionalText = Field(alias="groupKey", default="")
    truncated: Annotated[
        int, Field(ge=0, le=1_000_000_000), BeforeValidator(lambda value: 0 if value is None else value)
    ] = Field(alias="truncatedAlerts", default=0)
