"""git as a subprocess with a fixed environment: no shell, no prompt, no hook, no network, no user's settings.

A repository's own configuration may name programs. Hooks, the file-system monitor, the signer, what checks signatures,
external diffs and text converters are switched off here, merge drivers where something is merged (`revert`). Checkout
filters (LFS) stay, since files without them would not be the real ones.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fermata.kit.errors import OperationalError, TransientError
from fermata.kit.redaction import redact
from fermata.ports.command import start_process

OUTPUT_LIMIT_BYTES = 8 * 1024 * 1024
"""More than any diff a person could read; what is beyond it is cut, and said to be."""

# The daemon's own environment stays out: GIT_DIR, GIT_SSH_COMMAND and the like would redirect a command.
_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "TZ": "UTC",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_LITERAL_PATHSPECS": "1",
}
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.quotePath=false",
    "core.pager=cat",
    "commit.gpgSign=false",
    # Set in a repository, it makes `git log` run gpg.program for each signed commit.
    "log.showSignature=false",
    "diff.noprefix=false",
    "diff.mnemonicPrefix=false",
    "diff.renames=true",
    "diff.orderFile=/dev/null",
    # Without lines around it, a patch says less, and does not apply where lines have moved.
    "diff.context=3",
    "diff.interHunkContext=0",
    "diff.suppressBlankEmpty=false",
    "core.abbrev=auto",
    "core.bigFileThreshold=512m",
    "i18n.logOutputEncoding=UTF-8",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.allow=never",
    "submodule.recurse=false",
    "advice.graftFileDeprecated=false",
)
_NO_PIPES = "git was started without its pipes"


@dataclass(frozen=True, slots=True)
class GitOutput:
    """What one command said. Bytes that are not UTF-8 are replaced in `text`."""

    code: int
    raw: bytes
    error: str
    """Standard error, redacted and cut to 400 characters."""
    is_cut: bool = False
    """The output went over the limit; `raw` holds its beginning."""

    @property
    def text(self) -> str:
        """Return standard output as text."""
        return self.raw.decode(errors="replace")


@dataclass(frozen=True, slots=True)
class GitClient:
    """Run git in one repository. Holds no state; may be used from any event loop."""

    path: Path
    """The working copy's top folder."""
    timeout_s: float = 10.0
    """Of one command."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """Environment on top of the fixed one, such as another index or object store."""

    def with_environment(self, **extra: str) -> GitClient:
        """Return a client whose commands see more variables."""
        return GitClient(self.path, self.timeout_s, {**self.extra, **extra})

    async def run(self, *arguments: str, stdin: bytes = b"", accept: tuple[int, ...] = (0,)) -> GitOutput:
        """Run one command and return what it said.

        Args:
            arguments: The subcommand and its arguments; revisions from outside go after
                `--end-of-options`, paths after `--`.
            accept: Exit codes that are no failure.

        Raises:
            OperationalError: git is not there, or failed.
            TransientError: It did not end in time; it was killed.
        """
        process = await self._spawn(*arguments)
        try:
            async with asyncio.timeout(self.timeout_s):
                raw, error_text, is_cut = await _talk(process, stdin)
                code = await process.wait()
        except TimeoutError as error:
            raise self.say_late(arguments[0]) from error
        finally:
            await _end(process)
        output = GitOutput(0 if is_cut else code, raw, _clean(error_text), is_cut)
        if output.code not in accept:
            raise self.say_failed(arguments[0], code, output.error)
        return output

    async def start(self, *arguments: str) -> GitProcess:
        """Start one command that is read while it runs; whoever starts it ends it.

        Raises:
            OperationalError: git is not there.
        """
        return GitProcess(self, arguments[0], await self._spawn(*arguments))

    async def _spawn(self, *arguments: str) -> asyncio.subprocess.Process:
        settings = [part for setting in (f"safe.directory={self.path}", *_SETTINGS) for part in ("-c", setting)]
        try:
            return await start_process(
                "git",
                "-C",
                str(self.path),
                *settings,
                *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={**_ENVIRONMENT, **self.extra},
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise OperationalError("git cannot be run", why="It is not installed", do="Install git") from error
        except OSError as error:
            raise OperationalError("git cannot be run", why=error.strerror or str(error)) from error

    def say_late(self, command: str) -> TransientError:
        """Return what to say of a command that did not end in time."""
        return TransientError(
            f"git {command} did not end within {self.timeout_s:g} s",
            why=f"{self.path} is large, on a slow disk, or locked",
            do="Raise timeout_s in the git settings",
        )

    def say_failed(self, command: str, code: int, error: str) -> OperationalError:
        """Return what to say of a command that failed."""
        return OperationalError(f"git {command} failed in {self.path}", why=error or f"exit code {code}", code=code)


class GitProcess:
    """A command that is read while it runs."""

    def __init__(self, git: GitClient, command: str, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None or process.stderr is None:
            raise RuntimeError(_NO_PIPES)
        self._git = git
        self._command = command
        self._process = process
        self._stdout = process.stdout
        self._errors = asyncio.ensure_future(process.stderr.read(64 * 1024))

    async def read(self, most: int) -> bytes:
        """Return what comes next; nothing at the end.

        Raises:
            OperationalError: It ended by failing.
            TransientError: Nothing came within the time of one command.
        """
        try:
            async with asyncio.timeout(self._git.timeout_s):
                if chunk := await self._stdout.read(most):
                    return chunk
                code = await self._process.wait()
                error = (await self._errors).decode(errors="replace")
        except TimeoutError as late:
            raise self._git.say_late(self._command) from late
        if code:
            raise self._git.say_failed(self._command, code, _clean(error))
        return b""

    async def end(self) -> None:
        """Kill it where it still runs."""
        self._errors.cancel()
        await asyncio.gather(self._errors, return_exceptions=True)
        await _end(self._process)


def _clean(text: str) -> str:
    return redact(text.strip()).text[:400]


async def _talk(process: asyncio.subprocess.Process, stdin: bytes) -> tuple[bytes, str, bool]:
    """Feed and drain the process; stop reading at the limit."""
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise RuntimeError(_NO_PIPES)
    errors = asyncio.ensure_future(process.stderr.read(64 * 1024))
    feeding = asyncio.ensure_future(_feed(process.stdin, stdin))
    try:
        received = bytearray()
        while chunk := await process.stdout.read(64 * 1024):
            received += chunk
            if len(received) > OUTPUT_LIMIT_BYTES:
                os.killpg(process.pid, signal.SIGKILL)
                return bytes(received[:OUTPUT_LIMIT_BYTES]), "", True
        await feeding
        return bytes(received), (await errors).decode(errors="replace"), False
    finally:
        for task in (errors, feeding):
            task.cancel()
        await asyncio.gather(errors, feeding, return_exceptions=True)


async def _feed(stream: asyncio.StreamWriter, content: bytes) -> None:
    # git may end before it has read everything; its exit code then says why.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        stream.write(content)
        await stream.drain()
    stream.close()


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill whatever is left, children included, and reap it. Nothing of git outlives its call."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    # Its end is not seen while there is something of it that nobody read.
    await process.communicate()
