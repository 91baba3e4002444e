"""Selectors, the labels they select, and the addresses behind a service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from fermata.rules.kubernetes.objects import KubeObject, maps_of, parse_labels, texts_of

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster

_SLICE_OWNER = "kubernetes.io/service-name"


def matches(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Return whether labels satisfy a selector of equalities; a service's empty selector selects nothing."""
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


class LabelIndex:
    """Things by their labels, so that a selector need not be compared with all of them."""

    def __init__(self, items: Iterable[tuple[KubeObject, Mapping[str, str]]]) -> None:
        self._found: dict[tuple[str, str, str], list[tuple[KubeObject, Mapping[str, str]]]] = {}
        for item, labels in items:
            for key, value in labels.items():
                self._found.setdefault((item.namespace, key, value), []).append((item, labels))

    def select(self, selector: Mapping[str, str], namespace: str) -> tuple[KubeObject, ...]:
        """Return what a selector matches in a namespace, each once, in the order given."""
        for key, value in selector.items():
            candidates = self._found.get((namespace, key, value), ())
            return tuple({item.ref: item for item, labels in candidates if matches(selector, labels)}.values())
        return ()


def selector_of(item: KubeObject) -> Mapping[str, str]:
    """Return the equalities that a service or workload selects pods by; empty when it has none or none are known."""
    column = item.printed.get("SELECTOR")
    if column is not None:
        return parse_labels(column)
    if item.kind == "Service":
        return texts_of(item.get("spec", "selector"))
    return texts_of(item.get("spec", "selector", "matchLabels"))


def template_labels(workload: KubeObject) -> Mapping[str, str]:
    """Return the labels that a workload gives its pods; without its template, those it selects them by."""
    if workload.kind == "CronJob":
        return texts_of(workload.get("spec", "jobTemplate", "spec", "template", "metadata", "labels"))
    return texts_of(workload.get("spec", "template", "metadata", "labels")) or selector_of(workload)


def find_endpoints(cluster: Cluster, service: KubeObject) -> tuple[str, ...] | None:
    """Return the ready addresses behind a service as `ip:port`, or `None` when no source tells."""
    endpoints = cluster.find("Endpoints", service.name, service.namespace)
    if endpoints is not None:
        column = endpoints.printed.get("ENDPOINTS")
        if column is not None and "more..." not in column:
            return _split_addresses(column)
        return _subset_addresses(endpoints)
    slices = [
        item
        for item in cluster.list("EndpointSlice", service.namespace)
        if item.labels.get(_SLICE_OWNER) == service.name or (item.owner and item.owner == ("Service", service.name))
    ]
    if slices:
        return tuple(address for item in slices for address in _slice_addresses(item))
    printed = service.get("printed", "Endpoints")
    return _split_addresses(printed) if isinstance(printed, str) else None


def _split_addresses(text: str) -> tuple[str, ...]:
    parts = (part.strip() for part in text.split(","))
    return tuple(part for part in parts if part and not part.startswith("<") and " " not in part)


def _subset_addresses(endpoints: KubeObject) -> tuple[str, ...]:
    found = []
    for subset in endpoints.get_maps("subsets"):
        ports = [port.get("port") for port in maps_of(subset.get("ports"))]
        found += _join(maps_of(subset.get("addresses")), ports, "ip")
    return tuple(found)


def _slice_addresses(item: KubeObject) -> tuple[str, ...]:
    ports = [port.get("port") for port in item.get_maps("ports")]
    found = []
    for endpoint in item.get_maps("endpoints"):
        conditions = endpoint.get("conditions")
        # Unset means ready (discovery.k8s.io/v1, EndpointConditions).
        if isinstance(conditions, Mapping) and conditions.get("ready") is False:
            continue
        addresses = endpoint.get("addresses")
        found += _join([{"ip": each} for each in addresses] if isinstance(addresses, list) else [], ports, "ip")
    return tuple(found)


def _join(addresses: list[Any], ports: list[Any], key: str) -> list[str]:
    return [
        f"{address.get(key)}:{port}" if port is not None else str(address.get(key))
        for address in addresses
        for port in ports or [None]
    ]
