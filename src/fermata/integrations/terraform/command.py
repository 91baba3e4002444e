"""`terraform` as a subprocess: only what reads, in an environment that the settings name, with an end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fermata.kit.errors import OperationalError, TransientError
from fermata.kit.redaction import redact

LARGEST_OUTPUT_BYTES = 16 * 1024 * 1024
_READING = frozenset({("state", "pull"), ("show", "-json"), ("version", "-json"), ("plan", "-refresh-only")})
"""The beginnings of commands that may run. There is no apply, no import, no state edit, and no way to add one."""
_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/nonexistent",
    "TF_IN_AUTOMATION": "1",
    "TF_INPUT": "0",
    "CHECKPOINT_DISABLE": "1",  # No call home in the middle of an incident.
    "TF_CLI_CONFIG_FILE": "/dev/null",
}
_GRACE_S = 1.0


@dataclass(frozen=True, slots=True)
class Terraform:
    """Runs Terraform in one directory."""

    directory: Path | None
    binary: str
    timeout_s: float
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    async def run(self, *arguments: str, accept: tuple[int, ...] = (0,)) -> bytes:
        """Run one reading command and return what it printed.

        Raises:
            OperationalError: It is not there, failed, or printed too much. Transient when it did not end in time.
            ValueError: The command is not one that reads.
        """
        if arguments[:2] not in _READING:
            message = f"terraform {' '.join(arguments[:2])} does not only read"
            raise ValueError(message)
        try:
            process = await asyncio.create_subprocess_exec(
                self.binary,
                f"-chdir={self.directory}",
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={**_ENVIRONMENT, **self.environment},
            )
        except OSError as error:
            raise OperationalError(
                f"{self.binary} cannot be run",
                why=error.strerror or str(error),
                do="Install it, or name it in terraform.binary",
            ) from error
        try:
            async with asyncio.timeout(self.timeout_s):
                out, said = await process.communicate()
        except TimeoutError as error:
            raise TransientError(
                f"{self.binary} {' '.join(arguments[:2])} did not end within {self.timeout_s:g} s",
                why=f"It ran in {self.directory}",
                do="Raise terraform.timeout_s, or read the state from its back end",
            ) from error
        finally:
            await _end(process)
        if process.returncode not in accept:
            text = redact(" ".join(said.decode(errors="replace").split())).text[:400]
            raise OperationalError(
                f"{self.binary} {' '.join(arguments[:2])} failed in {self.directory}",
                why=text or f"it ended with {process.returncode}",
                do="Run the same there by hand; `init` is never run by Fermata",
            )
        if len(out) > LARGEST_OUTPUT_BYTES:
            raise OperationalError(f"{self.binary} printed more than {LARGEST_OUTPUT_BYTES // 1024**2} MiB")
        return out


async def _end(process: asyncio.subprocess.Process) -> None:
    """See it ended: asked first, so that it lets go of what it holds."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(_GRACE_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
