"""What is missing before this supervisord can be read and changed, and how to mend it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Sequence
from pathlib import Path

from fermata.integrations.supervisor.config_tree import Config
from fermata.integrations.supervisor.site import Site
from fermata.kit.errors import OperationalError
from fermata.ports.system import CheckResult

_API_VERSION = "3."


async def check_site(site: Site, health_urls: Collection[str] = ()) -> Sequence[CheckResult]:
    """Return one finding for each of: reachable, API, configuration, writable. Never raises for expected failures.

    Args:
        health_urls: The processes that a URL is given for: one of a name that nothing has is never asked.
    """
    return (*await _check_api(site), *await _check_config(site), *await _check_health_urls(site, health_urls))


async def _check_health_urls(site: Site, names: Collection[str]) -> list[CheckResult]:
    try:
        infos = await site.client.fetch_processes() if names else ()
    except OperationalError:
        return []  # That it does not answer is said above.
    known = {name for info in infos for name in (info.namespec, info.name)}
    if not (strangers := sorted(set(names) - known)):
        return []
    text = f"health_urls names {', '.join(strangers)}, and no process is called so: what it gives is never asked"
    return [_say("health URLs", ok=False, text=text)]


async def _check_api(site: Site) -> list[CheckResult]:
    place = "socket" if site.client.is_unix else "address"
    try:
        api = str(await site.client.call("getAPIVersion"))
        version = str(await site.client.call("getSupervisorVersion"))
    except OperationalError as error:
        return [_say(place, ok=False, text=str(error))]
    findings = [_say(place, ok=True, text=f"{site.client.url} answers")]
    if api.startswith(_API_VERSION):
        return [*findings, _say("API", ok=True, text=f"API {api}, supervisor {version}")]
    text = f"API {api} is not known; Fermata speaks {_API_VERSION}x. Use a Fermata made for supervisor {version}"
    return [*findings, _say("API", ok=False, text=text)]


async def _check_config(site: Site) -> list[CheckResult]:
    if site.config_path is None:
        text = "not set: read-only, no action but restart. Set config_path to the main supervisord.conf to allow edits"
        return [_say("configuration", ok=True, text=text)]
    try:
        config = await site.read_config()
    except OperationalError as error:
        return [_say("configuration", ok=False, text=str(error))]
    if config is None:
        return []
    findings = [await _compare(site, config)]
    locked = await asyncio.to_thread(_list_locked, config)
    if locked:
        text = f"Not writable: {', '.join(locked)}. Let this user write the files and their folders, or stay read-only"
        return [*findings, _say("writable", ok=False, text=text)]
    return [*findings, _say("writable", ok=True, text="every file that declares a program can be replaced")]


async def _compare(site: Site, config: Config) -> CheckResult:
    """Say whether the files declare what runs; another supervisord's files would be edited in vain."""
    count = f"{len(config.files)} files, {len(config.programs)} programs"
    try:
        infos = await site.client.fetch_processes()
    except OperationalError:
        return _say("configuration", ok=True, text=f"{config.main}: {count}; not compared with supervisord")
    declared = {(program.group, name) for program in config.programs for name in program.processes}
    strangers = [info.namespec for info in infos if (info.group, info.name) not in declared]
    if strangers:
        text = (
            f"{config.main} does not declare {', '.join(strangers)}. It may be another supervisord's: "
            "correct config_path, or have supervisord take up its files (supervisorctl update)"
        )
        return _say("configuration", ok=False, text=text)
    return _say("configuration", ok=True, text=f"{config.main}: {count}, and they declare all that runs")


def _list_locked(config: Config) -> list[str]:
    paths: set[Path] = set()
    for program in config.programs:
        path = program.file.path
        paths |= {path for path in (path, path.parent) if not os.access(path, os.W_OK)}
    return sorted(map(str, paths))


def _say(what: str, *, ok: bool, text: str) -> CheckResult:
    return CheckResult(name=f"supervisor: {what}", ok=ok, text=text)
