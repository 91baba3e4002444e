"""Conditions on a proxy that stands before a process: on this machine or in its network, and for what was allowed."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from fermata.domain.experiment import FaultKind
from fermata.domain.sandbox import SandboxFinding
from fermata.rules.sandbox.case import Case, meet, refuse

_LOCAL = frozenset({"localhost", "ip6-localhost", "ip6-loopback"})
_OF_MACHINES = (FaultKind.KILL, FaultKind.CPU, FaultKind.MEMORY)


def check_target(case: Case) -> SandboxFinding:
    """The settings allow faults on this service, or on its calls to that one; letter by letter."""
    target = case.experiment.target
    name = target.place
    if name not in case.limits.targets and target.service not in case.limits.targets:
        return refuse("target", f"{name[:120]!r} is not under chaos.targets: add it there if it is a sandbox")
    edge = case.facts.edge
    if edge and edge != name and edge not in case.limits.targets:
        return refuse("target", f"All of what goes to {edge} goes through that proxy: allow {edge} under chaos.targets")
    if case.experiment.fault.kind in _OF_MACHINES:
        return refuse("target", f"A proxy cannot do {case.experiment.fault.kind.value}: it only holds calls")
    return meet("target", f"{name} is under chaos.targets")


def check_place(case: Case) -> SandboxFinding:
    """The proxy is on this machine or in its own network: what is reached over the internet is nobody's sandbox."""
    named, seen = case.experiment.target.address, case.facts.place
    host = _find_host(named or seen)
    if not host or (named and seen and _find_host(seen) != host):
        return refuse("place", f"No address of the proxy's control port can be read, or it is not the one at {seen}")
    if host in _LOCAL or _is_near(host):
        return meet("place", f"The proxy is at {host}")
    addresses = case.facts.addresses
    if not addresses:
        return refuse("place", f"Where {host} is could not be found out: {case.say_unread('addresses')}")
    outside = [address for address in addresses if not _is_near(address)]
    if outside:
        return refuse("place", f"The proxy {host} is at {outside[0]}, outside of this network")
    return meet("place", f"The proxy {host} is at {', '.join(addresses)}")


def check_proxy(case: Case) -> SandboxFinding:
    """It answered just now: what cannot be reached cannot be told to stop either."""
    if case.facts.running is None:
        return refuse("proxy", f"The proxy did not say whether a fault is active: {case.say_unread('running')}")
    if not (upstream := case.facts.upstream):
        return meet("proxy", "The proxy answers")
    return meet("proxy", f"The proxy passes calls on to {upstream}")


def _find_host(address: str) -> str:
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        port = parts.port
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.username is None and (port is None or port > 0) else ""


def _is_near(text: str) -> bool:
    """Answer whether an address is of this machine or of a private network; `0.0.0.0` and the like are neither."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    near = mapped or address
    return bool((near.is_loopback or near.is_private) and not near.is_unspecified and not near.is_link_local)
