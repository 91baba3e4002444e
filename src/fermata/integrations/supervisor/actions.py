"""The catalogue entries of supervisor: one restart and two edits."""

from __future__ import annotations

from fermata.integrations.supervisor.config_action import ConfigAction
from fermata.integrations.supervisor.edits import MemoryLimitEditor, VariableEditor
from fermata.integrations.supervisor.restart import RestartAction
from fermata.integrations.supervisor.site import Site
from fermata.ports.action import CatalogueAction


def list_actions(site: Site) -> tuple[CatalogueAction, ...]:
    """Return `supervisor.restart`, `supervisor.set_memory_limit` and `supervisor.set_env`."""
    return (RestartAction(site), ConfigAction(site, MemoryLimitEditor()), ConfigAction(site, VariableEditor()))
