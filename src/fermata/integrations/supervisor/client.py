"""XML-RPC to supervisord, over its unix socket or over HTTP.

Three kinds of failure are kept apart, because an action must know whether its call may have taken effect:
`NotDelivered` (certainly not), `AnswerLost` (perhaps) and `SupervisorFault` (supervisord itself refused it).

Protocol: supervisor 4.3.0, `rpcinterface.py` and docs/api.rst, read 2026-11.
"""

from __future__ import annotations

import asyncio
import xmlrpc.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.parsers.expat import ExpatError

import httpx2

from fermata.kit.errors import OperationalError, TransientError

BAD_NAME = 10
ALREADY_STARTED = 60
NOT_RUNNING = 70
STILL_RUNNING = 91
CANT_REREAD = 92
_UNKNOWN_METHOD = 1

_UNIX = "unix://"
_BODY_LIMIT_BYTES = 8 * 1024 * 1024
# supervisord puts log bytes into XML as they are; XML 1.0 forbids these (section 2.2), and ANSI colours hold one.
_FORBIDDEN_IN_XML = bytes(set(range(0x20)) - {0x09, 0x0A, 0x0D})


class NotDelivered(TransientError):
    """The call did not reach supervisord: certainly nothing happened."""


class AnswerLost(TransientError):
    """The call may have reached supervisord, and no usable answer came back."""


class SupervisorFault(OperationalError):
    """supervisord answered that it did not do what it was asked."""

    def __init__(self, method: str, code: int, text: str) -> None:
        super().__init__(f"supervisord refused {method}", why=text, code=code)
        self.code = code
        """As in `supervisor.xmlrpc.Faults`."""
        self.text = text
        """Its own words: `BAD_NAME: checkout`."""


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """One process as `getProcessInfo` tells it. Times are whole epoch seconds, rounded down; 0 means never."""

    group: str
    name: str
    state: str
    """RUNNING, STARTING, BACKOFF, STOPPING, STOPPED, EXITED, FATAL or UNKNOWN."""
    start: int
    stop: int
    now: int
    """supervisord's clock when it answered."""
    pid: int
    spawnerr: str
    exitstatus: int
    """Of the last end; 0 also stands for "unknown" in BACKOFF, and -1 for any signal."""
    stdout_logfile: str
    stderr_logfile: str

    @property
    def namespec(self) -> str:
        """Return the name XML-RPC takes: `checkout`, or `group:name` where they differ."""
        return self.name if self.group == self.name else f"{self.group}:{self.name}"


@dataclass(frozen=True, slots=True)
class ProcessConfig:
    """One process's configuration as supervisord last read it, which may be newer than what runs."""

    group: str
    name: str
    command: str
    directory: str
    """Where it is started; empty: where supervisord was, or nobody says."""
    autostart: bool
    startsecs: int
    stopwaitsecs: int


