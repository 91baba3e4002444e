"""Alertmanager as the house sees it: an alert source, and nothing that is asked."""

from __future__ import annotations

from fermata.integrations.alertmanager.source import AlertmanagerSource
from fermata.ports.source import AlertSource, SourceSettings
from fermata.ports.system import System


class Alertmanager(System):
    """Alerts by webhook. There is nothing to check from here: whether it reaches Fermata, only its own log says."""

    name = "alertmanager"
    Settings = SourceSettings

    def find_source(self) -> AlertSource:
        """Return the parser of its webhook."""
        return AlertmanagerSource()
