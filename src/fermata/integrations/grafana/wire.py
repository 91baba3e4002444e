"""The webhook body as Grafana's unified alerting writes it: what is read of it beyond the family's own fields.

Source: Grafana documentation, "Configure the webhook notifier for Alerting" (read November 2026), and four bodies in
tests/samples/grafana that were written by hand to it, not recorded. `valueString` stands in older examples only, and
`values` is null for alerts without data: both are optional.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from fermata.ports.alert_webhook import OptionalText, WebhookAlert, WebhookBody, clean


def _read_values(value: Any) -> dict[str, str]:
    """Write the numbers of `values` as people read them; what has no number is left out, never refused."""
    if not isinstance(value, dict):
        return {}
    return {
        clean(str(key)): f"{item:.6g}"
        for key, item in value.items()
        # The bounds leave out NaN, infinity and integers that no float can hold.
        if isinstance(item, int | float) and not isinstance(item, bool) and -1e300 < item < 1e300
    }


class WireAlert(WebhookAlert):
    """One alert of the body."""

    instant_example = "2026-11-23T09:51:00+01:00"

    silence_url: OptionalText = Field(alias="silenceURL", default="")
    dashboard_url: OptionalText = Field(alias="dashboardURL", default="")
    panel_url: OptionalText = Field(alias="panelURL", default="")
    values: Annotated[dict[str, str], BeforeValidator(_read_values)] = Field(default_factory=dict)
    value_string: OptionalText = Field(alias="valueString", default="")


class WireBody(WebhookBody[WireAlert]):
    """The whole body."""

    version_read = "1"
