"""The table of systems: one line for each, as text, so that nothing is imported before it is used.

`settings` asks it which sections exist, `bootstrap` which classes to build. A third party adds a system without
touching this file, by an entry point in the group `fermata.systems`; it can add names, never replace one of these.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, metadata
from types import MappingProxyType

from fermata.kit.errors import UserError
from fermata.ports.system import System

SYSTEMS: Mapping[str, str] = MappingProxyType(
    {
        "alertmanager": "fermata.integrations.alertmanager.system:Alertmanager",
        "chaosmesh": "fermata.integrations.chaosmesh.system:ChaosMesh",
        "confluence": "fermata.integrations.confluence.system:Confluence",
        "console": "fermata.integrations.console.system:Console",
        "datadog": "fermata.integrations.datadog.system:Datadog",
        "discord": "fermata.integrations.discord.system:Discord",
        "docker": "fermata.integrations.docker.system:Docker",
        "faultproxy": "fermata.integrations.faultproxy.system:FaultProxySystem",
        "git": "fermata.integrations.git.system:Git",
        "github": "fermata.integrations.github.system:GitHub",
        "gitlab": "fermata.integrations.gitlab.system:GitLab",
        "googledocs": "fermata.integrations.googledocs.system:GoogleDocs",
        "grafana": "fermata.integrations.grafana.system:Grafana",
        "gremlin": "fermata.integrations.gremlin.system:Gremlin",
        "jira": "fermata.integrations.jira.system:Jira",
        "kubernetes": "fermata.integrations.kubernetes.system:Kubernetes",
        "linear": "fermata.integrations.linear.system:Linear",
        "loki": "fermata.integrations.loki.system:Loki",
        "newrelic": "fermata.integrations.newrelic.system:NewRelic",
        "notion": "fermata.integrations.notion.system:Notion",
        "postgres": "fermata.integrations.postgres.system:Postgres",
        "prometheus": "fermata.integrations.prometheus.system:Prometheus",
        "runbooks": "fermata.integrations.runbooks.system:Runbooks",
        "slack": "fermata.integrations.slack.system:Slack",
        "supervisor": "fermata.integrations.supervisor.system:Supervisor",
        "systemd": "fermata.integrations.systemd.system:Systemd",
        "terraform": "fermata.integrations.terraform.system:TerraformSystem",
        "webhook": "fermata.integrations.webhook.system:Webhook",
    }
)
"""Name of each system that Fermata ships, and its class as `module:Class`."""

ENTRY_POINT_GROUP = "fermata.systems"
"""Where other distributions name theirs."""

DISTRIBUTION = "fermata-ops"


def list_systems() -> tuple[str, ...]:
    """Return every name that `resolve_system` knows, sorted. Imports no system."""
    return tuple(sorted({*SYSTEMS, *(point.name for point in entry_points(group=ENTRY_POINT_GROUP))}))


def resolve_system(name: str) -> type[System]:
    """Import a system and return its class.

    Raises:
        UserError: No system has this name, two distributions claim it, a package it needs is not installed, or what
            a third party registered is not a system.
    """
    if name in SYSTEMS:
        return _import_own(name, SYSTEMS[name])
    points = [point for point in entry_points(group=ENTRY_POINT_GROUP) if point.name == name]
    if not points:
        near = get_close_matches(name, list_systems(), n=3)
        raise UserError(
            f"There is no system {name!r}",
            why=f"Known are {', '.join(list_systems())}",
            do=f"Perhaps {' or '.join(near)} is meant" if near else "Correct the name in the settings",
            name=name,
        )
    if len(points) > 1:
        raise UserError(
            f"The system {name!r} is registered {len(points)} times",
            why=f"By {', '.join(sorted(point.value for point in points))}",
            do="Uninstall all of them but one",
            name=name,
        )
    return _import_foreign(points[0])


def _import_own(name: str, target: str) -> type[System]:
    module_name, _, class_name = target.partition(":")
    try:
        system: type[System] = getattr(import_module(module_name), class_name)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package == "fermata":
            raise  # A module of ours is absent: a broken installation or a bug, not a missing option.
        raise UserError(
            f"The system {name!r} cannot be used",
            why=f"It needs the Python package {package}, which is not installed",
            do=f"Install it: {sys.executable} -m pip install {_say_install(name, package)}",
            name=name,
            package=package,
        ) from error
    return system


def _say_install(name: str, package: str) -> str:
    """An extra, where there is one, has the system's name."""
    try:
        extras = metadata(DISTRIBUTION).get_all("Provides-Extra") or []
    except PackageNotFoundError:  # Run from a source tree.
        extras = []
    return f"'{DISTRIBUTION}[{name}]'" if name in extras else package


def _import_foreign(point: EntryPoint) -> type[System]:
    try:
        system = point.load()
    except (ImportError, AttributeError) as error:
        raise UserError(
            f"The system {point.name!r} cannot be used",
            why=f"Importing {point.value} failed: {error}",
            do="Install what the package that brings it needs, or uninstall it",
            name=point.name,
        ) from error
    if not (isinstance(system, type) and issubclass(system, System)):
        raise UserError(
            f"The system {point.name!r} cannot be used",
            why=f"{point.value} is not a subclass of fermata.ports.system.System",
            do="Report it to the authors of the package that brings it",
            name=point.name,
        )
    return system
