"""A fault proxy as a process: it listens, relays, and takes requests on its control port until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import signal
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from socket import SOCK_DGRAM, SOCK_STREAM
from socket import socket as Socket  # noqa: N812 - a class of Python's own, named like its values
from typing import Self

from fermata.integrations.faultproxy.control import Control
from fermata.integrations.faultproxy.lease import Lease, Traffic
from fermata.integrations.faultproxy.relay import Connection
from fermata.integrations.faultproxy.wire import Wire
from fermata.kit.errors import OperationalError, UserError


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class ProxyOptions:
    """What a proxy is told at its start."""

    listen: Address
    to: Address
    control: Address
    """On loopback; anything else is refused."""
    token: str
    halt_file: Path | None = None


class FaultProxy:
    """A proxy that listens. Use it as an async context."""

    def __init__(self, options: ProxyOptions) -> None:
        self._options = options
        self._stack = contextlib.AsyncExitStack()
        self.listen = options.listen
        """With the port that was taken, where 0 was asked for."""
        self.control = options.control
        """As `listen`."""

    async def __aenter__(self) -> Self:
        options = self._options
        refuse_open_control(options)
        loop = asyncio.get_running_loop()
        lease, traffic = Lease(), Traffic()
        control = Control(
            lease, traffic, token=options.token, to=str(options.to), halt_file=options.halt_file, now=loop.time
        )
        wire = Wire(loop, (options.to.host, options.to.port), lease, traffic)
        try:
            # The control port first: a proxy that relays and cannot be told to stop must not exist.
            door = await asyncio.start_server(control.serve, options.control.host, options.control.port)
            self._stack.callback(door.close)
            relay = await loop.create_server(
                lambda: Connection(wire).client_side, options.listen.host, options.listen.port, backlog=1024
            )
            self._stack.callback(relay.close)
            await _refuse_itself(options.to, {own.getsockname()[1] for own in (*door.sockets, *relay.sockets)})
        except UserError:
            await self._stack.aclose()
            raise
        except OSError as error:
            await self._stack.aclose()
            raise OperationalError(
                "The fault proxy cannot listen", why=str(error), do="Name ports that are free"
            ) from error
        self.control = Address(options.control.host, door.sockets[0].getsockname()[1])
        self.listen = Address(options.listen.host, relay.sockets[0].getsockname()[1])
        self._stack.push_async_callback(_close_all, wire)
        watch = loop.create_task(control.watch())
        self._stack.callback(watch.cancel)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()


async def _refuse_itself(to: Address, own_ports: Collection[int]) -> None:
    """Do nothing, or refuse to relay to a port of this very proxy: one call would go round until nothing is left.

    A name that cannot be looked up yet is nobody's.

    Raises:
        UserError: It is.
    """
    if to.port not in own_ports:
        return
    try:
        found = await asyncio.get_running_loop().getaddrinfo(to.host, to.port, type=SOCK_STREAM)
    except OSError:
        return
    if any(_is_of_this_machine(family, str(address[0])) for family, _, _, _, address in found):
        raise UserError(
            f"The fault proxy cannot relay to {to}", why="it listens there itself", do="Name the service's own port"
        )


def _is_of_this_machine(family: int, host: str) -> bool:
    with Socket(family, SOCK_DGRAM) as probe:
        try:
            probe.bind((host, 0))
        except OSError:
            return False
    return True


async def _close_all(wire: Wire) -> None:
    for connection in tuple(wire.connections):
        connection.close()
    await asyncio.sleep(0)  # The loop takes the sockets down in its next turn.


def refuse_open_control(options: ProxyOptions) -> None:
    """Do nothing, or refuse a control port that others could reach, or one without a token.

    Raises:
        UserError: The control port is not on loopback, or the token is too short to be one.
    """
    try:
        is_here = ipaddress.ip_address(options.control.host).is_loopback
    except ValueError:
        is_here = options.control.host == "localhost"
    if not is_here:
        raise UserError(
            f"The control port cannot be on {options.control.host}",
            why="whoever reaches it can break what goes through the proxy",
            do="Use 127.0.0.1",
        )
    if len(options.token) < 16:
        raise UserError("The control token is too short", do="Use 16 characters or more, drawn at random")


async def run_proxy(options: ProxyOptions, told: Callable[[FaultProxy], None]) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        told: Called once it listens.

    Raises:
        UserError: The control port could be reached by others.
        OperationalError: A port is taken.
    """
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with FaultProxy(options) as proxy:
        told(proxy)
        await ended.wait()


def parse_address(text: str) -> Address:
    """Read `HOST:PORT`, `[::1]:PORT` or `:PORT` (which is 127.0.0.1).

    Raises:
        UserError: It is none.
    """
    host, _, port = text.rpartition(":")
    if not port.isascii() or not port.isdigit() or int(port) > 65535 or (":" in host and not host.startswith("[")):
        raise UserError(f"{text!r} is no address", do="Write HOST:PORT, as in 127.0.0.1:8080")
    return Address(host.strip("[]") or "127.0.0.1", int(port))
