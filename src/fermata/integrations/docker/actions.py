"""The catalogue entries of Docker: a restart, a live limit, and the ways back to an image or a setting of before."""

from __future__ import annotations

from fermata.integrations.docker.memory import MemoryLimitAction
from fermata.integrations.docker.recreate import RecreateAction
from fermata.integrations.docker.recreate_setting import RecreateSettingAction
from fermata.integrations.docker.remembered import Remembered
from fermata.integrations.docker.restart import RestartAction
from fermata.integrations.docker.site import Site
from fermata.ports.action import CatalogueAction


def list_actions(site: Site, shown: tuple[str, ...], remembered: Remembered) -> tuple[CatalogueAction, ...]:
    """Return the restart, the live memory limit and the two ways of creating a container anew as it was."""
    return (
        RestartAction(site),
        MemoryLimitAction(site),
        RecreateAction(site, shown, remembered),
        RecreateSettingAction(site, shown, remembered),
    )
