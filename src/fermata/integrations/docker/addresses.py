"""Whose an address is, of all containers of an engine: also of those that the settings do not look after.

For who is about to break what lies behind an address. A published port counts where the address is this machine's own,
or the very one that it is published at: the same port of another machine is somebody else's. A container in the host's
network has no port of its own in the engine's list, and is not found.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Collection, Iterable
from ipaddress import ip_address

from fermata.domain.sandbox import Bearer
from fermata.integrations.docker.site import Site
from fermata.integrations.docker.wire import Listed

_ALIVE = frozenset({"running", "restarting", "paused"})
_ALL = frozenset({"", "0.0.0.0", "::"})  # noqa: S104  # What a port is published at, not what is bound.


class ContainerAddresses:
    """Looks at the engine's list. Implements `AddressBook`."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def find_bearers(self, host: str, port: int) -> tuple[Bearer, ...]:
        """Return the containers that answer there; by name where the name means no address on this machine.

        Raises:
            OperationalError: The engine cannot be asked.
        """
        async with self._site.client.connect() as session:
            listed = [one for one in await session.list_containers() if one.state in _ALIVE]
        addresses = await _resolve(host, port)
        gateways = {gateway for one in listed for gateway in one.network.gateways}
        found = [one for one in listed if _answers(one, addresses, port, gateways)]
        if not addresses:
            found = [one for one in listed if host in (one.name, *one.list_names())]
        projects = self._site.projects
        return tuple(
            Bearer(name=one.name, labels=one.labels, is_looked_after=not projects or one.project in projects)
            for one in found
        )


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
    try:
        rows: Iterable[tuple[object, ...]] = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )
    except OSError:
        return ()
    return tuple(dict.fromkeys(str(row[4][0]) for row in rows))  # type: ignore[index]  # An address is a tuple.
