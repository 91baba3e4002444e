"""Who calls whom, as far as configuration says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from fermata.rules.claims import Quote
from fermata.rules.kubernetes.configured import configured_of
from fermata.rules.kubernetes.hosts import Host, find_hosts, sibling_port
from fermata.rules.kubernetes.kubectl.configured_text import read_configured
from fermata.rules.kubernetes.objects import KubeObject, quote_at
from fermata.rules.kubernetes.quantities import parse_port

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster

Target = tuple[Host, KubeObject | None]
"""A host, and the service that it is, if it is known as one."""
LookUp = Callable[[str, str, str], Sequence[Target]]
"""Finds the hosts that a value names, by the value, its key and the namespace of who is told it."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """One workload calls a host."""

    caller: KubeObject
    host: str
    """As it is configured, without scheme and port."""
    port: int | None
    """`None` when the configuration names none."""
    service: KubeObject | None
    """What the host is in the cluster; `None` for a host that is not known there."""
    key: str = ""
    """The environment variable or configuration key; empty for arguments and graphs."""
    source: KubeObject | None = None
    """What holds the configuration: the workload itself or a config map; `None` for a service graph."""

    @property
    def where(self) -> Quote | None:
        """Quote the line that configures it; `None` when the call is known from a service graph."""
        return _find_line(self.source, self.key, self.host) if self.source is not None else None


def _find_line(source: KubeObject, key: str, host: str) -> Quote | None:
    by_host = None
    for passage in source.passages:
        text = passage.document.text
        end = passage.end if passage.end >= 0 else len(text)
        position = text.find(host, passage.start, end)
        while position >= 0:
            start = text.rfind("\n", 0, position) + 1
            if key in text[start:position]:
                return quote_at(passage.document, position)
            by_host = by_host or quote_at(passage.document, position)
            position = text.find(host, position + len(host), end)
    return by_host


def find_dependencies(cluster: Cluster) -> tuple[Dependency, ...]:
    """Return every call that the configuration of the workloads, or a service graph, tells of."""
    found: dict[tuple[str, str, int | None], Dependency] = {}

    @cache  # Dozens of workloads refer to the same few config maps, or are told the same.
    def look_up(value: str, key: str, namespace: str) -> Sequence[Target]:
        return [(host, find_service(cluster, host.name, namespace)) for host in find_hosts(value, key)]

    for workload in cluster.workloads:
        for call in _configured(cluster, workload, look_up):
            found.setdefault((workload.ref, call.host, call.port), call)
    known = {(call.caller.ref, call.service.ref) for call in found.values() if call.service is not None}
    for caller, callee in cluster.calls:
        calling, service = _find_workload(cluster, caller), cluster.find("Service", callee)
        if calling is not None and service is not None and (calling.ref, service.ref) not in known:
            found.setdefault((calling.ref, callee, None), Dependency(calling, callee, None, service))
    return tuple(found.values())


def _find_workload(cluster: Cluster, name: str) -> KubeObject | None:
    service = cluster.find("Service", name)
    selected = cluster.workloads_selected_by(service) if service is not None else ()
    return selected[0] if selected else next((each for each in cluster.workloads if each.name == name), None)


def _configured(cluster: Cluster, workload: KubeObject, look_up: LookUp) -> Iterator[Dependency]:
    source = _configuring(cluster, workload)
    text = source.description
    told = read_configured(text) if text else configured_of(source)
    for key, value in told.variables.items():
        port = told.variables.get(sibling_port(key), "")
        yield from _resolve(look_up, workload, source, key=key, value=value, port=port)
    yield from _resolve(look_up, workload, source, key="", value="\n".join(told.words))
    for name in dict.fromkeys(told.config_maps):
        config = cluster.find("ConfigMap", name, workload.namespace)
        if config is None:
            continue
        for key, value in config.get_map("data").items():
            if isinstance(value, str):
                yield from _resolve(look_up, workload, config, key=str(key), value=value)


def _configuring(cluster: Cluster, workload: KubeObject) -> KubeObject:
    """Return what knows the configuration: the workload's template, else one of its pods."""
    if workload.is_detailed:
        return workload
    return next((pod for pod in cluster.pods_of(workload) if pod.is_detailed), workload)


def _resolve(
    look_up: LookUp, workload: KubeObject, source: KubeObject, *, key: str, value: str, port: str = ""
) -> Iterator[Dependency]:
    for host, service in look_up(value, key, workload.namespace):
        if service is not None or _is_unknown(host, source):
            number = parse_port(port) if host.port is None else host.port
            yield Dependency(
                workload, host.name, number if isinstance(number, int) else None, service, key=key, source=source
            )


def _is_unknown(host: Host, source: KubeObject) -> bool:
    # Files hold too much that looks like a host; of those, one word after a scheme is a name of this cluster.
    return host.is_sure and (source.kind != "ConfigMap" or (host.has_scheme and "." not in host.name))


def find_service(cluster: Cluster, host: str, namespace: str) -> KubeObject | None:
    """Return the service that a host name or address leads to, as seen from a namespace; `None` for any other."""
    parts = host.lower().rstrip(".").split(".")
    if parts[-2:] == ["cluster", "local"]:
        parts = parts[:-2]
    if parts[-1] == "svc":
        parts = parts[:-1]
    if len(parts) == 1:
        return cluster.find("Service", parts[0], namespace)
    # The pods of a headless service have names before the service's.
    found = cluster.find("Service", parts[-2], parts[-1]) if len(parts) <= 3 else None
    return found or cluster.service_by_address.get(host)
