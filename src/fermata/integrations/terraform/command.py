"""`terraform` as a subprocess: only what reads, in an environment that the settings name, with an end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fermata.kit.errors import OperationalError
from fermata.ports.command import run_command

LARGEST_OUTPUT_BYTES = 16 * 1024 * 1024
_READING = frozenset({("state", "pull"), ("show", "-json"), ("version", "-json"), ("plan", "-refresh-only")})
"""The beginnings of commands that may run. There is no apply, no import, no state edit, and no way to add one."""
_ENVIRONMENT = {
    "HOME": "/nonexistent",
    "TF_IN_AUTOMATION": "1",
    "TF_INPUT": "0",
    "TF_CLI_ARGS": "-no-color",  # An error is shown in words.
    "CHECKPOINT_DISABLE": "1",  # No call home in the middle of an incident.
    "TF_CLI_CONFIG_FILE": "/dev/null",
}


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
        said = await run_command(
            [self.binary, f"-chdir={self.directory}", *arguments],
            environment={**_ENVIRONMENT, **self.environment},
            timeout_s=self.timeout_s,
        )
        if said.code not in accept:
            raise OperationalError(
                f"{self.binary} {' '.join(arguments[:2])} failed in {self.directory}",
                why=said.error or f"it ended with {said.code}",
                do="Run the same there by hand; `init` is never run by Fermata",
            )
        if len(said.out) > LARGEST_OUTPUT_BYTES:
            raise OperationalError(f"{self.binary} printed more than {LARGEST_OUTPUT_BYTES // 1024**2} MiB")
        return said.out
