"""Calls that fail, in the words of who calls: how, and whom; and which known object that is.

A line of a log names a host or an address. Whose it is tells its engine: a container's name, its service and aliases,
and the addresses it has in its networks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fermata.domain.evidence import EvidenceLine
from fermata.rules.references import drop_references
from fermata.rules.signatures.base import Case
from fermata.rules.signatures.dependencies import is_outside
from fermata.rules.signatures.kubernetes_complaints import read_address
from fermata.rules.signatures.workloads import Occurrence, Workload, is_same_service

_LONGEST = 2000

_TIMEOUTS = (
    *("i/o timeout", "ETIMEDOUT", "onnect timed out", "onnection timed out", "onnectTimeout"),
    *("upstream timed out", "o route to host", "EHOSTUNREACH", "etwork is unreachable", "awaiting headers"),
)
_SLOW = re.compile(r"while reading (?:response header|upstream)|\bread tcp\b|awaiting response headers")
"""The connection was there, and the answer was not: nginx, Go. What Go's client says when its own time is over
("exceeded while awaiting headers") it says of a connection that never came, too."""


@dataclass(frozen=True, slots=True)
class Call:
    """One way in which a call fails, in the words of who calls."""

    how: str
    needles: tuple[str, ...]
    advice: str = "Find out whether anything listens at {}, and what lies between."
    is_slow: bool | None = None
    """Whether the line must say that the connection was there; `None`: either."""

    def fits(self, text: str) -> bool:
        """Answer whether a line that holds a needle speaks of this way."""
        return self.is_slow is None or self.is_slow is (_SLOW.search(text) is not None)


CALLS = (
    Call(
        "nobody accepts the connection",
        ("onnection refused", "ECONNREFUSED", "actively refused", "Can't connect to MySQL server", "be established"),
    ),
    Call("nobody answers", _TIMEOUTS, is_slow=False),
    Call(
        "its certificate is not accepted",
        ("CERTIFICATE_VERIFY_FAILED", "CERTIFICATE_EXPIRED"),
        advice="Compare the certificate of {} with the authorities that its callers trust.",
    ),
    Call("the proxy gets no connection to it", ("remote_connection_failure", "no_healthy_upstream")),
    Call(
        "it takes the connection and does not answer in time",
        (*_TIMEOUTS, "awaiting response headers"),
        advice="Find out why {} does not answer in time: it takes connections.",
        is_slow=True,
    ),
    Call("the connection is cut", ("onnection reset", "ECONNRESET", "socket hang up")),
    Call(
        "no server of it is up",
        ("has no server available",),
        advice="Find out why the servers behind {} do not pass their checks.",
    ),
)
_ENVOY = re.compile(r"\boutbound\|(\d{2,5})\|[^|\s]{0,80}\|([\w.-]{1,200})")
"""A cluster of Envoy, as Istio names it: the port, the subset, the host."""
_BACKEND = re.compile(r"\bbackend ([\w.-]{1,200}) has no server available")
"""HAProxy, which names no address."""
_NAMED = (
    re.compile(r"://(?:[^@/\s\"]{0,80}@)?(?!localhost:)([A-Za-z][\w.-]{0,200}):(\d{2,5})(?!\d)"),
    # What libpq asked before version 14.
    re.compile(r"on host \"([\w.-]{1,200})\".{0,80}?port (\d{2,5})(?!\d)"),
    # Go names both ends.
    re.compile(r"(?:tcp|udp) [\d.:]{3,40}->([\w.-]{1,200}):(\d{2,5})(?!\d)"),
)
_HOST = re.compile(r"[a-z][\w.-]*")
"""A name, not an address, and not a port of the caller's own host."""
_LOCAL = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\]):(\d{2,5})(?!\d)")


def read_callee(text: str) -> str | None:
    """Return who was called, as the line names it: by a name rather than by an address, never the caller's own end."""
    text = drop_references(text)
    if backend := _BACKEND.search(text):
        return backend[1]
    if cluster := _ENVOY.search(text):
        return f"{cluster[2]}:{cluster[1]}"
    named = next((match for pattern in _NAMED if (match := pattern.search(text)) is not None), None)
    if named is not None:
        return f"{named[1]}:{named[2]}"
    address = read_address(text)
    if address is not None:
        host, port = address
        return f"{host}:{port}" if port is not None else host
    local = _LOCAL.search(text)
    return f"port {local[1]} of its own host" if local is not None else None


@dataclass(frozen=True, slots=True)
class FailedCall:
    """One call that failed, as a line of a log tells it."""

    call: Call
    callee: str
    """As the line names it: `cache:6379`, `172.19.0.4:8000`."""
    line: EvidenceLine

    @property
    def host(self) -> str:
        """Return the name or the address that was called."""
        return self.callee.partition(":")[0]

    @property
    def port(self) -> str:
        """Return the port that was called; empty where the line names none."""
        return self.callee.partition(":")[2]


def read_call(text: str) -> tuple[Call, str] | None:
    """Return how a call fails and who is called; `None` where a line speaks of none, or of one outside the house."""
    call = next((call for call in CALLS if any(needle in text for needle in call.needles) and call.fits(text)), None)
    callee = read_callee(text) if call is not None else None
    return None if call is None or callee is None or is_outside(callee.partition(":")[0]) else (call, callee)


def find_call(said: Occurrence) -> FailedCall | None:
    """Return the first call that the lines of a failure tell of; `None` without one."""
    found = ((line, read_call(line.text[:_LONGEST])) for line in said.error.lines)
    return next((FailedCall(*read, line) for line, read in found if read is not None), None)


def calls_another(failure: Occurrence, other: Workload) -> bool:
    """Answer whether a failure names the host that was called, and that is no name of the other object."""
    call = find_call(failure)
    host = call.host.lower() if call is not None else ""
    if _HOST.fullmatch(host) is None:
        return False
    return not any(is_same_service(one, name) for one in (host, host.partition(".")[0]) for name in list_names(other))


def find_called(case: Case, caller: Workload, host: str) -> Workload | None:
    """Return the known object that has a name or an address, as its engine knows it; never the caller itself."""
    others = (one for one in case.workloads if one.entity.system and one.entity != caller.entity)
    found = [one for one in others if host.lower() in list_names(one) or host in list_addresses(one)]
    # Two of one alias share the calls: which of them refused nobody can tell.
    return found[0] if len(found) == 1 else None


def list_names(workload: Workload) -> frozenset[str]:
    """Return the names under which others call an object, in lower case: its own, its service, its aliases."""
    names = (*(workload.state.facts.names if workload.state else ()), workload.entity.name, workload.entity.namespace)
    return frozenset(name.lower() for name in names if name)


def list_addresses(workload: Workload) -> tuple[str, ...]:
    """Return the addresses that an object has now."""
    return workload.state.facts.addresses if workload.state else ()
