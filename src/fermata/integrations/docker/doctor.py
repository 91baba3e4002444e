"""What is missing before this engine can be read and changed, and how to mend it. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from fermata.integrations.docker.client import EngineSession
from fermata.integrations.docker.faults import NoSuchObject
from fermata.integrations.docker.site import Site
from fermata.kit.errors import OperationalError
from fermata.ports.system import CheckResult

GRANT = "Least for evidence: GET on /_ping, /info, /containers, /images and /events"
"""What a socket proxy has to allow, in words; the page has it to copy."""


async def check_site(site: Site, *, is_plain_tcp: bool) -> Sequence[CheckResult]:
    """Return one finding for each of: engine, containers, events, clock. Never raises for expected failures."""
    findings = []
    if is_plain_tcp:
        text = f"{site.client.url} is spoken to without TLS: whoever reaches it is root there. Set docker.tls_*"
        findings.append(_say("transport", ok=False, text=text))
    try:
        async with site.client.connect() as session:
            info = await session.fetch_info()
            findings += [
                _say(
                    "engine", ok=True, text=f"engine {info.server_version} on {info.name} answers at {site.client.url}"
                ),
                await _check_containers(site, session),
                await _check_images(session),
                await _check_events(site, session),
                _check_clock(session),
            ]
    except OperationalError as error:
        return [*findings, _say("engine", ok=False, text=str(error))]
    if not info.memory_limit:
        text = "the kernel of its host enforces no memory limits: set_memory_limit refuses. Turn the memory cgroup on"
        findings.append(_say("memory limits", ok=False, text=text))
    return findings


async def _check_containers(site: Site, session: EngineSession) -> CheckResult:
    try:
        listed = await site.list_containers(session)
        if listed:
            await session.inspect(listed[0].id)
    except OperationalError as error:
        return _say("containers", ok=False, text=f"{error} {GRANT}")
    if site.projects and not listed:
        text = f"no container is of the compose projects {', '.join(site.projects)}: correct docker.projects"
        return _say("containers", ok=False, text=text)
    running = sum(one.state == "running" for one in listed)
    services = {(one.project, one.service) for one in listed if one.service}
    text = f"{running} of {len(listed)} containers run; {len(services)} compose services"
    return _say("containers", ok=True, text=text + _tell_namesakes(services))


def _tell_namesakes(services: Collection[tuple[str, str]]) -> str:
    """Return what to do about services of one name in several projects; empty where there are none."""
    projects: dict[str, list[str]] = {}
    for project, service in sorted(services):
        projects.setdefault(service, []).append(project)
    named = next(((service, own) for service, own in projects.items() if len(own) > 1), None)
    if named is None:
        return ""
    return (
        f"; {named[0]} is a service of {' and of '.join(named[1])}: an alert that names it means all of them. "
        "docker.projects says which are yours"
    )


async def _check_images(session: EngineSession) -> CheckResult:
    try:
        for one in (await session.list_containers())[:1]:
            await session.list_layers(one.image_id)
    except NoSuchObject:
        pass  # It was removed while its container was not: allowed, and nothing to see.
    except OperationalError as error:
        return _say("images", ok=False, text=f"{error} Without images, nothing is known of deployments. {GRANT}")
    return _say("images", ok=True, text="images can be compared")


async def _check_events(site: Site, session: EngineSession) -> CheckResult:
    now = site.clock.now()
    try:
        await session.list_events(now - timedelta(minutes=1), now)
    except OperationalError as error:
        return _say("events", ok=False, text=f"{error} Without events, earlier ends are not known. {GRANT}")
    return _say("events", ok=True, text="earlier ends and restarts can be read")


def _check_clock(session: EngineSession) -> CheckResult:
    skew_s = session.skew.total_seconds()
    if abs(skew_s) <= 5:
        return _say("clock", ok=True, text="its clock and this machine's agree")
    side = "ahead of" if skew_s > 0 else "behind"
    return _say("clock", ok=False, text=f"its clock is {abs(skew_s):.0f} s {side} this machine's; set both by NTP")


def _say(what: str, *, ok: bool, text: str) -> CheckResult:
    return CheckResult(name=f"docker: {what}", ok=ok, text=text)
