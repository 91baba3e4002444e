"""The Host check: a page somebody else serves must not reach this one by pointing its own name at this machine.

DNS rebinding needs a name; so the doors that prove their callers themselves, and probes by bare address, are let in.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from fermata.kit.addresses import is_address
from fermata.kit.errors import UserError

_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
_INTAKE = "/v1/alerts"
_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by orchestrators and scrapers under the address of the machine."""


class MisdirectedError(UserError):
    """The request was meant for another host."""

    status = 421


def find_hostname(header: str) -> str:
    """Return the host of a Host header without its port, lower case; empty when it is none."""
    try:
        parts = urlsplit(f"//{header}")
        port_is_sane = parts.port is None or parts.port >= 0
    except ValueError:
        return ""
    if not port_is_sane or parts.username is not None or parts.path or parts.query or parts.fragment:
        return ""
    return (parts.hostname or "").rstrip(".")


def is_intake(path: str) -> bool:
    """Answer whether a path is one that alerts are sent to, or would be if its source had a name."""
    return path == _INTAKE or path.startswith(f"{_INTAKE}/")


class HostCheck:
    """Refuses requests whose Host is neither this machine nor the public address."""

    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self._app = app
        self._allowed = _LOCAL | {(urlsplit(public_url).hostname or "localhost").rstrip(".")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or raise `MisdirectedError`."""
        if scope["type"] == "http":
            host = find_hostname(Request(scope).headers.get("host", ""))
            if not self._admits(host, scope["path"]):
                raise MisdirectedError(
                    "This is not the host you asked for",
                    why=f"Fermata answers as {', '.join(sorted(self._allowed))}",
                    do="Set server.public_url to the address people use",
                )
        await self._app(scope, receive, send)

    def _admits(self, host: str, path: str) -> bool:
        if host in self._allowed or is_intake(path):
            # A browser does not have the intake's credential, and a lost alert is worse than an odd Host header.
            return True
        return path in _PROBES and is_address(host)
