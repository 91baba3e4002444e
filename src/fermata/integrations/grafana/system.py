"""Grafana as the house sees it: an alert source, and nothing that is asked."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from fermata.integrations.grafana.source import GrafanaSource
from fermata.ports.source import AlertSource
from fermata.ports.system import System


class GrafanaSettings(BaseModel):
    """Nothing to set: Grafana calls Fermata, not the other way round (the intake's token is the web server's)."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Grafana(System):
    """Alerts by webhook. Nothing to check from here: whether it reaches Fermata, its contact point says."""

    name = "grafana"
    Settings = GrafanaSettings

    def find_source(self) -> AlertSource:
        """Return the parser of its webhook."""
        return GrafanaSource()
