"""The catalogue entries of systemd: a restart and a live memory limit."""

from __future__ import annotations

from fermata.integrations.systemd.memory_limit import MemoryLimitAction
from fermata.integrations.systemd.restart import RestartAction
from fermata.integrations.systemd.site import Site
from fermata.ports.action import CatalogueAction


def list_actions(site: Site) -> tuple[CatalogueAction, ...]:
    """Return `systemd.restart` and `systemd.set_memory_limit`."""
    return (RestartAction(site), MemoryLimitAction(site))
