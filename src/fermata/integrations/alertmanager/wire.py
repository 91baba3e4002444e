"""The webhook body as Alertmanager writes it: what is read of it.

Source: Alertmanager 0.25 `template.Data` and `notify/webhook.Message` (documentation, "webhook_config"), and ten
recorded bodies in tests/samples/alertmanager.
"""

from __future__ import annotations

from fermata.ports.alert_webhook import WebhookAlert, WebhookBody


class WireAlert(WebhookAlert):
    """One alert of the body: the family's fields and no others."""

    instant_example = "2026-11-23T09:51:00Z"


class WireBody(WebhookBody[WireAlert]):
    """The whole body."""

    version_read = "4"
