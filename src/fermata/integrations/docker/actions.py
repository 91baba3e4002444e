"""The catalogue entries of Docker: a restart, a live limit, and the way back to an image that ran before."""

from __future__ import annotations

from fermata.integrations.docker.memory import MemoryLimitAction
from fermata.integrations.docker.recreate import RecreateAction
from fermata.integrations.docker.remembered import Remembered
from fermata.integrations.docker.restart import RestartAction
from fermata.integrations.docker.site import Site
from fermata.ports.action import CatalogueAction


def list_actions(site: Site, shown: tuple[str, ...], remembered: Remembered) -> tuple[CatalogueAction, ...]:
    """Return `docker.restart_container`, `docker.set_memory_limit` and `docker.recreate_with_previous_image`."""
    return (RestartAction(site), MemoryLimitAction(site), RecreateAction(site, shown, remembered))
