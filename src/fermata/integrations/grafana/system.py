"""Grafana as the house sees it: an alert source, and nothing that is asked."""

from __future__ import annotations

from fermata.integrations.grafana.source import GrafanaSource
from fermata.ports.source import AlertSource, SourceSettings
from fermata.ports.system import System


class Grafana(System):
    """Alerts by webhook. Nothing to check from here: whether it reaches Fermata, its contact point says."""

    name = "grafana"
    Settings = SourceSettings

    def find_source(self) -> AlertSource:
        """Return the parser of its webhook."""
        return GrafanaSource()
