"""Probes as describe prints them.

Source: kubernetes, staging/src/k8s.io/kubectl/pkg/describe/describe.go, `DescribeProbe` (read 2026-11-25).
"""

from __future__ import annotations

import re
from typing import Any

from fermata.rules.kubernetes.kubectl.cells import integer, put

_TIMES = re.compile(
    r"delay=(\S{1,12}?)s? timeout=(\S{1,12}?)s? period=(\S{1,12}?)s? #success=(\d{1,9}) #failure=(\d{1,9})"
)
_URL = re.compile(r"(https?)://((?:\[[^\]]*\])|[^:/ ]*)(?::([^/ ]*))?(/\S*)?")
_TIME_FIELDS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")


def read_probe(text: str) -> dict[str, Any] | None:
    """Return a probe of the form `http-get http://:8080/healthz delay=0s timeout=1s ...`, or `None`."""
    how, _, rest = text.partition(" ")
    match = _TIMES.search(rest)
    target = (rest[: match.start()] if match is not None else rest).strip()
    handler = _read_handler(how, target)
    if handler is None:
        return None
    if match is not None:
        for field, value in zip(_TIME_FIELDS, match.groups(), strict=True):
            put(handler, integer(value), field)
    return handler


def _read_handler(how: str, target: str) -> dict[str, Any] | None:
    if how == "http-get":
        return _read_http(target)
    if how == "exec":
        # Its words are printed in one pair of brackets: a word with a space inside cannot be told from two.
        return {"exec": {"command": target.removeprefix("[").removesuffix("]").split()}}
    if how == "tcp-socket":
        host, _, port = target.rpartition(":")
        socket: dict[str, Any] = {"port": _port(port)}
        put(socket, host or None, "host")
        return {"tcpSocket": socket}
    if how == "grpc":
        address, _, service = target.partition(" ")
        call: dict[str, Any] = {"port": _port(address.rpartition(":")[2])}
        put(call, service.strip() or None, "service")
        return {"grpc": call}
    return None


def _read_http(target: str) -> dict[str, Any] | None:
    match = _URL.match(target)
    if match is None:
        return None
    get: dict[str, Any] = {"scheme": match[1].upper(), "path": match[4] or "/"}
    put(get, _port(match[3]) if match[3] else None, "port")
    put(get, match[2] or None, "host")
    return {"httpGet": get}


def _port(text: str) -> int | str:
    number = integer(text)
    return text if number is None else number
