"""What the shop's services share: settings, log lines, a small HTTP server and the /metrics page.

Errors go to stderr with their traceback, everything else to stdout, so that the two log files of a service can be
read apart. Only the standard library is used: the shop runs wherever Python does.
"""
# ruff: noqa: INP001 - the services are scripts started by path, not a package

from __future__ import annotations

import json
import logging
import os
import resource
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

LOG = logging.getLogger("shop")

# Thread stacks count towards RLIMIT_DATA; the 8 MiB that is usual would cost more than the service itself.
threading.stack_size(512 * 1024)


@dataclass(frozen=True)
class Request:
    """One request: the rest of the path after the route's prefix, and the JSON body (empty without one)."""

    rest: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """An answer: HTTP status, and a value that is sent as JSON."""

    status: int
    body: object


Route = Callable[[Request], Reply]


@dataclass
class Metrics:
    """Counters by name and labels, and what every process says about itself."""

    service: str
    _values: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, series: str, amount: float = 1) -> None:
        """Count `amount` on a series written as in Prometheus: `name{label="value"}`. Zero creates it."""
        with self._lock:
            self._values[series] = self._values.get(series, 0) + amount

    def render(self) -> str:
        """Return the page in the Prometheus text format 0.0.4, metric families together."""
        with self._lock:
            series = {**self._values, **_describe_process()}
        series[f'service_up{{service="{self.service}"}}'] = 1
        lines: list[str] = []
        family = ""
        for name in sorted(series):
            if name.partition("{")[0] != family:
                family = name.partition("{")[0]
                lines.append(f"# TYPE {family} {'counter' if family.endswith('_total') else 'gauge'}")
            lines.append(f"{name} {series[name]:.17g}")
        return "\n".join(lines) + "\n"


def _describe_process() -> dict[str, float]:
    """Return memory in use and the limit on it, in bytes; a limit that is not set is left out."""
    status = Path("/proc/self/status")
    series: dict[str, float] = {}
    if status.exists():
        names = {"VmRSS": "process_resident_memory_bytes", "VmData": "process_data_memory_bytes"}
        for line in status.read_text().splitlines():
            key, _, value = line.partition(":")
            if key in names:
                series[names[key]] = int(value.split()[0]) * 1024
    else:
        series["process_resident_memory_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    limit = resource.getrlimit(resource.RLIMIT_DATA)[0]
    if limit != resource.RLIM_INFINITY:
        series["process_memory_limit_bytes"] = limit
    return series


class Server(ThreadingHTTPServer):
    """Answer each request in a thread of its own, on loopback."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, service: str, port: int, routes: Mapping[str, Route]) -> None:
        """Listen on `port`. `routes` maps a path prefix to its handler; the longest prefix wins."""
        self.metrics = Metrics(service)
        self.routes = routes
        super().__init__(("127.0.0.1", port), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class decides
        """Put the traceback of a failed request on stderr; a client that went away is not an error."""
        if not isinstance(sys.exception(), ConnectionError):
            LOG.exception("unhandled error while answering")  # noqa: LOG004 - socketserver calls this from its handler


class Handler(BaseHTTPRequestHandler):
    """Route a request, send the answer, write one log line."""

    server: Server

    def do_GET(self) -> None:
        """Answer GET."""
        if self.path == "/metrics":
            self._send(200, "text/plain; version=0.0.4; charset=utf-8", self.server.metrics.render().encode())
        elif self.path == "/healthz":
            self._send(200, "application/json", b'{"status": "ok"}')
        else:
            self._answer()

    def do_POST(self) -> None:
        """Answer POST."""
        self._answer()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class decides
        """Say nothing: `_answer` writes the line."""

    def _answer(self) -> None:
        started = time.monotonic()
        # Stays so when the handler raises: the client gets its 500, and handle_error gets the traceback.
        reply = Reply(500, {"error": "internal error"})
        try:
            reply = self._route()
        finally:
            self.server.metrics.add(f'http_requests_total{{code="{reply.status}"}}')
            self._send(reply.status, "application/json", json.dumps(reply.body).encode())
            level = logging.INFO if reply.status < 500 else logging.WARNING
            elapsed_ms = (time.monotonic() - started) * 1000
            LOG.log(level, "%s %s %d %.1f ms", self.command, self.path, reply.status, elapsed_ms)

    def _route(self) -> Reply:
        raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        prefixes = [prefix for prefix in self.server.routes if self.path.startswith(prefix)]
        if not prefixes:
            return Reply(404, {"error": "not found"})
        prefix = max(prefixes, key=len)
        return self.server.routes[prefix](Request(self.path.removeprefix(prefix), json.loads(raw) if raw else {}))

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def start_log(service: str) -> None:
    """Write lines such as `2026-11-23T09:51:00.123Z INFO checkout: ...`: below ERROR to stdout, the rest to stderr."""
    line = logging.Formatter(f"%(asctime)s %(levelname)s {service}: %(message)s", "%Y-%m-%dT%H:%M:%S")
    line.converter = time.gmtime
    line.default_msec_format = "%s.%03dZ"
    line.datefmt = None
    line.default_time_format = "%Y-%m-%dT%H:%M:%S"
    calm = logging.StreamHandler(sys.stdout)
    calm.addFilter(lambda record: record.levelno < logging.ERROR)
    loud = logging.StreamHandler(sys.stderr)
    loud.setLevel(logging.ERROR)
    for handler in (calm, loud):
        handler.setFormatter(line)
        LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)


def read_text(name: str) -> str:
    """Return a setting from the environment.

    Raises:
        KeyError: It is not set; the log says so first.
    """
    if name not in os.environ:
        LOG.critical("setting %s is missing", name)
    return os.environ[name]


def read_number(name: str) -> int:
    """Return a setting that is a whole number.

    Raises:
        ValueError: It is something else; the log names the setting first.
    """
    text = read_text(name)
    try:
        return int(text)
    except ValueError:
        LOG.critical("setting %s must be a whole number, found %r", name, text)
        raise
