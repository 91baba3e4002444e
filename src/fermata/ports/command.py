"""A command of an outside tool as a subprocess: no shell, no inherited environment, an end, and what it said.

Source of what is never passed on: the daemon's own environment holds credentials of every system it speaks to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fermata.kit.errors import OperationalError, TransientError
from fermata.kit.redaction import redact

PATH = "/usr/local/bin:/usr/bin:/bin"
_GRACE_S = 1.0
"""How long it may take to let go of what it holds, once told to end."""


@dataclass(frozen=True, slots=True)
class CommandOutput:
    """What a command said."""

    code: int
    out: bytes
    error: str
    """Standard error on one line, redacted and cut to 400 characters."""


async def run_command(arguments: Sequence[str], *, environment: Mapping[str, str], timeout_s: float) -> CommandOutput:
    """Run a command to its end and return what it said, whatever its exit code.

    Args:
        environment: All that it gets; a `PATH` is added where there is none.

    Raises:
        OperationalError: It cannot be started.
        TransientError: It did not end in time, and was ended.
    """
    name = arguments[0]
    try:
        process = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={"PATH": PATH, **environment},
        )
    except OSError as error:
        raise OperationalError(
            f"{name} cannot be run", why=error.strerror or str(error), do="Install it, or correct its name"
        ) from error
    try:
        async with asyncio.timeout(timeout_s):
            out, said = await process.communicate()
    except TimeoutError as error:
        raise TransientError(f"{name} did not end within {timeout_s:g} s", do="Raise its time if it is slow") from error
    finally:
        # Also when the caller is cancelled: nothing may go on in the back.
        await _end(process)
    words = " ".join(said.decode(errors="replace").split())
    return CommandOutput(process.returncode or 0, out, redact(words).text[:400])


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(_GRACE_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
