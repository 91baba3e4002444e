"""A command of an outside tool as a subprocess: no shell, no inherited environment, an end, and what it said.

Source of what is never passed on: the daemon's own environment holds credentials of every system it speaks to.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fermata.kit.errors import OperationalError, TransientError
from fermata.kit.redaction import redact

PATH = "/usr/local/bin:/usr/bin:/bin"
_GRACE_S = 1.0
"""How long it may take to let go of what it holds, once told to end."""
_JOIN_S = 0.1
"""A start takes milliseconds; on a busy machine it is waited for once more."""
_CHUNK_BYTES = 64 * 1024
_MOST_ERROR_BYTES = 64 * 1024  # Of which 400 characters are shown.


async def start_process(*arguments: str, **options: Any) -> asyncio.subprocess.Process:
    """Start a program as `asyncio.create_subprocess_exec` does, by somebody who may be cancelled at any moment.

    That one, once it is cancelled while it joins the pipes, waits for ever: it ends the program, and then waits for
    pipes that nobody joins any more (read in Python 3.11.7, `asyncio.base_subprocess`). Only a further cancellation
    ends that, and `asyncio.run`, which cancels each task once at its end, would never come back.
    """
    starting = asyncio.ensure_future(asyncio.create_subprocess_exec(*arguments, **options))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        while not starting.done():
            # Whoever cancels again, as the end of a command does, must not leave the program to itself.
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait((starting,), timeout=_JOIN_S)
            starting.cancel()
        if not starting.cancelled() and starting.exception() is None:
            await _end(starting.result())
        raise


@dataclass(frozen=True, slots=True)
class CommandOutput:
    """What a command said."""

    code: int
    out: bytes
    error: str
    """Standard error on one line, redacted and cut to 400 characters."""
    is_cut: bool = False
    """It was ended because it said too much: `out` holds the beginning."""


async def run_command(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    timeout_s: float,
    most_bytes: int | None = None,
) -> CommandOutput:
    """Run a command to its end and return what it said, whatever its exit code.

    Args:
        environment: All that it gets; a `PATH` is added where there is none.
        most_bytes: Of its standard output. Where it says more it is ended, and the beginning is returned;
            `None` reads all of it.

    Raises:
        OperationalError: It cannot be started.
        TransientError: It did not end in time, and was ended.
    """
    name = arguments[0]
    try:
        process = await start_process(
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={"PATH": PATH, **environment},
            start_new_session=most_bytes is not None,
        )
    except OSError as error:
        raise OperationalError(
            f"{name} cannot be run", why=error.strerror or str(error), do="Install it, or correct its name"
        ) from error
    try:
        async with asyncio.timeout(timeout_s):
            out, said, is_cut = await _read(process, most_bytes)
    except TimeoutError as error:
        raise TransientError(f"{name} did not end within {timeout_s:g} s", do="Raise its time if it is slow") from error
    finally:
        # Also when the caller is cancelled: nothing may go on in the back.
        await _end(process)
    words = " ".join(said.decode(errors="replace").split())
    return CommandOutput(process.returncode or 0, out, redact(words).text[:400], is_cut)


async def _read(process: asyncio.subprocess.Process, most_bytes: int | None) -> tuple[bytes, bytes, bool]:
    """Return all that it writes to both streams, up to a bound of the first, and whether the bound was met."""
    if most_bytes is None:
        return *(await process.communicate()), False
    if process.stdout is None or process.stderr is None:
        message = "a command was started without its pipes"
        raise RuntimeError(message)
    errors = asyncio.ensure_future(process.stderr.read(_MOST_ERROR_BYTES))
    try:
        received = bytearray()
        while chunk := await process.stdout.read(_CHUNK_BYTES):
            received += chunk
            if len(received) > most_bytes:
                # With all that it started: whoever holds the pipe goes on writing.
                os.killpg(process.pid, signal.SIGKILL)
                await process.stdout.read()  # What is in the pipe yet: one that is not read to its end is never closed.
                await asyncio.gather(errors, process.wait())
                return bytes(received[:most_bytes]), b"", True
        said = await errors
        await process.wait()
        return bytes(received), said, False
    finally:
        errors.cancel()
        await asyncio.gather(errors, return_exceptions=True)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await _wait(process)
    finally:
        # Also for whoever is cancelled again meanwhile.
        if process.returncode is None:
            process.kill()
            await _wait(process)


async def _wait(process: asyncio.subprocess.Process) -> None:
    """Wait for an end, for a while: asyncio tells none as long as a child of the program holds its pipes."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_GRACE_S):
            await process.wait()
