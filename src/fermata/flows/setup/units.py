"""The services that somebody put into systemd's folders on this machine. Blocking: files; systemd is not asked."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from fermata.flows.setup.programs import Program
from fermata.flows.setup.surroundings import Surroundings
from fermata.rules.setup.findings import Found

_SUFFIX = ".service"
# What a distribution brings and a shop runs on; the rest that it brings is plumbing of the machine.
_SERVERS = re.compile(
    r"(?:nginx|apache2|httpd|caddy|haproxy|varnish|traefik|postgresql(?:@.+|-\d+)?|mysqld?|mariadb|mongod"
    r"|redis(?:-server|@.+)?|valkey(?:-server)?|memcached|rabbitmq-server|elasticsearch|opensearch|php[\d.]*-fpm"
    r"|puma|gunicorn|uwsgi|tomcat\d*|jetty\d*|minio|nats-server|etcd|consul|vault|clickhouse-server|influxdb)"
)
_MOST_NAMED = 12
_NOTES = (
    "Of the distribution's services only those in `units` are looked after. It reads the journal as root, or as a user",
    "of the group systemd-journal; `fermata check systemd` says what is missing.",
)


def find_systemd(surroundings: Surroundings) -> list[Found]:
    """Return systemd with the services that are looked after, where there are any."""
    own = sorted({name for folder in surroundings.unit_folders for name in _list_own(folder)})
    servers = sorted({name for folder in surroundings.unit_folders for name in _list_servers(folder)} - set(own))
    if not own and not servers:
        return []
    services = tuple(dict.fromkeys(name.partition("@")[0] for name in (*own, *servers)))
    rest = f" and {len(services) - _MOST_NAMED} more" if len(services) > _MOST_NAMED else ""
    detail = f"services: {', '.join(services[:_MOST_NAMED])}{rest}"
    section = {"units": servers} if servers else {}
    return [Found("systemd", "systemd of this machine", detail, section=section, notes=_NOTES, services=services)]


def list_unit_programs(surroundings: Surroundings) -> tuple[Program, ...]:
    """Return what the own services run, by the names that alerts use; what cannot be read is left out."""
    return tuple(
        Program(name, file, tuple(_list_places(file)))
        for folder in surroundings.unit_folders
        for name in _list_own(folder)
        for file in (folder / f"{name}{_SUFFIX}", folder / f"{name}@{_SUFFIX}")
        if file.is_file()
    )


def _list_places(file: Path) -> Iterator[Path]:
    """Yield what a unit's command names, against the folder that it runs in, and last that folder."""
    try:
        lines = file.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    pairs = [(key.strip(), value.strip()) for key, equals, value in (line.partition("=") for line in lines) if equals]
    named = [value.lstrip("-!") for key, value in pairs if key == "WorkingDirectory"]
    folder = Path(named[-1]) if named and named[-1].startswith("/") else None
    for key, value in pairs:
        # Specifiers (`%h`) stay as they are, and name nothing that is there.
        for word in value.lstrip("-@:+!").split() if key == "ExecStart" else ():
            if not word.startswith("-") and (folder is not None or word.startswith("/")):
                yield Path(os.path.normpath((folder or Path("/")) / word.strip("'\"")))
    if folder is not None:
        yield folder


def _list_own(folder: Path) -> Iterator[str]:
    """Yield the services whose files lie in a folder; a link there is another name, or a mask."""
    for path in _list_quietly(folder, f"*{_SUFFIX}"):
        name = path.name.removesuffix(_SUFFIX)
        # Fermata itself is no suspect of its own incidents.
        if not path.is_symlink() and name != "fermata":
            yield name.removesuffix("@")


def _list_servers(folder: Path) -> Iterator[str]:
    """Yield the distribution's servers that are started with the machine."""
    for path in _list_quietly(folder, f"*.wants/*{_SUFFIX}"):
        name = path.name.removesuffix(_SUFFIX)
        if _SERVERS.fullmatch(name):
            yield name


def _list_quietly(folder: Path, pattern: str) -> list[Path]:
    try:
        return sorted(folder.glob(pattern))
    except OSError:
        return []
