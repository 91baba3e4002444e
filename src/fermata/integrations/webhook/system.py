"""The plain webhook as the house sees it: an alert source, and nothing that is asked."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from fermata.integrations.webhook.source import PlainSource
from fermata.ports.source import AlertSource
from fermata.ports.system import System


class WebhookSettings(BaseModel):
    """Nothing to set: the tools call Fermata, not the other way round (the intake's token is the web server's)."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Webhook(System):
    """Alerts by webhook. Nothing to check from here: whether it reaches Fermata, the sender's log says."""

    name = "webhook"
    Settings = WebhookSettings

    def find_source(self) -> AlertSource:
        """Return the parser of its bodies."""
        return PlainSource()
