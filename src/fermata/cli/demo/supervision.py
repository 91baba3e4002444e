"""supervisord for the shop: its files, and the few XML-RPC calls that an operator's `supervisorctl` makes.

This is the stage's own operator, used to make the faults. Fermata reaches the same supervisord through its integration.
"""

from __future__ import annotations

import http.client
import json
import os
import shlex
import socket
import xmlrpc.client
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fermata.kit.errors import OperationalError

MEMORY_LIMIT_KIB = 65536
"""RLIMIT_DATA of each program. Measured on CPython 3.11: checkout holds 14 MB of data, 86 MB with the catalogue."""

_CONFIG = """\
[supervisord]
nodaemon=true
{user}logfile={root}/logs/supervisord.log
loglevel=info
pidfile={root}/supervisord.pid
childlogdir={root}/logs
identifier=shop

[unix_http_server]
file={socket}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://{socket}

[include]
files=conf.d/*.ini
"""

_PROGRAM = """\
[program:{name}]
command=/bin/sh -c "ulimit -d {limit}; exec {python} services/{name}.py"
directory={directory}
environment={environment}
stdout_logfile={root}/logs/{name}.out.log
stderr_logfile={root}/logs/{name}.err.log
stdout_logfile_maxbytes=5MB
stderr_logfile_maxbytes=5MB
startsecs=1
startretries=3
autorestart=true
stopwaitsecs=2
"""


def write_config(root: Path, socket_path: Path) -> Path:
    """Write `supervisord.conf` and the empty `conf.d` and `logs`; return the file's path."""
    for folder in ("conf.d", "logs"):
        (root / folder).mkdir()
    # As root, supervisord asks for the user to be named; it then stays root, as the demo's caller is.
    user = "user=root\n" if os.getuid() == 0 else ""
    config = root / "supervisord.conf"
    config.write_text(_CONFIG.format(root=_escape(root), socket=_escape(socket_path), user=user))
    return config


def write_program(root: Path, name: str, *, python: Path, directory: Path, environment: Mapping[str, str]) -> Path:
    """Write `conf.d/<name>.ini`, the live configuration of one program; return its path."""
    live = root / "conf.d" / f"{name}.ini"
    live.write_text(
        _PROGRAM.format(
            name=name,
            limit=MEMORY_LIMIT_KIB,
            python=_escape(shlex.quote(str(python))),
            directory=_escape(directory),
            environment=",".join(f'{key}="{_escape(value)}"' for key, value in environment.items()),
            root=_escape(root),
        )
    )
    return live


def _escape(value: object) -> str:
    """Return a value as the configuration wants it: supervisord expands every single percent sign."""
    return str(value).replace("%", "%%")


class Supervisor:
    """Talk to supervisord over its unix socket. Each call opens a connection of its own; safe from any thread."""

    def __init__(self, socket_path: Path) -> None:
        self.socket_path = socket_path

    def restart(self, program: str) -> None:
        """Stop a program if it runs, and start it, without waiting whether it stays up."""
        self._stop(program)
        self._call("startProcess", program, False)

    def update(self) -> list[str]:
        """Do what `supervisorctl reread` and `update` do; return the names of the programs whose file changed.

        A changed program is stopped, removed, and added anew; supervisord then starts it within a second.
        """
        ((_, changed, _),) = self._call("reloadConfig")
        for program in changed:
            self._stop(program)
            self._call("removeProcessGroup", program)
            self._call("addProcessGroup", program)
        return [str(program) for program in changed]

    def fetch_state(self, program: str) -> str:
        """Return the state's name: RUNNING, STARTING, BACKOFF, FATAL, STOPPED or EXITED."""
        return str(self._call("getProcessInfo", program)["statename"])

    def _stop(self, program: str) -> None:
        try:
            self._call("stopProcess", program)
        except xmlrpc.client.Fault as fault:
            # NOT_RUNNING of supervisor.xmlrpc.Faults (4.3.0): there is nothing to stop.
            if fault.faultCode != 70:
                raise

    def _call(self, method: str, *arguments: str | bool) -> Any:
        connection = _UnixConnection(self.socket_path)
        try:
            body = xmlrpc.client.dumps(arguments, f"supervisor.{method}")
            connection.request("POST", "/RPC2", body, {"Content-Type": "text/xml"})
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise OperationalError(
                "supervisord of the demo does not answer",
                why=str(error),
                do=f"Look at {self.socket_path.parent} and the demo's logs/supervisord.log",
            ) from error
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise OperationalError(f"supervisord of the demo refused {method}", why=f"HTTP {response.status}")
        return xmlrpc.client.loads(answer)[0][0]


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=15)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def describe_end(root: Path, program: str) -> str:
    """Return the last lines of a program's error log, for a message; empty when it wrote none."""
    log = root / "logs" / f"{program}.err.log"
    return json.dumps(log.read_text(errors="replace")[-400:]) if log.exists() else ""