class SupervisorClient:
    """Call one supervisord. Each call opens its own connection, so it may be used from any event loop.

    Args:
        url: `unix:///path/to/supervisor.sock` or `http://host:port`.
        timeout_s: Of one call as a whole.
    """

    def __init__(self, url: str, *, username: str = "", password: str = "", timeout_s: float = 5.0) -> None:
        self.url = url
        self._auth = httpx2.BasicAuth(username, password) if username else None
        self._timeout_s = timeout_s

    @property
    def is_unix(self) -> bool:
        """Answer whether it is reached through a socket file, and therefore on this machine."""
        return self.url.startswith(_UNIX)

    async def call(self, method: str, *arguments: str | int | bool) -> Any:
        """Call `supervisor.<method>` and return its answer.

        Raises:
            NotDelivered: supervisord was not reached, or did not let us in.
            AnswerLost: The call was sent and no usable answer came.
            SupervisorFault: supervisord answered with a fault.
        """
        body = xmlrpc.client.dumps(arguments, f"supervisor.{method}").encode()
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._post(body)
        except TimeoutError as error:
            raise AnswerLost(
                f"supervisord did not answer {method} within {self._timeout_s:g} s",
                why="It is busy, stopped by a signal, or hangs",
                do=f"Look at its log and at {self.url}",
                method=method,
            ) from error
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise self._not_reached(method, str(error)) from error
        except httpx2.HTTPError as error:
            raise AnswerLost(
                f"The connection to supervisord broke during {method}",
                why=str(error) or type(error).__name__,
                do="Look whether supervisord runs: supervisorctl status",
                method=method,
            ) from error
        return _parse(method, answer)

    async def _post(self, body: bytes) -> bytes:
        transport = httpx2.AsyncHTTPTransport(uds=self.url.removeprefix(_UNIX) if self.is_unix else None)
        base = "http://supervisord" if self.is_unix else self.url.rstrip("/")
        # trust_env off: a proxy from the environment must never stand between us and a supervisord.
        async with (
            httpx2.AsyncClient(transport=transport, auth=self._auth, trust_env=False, timeout=None) as client,
            client.stream("POST", f"{base}/RPC2", content=body, headers={"Content-Type": "text/xml"}) as response,
        ):
            if response.status_code in (401, 403):
                raise NotDelivered(
                    "supervisord did not let us in",
                    why=f"HTTP {response.status_code}: the user or password is wrong",
                    do="Set username and password of the supervisor settings as in its [unix_http_server] "
                    "or [inet_http_server]",
                )
            received = bytearray()
            async for chunk in response.aiter_bytes():
                received += chunk
                if len(received) > _BODY_LIMIT_BYTES:
                    raise AnswerLost("supervisord's answer is too large", why=f"Over {_BODY_LIMIT_BYTES} bytes")
            if response.status_code != httpx2.codes.OK:
                # 500 is what an exception inside supervisord gives, such as a log that is not UTF-8.
                raise AnswerLost(
                    "supervisord could not answer",
                    why=f"HTTP {response.status_code}",
                    do="Its own log holds the reason",
                    status=response.status_code,
                )
            return bytes(received)

    def _not_reached(self, method: str, why: str) -> NotDelivered:
        hints = {
            "No such file": "The socket is not there: start supervisord, or correct `url` in the supervisor settings",
            "Permission denied": "Let this user at the socket: chmod and chown in [unix_http_server], "
            "or add the user to its group",
            "attempts failed": "Start supervisord, or correct `url` in the supervisor settings",
            "refused": "supervisord is not running behind it: start it",
        }
        do = next((hint for word, hint in hints.items() if word in why), f"Look whether {self.url} is right")
        return NotDelivered(f"supervisord is not reachable at {self.url}", why=why, do=do, method=method)

    async def fetch_processes(self) -> tuple[ProcessInfo, ...]:
        """Return every process, in supervisord's order (by group, then name)."""
        return tuple(_build_info(row) for row in await self.call("getAllProcessInfo"))

    async def find_process(self, namespec: str) -> ProcessInfo | None:
        """Return one process, or `None` when supervisord knows no such name."""
        try:
            return _build_info(await self.call("getProcessInfo", namespec))
        except SupervisorFault as fault:
            if fault.code == BAD_NAME:
                return None
            raise

    async def fetch_configs(self) -> tuple[ProcessConfig, ...]:
        """Return the configuration of every process; empty for a supervisord older than the method (4.0)."""
        try:
            rows = await self.call("getAllConfigInfo")
        except SupervisorFault as fault:
            if fault.code == _UNKNOWN_METHOD:
                return ()
            raise
        return tuple(
            ProcessConfig(
                group=str(row["group"]),
                name=str(row["name"]),
                command=str(row["command"]),
                directory=str(row.get("directory") or ""),
                autostart=bool(row["autostart"]),
                startsecs=int(row["startsecs"]),
                stopwaitsecs=int(row["stopwaitsecs"]),
            )
            for row in rows
        )

    async def fetch_main_log(self, size_bytes: int) -> str:
        """Return the end of supervisord's own log; empty when it keeps none or cannot give it."""
        try:
            return str(await self.call("readLog", -size_bytes, 0))
        except (SupervisorFault, AnswerLost):
            # No log file, or one that starts in the middle of a character: state without history is still state.
            return ""

    async def fetch_tail(self, namespec: str, stream: str, size_bytes: int) -> tuple[str, int]:
        """Return the end of a process's log, and the log's whole size in bytes.

        supervisord answers 500 when the cut falls inside a character, so up to three shorter cuts are tried.

        Raises:
            OperationalError: The log cannot be had, such as when it is not UTF-8.
        """
        method = f"tailProcess{stream.capitalize()}Log"
        for shorter in range(4):
            try:
                text, size, _ = await self.call(method, namespec, 0, size_bytes - shorter)
                return str(text), int(size)
            except AnswerLost as error:
                if error.facts.get("status") != httpx2.codes.INTERNAL_SERVER_ERROR:
                    raise
        raise OperationalError(
            f"supervisord cannot give the {stream} log of {namespec}",
            why="It holds bytes that are not UTF-8",
            do="Let Fermata read the log file itself",
        )


def _parse(method: str, answer: bytes) -> Any:
    try:
        ((value,), _) = xmlrpc.client.loads(answer.translate(None, _FORBIDDEN_IN_XML).decode(errors="replace"))
    except xmlrpc.client.Fault as fault:
        raise SupervisorFault(method, fault.faultCode, fault.faultString) from fault
    except (ExpatError, xmlrpc.client.Error, ValueError, TypeError) as error:
        raise AnswerLost(
            f"The answer to {method} is not XML-RPC", why=str(error), do="Is this a supervisord?"
        ) from error
    return value


def _build_info(row: Mapping[str, Any]) -> ProcessInfo:
    return ProcessInfo(
        group=str(row["group"]),
        name=str(row["name"]),
        state=str(row["statename"]),
        start=int(row["start"]),
        stop=int(row["stop"]),
        now=int(row["now"]),
        pid=int(row["pid"]),
        spawnerr=str(row["spawnerr"]),
        exitstatus=int(row["exitstatus"]),
        stdout_logfile=str(row["stdout_logfile"]),
        stderr_logfile=str(row["stderr_logfile"]),
    )


def find_config(configs: Sequence[ProcessConfig], info: ProcessInfo) -> ProcessConfig | None:
    """Return the configuration of a process, or `None` when supervisord did not tell it."""
    return next((c for c in configs if (c.group, c.name) == (info.group, info.name)), None)
