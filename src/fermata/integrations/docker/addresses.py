"""Whose an address is, of all containers of an engine: also of those that the settings do not look after.

For who is about to break what lies behind an address, and wants to know later what else was done to it.

A published port counts where the address is this machine's own, or the very one that it is published at: the same port
of another machine is somebody else's. A container in the host's network has no port in the engine's list: it counts
where the kernel says that it listens there, and where nobody may look who does.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from ipaddress import ip_address

from fermata.domain.sandbox import Bearer
from fermata.integrations.docker.containers import parse_instant
from fermata.integrations.docker.site import Site, Target, find_target, is_halted
from fermata.integrations.docker.wire import Event, Listed
from fermata.kit.listeners import list_listener_groups

_RESTARTING = "restarting"
_ALIVE = frozenset({"running", _RESTARTING, "paused"})
_DONE = (
    ("pause", "was paused"),
    ("restart", "was restarted"),
    ("stop", "was stopped"),
    ("kill", "was sent a signal"),
    ("rename", "was renamed"),
    ("update", "was given other limits"),
)
"""What the engine does when it is told to. Source: Docker Engine API 1.41 to 1.47, "Monitor events"."""
_RESOLVES_S = 2.0
"""What does not answer by then has no name that a service is called by; a resolver waits ten times as long."""
_HOST = "host"
_ALL = frozenset({"", "0.0.0.0", "::"})  # noqa: S104  # What a port is published at, not what is bound.


class ContainerAddresses:
    """Looks at the engine's list. Implements `AddressBook`."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def find_bearers(self, host: str, port: int) -> tuple[Bearer, ...]:
        """Return the containers that answer there; by name where none has an address that the name means here.

        Raises:
            OperationalError: The engine cannot be asked.
        """
        listed = await self._list_alive()
        addresses = await _resolve(host, port)
        gateways = {gateway for one in listed for gateway in one.network.gateways}
        found = [one for one in listed if _answers(one, addresses, port, gateways)]
        if not found and any(_is_own(address, gateways) for address in addresses):
            sharing = [one for one in listed if one.is_in(_HOST)]
            groups = await asyncio.to_thread(list_listener_groups, port) if sharing else ()
            found = [one for one in sharing if groups is None or any(one.id in group for group in groups)]
        # Also where it means another's here: a proxy in a container asks the resolver of its network.
        found = found or [one for one in listed if host in (one.name, *one.list_names())]
        return tuple(self._describe(one) for one in found)

    async def list_members(self, group: str) -> tuple[Bearer, ...]:
        """Return the containers of a compose project that run, without those that wait to be begun anew.

        Their next start would look like the engine's own.

        Raises:
            OperationalError: The engine cannot be asked.
        """
        found = [one for one in await self._list_alive() if one.project == group and one.state != _RESTARTING]
        return tuple(self._describe(one) for one in found)

    async def _list_alive(self) -> list[Listed]:
        async with self._site.client.connect() as session:
            return [one for one in await session.list_containers() if one.state in _ALIVE]

    def _describe(self, one: Listed) -> Bearer:
        projects = self._site.projects
        return Bearer(
            id=one.id,
            name=one.name,
            group=one.project,
            labels=one.labels,
            is_looked_after=not projects or one.project in projects,
        )

    async def list_disturbances(self, bearers: Sequence[Bearer], since: datetime) -> tuple[str, ...]:
        """Return what the engine was told to do to containers since then; an end that nobody asked for is none.

        Raises:
            OperationalError: The engine cannot be asked.
        """
        now = self._site.clock.now()
        async with self._site.client.connect() as session:
            events = await session.list_events(since, now)
            left = await session.list_disconnects(since, now)
            found = await asyncio.gather(*(find_target(session, one.id) for one in bearers))
            begun = since + session.skew
        told = (
            _tell(one, target, [event for event in events if event.actor.id == one.id], left, begun)
            for one, target in zip(bearers, found, strict=True)
        )
        return tuple(filter(None, told))


def _tell(one: Bearer, target: Target | None, events: Sequence[Event], left: Sequence[Event], since: datetime) -> str:
    """Return what was done to a container, the heaviest first; empty where nothing was."""
    actions = {event.action for event in events}
    done = next((words for action, words in _DONE if action in actions), "")
    # Of one that ended by itself nobody knows: the engine removes those of `--rm`.
    if target is None and (done or "die" not in actions):
        return f"{one.name} was removed or replaced"
    if done:
        return f"{one.name} {done}"
    if target is None or "die" in actions:
        return ""
    if is_halted(target.inspected):
        return f"{one.name} is paused by a signal"
    # An end takes a container off its networks, too.
    networks = [event.name for event in left if event.actor.attributes.get("container") == one.id]
    if networks:
        return f"{one.name} was taken off the network {networks[0]}"
    state = target.inspected.state
    began = parse_instant(state.started_at)
    if state.status not in _ALIVE or (began is not None and began > since):
        return f"{one.name} ended with the engine, which was begun anew"
    return ""


def _answers(one: Listed, addresses: Collection[str], port: int, gateways: Collection[str]) -> bool:
    if any(address in addresses for address in one.network.addresses):
        return True
    at = [published.address for published in one.ports if published.port == port]
    return any(address in at or (not _ALL.isdisjoint(at) and _is_own(address, gateways)) for address in addresses)


def _is_own(address: str, gateways: Collection[str]) -> bool:
    """Answer whether an address is this machine's: only then can something be bound to it."""
    if address in gateways or ip_address(address).is_loopback:
        return True
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


async def _resolve(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses of a name as this machine knows it; none where it knows none."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_RESOLVES_S):
            rows: Iterable[tuple[object, ...]] = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # Also when nobody answers in time, or no such name can be.
        return ()
    return tuple(dict.fromkeys(str(row[4][0]) for row in rows))  # type: ignore[index]  # An address is a tuple.
