"""Alerts from Alertmanager: one webhook body becomes one batch; what cannot be read is named by index and field."""

from __future__ import annotations

from fermata.integrations.alertmanager.wire import WireAlert, WireBody
from fermata.ports.alert_webhook import Told, WebhookSource


class AlertmanagerSource(WebhookSource[WireAlert]):
    """Parses the webhook of version 4 (Alertmanager 0.6 and later)."""

    name = "alertmanager"
    Body = WireBody
    AlertModel = WireAlert
    advice = (
        "Point an Alertmanager webhook_configs receiver at this path; Grafana's webhook has its own, named grafana, "
        "and other tools' is named webhook"
    )

    def tell(self, wire: WireAlert) -> Told:
        """Return its name, and the annotation that rules commonly put their value into: Alertmanager sends none."""
        return Told(
            name=wire.labels.get("alertname") or "unnamed",
            value=wire.annotations.get("value", ""),
            annotations=wire.annotations,
        )
