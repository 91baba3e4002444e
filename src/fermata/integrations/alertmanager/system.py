"""Alertmanager as the house sees it: an alert source, and nothing that is asked."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from fermata.integrations.alertmanager.source import AlertmanagerSource
from fermata.ports.source import AlertSource
from fermata.ports.system import System


class AlertmanagerSettings(BaseModel):
    """Nothing to set: Alertmanager calls Fermata, not the other way round (the intake's token is the web server's)."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Alertmanager(System):
    """Alerts by webhook. There is nothing to check from here: whether it reaches Fermata, only its own log says."""

    name = "alertmanager"
    Settings = AlertmanagerSettings

    def find_source(self) -> AlertSource:
        """Return the parser of its webhook."""
        return AlertmanagerSource()
