"""`fermata chaos proxy`: the fault proxy as a process."""

from __future__ import annotations

import asyncio
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fermata.cli.opening import find_halt_path
from fermata.cli.output import say
from fermata.kit.errors import UserError

if TYPE_CHECKING:
    from fermata.integrations.faultproxy.serve import FaultProxy


def add_to(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(proxy)


def proxy(
    listen: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where the callers connect to. Port 0: any.")],
    to: Annotated[str, typer.Option(metavar="HOST:PORT", help="The service behind it.")],
    token_file: Annotated[
        Path, typer.Option(help="Holds the control port's token; made with a fresh one if it is not there.")
    ],
    control: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where faults are asked for, by token; loopback only.")
    ] = "127.0.0.1:8474",
    halt_file: Annotated[
        Path | None, typer.Option(help="While it is there, no fault is. Otherwise the settings' halt file.")
    ] = None,
) -> None:
    """Relay HTTP or TCP to a service, and break it on purpose while somebody renews a lease. Ctrl-C ends it.

    Without a fault every byte goes through unchanged. A fault needs a lease, and is gone when it is not renewed.
    """
    from fermata.integrations.faultproxy.serve import ProxyOptions, parse_address, run_proxy

    options = ProxyOptions(
        listen=parse_address(listen),
        to=parse_address(to),
        control=parse_address(control),
        token=read_token(token_file),
        halt_file=(halt_file or find_halt_path()).absolute(),
    )

    def tell(started: FaultProxy) -> None:
        say(f"relaying {started.listen} to {options.to}; faults are asked for at {started.control}")

    asyncio.run(run_proxy(options, tell))


def read_token(path: Path) -> str:
    """Read the token, or make one that only this user can read.

    Raises:
        UserError: The file cannot be read or made, or others can read it.
    """
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "w") as handle:
            handle.write(secrets.token_urlsafe(24) + "\n")
    except FileExistsError:
        pass
    except OSError as error:
        raise UserError(f"The token file {path} cannot be made", why=error.strerror or "") from error
    try:
        if path.stat().st_mode & 0o077:
            raise UserError(f"The token file {path} can be read by others", do=f"chmod 600 {path}")
        return path.read_text().strip()
    except OSError as error:
        raise UserError(f"The token file {path} cannot be read", why=error.strerror or "") from error
