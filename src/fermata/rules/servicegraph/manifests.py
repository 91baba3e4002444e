"""Kubernetes objects, from files or a cluster, as a partial graph: workloads, and the calls that they are told of.

A node is a Service where one selects the workload, since that is the name callers use; all workloads behind one Service
are one node. Secrets are never looked into.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fermata.kit.digging import dig_map, dig_maps
from fermata.rules.kubernetes.selectors import matches
from fermata.rules.servicegraph.configured import Place, expand, find_named, guess_stranger, name_words
from fermata.rules.servicegraph.kinds import guess_kind, is_telemetry
from fermata.rules.servicegraph.names import clean_name
from fermata.rules.servicegraph.partial import Basis, PartialGraph, text_of
from fermata.rules.servicegraph.routes import read_routes
from fermata.rules.servicegraph.workload import Workload, read_workload

_WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "CronJob", "Job", "Pod", "Rollout",
                        "DeploymentConfig"})  # fmt: skip
# `role`, `spilo-role`, `cnpg.io/instanceRole`, `postgres-operator.crunchydata.com/role`.
_ROLE = re.compile(r"(?i)role$")
MOST_OBJECTS = 20_000

Found = tuple[Mapping[str, Any], str]
"""An object, and where it was read."""


@dataclass(slots=True)
class _Cluster:
    """The objects that matter, sorted."""

    workloads: list[Workload] = field(default_factory=list)
    services: list[Found] = field(default_factory=list)
    configs: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    budgets: list[Mapping[str, Any]] = field(default_factory=list)
    scalers: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    routes: list[Found] = field(default_factory=list)


def read_manifests(objects: Iterable[Found], *, source: str, basis: Basis = Basis.DECLARED) -> PartialGraph:
    """Return the graph that objects tell of.

    Args:
        objects: Each with the place it was read at; lists are unfolded. What is no object of Kubernetes is passed over.
        source: The name of the whole.
        basis: `LIVE` for what a cluster runs.
    """
    graph = PartialGraph(source, basis)
    cluster = _sort(objects, graph)
    names = _name_workloads(cluster, graph)
    namespaces = {item.namespace for item in cluster.workloads} | {_namespace(item) for item, _ in cluster.services}
    known = _list_known(cluster, names)
    telemetry: set[str] = set()
    for workload, name in zip(cluster.workloads, names, strict=True):
        if is_telemetry(workload.image, workload.name):
            telemetry.add(name)
            continue
        _add_workload(graph, cluster, workload, name)
    hosts = _Names(known, telemetry, namespaces - {""}, _list_fronts(cluster, known))
    for workload, name in zip(cluster.workloads, names, strict=True):
        if name not in telemetry:
            _add_calls(graph, cluster, workload, name, hosts)
    read_routes(graph, cluster.routes, known)
    for name in telemetry:
        graph.nodes.pop(name, None)
    if telemetry:
        graph.notes.append(f"telemetry is left out: {', '.join(sorted(telemetry)[:8])}")
    _mark_workers(graph, cluster, names)
    return graph


def _sort(objects: Iterable[Found], graph: PartialGraph) -> _Cluster:
    cluster = _Cluster()
    seen: dict[tuple[str, str, str], Workload] = {}
    for number, (item, where) in enumerate(_unfold(objects)):
        if number >= MOST_OBJECTS:
            graph.problems.append(f"only the first {MOST_OBJECTS:,} objects are read")
            break
        kind, name = text_of(item, "kind"), text_of(item, "metadata", "name")
        if not kind or not name:
            continue
        if kind in _WORKLOADS and dig_map(item, "metadata").get("ownerReferences"):
            continue  # The owner is in the list as well, and says the same for all its replicas.
        if kind in _WORKLOADS:
            workload = read_workload(item, where)
            first = seen.setdefault((kind, workload.namespace, name), workload)
            if first is not workload:
                # An overlay or a second copy: the first one is taken, and what differs is said.
                graph.notes += _compare(first, workload)
                workload = replace(workload, facts={}, replicas=None)
            cluster.workloads.append(workload)
        else:
            _file(cluster, kind, item, where)
    return cluster


def _compare(first: Workload, other: Workload) -> Iterable[str]:
    one, two = {"replicas": first.replicas, **first.facts}, {"replicas": other.replicas, **other.facts}
    for key, value in one.items():
        if two[key] != value:
            yield (
                f"{first.kind} {first.name}: {key} is {value} in {first.where} and {two[key]} in {other.where}; "
                "the first is taken"
            )


def _file(cluster: _Cluster, kind: str, item: Mapping[str, Any], where: str) -> None:
    key = (_namespace(item), text_of(item, "metadata", "name"))
    if kind == "Service":
        cluster.services.append((item, where))
    elif kind == "ConfigMap":
        cluster.configs.setdefault(key, dig_map(item, "data"))
    elif kind == "PodDisruptionBudget":
        cluster.budgets.append(item)
    elif kind == "HorizontalPodAutoscaler":
        target = dig_map(item, "spec", "scaleTargetRef")
        cluster.scalers[_namespace(item), text_of(target, "name")] = dig_map(item, "spec")
    elif kind in {"Ingress", "HTTPRoute", "GRPCRoute", "VirtualService"}:
        cluster.routes.append((item, where))


def _unfold(objects: Iterable[Found]) -> Iterable[Found]:
    for item, where in objects:
        if isinstance(item.get("items"), list):
            kind = text_of(item, "kind").removesuffix("List")
            # What the API lists has no kind of its own.
            yield from (
                ({"kind": kind, **inner} if "kind" not in inner else inner, where) for inner in dig_maps(item["items"])
            )
        else:
            yield item, where


def _namespace(item: Mapping[str, Any]) -> str:
    return text_of(item, "metadata", "namespace")


def _leads_to(service: Mapping[str, Any], workload: Workload) -> bool:
    """Answer whether a Service selects a workload's pods, or those of them that have a role now.

    Operators of databases label the pod that is the primary while it is: `role: primary` stands in no template, and
    the Service that selects it leads to that workload all the same.
    """
    selector = dig_map(service, "spec", "selector")
    told = {key: value for key, value in selector.items() if key in workload.labels or _ROLE.search(key) is None}
    return matches(told, workload.labels)


def _same_place(one: str, other: str) -> bool:
    """Answer whether two namespaces may be the same: a manifest that names none goes wherever the others go."""
    return not one or not other or one == other


def _name_workloads(cluster: _Cluster, graph: PartialGraph) -> list[str]:
    """Return the node of each workload: its Service's name, or its own; with the namespace where two would collide."""
    chosen: list[tuple[str, str]] = []
    for workload in cluster.workloads:
        fronts = [
            service
            for service, _ in cluster.services
            if _same_place(_namespace(service), workload.namespace) and _leads_to(service, workload)
        ]
        name = _choose_front(fronts, workload.name)
        namespace = workload.namespace or next((found for item in fronts if (found := _namespace(item))), "")
        chosen.append((clean_name(name), namespace))
    places: dict[str, set[str]] = {}
    for name, namespace in chosen:
        places.setdefault(name, set()).add(namespace)
    names = []
    for (name, namespace), workload in zip(chosen, cluster.workloads, strict=True):
        full = f"{name}.{namespace}" if namespace and len(places[name] - {""}) > 1 else name
        node = graph.add_node(full)
        node.namespace = node.namespace or namespace
        node.aliases |= workload.aliases - {full}
        names.append(full)
    return names


