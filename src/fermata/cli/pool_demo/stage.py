"""The demo's stage: payment, a fault proxy before it, and one checkout of each design, as processes on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from fermata.cli.pool_demo.service import DESIGNS, HERE
from fermata.kit.errors import OperationalError
from fermata.ports.command import start_process

_STARTS_WITHIN_S = 20.0
_ENDS_WITHIN_S = 2.0


@dataclass(frozen=True, slots=True)
class PoolStage:
    """Where everything listens."""

    payment: int
    proxy: int
    control: int
    token: str
    checkouts: Mapping[str, int]
    """Port by design."""

    def find_url(self, design: str, path: str) -> str:
        """Return an address of one design's checkout."""
        return f"http://{HERE}:{self.checkouts[design]}{path}"


@contextlib.asynccontextmanager
async def open_stage() -> AsyncIterator[PoolStage]:
    """Start all processes; end them with the block, and by themselves when this process dies.

    Raises:
        OperationalError: One of them did not come up.
    """
    token = secrets.token_urlsafe(24)
    processes: list[asyncio.subprocess.Process] = []
    try:
        async with asyncio.timeout(_STARTS_WITHIN_S):
            (payment,) = await _start(processes, token, "payment")
            proxy, control = await _start(processes, token, "proxy", payment)
            ports = await asyncio.gather(*(_start(processes, token, design, proxy) for design in DESIGNS))
        checkouts = {design: port for design, (port,) in zip(DESIGNS, ports, strict=True)}
        yield PoolStage(payment, proxy, control, token, checkouts)
    except TimeoutError as error:
        raise OperationalError(
            "The demo's services did not come up", why=f"not within {_STARTS_WITHIN_S:g} s", do="Try again"
        ) from error
    finally:
        await asyncio.shield(_end(processes))


async def fetch_facts(port: int) -> dict[str, Any]:
    """Return what a checkout says of its calls to payment, in the words of `graph.json`.

    Raises:
        OperationalError: It does not say.
    """
    try:
        reader, writer = await asyncio.open_connection(HERE, port)
        writer.write(b"GET /facts HTTP/1.1\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        return dict(json.loads(answer.partition(b"\r\n\r\n")[2]))
    except (OSError, ValueError) as error:
        raise OperationalError("The demo's checkout does not answer", why=str(error), do="Try again") from error


async def _start(processes: list[asyncio.subprocess.Process], token: str, role: str, to: int = 0) -> tuple[int, ...]:
    """Start one process and return the ports it tells."""
    process = await start_process(
        sys.executable, "-m", "fermata.cli.pool_demo.service", role, str(to),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        # Ctrl-C is for the demo alone: it ends the others in their order.
        start_new_session=True,
    )  # fmt: skip
    processes.append(process)
    if process.stdin is None or process.stdout is None:  # pragma: no cover - both were asked for
        raise OperationalError(f"The demo's {role} has no pipes")
    process.stdin.write(f"{token}\n".encode())
    line = await process.stdout.readline()
    if not line:
        raise OperationalError(f"The demo's {role} did not come up", why="it ended at once", do="See the lines above")
    return tuple(int(word) for word in line.split())


async def _end(processes: list[asyncio.subprocess.Process]) -> None:
    for process in processes:
        if process.stdin is not None:
            process.stdin.close()
    waits = [asyncio.ensure_future(process.wait()) for process in processes]
    if waits:
        await asyncio.wait(waits, timeout=_ENDS_WITHIN_S)
    for process in processes:
        if process.returncode is None:
            process.kill()
    await asyncio.gather(*waits)
