"""The plain webhook as the house sees it: an alert source, and nothing that is asked."""

from __future__ import annotations

from fermata.integrations.webhook.source import PlainSource
from fermata.ports.source import AlertSource, SourceSettings
from fermata.ports.system import System


class Webhook(System):
    """Alerts by webhook. Nothing to check from here: whether it reaches Fermata, the sender's log says."""

    name = "webhook"
    Settings = SourceSettings

    def find_source(self) -> AlertSource:
        """Return the parser of its bodies."""
        return PlainSource()