def _choose_front(fronts: Sequence[Mapping[str, Any]], own: str) -> str:
    """Return the name callers use: of the Services in front the one that selects most, then its own."""

    def prefer(item: Mapping[str, Any]) -> tuple[int, bool, bool, int, str]:
        name = text_of(item, "metadata", "name")
        headless = text_of(item, "spec", "clusterIP") == "None"
        return (len(dig_map(item, "spec", "selector")), name != own, headless, len(name), name)

    return text_of(min(fronts, key=prefer), "metadata", "name") if fronts else own


def _list_known(cluster: _Cluster, names: Sequence[str]) -> dict[str, str]:
    """Return host name -> node: every Service that selects a workload, and the nodes themselves."""
    known: dict[str, str] = {}
    for service, _ in cluster.services:
        host, namespace = clean_name(text_of(service, "metadata", "name")), _namespace(service)
        for workload, name in zip(cluster.workloads, names, strict=True):
            if _same_place(namespace, workload.namespace) and _leads_to(service, workload):
                known.setdefault(f"{host}.{namespace}" if namespace else host, name)
                known.setdefault(host, name)
    for name in names:
        known.setdefault(name, name)
    return known


def _list_fronts(cluster: _Cluster, known: Mapping[str, str]) -> set[str]:
    fronts: set[str] = set()
    for service, _ in cluster.services:
        host, namespace = clean_name(text_of(service, "metadata", "name")), _namespace(service)
        full = f"{host}.{namespace}" if namespace else host
        fronts |= {host, full} if full not in known else set()
    return fronts


