"""The catalogue entries of systemd."""

from __future__ import annotations

from fermata.integrations.systemd.site import Site
from fermata.ports.action import CatalogueAction


def list_actions(site: Site) -> tuple[CatalogueAction, ...]:
    """Return what can be done to a unit."""
    del site
    return ()
