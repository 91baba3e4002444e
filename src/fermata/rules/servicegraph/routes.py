"""Routes of Kubernetes: what comes in from outside (Ingress, Gateway API), and what a mesh's routes say of calls."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from fermata.kit.digging import dig_map, dig_maps
from fermata.rules.servicegraph.names import find_service_host
from fermata.rules.servicegraph.partial import Fact, PartialGraph, text_of

_SPAN = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h)")
_MS = {"ms": 1.0, "s": 1000.0, "m": 60_000.0, "h": 3_600_000.0}


def read_routes(graph: PartialGraph, routes: Iterable[tuple[Mapping[str, Any], str]], known: Mapping[str, str]) -> None:
    """Add the ways in, and the timeouts and retries that a mesh's routes give to calls that are there.

    Args:
        graph: Is added to; its edges are there already.
        routes: Ingress, HTTPRoute, GRPCRoute or VirtualService objects, each with where it was read.
        known: Host name -> node.
    """
    for item, where in routes:
        kind, namespace = text_of(item, "kind"), text_of(item, "metadata", "namespace")
        if kind == "VirtualService":
            _read_mesh_route(graph, item, where, known)
            continue
        backends = _list_ingress(item) if kind == "Ingress" else _list_backends(item)
        for backend in backends:
            callee = find_service_host(backend, known, namespace=namespace)
            if callee is not None:
                entry = _name_entry(kind, item)
                graph.add_edge(entry, known[callee], why=f"a route of {kind}", source=where, protocol="http")
                graph.guess(entry, "kind", "gateway", f"an {kind}")


def _name_entry(kind: str, item: Mapping[str, Any]) -> str:
    parents = [text_of(each, "name") for each in dig_maps(dig_map(item, "spec").get("parentRefs"))]
    if kind != "Ingress" and parents and parents[0]:
        return parents[0]
    return text_of(item, "spec", "ingressClassName") or "ingress"


def _list_ingress(item: Mapping[str, Any]) -> Iterable[str]:
    spec = dig_map(item, "spec")
    paths = [path for rule in dig_maps(spec.get("rules")) for path in dig_maps(dig_map(rule, "http").get("paths"))]
    backends = [dig_map(spec, "defaultBackend"), *(dig_map(path, "backend") for path in paths)]
    # `serviceName` is what it was called before networking.k8s.io/v1.
    names = (text_of(each, "service", "name") or text_of(each, "serviceName") for each in backends)
    return dict.fromkeys(name for name in names if name)


def _list_backends(item: Mapping[str, Any]) -> Iterable[str]:
    refs = [ref for rule in dig_maps(dig_map(item, "spec").get("rules")) for ref in dig_maps(rule.get("backendRefs"))]
    return dict.fromkeys(
        f"{name}.{namespace}" if (namespace := text_of(ref, "namespace")) else name
        for ref in refs
        if (name := text_of(ref, "name"))
    )


def _read_mesh_route(graph: PartialGraph, item: Mapping[str, Any], where: str, known: Mapping[str, str]) -> None:
    """Read timeout and retries per destination.

    Source: Istio reference, "Virtual Service", HTTPRoute and HTTPRetry: `timeout` spans all attempts.
    """
    spec = dig_map(item, "spec")
    namespace = text_of(item, "metadata", "namespace")
    gateways = spec.get("gateways")
    entries = (
        [each.rpartition("/")[2] for each in gateways if isinstance(each, str)] if isinstance(gateways, list) else []
    )
    for rule in dig_maps(spec.get("http")):
        hosts = [text_of(each, "destination", "host") for each in dig_maps(rule.get("route"))]
        ends = [find_service_host(host, known, namespace=namespace, namespaces=known) for host in hosts if host]
        callees = {known[end] for end in ends if end is not None}
        for entry in entries:
            if entry == "mesh":
                continue
            for callee in sorted(callees):
                graph.add_edge(entry, callee, why="a route of a gateway", source=where, protocol="http")
            if callees:
                graph.guess(entry, "kind", "gateway", "a Gateway")
        told = {"code.timeout_ms": _read_timeout(rule), "code.retries": _read_attempts(rule)}
        for edge in graph.edges:
            if edge.callee in callees and (not entries or "mesh" in entries or edge.caller in entries):
                for key, value in told.items():
                    if value is not None:
                        edge.facts.setdefault(key, Fact(value, graph.basis, where))


def _read_timeout(rule: Mapping[str, Any]) -> float | None:
    """Return milliseconds for one attempt: `perTryTimeout`, else the timeout of the whole."""
    text = text_of(rule, "retries", "perTryTimeout") or text_of(rule, "timeout")
    match = _SPAN.fullmatch(text)
    return float(match[1]) * _MS[match[2]] if match else None


def _read_attempts(rule: Mapping[str, Any]) -> int | None:
    attempts = dig_map(rule, "retries").get("attempts")
    return attempts if isinstance(attempts, int) and not isinstance(attempts, bool) else None