def _add_workload(graph: PartialGraph, cluster: _Cluster, workload: Workload, name: str) -> None:
    where = f"{workload.where} ({workload.kind} {workload.name})"
    node = graph.add_node(name, source=where, **workload.facts)
    replicas = _count_replicas(cluster, workload)
    known = node.facts.get("replicas")
    if known is None:
        graph.add_node(name, source=where, replicas=replicas)
    elif replicas is not None and workload.name not in known.source:
        # Versions of one service side by side: what is left when one pod dies is their sum.
        node.facts["replicas"] = type(known)(known.value + replicas, graph.basis, f"{known.source}, {where}")
    guarded = any(
        _same_place(_namespace(budget), workload.namespace)
        and matches(dig_map(budget, "spec", "selector", "matchLabels"), workload.labels)
        for budget in cluster.budgets
    )
    graph.add_node(name, source=where if guarded else f"{graph.source} (no budget selects it)", pdb=guarded)
    graph.guess(name, "kind", guess_kind(workload.image), f"image {workload.image}")


def _count_replicas(cluster: _Cluster, workload: Workload) -> int | None:
    scaler = cluster.scalers.get((workload.namespace, workload.name))
    if scaler is None:
        return workload.replicas
    least = scaler.get("minReplicas", 1)
    return least if isinstance(least, int) else workload.replicas


@dataclass(frozen=True, slots=True)
class _Names:
    """What hosts lead to."""

    known: Mapping[str, str]
    """Host name -> node."""
    telemetry: Collection[str]
    """Nodes that calls to are left out."""
    namespaces: Collection[str]
    fronts: Collection[str]
    """Services that no workload here is behind: a name for another cluster, for what an operator runs, or outside."""


def _add_calls(graph: PartialGraph, cluster: _Cluster, workload: Workload, name: str, names: _Names) -> None:
    place = Place(names.known, workload.namespace, names.namespaces, names.fronts)
    variables = dict(workload.variables)
    for config in workload.config_env:
        data = cluster.configs.get((workload.namespace, config), {})
        variables = {**{str(key): value for key, value in data.items() if isinstance(value, str)}, **variables}
    settings = [(key, expand(value, variables)) for key, value in variables.items()]
    settings += [(option, expand(word, variables)) for option, word in name_words(workload.words)]
    found = find_named(settings, place)
    for config in workload.config_files:
        data = cluster.configs.get((workload.namespace, config), {})
        files = [(f"{config}/{key}", value) for key, value in data.items() if isinstance(value, str)]
        found += find_named(files, place, are_files=True)
    for named in found:
        callee = names.known.get(named.host, named.host)
        if callee == name or callee in names.telemetry or is_telemetry("", callee):
            continue
        why = named.key or "an argument"
        graph.add_edge(name, callee, why=why, source=f"{workload.where} ({why})", protocol=named.protocol or None)
        if not named.is_known:
            kind, told_by = guess_stranger(named)
            graph.guess(callee, "kind", kind, told_by)


def _mark_workers(graph: PartialGraph, cluster: _Cluster, names: Sequence[str]) -> None:
    """Guess that what no Service and no port leads to, and what calls others, works in the background."""
    callers = {edge.caller for edge in graph.edges}
    called = {edge.callee for edge in graph.edges}
    for workload, name in zip(cluster.workloads, names, strict=True):
        fronted = any(_leads_to(item, workload) for item, _ in cluster.services)
        if name in graph.nodes and name in callers and name not in called and not fronted and not workload.has_ports:
            graph.guess(name, "kind", "worker", "no Service leads to it")
